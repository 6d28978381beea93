/** Votes that the members hold before any evidence. */
export interface Prior {
  /** Share of each member; they sum to 1. */
  shares: readonly number[];
  votes: number;
}

/**
 * Weights of members by greedy selection with replacement (Caruana et al., ICML 2004): of all members, the one whose vote added to the mean
 * lowers the squared error most, twenty times. `predictions[m][i]`, `truth[i]`; returns weights that sum to 1. The prior keeps few
 * elements from choosing a member by luck.
 */
export function stackWeights(predictions: readonly (readonly number[])[], truth: readonly number[], prior: Prior, rounds = 20): number[] {
  const votes = prior.shares.map((share) => share * prior.votes);
  const sums = truth.map((_, index) => predictions.reduce((sum, row, member) => sum + (row[index] ?? 0) * (votes[member] ?? 0), 0));
  for (let round = 0; round < rounds; round += 1) {
    const total = prior.votes + round + 1;
    const losses = predictions.map((row) =>
      truth.reduce((loss, value, index) => loss + (((sums[index] ?? 0) + (row[index] ?? 0)) / total - value) ** 2, 0),
    );
    const best = losses.indexOf(Math.min(...losses));
    votes[best] = (votes[best] ?? 0) + 1;
    for (const index of truth.keys()) sums[index] = (sums[index] ?? 0) + (predictions[best]?.[index] ?? 0);
  }
  return votes.map((vote) => vote / (prior.votes + rounds));
}

/**
 * The null hypothesis, a constant tau/K, holds half of the prior votes and the others share the rest. Evidence counts by elements and not
 * by rows, because rows of one element err together: the fewer elements, the more votes it takes to move the prior.
 */
export function nullFirst(members: number, elements: number): Prior {
  const others = members > 1 ? 0.5 / (members - 1) : 0;
  return {
    shares: Array.from({ length: members }, (_, index) => (index === 0 ? 1 - others * (members - 1) : others)),
    votes: 1 + 150 / Math.max(1, elements) ** 2,
  };
}
