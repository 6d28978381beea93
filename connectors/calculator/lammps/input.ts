import { assertNever } from '../../../domain/assert-never.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { PointTask } from '../../../domain/point.js';
import { vecMat, type Mat3 } from '../../../domain/vector.js';
import { keepsZ, lammpsFrame, type Frame } from './frame.js';
import { loadingCommands } from './loading.js';

/** Names in a point's folder. */
export const inputFile = 'in.lammps';
export const atomsFile = 'atoms.data';
export const resultFile = 'result.json';
export const finalFile = 'final.dump';

export interface InputOptions {
  /** Atom types 1, 2, ... */
  species: readonly string[];
  /** `pair_style` and `pair_coeff` lines. */
  potentialCommands: readonly string[];
  /** Two-norm of all forces at which minimisation stops, eV/angstrom; far below the tolerance of the reader. */
  forceNorm: number;
  maxIterations: number;
}

/**
 * Beyond the atoms of a slab: LAMMPS loses atoms that leave a fixed boundary, and surface layers relax outwards by tenths of an angstrom.
 */
const vacuumMargin = 5;

/** An increment takes 60 to 200; one that takes more hangs on an atom that falls into another (protocols, section 4). */
const loadingIterations = 700;

/** The LAMMPS input script of a point. The same text runs on every LAMMPS since 2021, natively and as WebAssembly. */
export function inputScript(task: PointTask, options: InputOptions): string {
  const frame = lammpsFrame(task.structure.lattice);
  return [
    `# ${task.label}`,
    // An attempt that was killed must not pass off the result of an earlier one as its own.
    `print '{}' file ${resultFile} screen no`,
    // With Newton's third law on, LAMMPS of 2021 decides by the last bit of a coordinate which of two images carries a pair, and drops
    // pairs between atoms on the faces of a tilted cell (strained Fe3Al: 0.2 eV). Off, every pair of images is simply computed.
    'newton off',
    'units metal',
    'atom_style atomic',
    'atom_modify sort 0 0',
    'box tilt large',
    `boundary ${task.periodic.map((periodic) => (periodic ? 'p' : 'f')).join(' ')}`,
    `read_data ${atomsFile}`,
    // Masses are required and have no effect on statics.
    'mass * 1.0',
    // Styles of the OPT package where LAMMPS has it: a loading is long enough for the 25 % that they save.
    ...(task.relax === 'shear-loading' ? ['suffix opt'] : []),
    ...options.potentialCommands,
    // The increments of a loading start near their end: fewer neighbours save a third of the time.
    `neighbor ${task.relax === 'shear-loading' ? 0.2 : 0.5} bin`,
    'neigh_modify every 1 delay 0 check yes',
    'thermo 100',
    'thermo_style custom step pe fnorm press',
    'min_style cg',
    // The quadratic line search converges to rounding error; backtracking stops at 1e-4 eV/angstrom.
    'min_modify line quadratic dmax 0.1',
    ...relaxation(task, frame, options),
    'thermo_style custom step pe pxx pyy pzz pyz pxz pxy',
    'run 0 post no',
    // The trace is the result of a loading; its thousands of atoms would only fill the store.
    ...(task.relax === 'shear-loading' ? [] : [dumpCommand]),
    `print '${resultLine}' file ${resultFile} screen no`,
    '',
  ].join('\n');
}

const dumpCommand = `write_dump all custom ${finalFile} id x y z fx fy fz modify sort id format float %.15g`;

/** Written last, so that its presence says the run went through. Pressures in bar, in the LAMMPS frame, Voigt order. */
const resultLine = JSON.stringify({
  version: '@version',
  atoms: '@atoms',
  energyEv: '@pe',
  pressureBar: ['@pxx', '@pyy', '@pzz', '@pyz', '@pxz', '@pxy'],
  origin: ['@xlo', '@ylo', '@zlo'],
  lengths: ['@lx', '@ly', '@lz'],
  tilts: ['@xy', '@xz', '@yz'],
}).replaceAll(/"@(\w+)"/g, (_, keyword: string) => `$(${keyword}:%.15g)`);

