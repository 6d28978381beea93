import { assertNever } from '../../../domain/assert-never.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { PointTask } from '../../../domain/point.js';
import type { Site, Structure } from '../../../domain/structure.js';
import { matMul, type Vec3 } from '../../../domain/vector.js';
import { kMesh } from '../k-mesh.js';
import { computedCell } from '../primitive.js';
import { elementOf, elementsOf } from '../species.js';
import { potcarOf } from './potcar.js';
import type { VaspNumerics, VaspSettings } from './settings.js';

/** Atoms in the order of POSCAR: those of an element together, elements sorted, else as in the task. */
export interface Ordered {
  structure: Structure;
  elements: string[];
  /** Number of atoms by element. */
  counts: number[];
  /** For each atom of POSCAR, the index of its site in the computed cell. */
  order: number[];
}

export function ordered(structure: Structure): Ordered {
  const elements = elementsOf(structure);
  const of = (site: Site): string => elementOf(structure, site.species);
  const order = elements.flatMap((element) => structure.sites.flatMap((site, index) => (of(site) === element ? [index] : [])));
  return {
    structure,
    elements,
    counts: elements.map((element) => structure.sites.filter((site) => of(site) === element).length),
    order,
  };
}

/** Elements that `magnetism: auto` makes spin-polarised, with starting moments above those of the metals, Bohr magnetons. */
const ferromagnets: Readonly<Record<string, number>> = { Fe: 3, Co: 2.5, Ni: 1.5 };

/** Starting moments by element; undefined for a calculation without spin. */
export function momentsOf(structure: Structure, { magnetism }: Pick<VaspSettings, 'magnetism'>): Record<string, number> | undefined {
  if (magnetism === 'none') return undefined;
  const table: Readonly<Record<string, number | undefined>> = magnetism === 'auto' ? ferromagnets : magnetism;
  const starting = elementsOf(structure).flatMap((element): [string, number][] => {
    const moment = table[element];
    return moment === undefined || moment === 0 ? [] : [[element, moment]];
  });
  return starting.length === 0 ? undefined : Object.fromEntries(starting);
}

/** k-point divisions of a point, from the undistorted member of its set. */
export function meshOf(task: PointTask, { kPointsPerAtom }: Pick<VaspSettings, 'kPointsPerAtom'>): Vec3 {
  const { structure, matrix } = computedCell(task);
  return kMesh(matMul(matrix, task.meshLattice ?? task.structure.lattice), structure, task.periodic, kPointsPerAtom);
}

export function kpoints(task: PointTask, settings: VaspSettings): string {
  return [`Gamma-centred mesh of the undistorted member of the set`, '0', 'Gamma', meshOf(task, settings).join(' '), '0 0 0', ''].join(
    '\n',
  );
}

/**
 * POSCAR (VASP 5 and later). The flags of selective dynamics are along the lattice vectors, whatever the positions are given in: an atom that
 * may move along the third one only feels the normal force alone (the reciprocal vector is the normal), and follows a tilted cell sideways by
 * the tilt, a few thousandths of an angstrom.
 */
export function poscar(task: PointTask): string {
  const { structure, elements, counts, order } = ordered(computedCell(task).structure);
  const selective = task.relax === 'ions-along-z';
  const row = (vector: readonly number[]): string => `  ${vector.map((value) => value.toFixed(12)).join(' ')}`;
  return [
    task.label,
    '1.0',
    ...structure.lattice.map(row),
    `  ${elements.join(' ')}`,
    `  ${counts.join(' ')}`,
    ...(selective ? ['Selective dynamics'] : []),
    'Direct',
    ...order.map((index) => `${row(structure.sites[index]?.position ?? [])}${selective ? ' F F T' : ''}`),
    '',
  ].join('\n');
}

