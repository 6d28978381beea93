import { describe, test } from 'vitest';
import {
  cartesianGradient,
  evaluateFourier,
  fitFourier,
  passTo,
  stationaryPoint,
  straightProfile,
  type FourierSample,
} from '../../domain/gamma-fourier.js';
import { gridOrbits, planeSymmetry } from '../../domain/plane-symmetry.js';
import { buildPrototype } from '../../domain/prototype.js';
import { slipGeometry, slipSystem } from '../../domain/slip-system.js';
import type { Vec2 } from '../../domain/vector.js';
import mishin from './data/gamma-cu-mishin-2001.json' with { type: 'json' };

const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.615 });
const octahedral = slipSystem('A1', '{111}<110>');
const symmetry = planeSymmetry(copper, octahedral);
const { planeVectors } = slipGeometry(copper, octahedral);
const turn = 2 * Math.PI;

/** A p3m1 function: two even shells and the odd one that tells the intrinsic fault from the aligned stacking. */
function p3m1(u: number, v: number): number {
  const shell = (f: (x: number) => number, h: number) => f(turn * h * u) + f(turn * h * v) + f(-turn * h * (u + v));
  const second = Math.cos(turn * (u - v)) + Math.cos(turn * (2 * u + v)) + Math.cos(turn * (u + 2 * v));
  return 300 - 80 * shell(Math.cos, 1) - 12 * second - 8 * shell(Math.cos, 2) - 100 * shell(Math.sin, 1);
}

/** Its derivative with respect to u. */
function p3m1SlopeU(u: number, v: number): number {
  const firstShell =
    80 * turn * (Math.sin(turn * u) - Math.sin(turn * (-u - v))) - 100 * turn * (Math.cos(turn * u) - Math.cos(turn * (-u - v)));
  const second = 12 * turn * (Math.sin(turn * (u - v)) + 2 * Math.sin(turn * (2 * u + v)) + Math.sin(turn * (u + 2 * v)));
  return firstShell + second + 16 * turn * (Math.sin(2 * turn * u) - Math.sin(-2 * turn * (u + v)));
}

function samplesOf(surface: (u: number, v: number) => number, n: number): FourierSample[] {
  return gridOrbits(symmetry, [n, n]).map(({ representative: [i, j], members }) => ({
    at: [i / n, j / n],
    value: surface(i / n, j / n),
    weight: members.length,
  }));
}

const somewhere: Vec2[] = [
  [0.137, 0.291],
  [0.41, 0.77],
  [-0.3, 1.62],
];

