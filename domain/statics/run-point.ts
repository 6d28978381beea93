import { assertNever } from '../assert-never.js';
import { leastSquares } from '../least-squares.js';
import type { PointFailure, PointOutcome, PointTask, StressVoigt } from '../point.js';
import { cartesian, deformed } from '../cartesian.js';
import type { Structure } from '../structure.js';
import { determinant, inverse, vecMat, type Mat3, type Vec3 } from '../vector.js';
import type { EamTable } from './eam-table.js';
import { EmbeddedAtoms } from './embedded-atoms.js';
import { minimise, type Minimum } from './minimise.js';
import type { Preconditioner } from './preconditioner.js';
import { shearLoad } from './shear-load.js';

/** Changes when the same task gives other numbers. */
export const staticsVersion = 'peierls statics 1';

const gpaPerEvPerCubicAngstrom = 160.217_663_4;

/** Two-norm of forces, eV/angstrom, and stress, GPa, at which a relaxation ends; a reader of fault energies sees neither. */
const forceNorm = 1e-8;
const stressGpa = 1e-7;
const acceptedForceNorm = 1e-6;
const evaluationsAllowed = 3000;
const cellSteps = 20;

/** A crystal at rest in a given cell. */
interface Rest {
  energyEv: number;
  stress: StressVoigt;
  positions: Float64Array;
  left: number;
}

/** Computes a point of one embedded-atom species (`eam-table.ts`) in this process: what the `lammps` calculator has LAMMPS do. Never throws on physics. */
export function runPoint(table: EamTable, task: PointTask): PointOutcome {
  try {
    return task.relax === 'shear-loading' ? loaded(table, task) : settled(table, task);
  } catch (cause) {
    if (cause instanceof RangeError) return failed('code-error', cause.message);
    throw cause;
  }
}

function loaded(table: EamTable, task: PointTask): PointOutcome {
  if (task.loading === undefined) return failed('code-error', `point "${task.label}" is loaded in shear, and its loading is not given`);
  const { lattice, sites, species } = task.structure;
  const { trace } = shearLoad(table, flat(task.structure), lattice, task.loading);
  const { increments } = trace;
  if (increments.some(({ energyEv }) => !Number.isFinite(energyEv))) return failed('not-a-number', 'an increment has no energy');
  return {
    kind: 'completed',
    result: {
      energyEv: increments.at(-1)?.energyEv ?? Number.NaN,
      // As with every loading, the trace is the result: of the structure only the cell and the first atom are kept.
      structure: { lattice, sites: sites.slice(0, 1), species },
      maxForceEvPerAngstrom: Math.max(...increments.map((increment) => increment.forceNorm)),
      trace,
    },
  };
}

function settled(table: EamTable, task: PointTask): PointOutcome {
  const structure = task.relax === 'cell-and-ions' ? relaxedCell(table, task) : task.structure;
  if (structure === undefined) return failed('not-converged', `the cell is not at rest after ${cellSteps} steps`);
  const rest = atRest(table, structure, task);
  if (![rest.energyEv, ...rest.stress, ...rest.positions].every(Number.isFinite))
    return failed('not-a-number', 'the energy is not a number');
  if (task.relax !== 'none' && rest.left > acceptedForceNorm)
    return failed('not-converged', `forces of ${rest.left.toExponential(2)} eV/angstrom are left after ${evaluationsAllowed} evaluations`);
  const toFraction = inverse(structure.lattice);
  const sites = structure.sites.map((site, i) => {
    const at = (k: number): number => rest.positions[3 * i + k] ?? Number.NaN;
    return { species: site.species, position: vecMat([at(0), at(1), at(2)], toFraction) };
  });
  return {
    kind: 'completed',
    result: {
      energyEv: rest.energyEv,
      ...(task.periodic.every(Boolean) && { stressGpa: rest.stress }),
      structure: { ...structure, sites },
      maxForceEvPerAngstrom: rest.left,
    },
  };
}

