/** Shares that the members hold before any evidence; they sum to 1. The first member is the null hypothesis, a constant tau/K, with half. */
export function nullFirst(members: number): number[] {
  const others = members > 1 ? 0.5 / (members - 1) : 0;
  return Array.from({ length: members }, (_, index) => (index === 0 ? 1 - others * (members - 1) : others));
}

/** More systems than this let one member win outright; averaging several stays better than that. */
const mostSystems = 12;

/**
 * Weights by evidence: prior times (mean squared error)^(-k/2), the Gaussian likelihood at each member's own best width. k counts chemical
 * systems (Cu, Al-Cu) and not rows, because rows of one system err together. So a few elements move the weights only when the errors differ much, and
 * many systems decide. `predictions[m][i]`, `truth[i]`; returns weights that sum to 1.
 */
export function evidenceWeights(
  predictions: readonly (readonly number[])[],
  truth: readonly number[],
  systems: number,
  prior = nullFirst(predictions.length),
): number[] {
  if (truth.length === 0) return prior;
  const power = Math.min(systems, mostSystems) / 2;
  const losses = predictions.map((row) => truth.reduce((sum, value, index) => sum + ((row[index] ?? 0) - value) ** 2, 0) / truth.length);
  const least = Math.max(1e-9, Math.min(...losses));
  const weights = losses.map((loss, index) => (prior[index] ?? 0) * (least / Math.max(least, loss)) ** power);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
