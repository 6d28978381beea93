import { calibrationOf } from '../baseline-calibration.js';
import { baselineName, predictBaseline } from '../baseline-predictor.js';
import { peierlsFloorMpa, type Prediction, type PredictionDomain } from '../prediction.js';
import { planeOf, sizeRatio } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';
import { dislocationClass, protocolOf } from './dislocation-class.js';
import type { Features } from './feature.js';
import type { TrainedModel } from './model.js';
import { classFor, predictClass, seenBy } from './predict-class.js';

/** Name in every prediction of a trained ensemble; `model` says which one. */
export const ensembleName = 'ensemble';

/** Up to `inside` reaches a record is inside, up to `outside` at the edge: left-out elements lie within one reach in nine of ten cases. */
const border = { inside: 1, outside: 2 } as const;

export interface PredictionOptions {
  /** What the record's file says of how its stresses are measured. */
  protocol: string;
  named: boolean;
  /** What `seenBy` gave before. */
  features?: Features;
  /** Answers of members that were worked out elsewhere, by name; see `predictClass`. */
  votes?: ReadonlyMap<string, number>;
}

/**
 * The trained ensemble's answer, or the labelled baseline's where the model has learned nothing of that class. `named` says that the user asked
 * for this very model: what it does not know is then outside, whatever the baseline thinks of its own ground.
 */
export function predictRecord(
  record: SlipRecord,
  model: TrainedModel,
  { protocol: ofFile, named, features, votes }: PredictionOptions,
): Prediction {
  const own = classFor(model.ensemble, dislocationClass(record), protocolOf(record, ofFile));
  if (own === undefined) return baselineFor(record, named);
  const { lnMpa, low, high, distance, belowFloorProbability, uncertainty, sharedLnError, protocol } = predictClass(
    model.ensemble,
    own,
    seenBy(own, record, features),
    votes,
  );
  const plane = planeOf(record);
  const odd = Math.abs(sizeRatio(record) - 1) > 0.15 || plane === undefined;
  const shown = odd ? Math.max(2, distance) : distance;
  const belowFloor = belowFloorProbability > 0.5;
  const mpa = (ln: number): number => Math.max(peierlsFloorMpa, Math.exp(ln));
  return {
    id: record.id,
    slipSystem: record.slip.plane,
    character: record.character,
    peierlsMpa: mpa(lnMpa),
    interval90: [Math.min(mpa(low), mpa(lnMpa)), Math.max(mpa(high), mpa(lnMpa))],
    domain: domainAt(shown),
    domainDistance: Math.max(0, (shown - border.inside) / (border.outside - border.inside)),
    uncertainty,
    ...(sharedLnError > 0 && { sharedLnError }),
    predictor: ensembleName,
    model: model.id,
    protocol,
    belowFloor,
    belowFloorProbability,
    ...(belowFloor && { warnings: [`probably below the floor of ${own.floorMpa} MPa of its protocol: read the value as an upper end`] }),
  };
}

function baselineFor(record: SlipRecord, named: boolean): Prediction {
  const baseline = predictBaseline(record);
  const plane = planeOf(record);
  if (!named || plane === undefined) return baseline;
  const warnings = [...(baseline.warnings ?? []), `the model knows no ${dislocationClass(record)}: this is ${baselineName}`];
  const { measured } = calibrationOf(record, plane);
  return { ...baseline, domain: 'outside', domainDistance: Math.max(measured ? 1 : 2, baseline.domainDistance), warnings };
}

function domainAt(distance: number): PredictionDomain {
  if (distance <= border.inside) return 'inside';
  return distance < border.outside ? 'edge' : 'outside';
}
