import { randomNumbers, type RandomNumbers } from './learning/random.js';
import { normal90, ownInterval, type PredictionUncertainty } from './prediction.js';

export interface UncertainPrediction {
  slipSystem: string;
  character: 'edge' | 'screw';
  peierlsMpa: number;
  interval90: readonly [number, number];
  uncertainty: PredictionUncertainty;
  sharedLnError?: number | undefined;
  /** Baseline intervals hold all three parts, those of the ensemble the inference and what is shared. */
  predictor: string;
}

export interface UncertainCandidate {
  lattice: string;
  predictions: readonly UncertainPrediction[];
}

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
  const prepared = candidates.map(({ lattice, predictions }) => bySystem(predictions.map((it) => drawable(lattice, it))));
  const kinds = [...new Set(prepared.flat(2).map(({ kind }) => kind))];
  const { ends, systemEnds, numbers } = flattened(prepared, kinds);
  // A large campaign has fewer draws: a second or two at most.
  const draws = Math.max(200, Math.min(mostDraws, Math.round(5e6 / candidates.length)));
  const strengths = new Float64Array(candidates.length);
  for (let draw = 0; draw < draws; draw += 1) {
    const common = Float64Array.from(kinds, () => gaussian(random));
    let [at, system] = [0, 0];
    for (let index = 0; index < candidates.length; index += 1) {
      // Strength is that of the controlling dislocation: the hardest character of the easiest slip system.
      const last = ends[index] ?? 0;
      let easiest = system === last ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      for (; system < last; system += 1) {
        const end = systemEnds[system] ?? 0;
        let hardest = Number.NEGATIVE_INFINITY;
        for (; at < end; at += 1) {
          const place = at * columns;
          const error = gaussian(random);
          const own = (numbers[place] ?? 0) + error * (numbers[place + (error < 0 ? 1 : 2)] ?? 0);
          const value = own + (numbers[place + 3] ?? 0) * (common[numbers[place + 4] ?? 0] ?? 0);
          if (value > hardest) hardest = value;
        }
        if (hardest < easiest) easiest = hardest;
      }
      strengths[index] = easiest;
    }
    for (const index of greatest(strengths, k)) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

/** Numbers of a prediction in a row: logarithm, spread below and above it, common spread, and which class shares that. */
const columns = 5;

/** All predictions in one table of numbers, which millions of draws walk through: ends of candidates among slip systems, and of these among rows. */
function flattened(prepared: readonly (readonly ReturnType<typeof drawable>[])[][], kinds: readonly string[]) {
  const [ends, systemEnds, numbers]: [number[], number[], number[]] = [[], [], []];
  for (const systems of prepared) {
    for (const own of systems) {
      for (const { ln, below, above, system, kind } of own) numbers.push(ln, below, above, system, kinds.indexOf(kind));
      systemEnds.push(numbers.length / columns);
    }
    ends.push(systemEnds.length);
  }
  return { ends: Int32Array.from(ends), systemEnds: Int32Array.from(systemEnds), numbers: Float64Array.from(numbers) };
}

/** Places of the k greatest values, the first of equals; far cheaper than sorting thousands for ten. */
function greatest(values: Float64Array, k: number): number[] {
  const found: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (found.length === k && value <= least) continue;
    let place = found.length;
    while (place > 0 && value > (values[found[place - 1] ?? 0] ?? 0)) place -= 1;
    found.splice(place, 0, index);
    if (found.length > k) found.pop();
    least = values[found.at(-1) ?? 0] ?? 0;
  }
  return found;
}

/** Predictions of one slip system together. */
function bySystem<Prediction extends { slipSystem: string }>(predictions: readonly Prediction[]): Prediction[][] {
  const systems = new Map<string, Prediction[]>();
  for (const prediction of predictions) systems.set(prediction.slipSystem, [...(systems.get(prediction.slipSystem) ?? []), prediction]);
  return [...systems.values()];
}

function drawable(lattice: string, prediction: UncertainPrediction) {
  const { slipSystem, character, peierlsMpa, uncertainty, predictor } = prediction;
  const [low, high] = ownInterval(prediction);
  const ln = Math.log(peierlsMpa);
  const { physical, system } = uncertainty;
  const held = predictor.startsWith('baseline') ? physical ** 2 + system ** 2 : 0;
  const side = (end: number): number => Math.sqrt(Math.max(0, ((Math.log(end) - ln) / normal90) ** 2 - held));
  return {
    slipSystem,
    ln,
    below: side(low),
    above: side(high),
    system,
    kind: `${lattice} ${slipSystem} ${character}`,
  };
}

/** Box and Muller. */
function gaussian(random: RandomNumbers): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