/** Newton's method on the stress within the strains that the task allows; the stiffness is found by differences once a step. */
function relaxedCell(table: EamTable, task: PointTask): Structure | undefined {
  const strains = freedoms(task.cellFreedom ?? 'triclinic');
  const probe = 1e-5;
  let structure = task.structure;
  const stresses = (of: Structure): number[] => {
    const { stress } = atRest(table, of, task);
    return strains.map((strain) => inner(stress, strain));
  };
  for (let step = 0; step < cellSteps; step += 1) {
    const stress = stresses(structure);
    if (stress.every((entry) => Math.abs(entry) < stressGpa)) return structure;
    const columns = strains.map((strain) => {
      const moved = stresses(strained(structure, scaled(strain, probe)));
      return moved.map((entry, i) => (entry - (stress[i] ?? 0)) / probe);
    });
    const rows = stress.map((_, i) => columns.map((column) => column[i] ?? Number.NaN));
    const size = leastSquares(
      rows,
      stress.map((entry) => -entry),
    );
    const limit = Math.max(...size.map(Math.abs)) > 0.02 ? 0.02 / Math.max(...size.map(Math.abs)) : 1;
    const total = strains.reduce<StressVoigt>(
      (sum, strain, i) => plus(sum, scaled(strain, limit * (size[i] ?? Number.NaN))),
      [0, 0, 0, 0, 0, 0],
    );
    if (!total.every(Number.isFinite)) return undefined;
    structure = strained(structure, total);
  }
  return undefined;
}

function atRest(table: EamTable, structure: Structure, task: PointTask): Rest {
  const positions = flat(structure);
  const crystal = new EmbeddedAtoms(table, positions, structure.lattice, task.periodic);
  const forces = new Float64Array(positions.length);
  const virial = new Float64Array(6);
  const free = (x: Float64Array, f: Float64Array): number => {
    const energy = crystal.evaluate(x, f);
    if (task.relax === 'ions-along-z') for (let i = 0; i < f.length; i += 3) f.fill(0, i, i + 2);
    return energy;
  };
  const relaxes = task.relax !== 'none' && structure.sites.length > 1;
  const minimum: Minimum | undefined = relaxes
    ? minimise(free, positions, forces, { forceNorm, evaluations: evaluationsAllowed, preconditioner: alikeSprings })
    : undefined;
  const energyEv = crystal.evaluate(positions, forces, virial);
  const toStress = -gpaPerEvPerCubicAngstrom / determinant(structure.lattice);
  const stress = Array.from(virial, (entry) => entry * toStress) as StressVoigt;
  return { energyEv, stress, positions, left: minimum?.forceNorm ?? 0 };
}

/** Stiffness of a metal's atoms in eV/angstrom^2, the same for all: enough for a few dozen atoms. */
const stiffness = 10;
const alikeSprings: Preconditioner = {
  solve: (vector) => {
    for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] as number) / stiffness;
  },
};

/** Strains in Voigt order xx yy zz yz xz xy with tensor components, one for each freedom of the cell. */
function freedoms(freedom: NonNullable<PointTask['cellFreedom']>): StressVoigt[] {
  switch (freedom) {
    case 'isotropic':
      return [[1, 1, 1, 0, 0, 0]];
    case 'uniaxial':
      return [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
      ];
    case 'orthorhombic':
      return [0, 1, 2].map(single);
    case 'triclinic':
      return [0, 1, 2, 3, 4, 5].map(single);
    default:
      return assertNever(freedom);
  }
}

function single(component: number): StressVoigt {
  return Array.from({ length: 6 }, (_, k) => Number(k === component)) as StressVoigt;
}

function strained(structure: Structure, [xx, yy, zz, yz, xz, xy]: StressVoigt): Structure {
  const gradient: Mat3 = [
    [1 + xx, xy, xz],
    [xy, 1 + yy, yz],
    [xz, yz, 1 + zz],
  ];
  return deformed(structure, gradient);
}

function scaled(strain: StressVoigt, factor: number): StressVoigt {
  return strain.map((entry) => entry * factor) as StressVoigt;
}

function plus(a: StressVoigt, b: StressVoigt): StressVoigt {
  return a.map((entry, i) => entry + (b[i] ?? 0)) as StressVoigt;
}

function inner(a: StressVoigt, b: StressVoigt): number {
  return a.reduce((sum, entry, i) => sum + entry * (b[i] ?? 0), 0);
}

function flat(structure: Structure): Float64Array {
  return Float64Array.from(cartesian(structure).flatMap((position: Vec3) => position));
}

function failed(reason: PointFailure, evidence: string): PointOutcome {
  return { kind: 'failed', reason, evidence };
}
