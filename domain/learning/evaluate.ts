import { mean } from './scaling.js';
import { fitEnsemble, type EnsembleOptions } from './ensemble.js';
import type { Example } from './example.js';
import type { Features, SurfaceView } from './feature.js';
import { elementFolds } from './fold.js';
import { labelled, memberRows, raised, scored, shareCensored, type PredictorScores, type ScoredRow } from './evaluate-member.js';
import { baselineMembers, type Member } from './member.js';
import { classFor, groupOf, predictClass } from './predict-class.js';
import { separator } from './example.js';

export interface Evaluation {
  folds: { element: string; rows: number }[];
  predictors: PredictorScores[];
  rows: ScoredRow[];
  /** Classes below the floor: how often the answer "below" was right, and the mean probability stated for it (Brier score). */
  belowFloor: Record<string, { count: number; correct: number; brier: number }>;
  /** Mean weight of each member by class over the folds. */
  weights: Record<string, Record<string, number>>;
}

/** The ensemble where it is shown less of each surface. */
export const ensembleOf = {
  fine: 'ensemble',
  coarse: 'ensemble, every second point',
  'few-faults': 'ensemble, few faults',
} as const satisfies Record<SurfaceView, string>;

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
  const others = new Map<SurfaceView, ScoredRow[]>();
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
      const names = (weights[groupOf(own)] ??= {});
      for (const [place, member] of model.members.entries()) (names[member.name] ??= []).push(own.weights[place] ?? 0);
    }
    for (const example of out) {
      const own = classFor(model, example.kind, example.group.split(separator)[1] ?? '');
      if (own === undefined || groupOf(own) !== example.group) continue;
      const answered = (features: Features): ScoredRow => {
        const { lnMpa, low, high, belowFloorProbability, distance } = predictClass(model, own, features);
        return { ...labelled(example, element), predicted: raised(example, lnMpa), low, high, belowFloorProbability, distance };
      };
      rows.push(answered(example.features));
      for (const features of example.otherViews ?? []) {
        const seen = others.get(features.view) ?? [];
        seen.push(answered(features));
        others.set(features.view, seen);
      }
    }
    for (const [place, member] of rivals.entries())
      baselines[place]?.rows.push(...(await memberRows(member, rest, out, element, options.seed)));
  }
  const silent = new Set(rows.filter((row) => shareCensored(examples, row.group) > 0.8).map((row) => row.group));
  return {
    folds: folds.map(({ element, test }) => ({ element, rows: test.length })),
    predictors: [
      { name: ensembleOf.fine, rows },
      ...[...others].map(([view, own]) => ({ name: ensembleOf[view], rows: own })),
      ...baselines,
    ].map(({ name, rows: own }) => scored(name, own, silent)),
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

function belowFloorScores(rows: readonly ScoredRow[]) {
  return {
    count: rows.length,
    correct: rows.filter((row) => row.belowFloorProbability > 0.5 === row.censored).length,
    brier: mean(rows.map((row) => (row.belowFloorProbability - (row.censored ? 1 : 0)) ** 2)),
  };
}

export type { PredictorScores, ScoredRow } from './evaluate-member.js';
