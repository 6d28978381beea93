import { z } from 'zod';
import type { EnsembleModel } from './ensemble.js';

/** Version of the layout of model folders; another one is refused. */
export const modelFormat = 1;

/** A trained ensemble with what tells it from others. */
export interface TrainedModel {
  /** Hash of its contents. */
  id: string;
  ensemble: EnsembleModel;
}

const Numbers = z.array(z.number());
const ClassModel = z.strictObject({
  kind: z.string(),
  protocol: z.string(),
  rows: z.int(),
  censored: z.int(),
  belowFloor: z.boolean(),
  floorMpa: z.number().positive(),
  base: z.number(),
  weights: Numbers,
  sigma: z.number().positive(),
  halfWidth90: z.number().positive(),
  transferHalfWidth90: z.number().nonnegative().optional(),
  view: z.literal('coarse').optional(),
  residuals: Numbers,
  highMpa: z.number().positive(),
  physical: z.number().optional(),
  system: z.number().optional(),
  neighbourhood: z.strictObject({
    scaling: z.strictObject({ centre: z.record(z.string(), Numbers), spread: Numbers }),
    points: z.array(Numbers),
    reach: z.number().positive(),
  }),
});

/** `model.json` of a model folder. Members lie in files of their own, each with its digest, so that a cut or missing one is noticed. */
export const ModelManifest = z.strictObject({
  format: z.literal(modelFormat, `must be ${modelFormat}; train the model again with this version of peierls`),
  id: z.string(),
  featureNames: z.array(z.string()),
  classes: z.array(ClassModel),
  members: z.array(z.strictObject({ name: z.string(), file: z.string(), sha256: z.string() })),
});
export type ModelManifest = z.infer<typeof ModelManifest>;

/** What a person should know before trusting a model: `card.json`. */
export interface ModelCard {
  model: string;
  trainedAt: string;
  seed: number;
  data: {
    /** `elsewhere`: not learned from, its errors widen the intervals. */
    use: 'learned' | 'elsewhere';
    file: string;
    source: string;
    sha256: string;
    records: number;
    used: number;
    refused: number;
    excluded: { id: string; reason: string }[];
  }[];
  /** Error on elements that were left out while weights and intervals were set, by class. */
  classes: {
    kind: string;
    protocol: string;
    rows: number;
    belowFloorRows: number;
    answersBelowFloor: boolean;
    heldOutRmse: number;
    halfWidth90: number;
    /** What inputs by other families of potentials need besides, in quadrature. */
    transferHalfWidth90?: number;
    /** Surfaces are looked at coarsely, whatever is known of them: labels by other families are answered better so. */
    view?: 'coarse';
    weights: Record<string, number>;
  }[];
  folds: string;
  calibration: string;
  target: string;
  features: readonly string[];
  backend: { name: string; version: string; isGpu: boolean };
  versions: Record<string, string>;
  seconds: number;
}
