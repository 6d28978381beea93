import { z } from 'zod';
import { upperSolve } from './learning/linear-algebra.js';
import type { PlaneSymmetry } from './plane-symmetry.js';
import type { Vec2 } from './vector.js';

const Wave = z.tuple([z.number(), z.number()]);

/**
 * gamma(u, v) = sum over terms of coefficient * sum over waves (h, k) of cos or sin of 2 pi (h u + k v), with u, v in units of a1 and a2.
 * The waves of a term are a star of the point group, so every term has the symmetry of the surface.
 */
export const FourierSeries = z.strictObject({
  terms: z.array(z.strictObject({ kind: z.enum(['cos', 'sin']), waves: z.array(Wave).min(1), coefficient: z.number() })),
  /** Root mean square of what the series leaves unexplained at the fitted points, in the unit of the values. */
  rmsResidual: z.number(),
});
export type FourierSeries = z.infer<typeof FourierSeries>;

export interface FourierSample {
  at: Vec2;
  value: number;
  /** How many grid points the sample stands for. Default 1. */
  weight?: number;
}

export interface SurfaceValue {
  value: number;
  /** Derivatives with respect to u and v. */
  gradient: Vec2;
  /** Second derivatives uu, uv, vv. */
  curvature: [number, number, number];
}

interface Term {
  kind: 'cos' | 'sin';
  waves: Vec2[];
}

/**
 * Fits symmetric plane waves, longest wavelengths first, by weighted least squares. With one sample for each class of equal points on a grid
 * and no limit on the terms this is trigonometric interpolation: as many independent terms as samples exist and every sample is met exactly.
 */
export function fitFourier(
  symmetry: PlaneSymmetry,
  vectors: readonly [Vec2, Vec2],
  samples: readonly FourierSample[],
  maxTerms = samples.length,
): FourierSeries {
  const weights = samples.map((sample) => Math.sqrt(sample.weight ?? 1));
  const terms: Term[] = [];
  // Modified Gram-Schmidt: orthonormal columns of the design matrix, the triangular factors, and the projections of the values.
  const columns: number[][] = [];
  const factors: number[][] = [];
  const projections: number[] = [];
  const rest = samples.map((sample, index) => sample.value * (weights[index] ?? 1));
  const reach = Math.ceil(Math.sqrt(samples.length * symmetry.matrices.length * symmetry.translations.length * 3)) + 2;
  for (const term of symmetricTerms(symmetry, vectors, reach)) {
    if (terms.length >= Math.min(maxTerms, samples.length)) break;
    const column = samples.map((sample, index) => termValue(term, sample.at) * (weights[index] ?? 1));
    const length = magnitude(column);
    const factor = columns.map((basis) => removeProjection(column, basis));
    const left = magnitude(column);
    // What is left of a wave that the grid cannot tell from the earlier ones is rounding noise.
    if (left < 1e-6 * length || length < 1e-9) continue;
    const basis = column.map((value) => value / left);
    terms.push(term);
    columns.push(basis);
    factors.push([...factor, left]);
    projections.push(removeProjection(rest, basis));
  }
  const coefficients = upperSolve(factors, projections);
  const rmsResidual = magnitude(rest) / magnitude(weights);
  return { terms: terms.map((term, index) => ({ ...term, coefficient: coefficients[index] ?? 0 })), rmsResidual };
}

/** Value and derivatives at any displacement, in units of a1 and a2. */
export function evaluateFourier(series: FourierSeries, [u, v]: Vec2): SurfaceValue {
  const sum: SurfaceValue = { value: 0, gradient: [0, 0], curvature: [0, 0, 0] };
  for (const { kind, waves, coefficient } of series.terms) {
    for (const [h, k] of waves) {
      const [p, q] = [2 * Math.PI * h, 2 * Math.PI * k];
      const [cosine, sine] = [Math.cos(p * u + q * v), Math.sin(p * u + q * v)];
      const [value, slope] = kind === 'cos' ? [cosine, -sine] : [sine, cosine];
      sum.value += coefficient * value;
      sum.gradient[0] += coefficient * slope * p;
      sum.gradient[1] += coefficient * slope * q;
      sum.curvature[0] -= coefficient * value * p * p;
      sum.curvature[1] -= coefficient * value * p * q;
      sum.curvature[2] -= coefficient * value * q * q;
    }
  }
  return sum;
}

