import type { Composition } from './composition.js';
import { compositionDistance } from './composition-sample.js';
import { cholesky, choleskySolve } from './learning/linear-algebra.js';

/** Weights of samples: an interpolated value is the sum of the samples' values, each times its weight. */
export interface Interpolation {
  weights(composition: Composition): number[];
  /** Weights that give each sample from all the others; its own is 0. */
  leftOut: number[][];
}

/** Of linear mixing beside deviations from it: so broad that the mixing is what the samples say. */
const mixing = 100;
/** How far deviations reach, in distance of compositions (two pure elements are 1.4 apart), and the share of them that is noise. */
const lengths = [0.35, 0.7, 1.4, 2.8];
const noises = [1e-6, 1e-4, 1e-2];

/**
 * Interpolation between compositions of one crystal by a Gaussian process: linear mixing of the elements (Vegard) and smooth deviations from it.
 * Reach and noise are those that give each sample best from the others. `values` are what to judge that by: a row of numbers for each sample,
 * every column of which counts by its spread.
 */
export function fitInterpolation(samples: readonly Composition[], values: readonly (readonly number[])[]): Interpolation {
  const spreads = columnSpreads(values);
  let best: { miss: number; inverse: number[][]; length: number } | undefined;
  for (const length of lengths) {
    for (const noise of noises) {
      const lower = cholesky(samples.map((one, i) => samples.map((other, j) => kernel(one, other, length) + (i === j ? noise : 0))));
      const inverse = samples.map((_, column) =>
        choleskySolve(
          lower,
          samples.map((__, row) => (row === column ? 1 : 0)),
        ),
      );
      const miss = missOf(leftOutWeights(inverse), values, spreads);
      if (best === undefined || miss < best.miss) best = { miss, inverse, length };
    }
  }
  if (best === undefined) throw new RangeError('an interpolation needs samples');
  const { inverse, length } = best;
  return {
    leftOut: leftOutWeights(inverse),
    weights: (composition) => {
      const near = samples.map((sample) => kernel(composition, sample, length));
      return inverse.map((row) => row.reduce((sum, value, index) => sum + value * (near[index] ?? 0), 0));
    },
  };
}

function kernel(one: Composition, other: Composition, length: number): number {
  const linear = Object.entries(one).reduce((sum, [symbol, fraction]) => sum + fraction * (other[symbol] ?? 0), 0);
  return mixing * linear + Math.exp(-(compositionDistance(one, other) ** 2) / (2 * length * length));
}

/** From the inverse of the covariance P: without sample i, it would be the sum of -P_ij / P_ii y_j (Rasmussen and Williams, eq. 5.12). */
function leftOutWeights(inverse: readonly (readonly number[])[]): number[][] {
  return inverse.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / (row[i] ?? 1))));
}

function missOf(leftOut: readonly (readonly number[])[], values: readonly (readonly number[])[], spreads: readonly number[]): number {
  let miss = 0;
  for (const [i, weights] of leftOut.entries()) {
    for (const [column, spread] of spreads.entries()) {
      if (spread === 0) continue;
      const guess = weights.reduce((sum, weight, j) => sum + weight * (values[j]?.[column] ?? 0), 0);
      miss += ((guess - (values[i]?.[column] ?? 0)) / spread) ** 2;
    }
  }
  return miss;
}

function columnSpreads(values: readonly (readonly number[])[]): number[] {
  return (values[0] ?? []).map((_, column) => {
    const own = values.map((row) => row[column] ?? 0);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
  });
}

/**
 * The weighted sum of values of one shape: numbers are summed, arrays and objects entry by entry; what is no number is that of the first. Fields that
 * not all of them have, and arrays that differ in length, are left out.
 */
export function weightedSum<Value>(values: readonly Value[], weights: readonly number[]): Value {
  return combined(values, weights) as Value;
}

function combined(values: readonly unknown[], weights: readonly number[]): unknown {
  const [first] = values;
  if (typeof first === 'number') return values.reduce((sum: number, value, index) => sum + (value as number) * (weights[index] ?? 0), 0);
  if (Array.isArray(first)) {
    const lists = values as unknown[][];
    if (lists.some(({ length }) => length !== first.length)) return undefined;
    return first.map((_, index) =>
      combined(
        lists.map((list) => list[index]),
        weights,
      ),
    );
  }
  if (typeof first !== 'object' || first === null) return first;
  const objects = values as Record<string, unknown>[];
  return Object.fromEntries(
    Object.keys(first).flatMap((key): [string, unknown][] => {
      if (objects.some((object) => object[key] === undefined)) return [];
      const value = combined(
        objects.map((object) => object[key]),
        weights,
      );
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
