import { describe, it } from 'vitest';
import { conformalQuantile, exceedance } from '../../../domain/learning/conformal.js';
import { elementFolds } from '../../../domain/learning/fold.js';
import { predictProcess, processFitter } from '../../../domain/learning/gaussian-process.js';
import type { LearningRow } from '../../../domain/learning/learner.js';
import { cholesky, choleskySolve } from '../../../domain/learning/linear-algebra.js';
import { ranks, scores } from '../../../domain/learning/metrics.js';
import { permutation, randomNumbers } from '../../../domain/learning/random.js';
import { evidenceWeights, nullFirst, pooledPrior } from '../../../domain/learning/stack.js';

describe('conformal quantile', () => {
  it.for([10, 20, 60])('of %d scores holds 90 % or more of new ones, and not much more', (count, { expect }) => {
    const random = randomNumbers(count);
    // Heavy-tailed on purpose: conformal prediction does not ask for normal errors.
    const score = (): number => Math.abs(Math.tan(1.4 * (random() - 0.5)));
    let held = 0;
    const trials = 4000;
    for (let trial = 0; trial < trials; trial += 1) {
      const known = Array.from({ length: count }, score);
      if (score() <= conformalQuantile(known, 0.9)) held += 1;
    }
    expect(held / trials).toBeGreaterThan(0.885);
    expect(held / trials).toBeLessThan(0.9 + 1 / (count + 1) + 0.015);
  });

  it('reaches beyond the largest of too few scores', ({ expect }) => {
    expect(conformalQuantile([1, 2, 3], 0.9)).toBeCloseTo(3.6, 9);
  });

  it('gives probabilities that are never 0 or 1', ({ expect }) => {
    expect(exceedance([1, 2, 3, 4], 2.5)).toBeCloseTo(0.5, 9);
    expect(exceedance([1, 2, 3, 4], 9)).toBeCloseTo(1 / 6, 9);
  });
});

describe('folds', () => {
  it('leave an alloy out with each of its elements', ({ expect }) => {
    const row = (...elements: string[]) => ({ elements, group: 'g' });
    const folds = elementFolds([row('Al'), row('Al', 'Cu'), row('Cu'), row('Ni')]);
    expect(folds.map(({ element, train, test }) => [element, train, test])).toEqual([
      ['Al', [2, 3], [0, 1]],
      ['Cu', [0, 3], [1, 2]],
      ['Ni', [0, 1, 2], [3]],
    ]);
  });

  it('serve every class where they are limited', ({ expect }) => {
    const rows = ['A', 'B', 'C', 'D'].flatMap((name) => [1, 2, 3].map(() => ({ elements: [name], group: 'large' })));
    const folds = elementFolds([...rows, { elements: ['X'], group: 'small' }, { elements: ['Y'], group: 'small' }], 2);
    expect(folds.map(({ element }) => element)).toEqual(['A', 'B', 'X', 'Y']);
  });
});

describe('evidence weights', () => {
  const truth = [0, 1, 2, 3];
  const good = [0.1, 1.1, 2.1, 2.9];
  const bad = [1, 0, 3, 2];

  it('stay with the null hypothesis without evidence', ({ expect }) => {
    expect(evidenceWeights({ votes: [[], [], []], truth: [], systems: 0 })).toEqual(nullFirst(3));
    expect(nullFirst(3)).toEqual([0.5, 0.25, 0.25]);
  });

  it('follow small errors, the more so the more systems there are', ({ expect }) => {
    const [, few = 0] = evidenceWeights({ votes: [bad, good], truth, systems: 1 });
    const [, many = 0] = evidenceWeights({ votes: [bad, good], truth, systems: 10 });
    expect(few).toBeGreaterThan(0.5);
    expect(many).toBeGreaterThan(few);
    expect(many).toBeGreaterThan(0.99);
  });

  it('lean on what wins in other classes where there are few rows', ({ expect }) => {
    const prior = pooledPrior([{ votes: [bad, good], truth, systems: 10 }], 2);
    expect(prior[1]).toBeGreaterThan(0.5);
    const even = { votes: [[0.5], [0.5]], truth: [0], systems: 1 };
    expect(evidenceWeights(even, prior)[1]).toBeGreaterThan(evidenceWeights(even)[1] ?? 1);
  });
});

