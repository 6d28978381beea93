import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidInput, UnsupportedElement } from '../../../domain/failures.js';
import type { Structure } from '../../../domain/structure.js';
import type { Calculator } from '../calculator.js';
import { averageAtom, elementsOf } from '../species.js';
import { corrected, nextCorrection } from './correction.js';
import { incar, kpoints, momentsOf, poscar, potcarList } from './input.js';
import type { VaspOutcomeName } from './outcome.js';
import { codeVersion, diagnose, oszicarFile, outcarFile, readOutputs, reportFile, xmlFile } from './output.js';
import { potcarOf } from './potcar.js';
import { startingNumerics, VaspSettings } from './settings.js';

/** Changes when the same task gives other numbers: cell reduction, mesh, bands, tags of the input. */
const protocol = 'vasp-1';
const wrapperFile = 'vasp.sh';

/**
 * The `vasp` calculator (VASP 5.4 and later). POTCAR is joined on the computer, by a wrapper that travels with the inputs, and never comes
 * here. Throws `InvalidInput` where the settings cannot be used.
 */
export async function vaspCalculator(settings: Readonly<Record<string, unknown>> = {}): Promise<Calculator> {
  const parsed = VaspSettings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidInput(`the settings of the vasp calculator are not valid: ${issue?.message ?? ''}`, {
      path: ['calculator', ...(issue?.path ?? [])].join('.'),
      remedy: 'See docs/first-principles.md',
    });
  }
  const chosen = parsed.data;
  const { kpar: _kpar, ncore: _ncore, potcars: _potcars, potcarSha256: sums, ...physics } = chosen;
  const wrapper = await readFile(new URL(wrapperFile, import.meta.url), 'utf8');
  const numerics = startingNumerics(chosen);
  const rejects = (structure: Structure) => averageAtom(structure, 'VASP does');
  const potcarsOf = (structure: Structure) =>
    elementsOf(structure).map((element) => ({
      element,
      name: potcarOf(element, chosen),
      sha256: (sums as Readonly<Record<string, string | undefined>>)[element],
    }));

  return {
    name: 'vasp',
    fidelity: 'dft',
    needsPseudopotentials: true,
    cutoffAngstrom: () => undefined,
    fingerprint: (structure) => {
      const text = JSON.stringify([potcarsOf(structure), momentsOf(structure, chosen), physics]);
      return `${protocol}/${chosen.functional}/${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    },
    describe: (structure) => ({
      functional: chosen.functional,
      pseudopotentials: potcarsOf(structure)
        .map(({ name, sha256 }) => (sha256 === undefined ? name : `${name} (sha256 ${sha256})`))
        .join(', '),
      encutEv: chosen.encutEv,
      kPointsPerAtom: chosen.kPointsPerAtom,
      smearing: `${chosen.smearing} ${chosen.smearingEv} eV`,
      symmetry: chosen.symmetry,
      spin: momentsOf(structure, chosen) === undefined ? 'none' : 'collinear',
      forceToleranceEvPerAngstrom: chosen.forceToleranceEvPerAngstrom,
      convergencePerAtomEv: chosen.convergencePerAtomEv,
    }),
    rejects,
    sharedFiles: () => ({ [wrapperFile]: wrapper }),
    writePoint: (task, corrections = []) => {
      const rejected = rejects(task.structure);
      if (rejected !== undefined) throw new UnsupportedElement(rejected);
      const edited = corrected(numerics, corrections);
      return {
        files: {
          INCAR: incar(task, chosen, edited),
          KPOINTS: kpoints(task, chosen),
          POSCAR: poscar(task),
          'potcar.list': potcarList(task, chosen, edited),
        },
        wrapper: ['sh', `../shared/${wrapperFile}`],
        args: [],
        outputs: [xmlFile, outcarFile, oszicarFile, reportFile],
      };
    },
    codeVersion: (outputs) => {
      const version = codeVersion(outputs);
      return version === undefined ? undefined : `VASP ${version}`;
    },
    readPoint: (task, outputs) => readOutputs(task, outputs, chosen, numerics),
    correction: (task, outputs, applied) => {
      const diagnosis = diagnose(task, outputs, chosen, numerics);
      if ('result' in diagnosis) return undefined;
      const rule = nextCorrection(diagnosis.outcome.name as VaspOutcomeName, applied, numerics);
      return rule && { name: rule.name, safety: rule.safety, says: rule.says };
    },
  };
}
