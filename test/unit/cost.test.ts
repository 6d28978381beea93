import { describe, it } from 'vitest';
import { estimateCost, type CostSample } from '../../domain/cost.js';

const sample = (atoms: number, coreSeconds: number, changes: Partial<CostSample> = {}): CostSample => ({
  calculator: 'lammps',
  fingerprint: 'zhou',
  kind: 'gamma-surface',
  atoms,
  coreSeconds,
  ...changes,
});
const planned = { calculator: 'lammps', fingerprint: 'zhou', kind: 'gamma-surface', atoms: 40 };

describe('the cost of a point', () => {
  it('follows the power law of the runs on record', ({ expect }) => {
    const samples = [10, 20, 40, 80].map((atoms) => sample(atoms, 0.01 * atoms ** 2));
    const estimate = estimateCost({ ...planned, atoms: 160 }, samples);
    expect(estimate?.exponent).toBeCloseTo(2, 10);
    expect(estimate?.coreSeconds).toBeCloseTo(256, 6);
    expect(estimate).toMatchObject({ basis: 'same settings', samples: 4 });
    expect(estimate?.factor).toBeCloseTo(1, 6);
  });

  it('of one size takes the usual power: the atoms for potentials, more for plane waves', ({ expect }) => {
    const same = [1, 1, 1].map(() => sample(10, 2));
    expect(estimateCost({ ...planned, atoms: 20 }, same)?.coreSeconds).toBeCloseTo(4, 10);
    const waves = same.map((it) => ({ ...it, calculator: 'quantum-espresso' }));
    expect(estimateCost({ ...planned, calculator: 'quantum-espresso', atoms: 20 }, waves)?.coreSeconds).toBeCloseTo(2 * 2 ** 2.5, 10);
  });

  it('has an interval that holds nine runs of ten', ({ expect }) => {
    // A log-normal scatter of 0.5 about one second, by its quantiles.
    const quantiles = [-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645];
    const samples = quantiles.map((z) => sample(40, Math.exp(0.5 * z)));
    const { coreSeconds = 0, factor = 0 } = estimateCost(planned, samples) ?? {};
    expect(factor).toBeGreaterThan(Math.exp(1.645 * 0.4));
    expect(factor).toBeLessThan(Math.exp(1.645 * 0.6));
    const mean = samples.reduce((sum, it) => sum + it.coreSeconds, 0) / samples.length;
    expect(Math.abs(coreSeconds / mean - 1)).toBeLessThan(0.05);
  });

  it('is judged by runs with the same settings, else of the same calculator, else of another kind, and says which', ({ expect }) => {
    const others = [1, 2, 3].map(() => sample(40, 8, { kind: 'elastic-tensor' }));
    const foreign = [1, 2, 3].map(() => sample(40, 4, { fingerprint: 'other' }));
    const own = [1, 2, 3].map(() => sample(40, 2));
    expect(estimateCost(planned, [...others, ...foreign, ...own])).toMatchObject({
      basis: 'same settings',
      coreSeconds: expect.closeTo(2, 10) as number,
    });
    expect(estimateCost(planned, [...others, ...foreign])).toMatchObject({
      basis: 'same calculator',
      coreSeconds: expect.closeTo(4, 10) as number,
    });
    expect(estimateCost(planned, others)).toMatchObject({
      basis: 'other kinds of calculation',
      coreSeconds: expect.closeTo(8, 10) as number,
    });
  });

  it('is judged by one run of its own kind before many of another', ({ expect }) => {
    const others = [1, 2, 3].map(() => sample(40, 8, { kind: 'elastic-tensor' }));
    expect(estimateCost(planned, [...others, sample(40, 2)])).toMatchObject({ basis: 'same settings', samples: 1 });
  });

  it('is unknown where the calculator has never run', ({ expect }) => {
    expect(estimateCost(planned, [])).toBeUndefined();
    expect(estimateCost(planned, [sample(40, 2, { calculator: 'quantum-espresso' })])).toBeUndefined();
  });

  it('is given within a factor of two by a single run', ({ expect }) => {
    expect(estimateCost(planned, [sample(40, 2)])).toMatchObject({ samples: 1, factor: expect.closeTo(2, 10) as number });
  });
});