/** LAMMPS data file: cell and atoms in the LAMMPS frame, 17 digits so that nothing is lost. */
export function atomsData(task: PointTask, species: readonly string[]): string {
  const { lattice } = simulationCell(task);
  const { structure } = task;
  const frame = lammpsFrame(structure.lattice);
  const bounds = (['x', 'y', 'z'] as const).map((axis, i) => {
    const margin = task.periodic[i] ? 0 : vacuumMargin;
    return `${-margin} ${(lattice[i]?.[i] ?? 0) + margin} ${axis}lo ${axis}hi`;
  });
  const atoms = structure.sites.map((site, i) => {
    const type = species.indexOf(site.species) + 1;
    return `${i + 1} ${type} ${vecMat(site.position, frame.lattice).join(' ')}`;
  });
  return [
    `# ${task.label}`,
    '',
    `${structure.sites.length} atoms`,
    `${species.length} atom types`,
    ...bounds,
    `${lattice[1][0]} ${lattice[2][0]} ${lattice[2][1]} xy xz yz`,
    '',
    'Atoms # atomic',
    '',
    ...atoms,
    '',
  ].join('\n');
}

/** The cell LAMMPS sees. A c vector that leads through vacuum may lean; LAMMPS wants it upright, which changes nothing. */
function simulationCell(task: PointTask): { lattice: Mat3 } {
  const { lattice } = lammpsFrame(task.structure.lattice);
  const [a, b, c] = lattice;
  const upright = Math.abs(b[0]) < 1e-9 && Math.abs(c[0]) < 1e-9 && Math.abs(c[1]) < 1e-9;
  if ((!task.periodic[0] || !task.periodic[1]) && !upright)
    throw new InvalidInput(`point "${task.label}" is not periodic along a or b and its cell is not a box`, {
      remedy: 'Put the vacuum along c, or use an orthogonal cell',
    });
  return { lattice: [a, b, task.periodic[2] ? c : [0, 0, c[2]]] };
}

function relaxation(task: PointTask, frame: Frame, { forceNorm, maxIterations }: InputOptions): string[] {
  const minimise = `minimize 0 ${forceNorm} ${maxIterations} ${4 * maxIterations}`;
  switch (task.relax) {
    case 'none':
      return [];
    case 'ions':
      return [minimise, minimise];
    case 'ions-along-z':
      if (!keepsZ(frame))
        throw new InvalidInput(`point "${task.label}" moves atoms along z, but its a and b do not span the xy plane`, {
          remedy: 'Orient the slab with its normal along z',
        });
      return ['fix along_z all setforce 0 0 NULL', minimise, minimise];
    case 'cell-and-ions': {
      // The energy is minimised at a fixed reference cell; each cycle starts from the last one's, so the last one moves nothing.
      const cycle = [`fix cell all box/relax ${boxRelax(task, frame)} vmax 0.02`, minimise, 'unfix cell'];
      return [...cycle, ...cycle, ...cycle];
    }
    case 'shear-loading':
      return loading(task, frame, maxIterations);
    default:
      return assertNever(task.relax);
  }
}

function loading(task: PointTask, frame: Frame, maxIterations: number): string[] {
  const [a, b] = frame.lattice;
  if (task.loading === undefined || !keepsZ(frame) || Math.abs(frame.rotation[0][0] - 1) > 1e-9)
    throw new InvalidInput(`point "${task.label}" is loaded in shear, but its cell is not along x and y or its loading is not given`, {
      remedy: 'Build it with peierlsPoints',
    });
  return loadingCommands({ loading: task.loading, area: a[0] * b[1], maxIterations: Math.min(maxIterations, loadingIterations) });
}

/** Arguments of `fix box/relax`. LAMMPS strains the cell along its own axes, so these must be the crystal's. */
function boxRelax(task: PointTask, frame: Frame): string {
  const [, b, c] = frame.lattice;
  const freedom = task.cellFreedom ?? 'triclinic';
  const straightC = keepsZ(frame) && Math.abs(c[0]) + Math.abs(c[1]) < 1e-9;
  const box = straightC && Math.abs(frame.rotation[0][0] - 1) < 1e-9 && Math.abs(b[0]) < 1e-9;
  if (!task.periodic.every(Boolean))
    throw new InvalidInput(`point "${task.label}" relaxes a cell that is not periodic`, { remedy: 'Use relax "ions"' });
  if ((freedom === 'uniaxial' && !straightC) || (freedom === 'orthorhombic' && !box))
    throw new InvalidInput(`point "${task.label}" relaxes its cell with freedom "${freedom}", which its cell vectors do not follow`, {
      remedy: freedom === 'uniaxial' ? 'Put a and b in the xy plane and c along z' : 'Put a, b and c along x, y and z',
    });
  switch (freedom) {
    case 'isotropic':
      return 'iso 0';
    case 'uniaxial':
      return 'aniso 0 couple xy';
    case 'orthorhombic':
      return 'aniso 0';
    case 'triclinic':
      return 'tri 0';
    default:
      return assertNever(freedom);
  }
}