describe('Fourier series of a gamma surface', () => {
  test('interpolates a p3m1 function exactly from the 10 unique points of a 6 x 6 grid', ({ expect }) => {
    const series = fitFourier(symmetry, planeVectors, samplesOf(p3m1, 6));
    expect(series.terms).toHaveLength(10);
    expect(series.rmsResidual).toBeLessThan(1e-9);
    expect(somewhere.map((at) => evaluateFourier(series, at).value)).toEqual(somewhere.map(([u, v]) => expect.closeTo(p3m1(u, v), 8)));
  });

  test('gives the analytic gradient', ({ expect }) => {
    const series = fitFourier(symmetry, planeVectors, samplesOf(p3m1, 6));
    expect(somewhere.map((at) => evaluateFourier(series, at).gradient[0])).toEqual(
      somewhere.map(([u, v]) => expect.closeTo(p3m1SlopeU(u, v), 6)),
    );
  });

  test('has the symmetry and the period of the plane everywhere, not only on the grid', ({ expect }) => {
    const series = fitFourier(symmetry, planeVectors, samplesOf(p3m1, 6));
    const { value } = evaluateFourier(series, [0.1, 0.25]);
    expect(evaluateFourier(series, [0.25, 0.1]).value).toBeCloseTo(value, 9);
    expect(evaluateFourier(series, [-0.35, 0.1]).value).toBeCloseTo(value, 9);
    expect(evaluateFourier(series, [1.1, -0.75]).value).toBeCloseTo(value, 9);
    expect(Math.abs(evaluateFourier(series, [-0.1, -0.25]).value - value)).toBeGreaterThan(10);
  });

  test('turns the gradient into cartesian axes', ({ expect }) => {
    // gamma = x on a grid with a1 = (2, 0), a2 = (1, 3): d/du = 2, d/dv = 1.
    expect(
      cartesianGradient(
        [2, 1],
        [
          [2, 0],
          [1, 3],
        ],
      ),
    ).toEqual([1, 0]);
  });

  test('fits fewer terms by least squares and reports the residual', ({ expect }) => {
    const series = fitFourier(symmetry, planeVectors, samplesOf(p3m1, 12), 3);
    expect(series.terms).toHaveLength(3);
    expect(series.rmsResidual).toBeGreaterThan(5);
    // The first shells are orthogonal on the grid, so what is left is the two higher shells: sqrt((12^2 + 8^2) * 3 / 2).
    expect(series.rmsResidual).toBeCloseTo(Math.sqrt(((144 + 64) * 3) / 2), 6);
  });

  test('reproduces a 30 x 30 surface of copper from 10 of its points to 1 % of the maximum, the intrinsic fault exactly', ({ expect }) => {
    // Median 0.44 % over 36 published fcc surfaces (physics.md, section 2.2). The library has the intrinsic fault at (2/3, 2/3).
    const at = (i: number, j: number) => mishin.mjPerM2[i]?.[j] ?? Number.NaN;
    const coarse = gridOrbits(symmetry, [6, 6]).map(({ representative: [i, j], members }): FourierSample => ({
      at: [i / 6, j / 6],
      value: at(5 * i, 5 * j),
      weight: members.length,
    }));
    const series = fitFourier(symmetry, planeVectors, coarse);
    const errors = mishin.mjPerM2.flatMap((row, i) => row.map((value, j) => evaluateFourier(series, [i / 30, j / 30]).value - value));
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length) / 769).toBeLessThan(0.01);
    expect(evaluateFourier(series, [2 / 3, 2 / 3]).value).toBeCloseTo(44.5, 1);
    // Unstable 162 mJ/m2, Mishin et al. 2001.
    expect(Math.abs(passTo(series, [2 / 3, 2 / 3]).value - 162)).toBeLessThan(8);
  });

  test('finds minimum, saddle and steepest slope of a function known in closed form', ({ expect }) => {
    // On the line v = 0 of a square lattice: 50 (1 - cos 2 pi u), saddle at (1/2, 0) with 100, steepest 100 pi per period.
    const square = {
      matrices: [
        [
          [1, 0],
          [0, 1],
        ],
      ] satisfies [Vec2, Vec2][],
      translations: [[0, 0]] satisfies Vec2[],
    };
    const surface = (u: number, v: number) => 50 * (1 - Math.cos(turn * u)) + 80 * (1 - Math.cos(turn * v));
    const grid = [0, 0.25, 0.5, 0.75];
    const series = fitFourier(
      square,
      [
        [2, 0],
        [0, 3],
      ],
      grid.flatMap((u) => grid.map((v) => ({ at: [u, v] satisfies Vec2, value: surface(u, v) }))),
    );
    expect(passTo(series, [1, 0])).toEqual({ at: [expect.closeTo(0.5, 9), expect.closeTo(0, 9)], value: expect.closeTo(100, 9) });
    expect(passTo(series, [1, 1]).value).toBeCloseTo(160, 9);
    expect(stationaryPoint(series, [0.05, 0.04], 0.2)).toMatchObject({ kind: 'minimum', value: expect.closeTo(0, 9) });
    expect(stationaryPoint(series, [0.3, 0], 0.05)).toBeUndefined();
    const along = straightProfile(
      series,
      [
        [2, 0],
        [0, 3],
      ],
      [1, 0],
    );
    expect(along.maximum).toBeCloseTo(100, 6);
    expect(along.steepest).toBeCloseTo((100 * Math.PI) / 2, 3);
  });
});