describe('scores', () => {
  const row = (truth: number, predicted: number) => ({ truth, predicted, low: predicted - 1, high: predicted + 1 });

  it('of perfect predictions are perfect', ({ expect }) => {
    expect(scores([row(1, 1), row(2, 2), row(4, 4)])).toMatchObject({
      medianFactor: 1,
      rmse: 0,
      spearman: 1,
      r2: 1,
      mape: 0,
      coverage90: 1,
    });
  });

  it('know a factor of two', ({ expect }) => {
    const found = scores([row(0, Math.LN2), row(1, 1 + Math.LN2), row(3, 3 + Math.LN2)]);
    expect(found.medianFactor).toBeCloseTo(2, 9);
    expect(found.mape).toBeCloseTo(1, 9);
    expect(found.width90).toBeCloseTo(Math.exp(2), 9);
  });

  it('give ties their mean rank', ({ expect }) => {
    expect(ranks([5, 1, 5, 0])).toEqual([2.5, 1, 2.5, 0]);
  });
});

describe('a Gaussian process', () => {
  const random = randomNumbers(11);
  const row = (): LearningRow => {
    const [a, b] = [random(), random()];
    // The second column repeats the first, the third is its opposite, the fourth never changes.
    return { group: 'one', x: [a, a, -a, 7, b], surface: [], y: Math.log(Math.abs(a - b) + 0.01), censored: false, noise: 0, elements: [] };
  };
  const rows = Array.from({ length: 250 }, row);
  const fitted = (own: readonly LearningRow[], mostKept?: number) =>
    processFitter(own, [0, 1, 2, 3, 4], mostKept === undefined ? {} : { mostKept })(own.map(({ y }) => y));

  it('is rough where many rows tell so, sees each column once, and keeps as many rows as it may', ({ expect }) => {
    const many = fitted(rows);
    expect(many).toMatchObject({ order: '1/2', columns: [0, 4] });
    expect(fitted(rows, 100).points).toHaveLength(100);
    const error = Math.max(...rows.map((own) => Math.abs(predictProcess(many, own) - own.y)));
    expect(error).toBeLessThan(1);
  });

  it('of few rows is smooth, as are those saved before there was a choice', ({ expect }) => {
    const { order, ...before } = fitted(rows.slice(0, 60));
    expect(order).toBe('3/2');
    for (const own of rows) expect(predictProcess(before, own)).toBe(predictProcess({ ...before, order: '3/2' }, own));
  });
});

describe('small tools', () => {
  it('solve a symmetric system', ({ expect }) => {
    const matrix = [
      [4, 2, 0],
      [2, 5, 1],
      [0, 1, 3],
    ];
    const x = choleskySolve(cholesky(matrix), [8, 15, 11]);
    expect(matrix.map((row) => row.reduce((sum, value, index) => sum + value * (x[index] ?? 0), 0))).toEqual([
      expect.closeTo(8, 9),
      expect.closeTo(15, 9),
      expect.closeTo(11, 9),
    ]);
    expect(() => cholesky([[-1]])).toThrow(RangeError);
  });

  it('decompose a large one', ({ expect }) => {
    const random = randomNumbers(5);
    const places = Array.from({ length: 150 }, () => [random(), random(), random()]);
    // Exponential covariances of points in a cube, and a little noise.
    const matrix = places.map((a, i) =>
      places.map((b, j) => Math.exp(-Math.hypot(...a.map((x, k) => x - (b[k] ?? 0)))) + (i === j ? 0.01 : 0)),
    );
    const right = places.map(() => random() - 0.5);
    const x = choleskySolve(cholesky(matrix), right);
    const left = matrix.map((row, i) => row.reduce((sum, value, j) => sum + value * (x[j] ?? 0), -(right[i] ?? 0)));
    expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e-10);
    expect(() => cholesky([[1], [0, 1], [0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 2, 1]])).toThrow(/row 5/);
  });

  it('shuffle the same way for the same seed', ({ expect }) => {
    expect(permutation(9, randomNumbers(3))).toEqual(permutation(9, randomNumbers(3)));
    expect(permutation(9, randomNumbers(3)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
