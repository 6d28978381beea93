import type { Features, SurfaceView } from './feature.js';

/** One row as the learners see it: class and protocol, features, and ln(tau/K) less the constant of its class. */
export interface LearningRow {
  group: string;
  x: number[];
  /** gamma/(K b) on the canonical grid. */
  surface: readonly number[];
  y: number;
  /** The true y is at most this one. */
  censored: boolean;
  /** Standard deviation of the label, ln units. */
  noise: number;
  /** Elements, for folds. */
  elements: readonly string[];
  /** Fine where nothing is said. */
  view?: SurfaceView;
}

/** Where a prediction is wanted. */
export type LearningInput = Pick<LearningRow, 'group' | 'x' | 'surface' | 'view'>;

/** The features of one view of a record, as learners see them. */
export function learningInput(group: string, { values, surface, view }: Features): LearningInput {
  return { group, x: values, surface, view };
}

/** Made for rows; fits them to other targets than their own, one a row. */
export type Fitter<Model> = (targets: readonly number[]) => Model;

/**
 * Fits with one-sided targets: a censored row pulls only while the model lies above its floor. Three rounds of fitting, each with the censored
 * targets moved down to what the last round said (never more than `reach` below the floor), settle to 0.1 in ln units on the libraries here.
 */
export function withCensoring<Model>(
  rows: readonly LearningRow[],
  fit: Fitter<Model>,
  predict: (model: Model, input: LearningInput) => number,
  reach = 1.5,
): Model {
  let model = fit(rows.map(({ y }) => y));
  if (!rows.some((row) => row.censored)) return model;
  for (let round = 0; round < 3; round += 1) {
    const current = model;
    model = fit(rows.map((row) => (row.censored ? Math.max(row.y - reach, Math.min(row.y, predict(current, row))) : row.y)));
  }
  return model;
}

/** The columns that differ between rows; waves that a symmetry forbids would only waste splits and stretch distances. */
export function varying(rows: readonly Pick<LearningRow, 'x'>[], columns: readonly number[]): number[] {
  return columns.filter((column) => rows.some(({ x }) => Math.abs((x[column] ?? 0) - (rows[0]?.x[column] ?? 0)) > 1e-9));
}

/** Columns without those that repeat an earlier one, or its opposite, in every row: waves that a symmetry joins would count twice in distances. */
export function independent(rows: readonly Pick<LearningRow, 'x'>[], columns: readonly number[]): number[] {
  const same = (a: number, b: number, sign: number): boolean =>
    rows.every(({ x }) => Math.abs((x[a] ?? 0) - sign * (x[b] ?? 0)) <= 1e-9 + 1e-6 * Math.abs(x[a] ?? 0));
  return columns.reduce<number[]>(
    (kept, column) => (kept.some((it) => same(it, column, 1) || same(it, column, -1)) ? kept : [...kept, column]),
    [],
  );
}
