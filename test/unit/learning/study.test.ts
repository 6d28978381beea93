import { describe, test } from 'vitest';
import { predictBaseline } from '../../../domain/baseline-predictor.js';
import { sensitivities } from '../../../domain/learning/sensitivity.js';
import { ablation, learningCurve } from '../../../domain/learning/study.js';
import { examples, slipRecord } from './fixtures.js';

// Targets of these follow a feature of the gamma surface and one of the solver, and nothing else.
const synthetic = examples({ noise: 0.05 });

describe('an ablation', () => {
  test('shows what the targets rest on, and what they do not', async ({ expect }) => {
    const { rows, formulas } = await ablation(synthetic, { seed: 1 });
    const error = (hidden: string, predictor: string): number =>
      rows.find((row) => row.hidden === hidden)?.predictors.find((it) => it.predictor === predictor)?.pooled.rmse ?? Number.NaN;
    const full = error('everything shown', 'boosted trees');
    expect(error('no solver', 'boosted trees')).toBeGreaterThan(1.2 * full);
    expect(error('no gamma surface', 'boosted trees')).toBeGreaterThan(error('no solver', 'boosted trees'));
    expect(error('no elastic constants', 'boosted trees')).toBeCloseTo(error('no solver', 'boosted trees'), 0);
    expect(formulas.map(({ predictor }) => predictor)).toContain('constant tau/K');
    expect(rows.map(({ hidden }) => hidden)).toContain('scalars only (no gamma picture)');
  }, 120_000);
});

describe('a learning curve', () => {
  test('falls with more metals and judges every choice on the same rows', async ({ expect }) => {
    const points = await learningCurve(synthetic, { seed: 1 }, [10, 60, 112], 2);
    expect(points.map(({ metals, draws }) => [metals, draws.length])).toEqual([
      [10, 2],
      [60, 2],
      [112, 1],
    ]);
    const counts = points.flatMap(({ draws }) => draws.flatMap((draw) => draw.map(({ pooled }) => pooled.count)));
    expect(new Set(counts).size).toBe(1);
    const [few = 0, some = 0, all = 0] = points.map(
      ({ draws }) =>
        draws.reduce((sum, draw) => sum + (draw.find(({ predictor }) => predictor === 'boosted trees')?.pooled.rmse ?? 0), 0) /
        draws.length,
    );
    expect(few).toBeGreaterThan(some);
    expect(some).toBeGreaterThan(all);
  }, 120_000);
});

describe('the sensitivity of a predictor', () => {
  test('of a stress with the dimension of an energy density has degree one in gamma and moduli together', async ({ expect }) => {
    const records = [slipRecord('fcc', 'Cu', 3.615, 700), slipRecord('bcc', 'W', 3.165, 4000)];
    const found = await sensitivities(records, async (asked) => asked.map((record) => Math.log(predictBaseline(record).peierlsMpa)));
    expect(found.map(({ kind, records: count }) => [kind, count])).toEqual([
      ['bcc {110} edge', 1],
      ['fcc {111} edge', 1],
    ]);
    for (const { inputs } of found)
      expect((inputs['gamma surface']?.median ?? 0) + (inputs['all elastic constants']?.median ?? 0)).toBeCloseTo(1, 1);
  });

  test('gives back the exponents of a power law', async ({ expect }) => {
    const records = Array.from({ length: 30 }, (_, index) => slipRecord('fcc', 'Cu', 3.6 + 0.001 * index, 700));
    const power = async (asked: typeof records): Promise<number[]> =>
      asked.map(({ gamma, elastic_gpa: c }) => 2 * Math.log(Math.max(...gamma.mj_per_m2.flat())) - 3 * Math.log(c[3]?.[3] ?? 0));
    const [only] = await sensitivities(records, power as Parameters<typeof sensitivities>[1], 7);
    expect(only?.records).toBe(7);
    expect(only?.inputs['gamma surface']?.median).toBeCloseTo(2, 6);
    expect(only?.inputs['shear constants (C44, C55, C66)']?.median).toBeCloseTo(-3, 6);
    expect(only?.inputs['C12 and C13']?.median).toBeCloseTo(0, 6);
  });

  test('leaves out what a predictor refuses, and nothing else', async ({ expect }) => {
    const records = Array.from({ length: 5 }, (_, index) => slipRecord('fcc', 'Cu', 3.6 + 0.001 * index, 700));
    let calls = 0;
    const power = async (asked: typeof records): Promise<number[]> =>
      asked.map(({ gamma }) => ((calls += 1) === 1 ? Number.NaN : 2 * Math.log(Math.max(...gamma.mj_per_m2.flat()))));
    const [only] = await sensitivities(records, power as Parameters<typeof sensitivities>[1]);
    expect(only?.inputs['gamma surface']).toEqual({ median: expect.closeTo(2, 6), low: expect.closeTo(2, 6), high: expect.closeTo(2, 6) });
  });
});