/** What the wrapper joins POTCAR from, and how it runs. */
export function potcarList(task: PointTask, settings: VaspSettings, { extraBands }: VaspNumerics): string {
  const { elements, counts } = ordered(computedCell(task).structure);
  const sums: Readonly<Record<string, string | undefined>> = settings.potcarSha256;
  return [
    `bands ${Number(extraBands.toPrecision(6))}`,
    `passes ${task.relax === 'cell-and-ions' ? 3 : 1}`,
    ...elements.map((element, index) => `${element} ${potcarOf(element, settings)} ${counts[index]} ${sums[element] ?? '-'}`),
    '',
  ].join('\n');
}

const functionals = {
  // POTCAR itself says PBE or LDA.
  PBE: {},
  LDA: {},
  PBEsol: { GGA: 'PS' },
} as const satisfies Record<VaspSettings['functional'], Record<string, string>>;
const smearings = { mp: 1, gaussian: 0, fd: -1 } as const;
const mixings = {
  default: {},
  cautious: { AMIX: 0.1, BMIX: 0.01 },
  kerker: { IMIX: 1 },
} as const satisfies Record<VaspNumerics['mixing'], Record<string, number>>;

export function incar(task: PointTask, settings: VaspSettings, numerics: VaspNumerics): string {
  const { structure, order } = ordered(computedCell(task).structure);
  const moments = momentsOf(structure, settings);
  const relaxation = relaxationOf(task, structure.sites.length);
  const tags: Record<string, string | number | boolean> = {
    SYSTEM: task.label,
    PREC: 'Accurate',
    ENCUT: settings.encutEv,
    ...functionals[settings.functional],
    // Gradient corrections inside the spheres.
    LASPH: true,
    EDIFF: settings.convergencePerAtomEv * numerics.convergence * structure.sites.length,
    NELM: numerics.maxElectronicSteps,
    ALGO: numerics.algo,
    ...mixings[numerics.mixing],
    ...(numerics.amin !== 0.1 && { AMIN: numerics.amin }),
    ISMEAR: smearings[numerics.smearing],
    SIGMA: settings.smearingEv,
    LREAL: numerics.realSpaceProjection ? 'Auto' : false,
    ...(numerics.symmetry !== 'full' && { ISYM: numerics.symmetry === 'none' ? -1 : 0 }),
    ...(numerics.symprec !== 1e-5 && { SYMPREC: numerics.symprec }),
    ...(moments === undefined
      ? { ISPIN: 1 }
      : { ISPIN: 2, MAGMOM: order.map((index) => moments[elementOf(structure, structure.sites[index]?.species ?? '')] ?? 0).join(' ') }),
    ...(relaxation === undefined
      ? { IBRION: -1, NSW: 0, ISIF: 2 }
      : {
          IBRION: numerics.ibrion,
          NSW: numerics.maxIonicSteps,
          ISIF: relaxation,
          POTIM: numerics.potim,
          EDIFFG: -settings.forceToleranceEvPerAngstrom,
        }),
    ...(numerics.kpar !== 1 && { KPAR: numerics.kpar }),
    ...(settings.ncore !== undefined && { NCORE: settings.ncore }),
    // Nothing is restarted from these, and they fill disks.
    LWAVE: false,
    LCHARG: false,
  };
  return `${Object.entries(tags)
    .map(([key, value]) => `${key} = ${fortran(value)}`)
    .join('\n')}\n`;
}

/** ISIF, or undefined for a single point. Cells keep their symmetry by themselves, so that all strains may be open. */
function relaxationOf(task: PointTask, atoms: number): 2 | 3 | undefined {
  switch (task.relax) {
    case 'none':
      return undefined;
    case 'ions':
      return atoms === 1 ? undefined : 2;
    case 'ions-along-z':
      return 2;
    case 'cell-and-ions':
      if (!task.periodic.every(Boolean))
        throw new InvalidInput(`point "${task.label}" relaxes a cell that is not periodic`, { remedy: 'Use relax "ions"' });
      return 3;
    case 'shear-loading':
      throw new InvalidInput(`point "${task.label}" loads a dislocation, for which first principles are too slow`, {
        remedy: 'Use lammps',
      });
    default:
      return assertNever(task.relax);
  }
}

function fortran(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '.TRUE.' : '.FALSE.';
  return typeof value === 'number' ? String(Number(value.toPrecision(10))) : value;
}
