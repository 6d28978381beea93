import { nextCandidates, type Acquisition, type Outlook } from './acquisition.js';
import type { Example } from './example.js';
import { featureNames, waveNames } from './feature.js';
import { permutation, randomNumbers } from './random.js';
import { mean } from './scaling.js';
import { fitExtraTrees, forestSpread, predictForest } from './trees.js';

export interface ActiveLearningOptions {
  acquisition: Acquisition;
  seed: number;
  /** Labels known at the start, chosen at random: the same for every acquisition of one seed. */
  start: number;
  /** Labels computed a round. */
  batch: number;
  rounds: number;
  /** How many of the strongest are looked for. */
  top: number;
}

export interface ActiveLearningRound {
  labels: number;
  /** ln of the strongest of all over the strongest found: 0 when it is found. */
  regret: number;
  /** Share found of the strongest `top`. */
  found: number;
  /** Root mean square error of ln(strength) over what has no label yet; null when all have one. */
  rmse: number | null;
}

/** What is expected of the examples at `open` after those at `known` have shown their labels, in the order of `open`. */
export type OutlookModel = (examples: readonly Example[], known: ReadonlySet<number>, open: readonly number[], seed: number) => Outlook[];

/**
 * A campaign in which Peierls stresses are dear and all else is known, played on labelled examples: in each round a model learns from the
 * labels so far, an acquisition picks the next ones, and their labels are turned over. The model is by default a forest of randomised trees
 * with its own spread as uncertainty. Strength is ln(tau/MPa).
 */
export function simulateActiveLearning(
  examples: readonly Example[],
  options: ActiveLearningOptions,
  model: OutlookModel = forestOutlooks,
): ActiveLearningRound[] {
  const { acquisition, seed, start, batch, rounds, top } = options;
  const truth = examples.map(strengthOf);
  const order = truth.map((_, index) => index).toSorted((a, b) => (truth[b] ?? 0) - (truth[a] ?? 0));
  const wanted = new Set(order.slice(0, top));
  const known = new Set(permutation(examples.length, randomNumbers(seed)).slice(0, start));
  const random = randomNumbers(seed + 1);
  const found: ActiveLearningRound[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const open = examples.map((_, index) => index).filter((index) => !known.has(index));
    const outlooks = model(examples, known, open, seed + round);
    const best = Math.max(...[...known].map((index) => truth[index] ?? Number.NEGATIVE_INFINITY));
    const errors = open.map((index, place) => (outlooks[place]?.mean ?? 0) - (truth[index] ?? 0));
    found.push({
      labels: known.size,
      regret: (truth[order[0] ?? 0] ?? 0) - best,
      found: [...wanted].filter((index) => known.has(index)).length / Math.max(1, wanted.size),
      rmse: open.length === 0 ? null : Math.sqrt(mean(errors.map((error) => error * error))),
    });
    for (const place of nextCandidates(outlooks, { acquisition, best, count: batch, random })) {
      const index = open[place];
      if (index !== undefined) known.add(index);
    }
  }
  return found;
}

/** ln of the label in MPa. */
export function strengthOf({ target, features }: Example): number {
  return target + features.lnK + Math.log(1000);
}

/** Waves are for learners with more rows than a campaign starts with. */
const columns = featureNames.flatMap((name, index) => (waveNames.includes(name) ? [] : [index]));

function forestOutlooks(examples: readonly Example[], known: ReadonlySet<number>, open: readonly number[], seed: number): Outlook[] {
  const rows = [...known].flatMap((index) => {
    const example = examples[index];
    if (example === undefined) return [];
    const { group, features, target, censored, noise, elements } = example;
    return [{ group, x: features.values, surface: features.surface, y: target, censored, noise, elements }];
  });
  const overall = mean(rows.map((row) => row.y));
  const spread = Math.sqrt(mean(rows.map((row) => (row.y - overall) ** 2))) || 1;
  const forest = fitExtraTrees(rows, columns, seed);
  return open.map((index): Outlook => {
    const example = examples[index];
    if (example === undefined) return { mean: Number.NEGATIVE_INFINITY, sigma: 0 };
    const { group, features } = example;
    const scale = features.lnK + Math.log(1000);
    // Of a class without a label nothing is known but what labels are like.
    if (forest.constant[group] === undefined) return { mean: overall + scale, sigma: spread };
    const input = { group, x: features.values };
    return { mean: predictForest(forest, input) + scale, sigma: forestSpread(forest, input) };
  });
}
