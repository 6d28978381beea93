import { z } from 'zod';
import { LoadTrace, ShearLoading } from './shear-loading.js';
import { Structure } from './structure.js';

/**
 * One run of a simulation code: a structure, which degrees of freedom relax, and the boundary.
 * Protocols produce points, calculators run them; neither knows the other.
 */
export const PointTask = z.strictObject({
  /** Unique within its calculation, fit for a file name once `/` is replaced: `relax`, `strain/e1/+0.005`, `gamma/02-03`. */
  label: z.string().regex(/^[A-Za-z0-9+._/-]+$/),
  structure: Structure,
  /** A direction that is not periodic ends in vacuum, which the cell already contains. */
  periodic: z.tuple([z.boolean(), z.boolean(), z.boolean()]),
  /**
   * `none`: single point. `ions`: fixed cell. `ions-along-z`: fixed cell, atoms move along cartesian z only (gamma surfaces).
   * `cell-and-ions`: to zero stress within `cellFreedom`. `shear-loading`: ions between rigid slabs that are driven past each other.
   */
  relax: z.enum(['none', 'ions', 'ions-along-z', 'cell-and-ions', 'shear-loading']),
  /**
   * Which strains a `cell-and-ions` relaxation may use, in the crystal axes of the prototype:
   * `isotropic` (cubic), `uniaxial` (a = b and c), `orthorhombic` (a, b, c), `triclinic` (all six).
   */
  cellFreedom: z.enum(['isotropic', 'uniaxial', 'orthorhombic', 'triclinic']).optional(),
  /** How a `shear-loading` point is driven. */
  loading: ShearLoading.optional(),
  /**
   * Lattice of the undistorted member of the set, rows in angstrom. Whatever a code discretises by the shape of the cell (k-points) it
   * derives from this one, so that all members get the same and differ by physics alone. Default: the structure's own.
   */
  meshLattice: Structure.shape.lattice.optional(),
});
export type PointTask = z.infer<typeof PointTask>;

/** Cauchy stress, Voigt order xx yy zz yz xz xy, GPa, tension positive, in the axes of the task's structure. */
export const StressVoigt = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);
export type StressVoigt = z.infer<typeof StressVoigt>;

export const PointResult = z.strictObject({
  /** Total energy of the cell. */
  energyEv: z.number(),
  /** Undefined where a boundary makes it meaningless (slabs). */
  stressGpa: StressVoigt.optional(),
  /** Final structure: same site order and axes as the task's. A `shear-loading` run keeps only the cell and the first atom: its trace is the result. */
  structure: Structure,
  /** Largest remaining force component on a free degree of freedom, eV/angstrom. */
  maxForceEvPerAngstrom: z.number(),
  /** Of a `shear-loading` run. */
  trace: LoadTrace.optional(),
  /** Total, of the cell, Bohr magnetons; absent without spin. */
  magneticMoment: z.number().optional(),
  /** Of a crystal that is no metal; absent for metals, and where a code does not tell. */
  bandGapEv: z.number().positive().optional(),
});
export type PointResult = z.infer<typeof PointResult>;

/** Why a run gave no usable result. A calculation outcome, never an exception (style guide, "Failures"). */
export const pointFailures = [
  'not-converged',
  'atoms-lost',
  'not-a-number',
  'moment-lost',
  'code-error',
  'output-missing',
  'output-truncated',
  'out-of-time',
  'out-of-memory',
  'cancelled',
  'node-failure',
  'lost',
] as const;
export const PointFailure = z.enum(pointFailures);
export type PointFailure = z.infer<typeof PointFailure>;

export const PointOutcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed'), result: PointResult }),
  z.strictObject({ kind: z.literal('failed'), reason: PointFailure, evidence: z.string() }),
]);
export type PointOutcome = z.infer<typeof PointOutcome>;
