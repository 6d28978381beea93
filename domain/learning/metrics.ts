import { mean, quantile } from './scaling.js';

/** One prediction of a held-out row; natural logarithms of MPa. Values below the floor are raised to it, on both sides. */
export interface Scored {
  truth: number;
  predicted: number;
  low: number;
  high: number;
}

export interface Scores {
  count: number;
  /** exp of the median |ln(predicted/true)|. */
  medianFactor: number;
  rmse: number;
  spearman: number | null;
  r2: number | null;
  /** Mean absolute relative error. */
  mape: number;
  coverage90: number;
  /** Median of high/low. */
  width90: number;
}

export function scores(rows: readonly Scored[]): Scores {
  const errors = rows.map(({ predicted, truth }) => predicted - truth);
  const truth = rows.map((row) => row.truth);
  const centre = mean(truth);
  const total = truth.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const left = errors.reduce((sum, error) => sum + error * error, 0);
  // Rounding carries an end that equals the truth to either side of it.
  const held = rows.filter(({ truth: value, low, high }) => value >= low - 1e-9 && value <= high + 1e-9).length;
  return {
    count: rows.length,
    medianFactor: Math.exp(quantile(errors.map(Math.abs), 0.5)),
    rmse: Math.sqrt(left / Math.max(1, rows.length)),
    spearman: finite(correlation(ranks(rows.map((row) => row.predicted)), ranks(truth))),
    r2: finite(1 - left / total),
    mape: mean(errors.map((error) => Math.abs(Math.expm1(error)))),
    coverage90: held / Math.max(1, rows.length),
    width90: Math.exp(
      quantile(
        rows.map(({ low, high }) => high - low),
        0.5,
      ),
    ),
  };
}

/** Ranks with ties at their mean. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const found = values.map(() => 0);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] ?? 0] === values[order[start] ?? 0]) end += 1;
    for (let place = start; place <= end; place += 1) found[order[place] ?? 0] = (start + end) / 2;
    start = end + 1;
  }
  return found;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const product = a.reduce((sum, value, index) => sum + (value - ma) * ((b[index] ?? 0) - mb), 0);
  const size = (values: readonly number[], centre: number): number => values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return product / Math.sqrt(size(a, ma) * size(b, mb));
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
