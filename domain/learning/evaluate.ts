import { mean, quantile } from './scaling.js';
import { fitEnsemble, type EnsembleOptions } from './ensemble.js';
import type { Example } from './example.js';
import { elementFolds } from './fold.js';
import { baselineMembers, predictModel, type Member } from './member.js';
import { scores, type Scored, type Scores } from './metrics.js';
import { classFor, predictClass } from './predict-class.js';
import { separator } from './example.js';

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

export interface Evaluation {
  folds: { element: string; rows: number }[];
  predictors: PredictorScores[];
  rows: ScoredRow[];
  /** Classes below the floor: how often the answer "below" was right, and the mean probability stated for it (Brier score). */
  belowFloor: Record<string, { count: number; correct: number; brier: number }>;
  /** Mean weight of each member by class over the folds. */
  weights: Record<string, Record<string, number>>;
}

/**
 * Leave-one-element-out: everything, from class constants to weights and intervals, is learned anew without any row that contains the
 * element. Rows that are not learned from because of a defect are scored like the others. `beside` adds predictors to the baselines.
 */
export async function evaluateEnsemble(
  examples: readonly Example[],
  { outerFolds, beside = [], ...options }: EnsembleOptions & { outerFolds?: number; beside?: readonly Member[] },
): Promise<Evaluation> {
  const folds = elementFolds(examples, outerFolds);
  const rows: ScoredRow[] = [];
  const rivals = [...baselineMembers, ...beside];
  const baselines = rivals.map((member) => ({ name: member.name, rows: [] as ScoredRow[] }));
  const weights: Record<string, Record<string, number[]>> = {};
  for (const [index, { element, train, test }] of folds.entries()) {
    const rest = train.flatMap((row) => examples[row] ?? []);
    const out = test.flatMap((row) => examples[row] ?? []);
    const model = await fitEnsemble(rest, {
      ...options,
      progress: (done, note) => options.progress?.((index + done) / folds.length, `${element} held out; ${note}`),
    });
    for (const own of model.classes.filter((it) => !it.belowFloor)) {
      const names = (weights[own.kind + separator + own.protocol] ??= {});
      for (const [place, member] of model.members.entries()) (names[member.name] ??= []).push(own.weights[place] ?? 0);
    }
    for (const example of out) {
      const own = classFor(model, example.kind, example.group.split(separator)[1] ?? '');
      if (own === undefined || own.kind + separator + own.protocol !== example.group) continue;
      const { lnMpa, low, high, belowFloorProbability, distance } = predictClass(model, own, example.features);
      rows.push({ ...labelled(example, element), predicted: raised(example, lnMpa), low, high, belowFloorProbability, distance });
    }
    for (const [place, member] of rivals.entries())
      baselines[place]?.rows.push(...(await baselineRows(member, rest, out, element, options.seed)));
  }
  const silent = new Set(rows.filter((row) => shareCensored(examples, row.group) > 0.8).map((row) => row.group));
  return {
    folds: folds.map(({ element, test }) => ({ element, rows: test.length })),
    predictors: [{ name: 'ensemble', rows }, ...baselines].map(({ name, rows: own }) => scored(name, own, silent)),
    rows,
    belowFloor: Object.fromEntries([...silent].map((group) => [group, belowFloorScores(rows.filter((row) => row.group === group))])),
    weights: Object.fromEntries(
      Object.entries(weights).map(([group, names]) => [
        group,
        Object.fromEntries(Object.entries(names).map(([name, list]) => [name, mean(list)])),
      ]),
    ),
  };
}

function labelled(example: Example, element: string) {
  const truth = example.target + example.features.lnK + Math.log(1000);
  return { id: example.id, group: example.group, element, truth, censored: example.censored };
}

function raised(example: Example, lnMpa: number): number {
  return Math.max(Math.log(example.floorMpa), lnMpa);
}

/** A baseline with the interval it deserves: 5 % and 95 % quantiles of its own residuals on the rows it was fitted to. */
async function baselineRows(
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
    group,
    x: features.values,
    surface: features.surface,
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
    const lnMpa = start + predictModel(model, { group, x: features.values, surface: features.surface }) + features.lnK + Math.log(1000);
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

function scored(predictor: string, rows: readonly ScoredRow[], silent: ReadonlySet<string>): PredictorScores {
  const audible = rows.filter((row) => !silent.has(row.group));
  const groups = [...new Set(audible.map((row) => row.group))].sort();
  return {
    predictor,
    pooled: scores(audible),
    byClass: Object.fromEntries(groups.map((group) => [group, scores(audible.filter((row) => row.group === group))])),
  };
}

function belowFloorScores(rows: readonly ScoredRow[]) {
  return {
    count: rows.length,
    correct: rows.filter((row) => row.belowFloorProbability > 0.5 === row.censored).length,
    brier: mean(rows.map((row) => (row.belowFloorProbability - (row.censored ? 1 : 0)) ** 2)),
  };
}

function shareCensored(examples: readonly Example[], group: string): number {
  const own = examples.filter((example) => example.group === group);
  return own.filter((example) => example.censored).length / Math.max(1, own.length);
}
