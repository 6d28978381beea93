import { assertNever } from '../../../domain/assert-never.js';
import { elements, ElementSymbol } from '../../../domain/element.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { PointTask } from '../../../domain/point.js';
import type { Structure } from '../../../domain/structure.js';
import { matMul, type Vec3 } from '../../../domain/vector.js';
import { kMesh } from '../k-mesh.js';
import { computedCell } from '../primitive.js';
import type { Pseudopotential } from './pseudopotential.js';
import type { Numerics, QuantumEspressoSettings } from './settings.js';
import { evPerAngstromPerRyPerBohr, gpaPerKbar } from './units.js';

/** Names in a point's folder. */
export const inputFile = 'pw.in';
/** Written at the very end of a run; 6.7 leaves none where `disk_io` is 'none', and what it prints is read. */
export const xmlFile = 'pw.save/data-file-schema.xml';
export const crashFile = 'CRASH';

export interface InputOptions {
  settings: QuantumEspressoSettings;
  numerics: Numerics;
  /** Sorted by element. */
  potentials: readonly Pseudopotential[];
  cutoffs: { wavefunctions: number; density: number };
  /** Starting magnetisation by element; undefined without spin. */
  magnetisations: Readonly<Record<string, number>> | undefined;
}

/** k-point divisions of a point, from the undistorted member of its set. */
export function meshOf(task: PointTask, { kPointsPerAtom }: QuantumEspressoSettings): Vec3 {
  const { structure, matrix } = computedCell(task);
  return kMesh(matMul(matrix, task.meshLattice ?? task.structure.lattice), structure, task.periodic, kPointsPerAtom);
}

/** The input of pw.x for a point, for QE 6.0 and later. Lengths in angstrom, energies in Ry; the cell keeps the axes of the task. */
export function pwInput(task: PointTask, { settings, numerics, potentials, cutoffs, magnetisations }: InputOptions): string {
  const { structure } = computedCell(task);
  const atoms = structure.sites.length;
  const relaxation = relaxationOf(task, atoms);
  const typeOf = (species: string): number =>
    potentials.findIndex(({ element }) => structure.species[species]?.[element] !== undefined) + 1;
  const control = {
    calculation: relaxation.calculation,
    prefix: 'pw',
    outdir: './',
    pseudo_dir: '../shared/',
    // Nothing is restarted, and wave functions of hundreds of k-points fill a scratch disk. But a relaxation that writes nothing leaves the
    // XML of the calculation before its last, or none at all (QE 6.7).
    disk_io: relaxation.calculation === 'scf' ? 'none' : 'low',
    tstress: true,
    tprnfor: true,
    ...(relaxation.calculation !== 'scf' && {
      nstep: numerics.maxIonicSteps,
      forc_conv_thr: settings.forceToleranceEvPerAngstrom / evPerAngstromPerRyPerBohr,
      // Forces decide; 1e-6 Ry an atom is 0.02 meV.
      etot_conv_thr: 1e-6 * atoms,
    }),
    ...(settings.maxSeconds !== undefined && { max_seconds: settings.maxSeconds }),
  };
  const system = {
    ibrav: 0,
    nat: atoms,
    ntyp: potentials.length,
    ecutwfc: cutoffs.wavefunctions,
    ecutrho: cutoffs.density,
    occupations: 'smearing',
    smearing: settings.smearing,
    degauss: settings.smearingRy,
    ...(numerics.symmetry !== 'full' && { nosym: true }),
    ...(numerics.symmetry === 'none' && { noinv: true }),
    // A file that does not say its valence leaves the number to pw.x.
    ...(potentials.every(({ valenceElectrons }) => valenceElectrons !== undefined) && {
      nbnd: bands(structure, potentials, numerics.extraBands),
    }),
    ...(magnetisations !== undefined && { nspin: 2 }),
    ...Object.fromEntries(
      Object.entries(magnetisations ?? {}).map(([element, value]) => [
        `starting_magnetization(${potentials.findIndex((one) => one.element === element) + 1})`,
        value,
      ]),
    ),
  };
  const electrons = {
    conv_thr: settings.convergencePerAtomRy * atoms,
    electron_maxstep: numerics.maxElectronicSteps,
    mixing_beta: numerics.mixingBeta,
    ...(numerics.mixingMode !== 'plain' && { mixing_mode: numerics.mixingMode }),
    diagonalization: numerics.diagonalization,
  };
  const ions = {
    ion_dynamics: 'bfgs',
    trust_radius_min: numerics.trustRadiusMin,
    // Pulay mixing of the last four steps: fault cells come to rest in a third fewer of them (docs/first-principles.md).
    ...(relaxation.calculation === 'relax' && { bfgs_ndim: 4 }),
  };
  const cell = {
    cell_dofree: relaxation.cellFreedom,
    press_conv_thr: settings.stressToleranceGpa / gpaPerKbar,
    cell_factor: numerics.cellFactor,
  };
  return [
    `! ${task.label}`,
    ...namelist('CONTROL', control),
    ...namelist('SYSTEM', system),
    ...namelist('ELECTRONS', electrons),
    ...(relaxation.calculation === 'scf' ? [] : namelist('IONS', ions)),
    ...(relaxation.calculation === 'vc-relax' ? namelist('CELL', cell) : []),
    'ATOMIC_SPECIES',
    ...potentials.map(({ element, file }) => `  ${element} ${elements[ElementSymbol.parse(element)].massU} ${file}`),
    'CELL_PARAMETERS angstrom',
    ...structure.lattice.map((vector) => `  ${vector.map((value) => value.toFixed(12)).join(' ')}`),
    'ATOMIC_POSITIONS crystal',
    ...structure.sites.map(
      ({ species, position }) =>
        `  ${potentials[typeOf(species) - 1]?.element ?? species} ${position.map((value) => value.toFixed(12)).join(' ')}${relaxation.mobility}`,
    ),
    'K_POINTS automatic',
    `  ${meshOf(task, settings).join(' ')} 0 0 0`,
    '',
  ].join('\n');
}

