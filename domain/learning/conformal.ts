/**
 * Split conformal quantile with the small-sample correction: the ceil((n + 1) share)-th smallest of n scores, so that a new score of the same
 * distribution lies below it with probability at least `share` (Vovk et al., 2005). With too few scores for that, the largest times 1.2.
 */
export function conformalQuantile(scores: readonly number[], share: number): number {
  const sorted = scores.toSorted((a, b) => a - b);
  const rank = Math.ceil((sorted.length + 1) * share);
  const last = sorted.at(-1) ?? Number.POSITIVE_INFINITY;
  return rank <= sorted.length ? (sorted[rank - 1] ?? last) : 1.2 * last;
}

/** Share of scores above a value, with one pseudo-count on each side: a probability that is never 0 or 1. */
export function exceedance(scores: readonly number[], value: number): number {
  return (scores.filter((score) => score > value).length + 1) / (scores.length + 2);
}
