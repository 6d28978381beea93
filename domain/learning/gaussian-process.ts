import { cholesky, choleskySolve, lowerSolve } from './linear-algebra.js';
import { independent, varying, type Fitter, type LearningInput, type LearningRow } from './learner.js';
import { fitScaling, mean, scaled, type Scaling } from './scaling.js';

/** Zero-mean Gaussian process on scaled features; rows of other classes count less by a factor. */
export interface ProcessModel {
  kind: 'gp';
  columns: number[];
  scaling: Scaling;
  constant: Record<string, number>;
  groups: string[];
  points: number[][];
  weights: number[];
  /** Order of Matern's covariance. Absent in models of before, which are all of order 3/2. */
  order?: '1/2' | '3/2';
  length: number;
  noise: number;
  signal: number;
  kinship: number;
}

/**
 * Matern's covariance from a squared distance (Rasmussen and Williams, Gaussian Processes for Machine Learning, section 4.2.1): of order 3/2 for
 * functions with slopes, of order 1/2 for those that are rough on every scale, as the logarithm of a stress is that passes through zero often.
 */
function covarianceOf(square: number, length: number, order: ProcessModel['order']): number {
  if (order === '1/2') return Math.exp(-Math.sqrt(square) / length);
  const r = Math.sqrt(3 * square) / length;
  return (1 + r) * Math.exp(-r);
}

/** Rows that hyper-parameters are chosen on, with a decomposition for each choice. */
const mostTried = 300;

/**
 * A process for rows, to be fitted to their targets or others. Hyper-parameters are those of a small grid that the rows' own targets make most
 * likely. `weight` says how much a column counts in distances. Keeps at most `mostKept` rows, spread evenly: the time of a fit grows with their cube.
 */
export function processFitter(
  rows: readonly LearningRow[],
  offered: readonly number[],
  { weight = () => 1, mostKept = 3000 }: { weight?: (column: number) => number; mostKept?: number } = {},
): Fitter<ProcessModel> {
  if (rows.length === 0) throw new RangeError('a Gaussian process needs rows');
  const columns = independent(rows, varying(rows, offered));
  const places = evenly([...rows.keys()], mostKept);
  const kept = placed(
    places.flatMap((place) => rows[place] ?? []),
    columns,
    weight,
  );
  const chosen = likeliest(evenly(rows, mostTried), columns, weight);
  const lower = cholesky(covarianceMatrix(kept, chosen));
  const { scaling, groups, points } = kept;
  return (targets) => {
    const { constant, y } = centred(
      groups,
      places.map((place) => targets[place] ?? 0),
    );
    return { kind: 'gp', columns, scaling, constant, groups, points, weights: choleskySolve(lower, y), ...chosen };
  };
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const gap = (a[index] ?? 0) - (b[index] ?? 0);
    sum += gap * gap;
  }
  return sum;
}

type HyperParameters = Required<Pick<ProcessModel, 'order' | 'length' | 'noise' | 'signal' | 'kinship'>>;

/** Rows in scaled coordinates. */
interface PlacedRows extends Pick<ProcessModel, 'scaling' | 'groups' | 'points'> {
  /** Variances of the labels. */
  stated: number[];
  /** Squared distances, the lower triangle. */
  squares: Float64Array[];
}

/** At most so many, spread evenly over the list. */
function evenly<Value>(list: readonly Value[], most: number): Value[] {
  const share = Math.min(1, most / list.length);
  return list.filter((_, index) => Math.floor((index + 1) * share) > Math.floor(index * share));
}

function placed(rows: readonly LearningRow[], columns: readonly number[], weight: (column: number) => number): PlacedRows {
  const chosen = rows.map(({ group, x }) => ({ group, x: columns.map((column) => x[column] ?? 0) }));
  const plain = fitScaling(chosen);
  const scaling = { ...plain, spread: plain.spread.map((spread, index) => spread / weight(columns[index] ?? -1)) };
  // A thousandth of a spread is nothing; a saved process is half as long so.
  const points = chosen.map((row) => scaled(scaling, row).map((value) => Math.round(1000 * value) / 1000));
  return {
    scaling,
    groups: rows.map((row) => row.group),
    points,
    stated: rows.map(({ noise }) => noise * noise),
    squares: points.map((a, i) => {
      const row = new Float64Array(i + 1);
      for (let j = 0; j < i; j += 1) row[j] = squaredDistance(a, points[j] ?? a);
      return row;
    }),
  };
}

