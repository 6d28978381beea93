import { z } from 'zod';

const Range = z.tuple([z.number(), z.number()]);

/**
 * Strain-controlled quasi-static shear of a crystal between two rigid slabs, until a dislocation in it has moved by one period. Heights are
 * cartesian z of the task's structure. The calculator chooses the increments: several a period while the dislocation follows smoothly, finer
 * where it jumps.
 */
export const ShearLoading = z.strictObject({
  /** Direction in which the upper slab is pushed. */
  axis: z.enum(['x', 'y']),
  sense: z.union([z.literal(1), z.literal(-1)]),
  /** Atoms at and beyond these heights are rigid. */
  rigidBelow: z.number(),
  rigidAbove: z.number(),
  /** Heights of the two atomic layers that the slip plane separates: slip is the mean displacement of one against the other. */
  below: Range,
  above: Range,
  /** Slip, in angstrom, when the dislocation has moved by one period: b period / glide length. */
  slipPerPeriod: z.number().positive(),
  /** Shear modulus of the crystal in this direction, GPa. */
  modulusGpa: z.number().positive(),
  /** Two-norm of all forces at which an increment is relaxed, eV/angstrom. */
  forceNorm: z.number().positive(),
});
export type ShearLoading = z.infer<typeof ShearLoading>;

/** One relaxed increment. Shear strain of the crystal, stress on the slabs in MPa along the axis, slip in angstrom, energy in eV. */
export const LoadIncrement = z.strictObject({
  strain: z.number(),
  stressMpa: z.number(),
  slipAngstrom: z.number(),
  energyEv: z.number(),
  forceNorm: z.number(),
  /** `failedStrain`: the smallest strain tried from the increment before at which the dislocation jumped. Set on the increment after a jump. */
  failedStrain: z.number().optional(),
});
export type LoadIncrement = z.infer<typeof LoadIncrement>;

export const LoadTrace = z.strictObject({
  increments: z.array(LoadIncrement).min(1),
  /** Why it ended: a period is complete, the crystal slipped on another plane than its own, or the increments allowed are used up. */
  end: z.enum(['period', 'other-plane', 'increments']),
});
export type LoadTrace = z.infer<typeof LoadTrace>;
