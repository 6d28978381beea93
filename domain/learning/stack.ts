/** Shares that the members hold before any evidence; they sum to 1. The first member is the null hypothesis, a constant tau/K, with half. */
export function nullFirst(members: number): number[] {
  const others = members > 1 ? 0.5 / (members - 1) : 0;
  return Array.from({ length: members }, (_, index) => (index === 0 ? 1 - others * (members - 1) : others));
}

/** More systems than this let one member win outright; averaging several stays better than that. */
const mostSystems = 12;

/** Held-out votes of a class: `votes[m][i]` beside `truth[i]`. `systems` counts the chemical systems (Cu, Al-Cu) among the rows. */
export interface ClassVotes {
  votes: readonly (readonly number[])[];
  truth: readonly number[];
  systems: number;
}

/**
 * Weights by evidence: prior times (mean squared error)^(-k/2), the Gaussian likelihood at each member's own best width. k counts systems and not
 * rows, because rows of one system err together: a few move the weights only when the errors differ much, many decide. They sum to 1.
 */
export function evidenceWeights({ votes, truth, systems }: ClassVotes, prior = nullFirst(votes.length)): number[] {
  if (truth.length === 0) return [...prior];
  const power = Math.min(systems, mostSystems) / 2;
  const ratios = errorRatios({ votes, truth, systems });
  return normalised(prior.map((share, index) => share * (ratios[index] ?? 1) ** -power));
}

/**
 * What all classes together say of the members, as a prior for each: the null hypothesis times the geometric mean error ratio, at half the power
 * that as many systems would have in one class. So a class of few rows leans on what wins elsewhere.
 */
export function pooledPrior(classes: readonly ClassVotes[], members: number): number[] {
  const heard = classes.filter(({ truth }) => truth.length > 0);
  const total = heard.reduce((sum, { systems }) => sum + systems, 0);
  if (total === 0) return nullFirst(members);
  const logs = heard.map((own) => errorRatios(own).map((ratio) => (own.systems / total) * Math.log(ratio)));
  const power = Math.min(total, mostSystems) / 4;
  return normalised(
    nullFirst(members).map((share, index) => share * Math.exp(-power * logs.reduce((sum, row) => sum + (row[index] ?? 0), 0))),
  );
}

/** Mean squared error of each member over the least of them; 1 for the best. */
function errorRatios({ votes, truth }: ClassVotes): number[] {
  const losses = votes.map((row) => truth.reduce((sum, value, index) => sum + ((row[index] ?? 0) - value) ** 2, 0) / truth.length);
  const least = Math.max(1e-9, Math.min(...losses));
  return losses.map((loss) => Math.max(least, loss) / least);
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
