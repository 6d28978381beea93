import { randomNumbers, type RandomNumbers } from './learning/random.js';
import type { PredictionUncertainty } from './prediction.js';
import { controlling } from './ranking.js';

export interface UncertainPrediction {
  slipSystem: string;
  character: 'edge' | 'screw';
  peierlsMpa: number;
  interval90: readonly [number, number];
  uncertainty: PredictionUncertainty;
  /** Baseline intervals hold all three parts, those of the ensemble the inference alone. */
  predictor: string;
}

export interface UncertainCandidate {
  lattice: string;
  predictions: readonly UncertainPrediction[];
}

/** 5 % and 95 % lie so many standard deviations from the median. */
const normal90 = 1.645;

/** Random draws: a probability of one half is then good to 0.016. */
const mostDraws = 1000;

/**
 * Probability that a candidate is among the k strongest, by drawing all Peierls stresses together. Every prediction errs by itself, by its 90 %
 * interval (the two sides may differ); predictions of one class (lattice, slip system, character) err together by `system`, once a draw;
 * `physical`, the potential, is common to a campaign and asks another question. What is common moves rivals alike, so it is taken out
 * of intervals that hold it: counted for each candidate it would blur a ranking that it does not touch. Strength is that of the controlling
 * dislocation of each draw. The same seed gives the same answer; probabilities sum to k.
 */
export function topProbabilities(candidates: readonly UncertainCandidate[], k: number, seed = 1): number[] {
  const counts = candidates.map(() => 0);
  if (candidates.length <= k) return counts.map(() => 1);
  const random = randomNumbers(seed);
  const prepared = candidates.map(({ lattice, predictions }) => predictions.map((it) => drawable(lattice, it)));
  const classes = [...new Set(prepared.flat().map(({ kind }) => kind))];
  // A large campaign has fewer draws: some seconds at most.
  const draws = Math.max(200, Math.min(mostDraws, Math.round(5e6 / candidates.length)));
  for (let draw = 0; draw < draws; draw += 1) {
    const common = new Map(classes.map((kind) => [kind, gaussian(random)]));
    const strengths = prepared.map((predictions) => {
      const drawn = predictions.map(({ slipSystem, character, ln, below, above, system, kind }) => {
        const own = gaussian(random);
        return { slipSystem, character, peierlsMpa: ln + own * (own < 0 ? below : above) + system * (common.get(kind) ?? 0) };
      });
      return controlling(drawn)?.peierlsMpa ?? Number.NEGATIVE_INFINITY;
    });
    const order = strengths.map((_, index) => index).toSorted((a, b) => (strengths[b] ?? 0) - (strengths[a] ?? 0));
    for (const index of order.slice(0, k)) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

function drawable(lattice: string, { slipSystem, character, peierlsMpa, interval90, uncertainty, predictor }: UncertainPrediction) {
  const ln = Math.log(peierlsMpa);
  const { physical, system } = uncertainty;
  const held = predictor.startsWith('baseline') ? physical ** 2 + system ** 2 : 0;
  const side = (end: number): number => Math.sqrt(Math.max(0, ((Math.log(end) - ln) / normal90) ** 2 - held));
  return {
    slipSystem,
    character,
    ln,
    below: side(interval90[0]),
    above: side(interval90[1]),
    system,
    kind: `${lattice} ${slipSystem} ${character}`,
  };
}

/** Box and Muller. */
function gaussian(random: RandomNumbers): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
