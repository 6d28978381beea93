import { cholesky, choleskySolve, lowerSolve } from './linear-algebra.js';
import { varying, type LearningInput, type LearningRow } from './learner.js';
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
  length: number;
  noise: number;
  signal: number;
  kinship: number;
}

/** Matern's covariance of order 3/2, for functions with kinks (Rasmussen and Williams, Gaussian Processes, eq. 4.17), from a squared distance. */
function covarianceOf(square: number, length: number): number {
  const r = Math.sqrt(3 * square) / length;
  return (1 + r) * Math.exp(-r);
}

/** Rows a process keeps: its cost grows with the cube. Beyond it every k-th row is used. */
const mostRows = 400;

/** Hyper-parameters from a small grid by marginal likelihood. */
export function fitProcess(all: readonly LearningRow[], offered: readonly number[]): ProcessModel {
  const columns = varying(all, offered);
  const stride = Math.ceil(all.length / mostRows);
  const rows = all.filter((_, index) => index % stride === 0);
  const chosen = rows.map(({ group, x }) => ({ group, x: columns.map((column) => x[column] ?? 0) }));
  const scaling = fitScaling(chosen);
  const points = chosen.map((row) => scaled(scaling, row));
  const groups = rows.map((row) => row.group);
  const constant: Record<string, number> = {};
  for (const group of new Set(groups)) constant[group] = mean(rows.filter((row) => row.group === group).map((row) => row.y));
  const y = rows.map((row) => row.y - (constant[row.group] ?? 0));
  const variance = Math.max(1e-4, mean(y.map((value) => value * value)));
  const squares = points.map((a) => points.map((b) => a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0)));
  const several = new Set(groups).size > 1;
  let best: { score: number; model: ProcessModel } | undefined;
  // Scaled features have unit spread: lengths of one to four times sqrt(columns) run from "every feature matters" to nearly linear.
  for (const factor of rows.length > 200 ? [0.7, 1.4, 2.8] : [0.5, 1, 2, 4]) {
    const length = factor * Math.sqrt(columns.length);
    for (const share of rows.length > 200 ? [0.15, 0.4] : [0.1, 0.3, 0.6, 0.9]) {
      for (const kinship of several ? [0.1, 0.7] : [1]) {
        const [signal, noise] = [variance * (1 - share) * 1.5, variance * share];
        const covariance = squares.map((row, i) =>
          row.map(
            (square, j) =>
              signal * covarianceOf(square, length) * (groups[i] === groups[j] ? 1 : kinship) +
              (i === j ? noise + (rows[i]?.noise ?? 0) ** 2 : 0),
          ),
        );
        const lower = cholesky(covariance);
        const white = lowerSolve(lower, y);
        const score =
          -0.5 * white.reduce((sum, value) => sum + value * value, 0) - lower.reduce((sum, row, i) => sum + Math.log(row[i] ?? 1), 0);
        if (best !== undefined && score <= best.score) continue;
        const weights = choleskySolve(lower, y);
        best = {
          score,
          model: { kind: 'gp', columns: [...columns], scaling, constant, groups, points, weights, length, noise, signal, kinship },
        };
      }
    }
  }
  if (best === undefined) throw new RangeError('a Gaussian process needs rows');
  return best.model;
}

export function predictProcess(model: ProcessModel, { group, x }: Pick<LearningInput, 'group' | 'x'>): number {
  const z = scaled(model.scaling, { group, x: model.columns.map((column) => x[column] ?? 0) });
  let sum = model.constant[group] ?? 0;
  for (const [index, point] of model.points.entries()) {
    const square = point.reduce((total, value, column) => total + (value - (z[column] ?? 0)) ** 2, 0);
    const kinship = model.groups[index] === group ? 1 : model.kinship;
    sum += (model.weights[index] ?? 0) * model.signal * kinship * covarianceOf(square, model.length);
  }
  return sum;
}
