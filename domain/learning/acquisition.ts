import { assertNever } from '../assert-never.js';
import type { RandomNumbers } from './random.js';

/** How the next candidates are chosen from what a model says of them; all but `random` need its uncertainty or its mean. */
export const acquisitions = ['random', 'greedy', 'uncertainty', 'upper-confidence', 'expected-improvement'] as const;
export type Acquisition = (typeof acquisitions)[number];

export interface Outlook {
  /** What the model expects, and the standard deviation of its error: of ln(strength), for instance. */
  mean: number;
  sigma: number;
}

/** Standard deviations above the mean that count as a chance. */
const confidence = 1;

/**
 * Indices of the `count` most promising of `candidates`, best first; `best` is the largest value known so far. Ties, and everything under `random`,
 * are settled by `random`, so that equals are not taken in the order of a file.
 */
export function nextCandidates(
  candidates: readonly Outlook[],
  { acquisition, best, count, random }: { acquisition: Acquisition; best: number; count: number; random: RandomNumbers },
): number[] {
  const scored = candidates.map((outlook, index) => ({ index, score: score(acquisition, outlook, best), draw: random() }));
  return scored
    .toSorted((a, b) => b.score - a.score || a.draw - b.draw)
    .slice(0, count)
    .map(({ index }) => index);
}

function score(acquisition: Acquisition, outlook: Outlook, best: number): number {
  switch (acquisition) {
    case 'random':
      return 0;
    case 'greedy':
      return outlook.mean;
    case 'uncertainty':
      return outlook.sigma;
    case 'upper-confidence':
      return outlook.mean + confidence * outlook.sigma;
    case 'expected-improvement':
      return expectedImprovement(outlook, best);
    default:
      return assertNever(acquisition);
  }
}

/** Mean of max(0, value - best) for a normally distributed value (Jones, Schonlau, Welch, J. Glob. Optim. 13, 455 (1998)). */
export function expectedImprovement({ mean, sigma }: Outlook, best: number): number {
  const gain = mean - best;
  if (!(sigma > 0)) return Math.max(0, gain);
  const z = gain / sigma;
  return gain * normalShare(z) + (sigma * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}

/** Share of a normal distribution below z; Abramowitz and Stegun 26.2.17, good to 7.5e-8. */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(z));
  const tail =
    (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return z >= 0 ? 1 - tail : tail;
}