/** Derivatives along the plane's x and y axes, per angstrom. */
export function cartesianGradient([du, dv]: Vec2, [a1, a2]: readonly [Vec2, Vec2]): Vec2 {
  const x = du / a1[0];
  return [x, (dv - x * a2[0]) / a2[1]];
}

/** Highest value and steepest rise per angstrom on the straight way from the perfect crystal to a displacement. */
export function straightProfile(
  series: FourierSeries,
  vectors: readonly [Vec2, Vec2],
  target: Vec2,
  steps = 600,
): { maximum: number; steepest: number } {
  const [a1, a2] = vectors;
  const length = Math.hypot(target[0] * a1[0] + target[1] * a2[0], target[0] * a1[1] + target[1] * a2[1]);
  const profile = Array.from({ length: steps + 1 }, (_, index) =>
    evaluateFourier(series, [(target[0] * index) / steps, (target[1] * index) / steps]),
  );
  return {
    maximum: Math.max(...profile.map(({ value }) => value)),
    steepest: Math.max(...profile.map(({ gradient }) => gradient[0] * target[0] + gradient[1] * target[1])) / length,
  };
}

/** The stationary point that Newton's method reaches without leaving the neighbourhood of the start, if there is one. */
export function stationaryPoint(
  series: FourierSeries,
  start: Vec2,
  reach: number,
): { at: Vec2; kind: 'minimum' | 'saddle' | 'maximum'; value: number } | undefined {
  let [u, v] = start;
  for (let step = 0; step < 50; step += 1) {
    const { value, gradient, curvature } = evaluateFourier(series, [u, v]);
    const [uu, uv, vv] = curvature;
    const determinant = uu * vv - uv * uv;
    const [du, dv] = [(vv * gradient[0] - uv * gradient[1]) / determinant, (uu * gradient[1] - uv * gradient[0]) / determinant];
    if (!Number.isFinite(du + dv) || Math.hypot(u - du - start[0], v - dv - start[1]) > reach) return undefined;
    if (Math.hypot(du, dv) < 1e-9) return { at: [u, v], kind: determinant < 0 ? 'saddle' : uu > 0 ? 'minimum' : 'maximum', value };
    [u, v] = [u - du, v - dv];
  }
  return undefined;
}

/**
 * The saddle of the easiest way from the perfect crystal to a displacement: points of a fine mesh are admitted in order of energy until the
 * two are connected; the last point admitted is the pass, which Newton's method then refines.
 */
export function passTo(series: FourierSeries, target: Vec2, mesh = 60): { at: Vec2; value: number } {
  const tile = Array.from(
    { length: mesh * mesh },
    (_, index) => evaluateFourier(series, [Math.floor(index / mesh) / mesh, (index % mesh) / mesh]).value,
  );
  const margin = mesh / 2;
  const from: Vec2 = [Math.floor(Math.min(0, target[0]) * mesh - margin), Math.floor(Math.min(0, target[1]) * mesh - margin)];
  const rows = Math.ceil(Math.max(0, target[0]) * mesh + margin) - from[0] + 1;
  const width = Math.ceil(Math.max(0, target[1]) * mesh + margin) - from[1] + 1;
  const heights = Array.from({ length: rows * width }, (_, node) => {
    const [i, j] = [Math.floor(node / width) + from[0], (node % width) + from[1]];
    return tile[(((i % mesh) + mesh) % mesh) * mesh + (((j % mesh) + mesh) % mesh)] ?? Number.POSITIVE_INFINITY;
  });
  const nodeAt = ([u, v]: Vec2) => (Math.round(u * mesh) - from[0]) * width + Math.round(v * mesh) - from[1];
  const pass = lastOnTheWay(heights, width, nodeAt([0, 0]), nodeAt(target));
  const at: Vec2 = [(Math.floor(pass / width) + from[0]) / mesh, ((pass % width) + from[1]) / mesh];
  const refined = stationaryPoint(series, at, 3 / mesh);
  return refined?.kind === 'saddle' ? { at: refined.at, value: refined.value } : { at, value: heights[pass] ?? Number.NaN };
}

