import { describe, test } from 'vitest';
import { acquisitions, expectedImprovement, nextCandidates, normalShare } from '../../../domain/learning/acquisition.js';
import { simulateActiveLearning, strengthOf } from '../../../domain/learning/active-learning.js';
import { randomNumbers } from '../../../domain/learning/random.js';
import { examples } from './fixtures.js';

describe('the expected improvement', () => {
  test('agrees with its integral', ({ expect }) => {
    for (const [mean, sigma, best] of [
      [0, 1, 0],
      [1, 0.5, 1.6],
      [-2, 3, 1],
    ] as const) {
      let sum = 0;
      for (let step = 0; step < 20_000; step += 1) {
        const z = -8 + (16 * (step + 0.5)) / 20_000;
        sum += (Math.max(0, mean + sigma * z - best) * Math.exp(-0.5 * z * z) * 16) / 20_000 / Math.sqrt(2 * Math.PI);
      }
      expect(expectedImprovement({ mean, sigma }, best)).toBeCloseTo(sum, 5);
    }
    expect(expectedImprovement({ mean: 3, sigma: 0 }, 1)).toBe(2);
    expect(normalShare(1.644_854)).toBeCloseTo(0.95, 6);
    expect(normalShare(-1.644_854)).toBeCloseTo(0.05, 6);
  });
});

describe('the next candidates', () => {
  const outlooks = [
    { mean: 2, sigma: 0.1 },
    { mean: 1, sigma: 2 },
    { mean: 0, sigma: 2.5 },
    { mean: 1.9, sigma: 0.01 },
  ];
  const choice = (acquisition: (typeof acquisitions)[number], count = 2) =>
    nextCandidates(outlooks, { acquisition, best: 2.2, count, random: randomNumbers(1) });

  test('are those that each acquisition stands for', ({ expect }) => {
    expect(choice('greedy')).toEqual([0, 3]);
    expect(choice('uncertainty')).toEqual([2, 1]);
    expect(choice('upper-confidence')).toEqual([1, 2]);
    expect(choice('expected-improvement')).toEqual([1, 2]);
  });

  test('are different ones, as many as asked for or as there are', ({ expect }) => {
    for (const acquisition of acquisitions) {
      expect(new Set(choice(acquisition, 3)).size).toBe(3);
      expect(choice(acquisition, 9)).toHaveLength(4);
    }
  });
});

describe('simulated active learning', () => {
  const pool = examples({ noise: 0.05 });
  const play = (acquisition: (typeof acquisitions)[number], seed: number) =>
    simulateActiveLearning(pool, { acquisition, seed, start: 12, batch: 4, rounds: 8, top: 8 });

  test('starts alike, never forgets a label, and is repeatable', ({ expect }) => {
    const runs = acquisitions.map((acquisition) => play(acquisition, 3));
    expect(new Set(runs.map(([first]) => JSON.stringify(first))).size).toBe(1);
    for (const run of runs) {
      expect(run.map(({ labels }) => labels)).toEqual([12, 16, 20, 24, 28, 32, 36, 40, 44]);
      expect(run.every(({ regret }, index) => regret >= 0 && (index === 0 || regret <= (run[index - 1]?.regret ?? 0)))).toBe(true);
    }
    expect(play('expected-improvement', 3)).toEqual(runs[acquisitions.indexOf('expected-improvement')]);
  }, 120_000);

  test('finds the strongest with fewer labels than chance where strength can be learned', ({ expect }) => {
    const seeds = [1, 2, 3];
    const foundBy = (acquisition: (typeof acquisitions)[number]): number =>
      seeds.reduce((sum, seed) => sum + (play(acquisition, seed).at(-1)?.found ?? 0), 0) / seeds.length;
    const chance = foundBy('random');
    expect(foundBy('expected-improvement')).toBeGreaterThan(chance + 0.2);
    expect(foundBy('upper-confidence')).toBeGreaterThan(chance + 0.2);
  }, 120_000);

  test('has no regret once everything is known', ({ expect }) => {
    const few = pool.slice(0, 20);
    const last = simulateActiveLearning(few, { acquisition: 'random', seed: 1, start: 10, batch: 10, rounds: 1, top: 3 }).at(-1);
    expect(last).toEqual({ labels: 20, regret: 0, found: 1, rmse: null });
    expect(Math.max(...few.map(strengthOf))).toBeGreaterThan(0);
  });
});
