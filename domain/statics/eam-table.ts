import type { EamFunctions } from '../potential/eam.js';

/**
 * Embedded-atom functions of one species as cubic splines, ready for loops over pairs. Distances enter squared, so that a pair needs no root.
 * A row holds eight coefficients: four of f, four of phi, polynomials in the fraction of the interval.
 */
export interface EamTable {
  cutoffAngstrom: number;
  /** Squared distance at the first row, and rows per square angstrom. */
  start: number;
  rowsPerSquare: number;
  pairs: Float64Array;
  /** Rows of four: F against the density; rows per unit of density. */
  rowsPerDensity: number;
  embedding: Float64Array;
}

/** 0.008 angstrom apart at a near neighbour: energies agree with the functions to 1e-9 eV. */
const pairRows = 1000;
/** Like the tables of LAMMPS (`potential/setfl.ts`): where F is made of pieces, rows decide how their joints are smoothed. */
const embeddingRows = 1000;
/** No two atoms of a metal come closer than this, in angstrom. */
const nearest = 1;

/** Values of the functions of one species, evenly spaced in the squared distance and in the density: plain numbers that travel as JSON. */
export interface EamKnots {
  cutoffAngstrom: number;
  maxDensity: number;
  density: number[];
  pair: number[];
  embedding: number[];
}

export function eamKnots(functions: EamFunctions, species: string): EamKnots {
  const { cutoffAngstrom, maxDensity } = functions;
  const step = (cutoffAngstrom * cutoffAngstrom - nearest * nearest) / pairRows;
  const distances = Array.from({ length: pairRows + 1 }, (_, row) => Math.sqrt(nearest * nearest + row * step));
  return {
    cutoffAngstrom,
    maxDensity,
    density: distances.map((distance) => functions.density(species, distance)),
    pair: distances.map((distance) => functions.pair(species, species, distance)),
    embedding: Array.from({ length: embeddingRows + 1 }, (_, row) => functions.embedding(species, (row * maxDensity) / embeddingRows)),
  };
}

export function eamTable({ cutoffAngstrom, maxDensity, ...knots }: EamKnots): EamTable {
  const start = nearest * nearest;
  const rows = knots.pair.length - 1;
  const [density, pair] = [spline(knots.density), spline(knots.pair)];
  const pairs = new Float64Array(8 * rows);
  for (let row = 0; row < rows; row += 1) {
    pairs.set(density.subarray(4 * row, 4 * row + 4), 8 * row);
    pairs.set(pair.subarray(4 * row, 4 * row + 4), 8 * row + 4);
  }
  return {
    cutoffAngstrom,
    start,
    rowsPerSquare: rows / (cutoffAngstrom * cutoffAngstrom - start),
    pairs,
    rowsPerDensity: (knots.embedding.length - 1) / maxDensity,
    embedding: spline(knots.embedding),
  };
}

/** Natural cubic spline through values one apart: coefficients c0..c3 of c0 + t (c1 + t (c2 + t c3)) for each interval. */
function spline(values: readonly number[]): Float64Array {
  const last = values.length - 1;
  const value = (i: number): number => values[i] ?? Number.NaN;
  // Second derivatives m: m[i-1] + 4 m[i] + m[i+1] = 6 (v[i-1] - 2 v[i] + v[i+1]), zero at the ends; elimination from the left.
  const ratio = new Float64Array(last + 1);
  const right = new Float64Array(last + 1);
  for (let i = 1; i < last; i += 1) {
    const pivot = 4 - (ratio[i - 1] ?? 0);
    ratio[i] = 1 / pivot;
    right[i] = (6 * (value(i - 1) - 2 * value(i) + value(i + 1)) - (right[i - 1] ?? 0)) / pivot;
  }
  const curvature = new Float64Array(last + 1);
  for (let i = last - 1; i > 0; i -= 1) curvature[i] = (right[i] ?? 0) - (ratio[i] ?? 0) * (curvature[i + 1] ?? 0);
  const coefficients = new Float64Array(4 * last);
  for (let i = 0; i < last; i += 1) {
    const [m0, m1] = [curvature[i] ?? 0, curvature[i + 1] ?? 0];
    coefficients.set([value(i), value(i + 1) - value(i) - m0 / 3 - m1 / 6, m0 / 2, (m1 - m0) / 6], 4 * i);
  }
  return coefficients;
}
