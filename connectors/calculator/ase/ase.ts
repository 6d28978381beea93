import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidInput, UnsupportedElement } from '../../../domain/failures.js';
import type { PointTask } from '../../../domain/point.js';
import type { Structure } from '../../../domain/structure.js';
import { matMul } from '../../../domain/vector.js';
import type { Calculator } from '../calculator.js';
import { kMesh } from '../k-mesh.js';
import { computedCell, wholeCell, type Reduction } from '../primitive.js';
import { averageAtom, elementsOf } from '../species.js';
import { codeVersion, readOutputs, resultFile } from './output.js';
import { AseSettings } from './settings.js';

export { AseSettings } from './settings.js';

/** Changes when the same task gives other numbers: minimiser, cell freedom, boundary treatment of the driver; for first principles also cell and mesh. */
const protocols = { md: 'ase-1', mlff: 'ase-1', dft: 'ase-2' } as const;
export const driverFile = 'peierls_ase.py';
export const driverPath = new URL(driverFile, import.meta.url);
const taskFile = 'task.json';

/** Elements that effective-medium theory has parameters for, in ASE. */
const emtElements = ['Al', 'Cu', 'Ag', 'Au', 'Ni', 'Pd', 'Pt'];
/** Range of the message-passing and neighbour-list models in use, angstrom. */
const usualCutoff = 8;

/**
 * The `ase` calculator: machine-learned force fields, GPAW, and whatever else is a calculator of ASE, through a driver in Python that travels
 * with the inputs. Throws `InvalidInput` where the settings cannot be used.
 */
export async function aseCalculator(settings: Readonly<Record<string, unknown>>): Promise<Calculator> {
  const parsed = AseSettings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidInput(`the settings of the ase calculator are not valid: ${issue?.message ?? ''}`, {
      path: ['calculator', ...(issue?.path ?? [])].join('.'),
      remedy: 'See docs/force-fields.md',
    });
  }
  const chosen = parsed.data;
  const driver = await readFile(driverPath, 'utf8');
  const { model, file, arguments: given, requires, fidelity = usualFidelity(model), kPointsPerAtom, magneticMoments } = chosen;
  const { forceToleranceEvPerAngstrom, stressToleranceGpa, maxIonicSteps } = chosen;
  const numerics = { forceToleranceEvPerAngstrom, stressToleranceGpa, maxIonicSteps };
  const known = chosen.elements ?? (model === 'emt' ? emtElements : undefined);
  const cutoff = chosen.cutoffAngstrom ?? (fidelity === 'dft' ? undefined : usualCutoff);
  const identity = { model, sha256: file?.sha256, given, requires, magneticMoments, numerics, ...(model === 'gpaw' && { kPointsPerAtom }) };

  /** Force fields compute the cell as it is; where k-points cost, it is reduced. */
  function cellOf(task: PointTask): Reduction {
    return fidelity === 'dft' ? computedCell(task) : wholeCell(task.structure);
  }

  function rejects(structure: Structure): string | undefined {
    const average = averageAtom(structure, `${model} does`);
    if (average !== undefined) return average;
    const unknown = elementsOf(structure).find((element) => known !== undefined && !known.includes(element));
    return unknown === undefined ? undefined : `${model} has no parameters for ${unknown}; it knows ${known?.join(', ') ?? ''}.`;
  }

  return {
    name: 'ase',
    fidelity,
    cutoffAngstrom: () => cutoff,
    fingerprint: () =>
      `${protocols[fidelity]}/${model}/${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)}`,
    describe: () => ({
      model,
      ...(file !== undefined && { modelFile: `${file.path} (sha256 ${file.sha256})` }),
      arguments: JSON.stringify(given),
      requires: JSON.stringify(requires),
      ...numerics,
    }),
    rejects,
    sharedFiles: () => ({ [driverFile]: driver }),
    writePoint: (task) => {
      const rejected = rejects(task.structure);
      if (rejected !== undefined) throw new UnsupportedElement(rejected);
      const { structure, matrix } = cellOf(task);
      const request = {
        ...geometryOf(task, structure),
        model: { name: model, ...(file !== undefined && { file }), arguments: given, requires },
        ...(model === 'gpaw' && {
          mesh: kMesh(matMul(matrix, task.meshLattice ?? task.structure.lattice), structure, task.periodic, kPointsPerAtom),
        }),
        ...(elementsOf(task.structure).some((element) => element in magneticMoments) && { magneticMoments }),
        ...numerics,
      };
      return { files: { [taskFile]: `${JSON.stringify(request)}\n` }, args: [`../shared/${driverFile}`], outputs: [resultFile] };
    },
    codeVersion,
    readPoint: (task, outputs) => readOutputs(task, outputs, cellOf(task)),
  };
}

function usualFidelity(model: string): 'md' | 'mlff' | 'dft' {
  if (model === 'gpaw') return 'dft';
  return model === 'emt' ? 'md' : 'mlff';
}

function geometryOf({ label, periodic, relax, cellFreedom }: PointTask, structure: Structure) {
  return {
    label,
    lattice: structure.lattice,
    elements: structure.sites.map(({ species }) => Object.keys(structure.species[species] ?? {})[0] ?? ''),
    positions: structure.sites.map(({ position }) => position),
    periodic,
    relax,
    cellFreedom: cellFreedom ?? 'triclinic',
  };
}
