/** How a shear loading (`shear-loading.ts`) proceeds, whoever computes it: the script of LAMMPS and our own statics. */
export const loadingSteps = {
  /** Increments a period where the dislocation follows the load smoothly: enough to fit two harmonics. */
  perPeriod: 6,
  /** The largest increment of the elastic approach to a jump: half of the stress that one period releases. */
  largest: 1 / 2,
  /** While nothing but elastic strain is added, each increment is so many times the one before. */
  growth: 1.35,
  /** A step of more than this part of a period is a jump, not a glide. */
  jump: 0.35,
  /** A jump is accepted once it happens within this part of the stress, or this part of a period's strain. */
  stressResolution: 0.02,
  strainResolution: 1 / 400,
  /** Smooth traces are followed somewhat beyond a period, so that both extremes lie inside; a jump of a whole period passed them both. */
  smoothEnd: 1.08,
  jumpEnd: 0.9,
  /** Ample: a smooth trace takes 7, a screw of tungsten 40. */
  allowed: 160,
} as const;
