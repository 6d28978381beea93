import { describe, it } from 'vitest';
import { combined, edgeMismatch, periodicSurface, resampled, unskewed, type PeriodicGrid } from '../../domain/periodic-grid.js';
import type { Vec2 } from '../../domain/vector.js';
import { randomNumbers } from './data/random.js';

const oblique: [Vec2, Vec2] = [
  [2.5, 0],
  [1.1, 2.2],
];

/** A band-limited function of fractional coordinates: waves up to the second harmonic, with even and odd parts. */
const wavy = (u: number, v: number): number =>
  3 -
  Math.cos(2 * Math.PI * u) -
  0.7 * Math.cos(2 * Math.PI * (u + v)) +
  0.4 * Math.sin(2 * Math.PI * (2 * u - v)) +
  0.2 * Math.sin(4 * Math.PI * v);

describe('periodic grid', () => {
  it.for([
    [5, 5],
    [6, 7],
    [8, 6],
  ] as const)('of %i by %i points reproduces a band-limited function and its slope everywhere', ([n, m], { expect }) => {
    const surface = periodicSurface(sampled(n, m));
    const random = randomNumbers(1);
    for (let trial = 0; trial < 30; trial += 1) {
      const [u, v] = [4 * random() - 2, 4 * random() - 2];
      const point = combined(oblique, u, v);
      expect(surface.value(point)).toBeCloseTo(wavy(u, v), 10);
      const along: Vec2 = [0.6, 0.8];
      const step = 1e-5;
      const difference =
        surface.value([point[0] + step * along[0], point[1] + step * along[1]]) -
        surface.value([point[0] - step * along[0], point[1] - step * along[1]]);
      expect(surface.slope(point, along)).toBeCloseTo(difference / (2 * step), 5);
    }
  });

  it('goes through every point, also at the highest wave of an even grid', ({ expect }) => {
    const random = randomNumbers(2);
    const values = Array.from({ length: 6 }, () => Array.from({ length: 4 }, random));
    const surface = periodicSurface({ periods: oblique, values });
    for (const [i, row] of values.entries())
      for (const [j, value] of row.entries()) expect(surface.value(combined(oblique, i / 6, j / 4))).toBeCloseTo(value, 10);
  });

  it('is resampled onto another grid and onto other periods of the same lattice', ({ expect }) => {
    const finer = resampled(sampled(6, 6), [12, 9]);
    expect(finer.values[5]?.[2]).toBeCloseTo(wavy(5 / 12, 2 / 9), 10);
    const other: [Vec2, Vec2] = [oblique[0], combined(oblique, -1, 1)];
    expect(resampled(sampled(6, 6), [6, 6], other).values[2]?.[3]).toBeCloseTo(wavy(2 / 6 - 3 / 6, 3 / 6), 10);
  });

  it('recovers a function given along a second vector that is no period', ({ expect }) => {
    // The published bcc grids: 0.28868 b instead of b/3 along b.
    const shift = 0.28868 - 1 / 3;
    const skewed = Array.from({ length: 9 }, (_, i) => Array.from({ length: 9 }, (_, j) => wavy(i / 8 + (shift * j) / 8, j / 8)));
    expect(edgeMismatch(skewed)).toBeGreaterThan(0.3);
    const straight = unskewed(skewed, shift);
    expect(edgeMismatch(straight)).toBeLessThan(1e-10);
    expect(straight[3]?.[5]).toBeCloseTo(wavy(3 / 8, 5 / 8), 10);
  });
});

function sampled(n: number, m: number): PeriodicGrid {
  return { periods: oblique, values: Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => wavy(i / n, j / m))) };
}
