import { describe, test } from 'vitest';
import { linearScale, logScale, paletteStep } from '../../../dashboard/report/scale.js';

describe('a logarithmic axis', () => {
  test('spans the data to round numbers and is labelled at the decades', ({ expect }) => {
    const scale = logScale([0.03, 4160], [0, 100]);
    expect(scale.domain).toEqual([0.02, 5000]);
    expect(scale.ticks.map((tick) => Number(tick.toPrecision(6)))).toEqual([0.1, 1, 10, 100, 1000]);
    expect([scale(0.02), scale(5000)]).toEqual([0, 100]);
    expect(scale(10)).toBeCloseTo((100 * Math.log(500)) / Math.log(250_000), 9);
  });

  test('has a length even for one value, and holds zero at its lower end', ({ expect }) => {
    const scale = logScale([100, 0], [0, 50]);
    expect(scale.domain).toEqual([100, 200]);
    expect(scale(0)).toBe(0);
  });
});

test('an axis holds a campaign of any size', ({ expect }) => {
  const values = Array.from({ length: 300_000 }, (_, index) => index + 1);
  expect([logScale(values, [0, 1]).domain, linearScale(values, [0, 1]).domain[1]]).toEqual([[1, 500_000], 300_000]);
});

test('a linear axis has round steps and spans the data', ({ expect }) => {
  const scale = linearScale([1.7, 21.4], [10, 110]);
  expect([scale.domain, scale.ticks]).toEqual([
    [0, 25],
    [0, 5, 10, 15, 20, 25],
  ]);
  expect(scale(12.5)).toBe(60);
  expect(linearScale([3, 3], [0, 10]).domain[0]).toBeLessThanOrEqual(3);
});

test.for([
  [0, 0],
  [0.99, 6],
  [1, 6],
  [0.5, 3],
] as const)('%d of the way has palette step %i', ([value, step], { expect }) => {
  expect(paletteStep(value, [0, 1], 7)).toBe(step);
});
