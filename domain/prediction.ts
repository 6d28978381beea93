import { z } from 'zod';

/** Lowest Peierls stress that we state, MPa: the numerical floor of molecular statics, and of any meaning. */
export const peierlsFloorMpa = 0.01;

/** How far a record lies from what its predictor learned on. */
export const PredictionDomain = z.enum(['inside', 'edge', 'outside']);
export type PredictionDomain = z.infer<typeof PredictionDomain>;

/** Parts of the uncertainty of ln(Peierls stress), as standard deviations; 0.1 is about 10 %. */
export const PredictionUncertainty = z.strictObject({
  /** Which potential or functional made the elastic constants and the gamma surface. */
  physical: z.number().nonnegative(),
  /** Cell size, loading protocol and what is called the Peierls stress. */
  system: z.number().nonnegative(),
  /** The predictor itself. */
  inference: z.number().nonnegative(),
});
export type PredictionUncertainty = z.infer<typeof PredictionUncertainty>;

/** Peierls stress of one slip system and character, with an interval that holds the true value in nine of ten cases. */
export const Prediction = z
  .strictObject({
    id: z.string(),
    slipSystem: z.string(),
    character: z.enum(['edge', 'screw']),
    peierlsMpa: z.number().min(peierlsFloorMpa),
    interval90: z.tuple([z.number().min(peierlsFloorMpa), z.number().min(peierlsFloorMpa)]),
    domain: PredictionDomain,
    /** 0 inside; 1 at the border between `edge` and `outside`. */
    domainDistance: z.number().nonnegative(),
    uncertainty: PredictionUncertainty,
    /** Part of the interval that predictions from one source of inputs have in common, standard deviation of ln(Peierls stress); 0 where absent. */
    sharedLnError: z.number().nonnegative().optional(),
    /** Which kind of predictor spoke. A baseline never passes for the trained one. */
    predictor: z.string().min(1),
    /** Identity of the trained model, where there is one. */
    model: z.string().optional(),
    /** Which definition of the Peierls stress the answer follows, where the predictor knows several. */
    protocol: z.string().optional(),
    /** More likely than not the true value lies below what its protocol can tell from zero; `peierlsMpa` is then an upper end. */
    belowFloor: z.boolean().optional(),
    belowFloorProbability: z.number().min(0).max(1).optional(),
    warnings: z.array(z.string()).optional(),
  })
  .refine(({ peierlsMpa, interval90: [low, high] }) => low <= peierlsMpa && peierlsMpa <= high, 'the interval must hold the median');
export type Prediction = z.infer<typeof Prediction>;

/** 5 % and 95 % of a normal distribution lie so many standard deviations from the median. */
export const normal90 = 1.645;

/**
 * The interval without what rivals share: by this one they are told apart. An interval that holds a shared part is as wide downwards as upwards (ln),
 * but for the floor that may cut its lower end: both sides are taken from the upper one.
 */
export function ownInterval({
  peierlsMpa,
  interval90: [low, high],
  sharedLnError = 0,
}: {
  peierlsMpa: number;
  interval90: readonly [number, number];
  sharedLnError?: number | undefined;
}): [number, number] {
  const half = (end: number): number => Math.sqrt(Math.max(0, Math.log(end / peierlsMpa) ** 2 - (normal90 * sharedLnError) ** 2));
  return [peierlsMpa * Math.exp(-half(sharedLnError > 0 ? high : low)), peierlsMpa * Math.exp(half(high))];
}
