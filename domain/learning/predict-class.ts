import { normal90, peierlsFloorMpa, type PredictionUncertainty } from '../prediction.js';
import { exceedance } from './conformal.js';
import { localSigma, verdict, type ClassModel, type EnsembleModel } from './ensemble.js';
import { coarseView, separator } from './example.js';
import type { SlipRecord } from '../slip-record.js';
import { featuresOf, viewOf, type Features } from './feature.js';
import { learningInput } from './learner.js';
import { predictModel } from './member.js';
import { distanceTo } from './neighbourhood.js';

/** The ensemble's answer for one record, natural logarithms of MPa. */
export interface ClassPrediction {
  protocol: string;
  lnMpa: number;
  low: number;
  high: number;
  belowFloorProbability: number;
  /** 1 at the reach of the class. */
  distance: number;
  uncertainty: PredictionUncertainty;
  /** What inputs by other families need, as a standard deviation; it is in the interval. */
  sharedLnError: number;
}

/** Where neither replicas nor stated errors are known: potentials of one element (published edges), and cell size with loading protocol. */
const usual = { physical: 0.35, system: 0.25 } as const;

/** The class that a record belongs to: under its own protocol, else the first of the model. */
export function classFor(model: EnsembleModel, kind: string, protocol: string): ClassModel | undefined {
  const own = model.classes.filter((it) => it.kind === kind);
  return own.find((it) => it.protocol === protocol) ?? own[0];
}

/** What examples call the class. */
export function groupOf({ kind, protocol }: Pick<ClassModel, 'kind' | 'protocol'>): string {
  return kind + separator + protocol;
}

/** What a class sees of a record. `known` are features of it, which are taken if they are of the view that the class prefers. */
export function seenBy(own: ClassModel, record: SlipRecord, known?: Features): Features {
  const whole = viewOf(record);
  const wanted = own.view === 'coarse' && whole === 'fine' ? 'coarse' : whole;
  if (known?.view === wanted) return known;
  return featuresOf(wanted === whole ? record : coarseView(record));
}

/** `votes` holds answers of members that were worked out elsewhere, such as networks on a graphics processor, by member name. */
export function predictClass(
  model: EnsembleModel,
  own: ClassModel,
  features: Features,
  votes?: ReadonlyMap<string, number>,
): ClassPrediction {
  const toMpa = features.lnK + Math.log(1000);
  const floor = Math.log(own.floorMpa);
  const distance = distanceTo(own.neighbourhood, features.values);
  const physical = own.transferHalfWidth90 === undefined ? (own.physical ?? usual.physical) : own.transferHalfWidth90 / normal90;
  const system = own.system ?? usual.system;
  if (own.belowFloor) {
    const probability = (own.censored + 1) / (own.rows + 2);
    // The floor itself is uncertain by some 10 %.
    const high = Math.max(floor + 0.1, Math.log(own.highMpa)) + (probability < 0.95 ? 0.5 : 0) + Math.max(0, distance - 1);
    const low = Math.min(floor, Math.log(peierlsFloorMpa));
    const uncertainty = { physical, system, inference: Math.max(0.1, (high - floor) / normal90) };
    return { protocol: own.protocol, lnMpa: floor, low, high, belowFloorProbability: probability, distance, uncertainty, sharedLnError: 0 };
  }
  const input = learningInput(groupOf(own), features);
  const floorRatio = floor - toMpa;
  const answers = model.members.map(({ name, model: member }) =>
    Math.max(floorRatio, own.base + (votes?.get(name) ?? predictModel(member, input))),
  );
  const { value, spread } = verdict(answers, own.weights);
  const sigma = localSigma(own.sigma, spread, distance);
  const half = Math.hypot(own.halfWidth90 * sigma, own.transferHalfWidth90 ?? 0);
  const middle = value + toMpa;
  return {
    protocol: own.protocol,
    lnMpa: middle,
    low: Math.max(floor, middle - half),
    high: middle + half,
    belowFloorProbability: exceedance(own.residuals, (middle - floor) / sigma),
    distance,
    uncertainty: { physical, system, inference: sigma },
    sharedLnError: (own.transferHalfWidth90 ?? 0) / normal90,
  };
}