/** Floods a height map, lowest nodes first, until two nodes are connected; returns the node that connected them. */
function lastOnTheWay(heights: readonly number[], width: number, start: number, end: number): number {
  const parent = heights.map(() => -1);
  const root = (node: number): number => {
    let top = node;
    while (parent[top] !== top) top = parent[top] ?? top;
    parent[node] = top;
    return top;
  };
  const order = heights.map((_, node) => node).toSorted((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  for (const node of order) {
    parent[node] = node;
    for (const di of [-1, 0, 1]) {
      for (const dj of [-1, 0, 1]) {
        const column = (node % width) + dj;
        const neighbour = node + di * width + dj;
        if (column < 0 || column >= width || (parent[neighbour] ?? -1) < 0) continue;
        parent[root(neighbour)] = root(node);
      }
    }
    if ((parent[start] ?? -1) >= 0 && (parent[end] ?? -1) >= 0 && root(start) === root(end)) return node;
  }
  return end;
}

/** The symmetric cosines and sines with |h|, |k| up to a reach, shortest wave vectors first. */
function symmetricTerms(symmetry: PlaneSymmetry, [a1, a2]: readonly [Vec2, Vec2], reach: number): Term[] {
  const area = a1[0] * a2[1] - a1[1] * a2[0];
  const waveLength = ([h, k]: Vec2) => Math.hypot(h * a2[1] - k * a1[1], k * a1[0] - h * a2[0]) / area;
  const range = Array.from({ length: 2 * reach + 1 }, (_, index) => index - reach);
  const waves = range
    .flatMap((h) => range.map((k): Vec2 => [h, k]))
    .filter(([h, k]) => symmetry.translations.every(([u, v]) => Math.abs(h * u + k * v - Math.round(h * u + k * v)) < 1e-6))
    .map((wave) => ({ wave, length: Math.round(waveLength(wave) * 1e9) }))
    // Rounded, so that waves of one shell keep one order on every machine.
    .toSorted((a, b) => a.length - b.length || a.wave[0] - b.wave[0] || a.wave[1] - b.wave[1]);
  const used = new Set<string>();
  return waves.flatMap(({ wave: [h, k] }): Term[] => {
    if (used.has(`${h} ${k}`)) return [];
    const star = symmetry.matrices.map(([row1, row2]): Vec2 => [
      Math.round(row1[0] * h + row2[0] * k) + 0,
      Math.round(row1[1] * h + row2[1] * k) + 0,
    ]);
    const distinct = star.filter((wave, index) => star.findIndex((other) => other[0] === wave[0] && other[1] === wave[1]) === index);
    for (const [p, q] of distinct) used.add(`${p} ${q}`).add(`${-p + 0} ${-q + 0}`);
    const centric = distinct.some(([p, q]) => p === -h && q === -k);
    const cosine: Term = { kind: 'cos', waves: distinct };
    return centric ? [cosine] : [cosine, { kind: 'sin', waves: distinct }];
  });
}

function termValue({ kind, waves }: Term, [u, v]: Vec2): number {
  const wave = kind === 'cos' ? Math.cos : Math.sin;
  return waves.reduce((sum, [h, k]) => sum + wave(2 * Math.PI * (h * u + k * v)), 0);
}

/** Subtracts from `vector`, in place, its part along a unit vector, and returns that part. */
function removeProjection(vector: number[], basis: readonly number[]): number {
  const part = vector.reduce((sum, value, index) => sum + value * (basis[index] ?? 0), 0);
  for (const [index, value] of basis.entries()) vector[index] = (vector[index] ?? 0) - part * value;
  return part;
}

function magnitude(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