/** Targets without the mean of their class. */
function centred(groups: readonly string[], targets: readonly number[]): { constant: Record<string, number>; y: number[] } {
  const constant: Record<string, number> = {};
  for (const group of new Set(groups)) constant[group] = mean(targets.filter((_, index) => groups[index] === group));
  return { constant, y: targets.map((target, index) => target - (constant[groups[index] ?? ''] ?? 0)) };
}

/** Its lower triangle. */
function covarianceMatrix(
  { squares, groups, stated }: PlacedRows,
  { order, length, noise, signal, kinship }: HyperParameters,
): Float64Array[] {
  return squares.map((row, i) => {
    const own = new Float64Array(i + 1);
    for (let j = 0; j < i; j += 1) own[j] = signal * covarianceOf(row[j] ?? 0, length, order) * (groups[i] === groups[j] ? 1 : kinship);
    own[i] = signal + noise + (stated[i] ?? 0);
    return own;
  });
}

/**
 * What is tried: lengths in units of the diagonal of a cell of one spread in each column, from "every feature matters" to nearly linear; signals and
 * noises in units of the variance. Few rows tell little of roughness. Of many, order 1/2 was the likelier one in the five large classes of our library.
 */
const fewRows = { order: '3/2', lengths: [0.5, 1, 2, 4], signals: [1.5], noises: [0.1, 0.3, 0.6, 0.9] } as const;
const manyRows = { order: '1/2', lengths: [2, 8], signals: [1.5, 3, 6], noises: [0.01, 0.05, 0.15] } as const;

function likeliest(own: readonly LearningRow[], columns: readonly number[], weight: (column: number) => number): HyperParameters {
  const rows = placed(own, columns, weight);
  const { groups } = rows;
  const { y } = centred(
    groups,
    own.map((row) => row.y),
  );
  const variance = Math.max(1e-4, mean(y.map((value) => value * value)));
  const extent = columns.reduce((sum, column) => sum + weight(column) ** 2, 0);
  const several = new Set(groups).size > 1;
  let best: { score: number; chosen: HyperParameters } | undefined;
  const { order, lengths, signals, noises } = y.length > 200 ? manyRows : fewRows;
  for (const length of lengths) {
    for (const [noise, signal] of noises.flatMap((share) => signals.map((times) => [share, times * (1 - share)] as const))) {
      for (const kinship of several ? [0.1, 0.7] : [1]) {
        const chosen = { order, length: length * Math.sqrt(extent), signal: variance * signal, noise: variance * noise, kinship };
        const lower = cholesky(covarianceMatrix(rows, chosen));
        const white = lowerSolve(lower, y);
        const score =
          -0.5 * white.reduce((sum, value) => sum + value * value, 0) - lower.reduce((sum, row, i) => sum + Math.log(row[i] ?? 1), 0);
        if (best === undefined || score > best.score) best = { score, chosen };
      }
    }
  }
  if (best === undefined) throw new RangeError('a Gaussian process needs rows');
  return best.chosen;
}

export function predictProcess(model: ProcessModel, { group, x }: Pick<LearningInput, 'group' | 'x'>): number {
  const z = scaled(model.scaling, { group, x: model.columns.map((column) => x[column] ?? 0) });
  let sum = model.constant[group] ?? 0;
  for (const [index, point] of model.points.entries()) {
    const kinship = model.groups[index] === group ? 1 : model.kinship;
    sum += (model.weights[index] ?? 0) * model.signal * kinship * covarianceOf(squaredDistance(point, z), model.length, model.order);
  }
  return sum;
}