interface Relaxation {
  calculation: 'scf' | 'relax' | 'vc-relax';
  /** Suffix of a position line: which of x, y, z may move. */
  mobility: string;
  cellFreedom: 'all' | 'xyz';
}

function relaxationOf(task: PointTask, atoms: number): Relaxation {
  const free: Relaxation = { calculation: 'relax', mobility: '', cellFreedom: 'all' };
  switch (task.relax) {
    case 'none':
      return { ...free, calculation: 'scf' };
    case 'ions':
      // A single atom has nowhere to go.
      return atoms === 1 ? { ...free, calculation: 'scf' } : free;
    case 'ions-along-z':
      return { ...free, mobility: ' 0 0 1' };
    case 'cell-and-ions':
      if (!task.periodic.every(Boolean))
        throw new InvalidInput(`point "${task.label}" relaxes a cell that is not periodic`, { remedy: 'Use relax "ions"' });
      return { ...free, calculation: 'vc-relax', cellFreedom: cellFreedom(task) };
    case 'shear-loading':
      throw new InvalidInput(`point "${task.label}" loads a dislocation, for which first principles are too slow`, {
        remedy: 'Use lammps',
      });
    default:
      return assertNever(task.relax);
  }
}

/**
 * pw.x allows isotropic strains of simple cubic cells only. All strains are open instead: the stress it follows is symmetrised, so a cubic
 * cell stays cubic and a hexagonal one hexagonal, to rounding (and the reader checks that).
 */
function cellFreedom({ cellFreedom }: PointTask): Relaxation['cellFreedom'] {
  switch (cellFreedom) {
    case 'isotropic':
    case 'uniaxial':
    case 'triclinic':
    case undefined:
      return 'all';
    case 'orthorhombic':
      return 'xyz';
    default:
      return assertNever(cellFreedom);
  }
}

/**
 * Bands for the electron pairs of the cell. pw.x itself would take max(1.2 n, n + 4), which is too few for metals in long cells: six layers of
 * Al need 15 where it takes 13, because free electrons fill far more bands at the edges of the zone than on average.
 */
function bands({ sites, species }: Structure, potentials: readonly Pseudopotential[], factor: number): number {
  const electrons = sites.reduce((sum, site) => {
    const potential = potentials.find(({ element }) => species[site.species]?.[element] !== undefined);
    return sum + (potential?.valenceElectrons ?? 0);
  }, 0);
  return Math.ceil(factor * (1.4 * (electrons / 2) + 4));
}

function namelist(name: string, fields: Readonly<Record<string, string | number | boolean>>): string[] {
  return [`&${name}`, ...Object.entries(fields).map(([key, value]) => `  ${key} = ${fortran(value)}`), '/'];
}

function fortran(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '.true.' : '.false.';
  if (typeof value === 'string') return `'${value}'`;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(10))).replace('e', 'd');
}
