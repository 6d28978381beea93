import type { Example } from './example.js';
import { learningInput } from './learner.js';
import { predictModel, type Member } from './member.js';
import { scores, type Scored, type Scores } from './metrics.js';
import { quantile } from './scaling.js';

export interface ScoredRow extends Scored {
  id: string;
  group: string;
  /** The element that was left out. */
  element: string;
  censored: boolean;
  belowFloorProbability: number;
  distance: number;
}

export interface PredictorScores {
  predictor: string;
  pooled: Scores;
  byClass: Record<string, Scores>;
}

export function labelled(example: Example, element: string) {
  const truth = example.target + example.features.lnK + Math.log(1000);
  return { id: example.id, group: example.group, element, truth, censored: example.censored };
}

export function raised(example: Example, lnMpa: number): number {
  return Math.max(Math.log(example.floorMpa), lnMpa);
}

/** A baseline with the interval it deserves: 5 % and 95 % quantiles of its own residuals on the rows it was fitted to. */
export async function memberRows(
  member: Member,
  train: readonly Example[],
  test: readonly Example[],
  element: string,
  seed: number,
): Promise<ScoredRow[]> {
  const usable = train.filter((example) => example.excluded === undefined);
  const base = new Map<string, number>();
  for (const group of new Set(usable.map((example) => example.group)))
    base.set(
      group,
      quantile(
        usable.filter((it) => it.group === group).map((it) => it.target),
        0.5,
      ),
    );
  const rows = usable.map(({ group, features, target, censored, noise, elements }) => ({
    ...learningInput(group, features),
    y: target - (base.get(group) ?? 0),
    censored,
    noise,
    elements,
  }));
  const model = await member.fit(rows, { seed, final: false });
  const residuals = new Map<string, number[]>();
  for (const row of rows) residuals.set(row.group, [...(residuals.get(row.group) ?? []), row.y - predictModel(model, row)]);
  return test.flatMap((example) => {
    const start = base.get(example.group);
    if (start === undefined) return [];
    const { features, group } = example;
    const lnMpa = start + predictModel(model, learningInput(group, features)) + features.lnK + Math.log(1000);
    const own = residuals.get(group) ?? [];
    return [
      {
        ...labelled(example, element),
        predicted: raised(example, lnMpa),
        low: raised(example, lnMpa + quantile(own, 0.05)),
        high: raised(example, lnMpa + quantile(own, 0.95)),
        belowFloorProbability: 0,
        distance: 0,
      },
    ];
  });
}

export function scored(predictor: string, rows: readonly ScoredRow[], silent: ReadonlySet<string>): PredictorScores {
  const audible = rows.filter((row) => !silent.has(row.group));
  const groups = [...new Set(audible.map((row) => row.group))].sort();
  return {
    predictor,
    pooled: scores(audible),
    byClass: Object.fromEntries(groups.map((group) => [group, scores(audible.filter((row) => row.group === group))])),
  };
}

export function shareCensored(examples: readonly Example[], group: string): number {
  const own = examples.filter((example) => example.group === group);
  return own.filter((example) => example.censored).length / Math.max(1, own.length);
}
