import { describe, it } from 'vitest';
import { canonicalSurface, symmetrised } from '../../../domain/learning/canonical-surface.js';
import { dislocationClass, protocolOf } from '../../../domain/learning/dislocation-class.js';
import { exampleOf } from '../../../domain/learning/example.js';
import { feature, featuresOf } from '../../../domain/learning/feature.js';
import type { SlipRecord } from '../../../domain/slip-record.js';
import { rhombic, slipRecord, triangular } from './fixtures.js';

const copper = slipRecord('fcc', 'Cu', 3.615, 560);
const iron = slipRecord('bcc', 'Fe', 2.8665, 1800);
const withGamma = (record: SlipRecord, gamma: Partial<SlipRecord['gamma']>): SlipRecord => ({
  ...record,
  gamma: { ...record.gamma, ...gamma },
});
const rows = (at: (u: number, v: number) => number, n = 12) =>
  Array.from({ length: n + 1 }, (_, i) => Array.from({ length: n + 1 }, (__, j) => at(i / n, j / n)));
const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));

describe('features', () => {
  const plain = featuresOf(copper);

  it('are the same on a grid that is turned by the three-fold axis', ({ expect }) => {
    const turned = withGamma(copper, { mj_per_m2: rows((u, v) => triangular(-u - v, u, 560)) });
    expect(largestDifference(featuresOf(turned).values, plain.values)).toBeLessThan(1e-4);
  });

  it('are the same seen from the other side of the plane', ({ expect }) => {
    const mirrored = withGamma(copper, { mj_per_m2: rows((u, v) => triangular(-u, -v, 560)) });
    expect(largestDifference(featuresOf(mirrored).surface, plain.surface)).toBeLessThan(1e-9);
  });

  it('are the same on other periods and in other axes', ({ expect }) => {
    const [first, second] = copper.gamma.vectors_angstrom;
    const sheared = withGamma(copper, {
      vectors_angstrom: [first, [second[0] - first[0], second[1]]],
      mj_per_m2: rows((u, v) => triangular(u - v, v, 560)),
    });
    expect(largestDifference(featuresOf(sheared).values, plain.values)).toBeLessThan(1e-4);
    const [cosine, sine] = [Math.cos(0.7), Math.sin(0.7)];
    const turn = ([x, y]: readonly [number, number]): [number, number] => [x * cosine - y * sine, x * sine + y * cosine];
    const rotated = withGamma(copper, { vectors_angstrom: [turn(first), turn(second)] });
    expect(largestDifference(featuresOf(rotated).values, plain.values)).toBeLessThan(1e-4);
  });

  it('change where fault and atoms on atoms are made alike, which is no symmetry of the plane', ({ expect }) => {
    const even = slipRecord('fcc', 'Cu', 3.615, 560, 0);
    expect(Math.abs(feature(featuresOf(even), 'ln(gamma_fault/Kb)') - feature(plain, 'ln(gamma_fault/Kb)'))).toBeGreaterThan(0.3);
  });

  it('of bcc {110} do not depend on the wrong second vector of published grids', ({ expect }) => {
    const [first, second] = iron.gamma.vectors_angstrom;
    const [b] = first;
    // The published grids are true values at i/n b + j/m (0.28868 b, h), and call that a period.
    const shift = 0.28868 - 1 / 3;
    const published = withGamma(iron, {
      vectors_angstrom: [first, [second[0] + shift * b, second[1]]],
      mj_per_m2: rows((u, v) => rhombic(u + shift * v, v, 1800)),
    });
    expect(largestDifference(featuresOf(published).values, featuresOf(iron).values)).toBeLessThan(1e-4);
  });

  it('are pure numbers: doubling all moduli and energies changes the scale alone', ({ expect }) => {
    const stiff: SlipRecord = {
      ...withGamma(copper, { mj_per_m2: copper.gamma.mj_per_m2.map((row) => row.map((value) => 2 * value)) }),
      elastic_gpa: copper.elastic_gpa.map((row) => row.map((value) => 2 * value)),
    };
    const doubled = featuresOf(stiff);
    expect(doubled.lnK - plain.lnK).toBeCloseTo(Math.LN2, 9);
    expect(feature(doubled, 'ln(K/GPa)') - feature(plain, 'ln(K/GPa)')).toBeCloseTo(Math.LN2, 9);
    expect(feature(doubled, 'ln(tau_SVPN/K)')).toBeCloseTo(feature(plain, 'ln(tau_SVPN/K)'), 6);
    expect(largestDifference(doubled.surface, plain.surface)).toBeLessThan(1e-9);
  });

  it('put the fault of a close-packed plane at (1/3, 1/3)', ({ expect }) => {
    const { values, symmetry } = canonicalSurface(copper);
    expect(symmetry).toBe('p3m1');
    expect(values[4]?.[4]).toBeLessThan(0.1 * (values[8]?.[8] ?? 0));
  });
});

describe('symmetrisation', () => {
  it('leaves a symmetric grid alone and averages noise away', ({ expect }) => {
    const clean = Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 }, (__, j) => triangular(i / 12, j / 12, 500)));
    expect(largestDifference(symmetrised(clean, 'p3m1').flat(), clean.flat())).toBeLessThan(1e-9);
    const noisy = clean.map((row, i) => row.map((value, j) => value + (i === 1 && j === 2 ? 6 : 0)));
    expect(largestDifference(symmetrised(noisy, 'p3m1').flat(), clean.flat())).toBeCloseTo(1, 6);
  });
});

describe('classes', () => {
  it.for<[string, Partial<SlipRecord['slip']>, string]>([
    ['narrow by its label', { plane: '{10-10} narrow cut' }, 'hcp {10-10} narrow edge'],
    ['wide by default', { plane: '{10-10}' }, 'hcp {10-10} wide edge'],
    ['narrow by name', { plane: 'prismatic-narrow' }, 'hcp {10-10} narrow edge'],
  ])('name the prismatic cut: %s', ([, slip, kind], { expect }) => {
    const zirconium: SlipRecord = { ...copper, lattice: 'hcp', a: 3.2, c: 5.1, slip: { ...copper.slip, burgers_angstrom: 3.2, ...slip } };
    expect(dislocationClass(zirconium)).toBe(kind);
  });

  it('keep superdislocations apart', ({ expect }) => {
    const double = { ...copper, slip: { ...copper.slip, burgers_angstrom: 2 * copper.slip.burgers_angstrom } };
    expect(dislocationClass(double)).toBe('fcc {111} edge b x2.0');
  });

  it('are never shared by two protocols', ({ expect }) => {
    expect(protocolOf(copper, 'file')).toBe('file');
    expect(protocolOf({ ...copper, protocol: { name: 'static', version: 2 } }, 'file')).toBe('static 2');
  });
});

describe('labels', () => {
  it('at or below the stated floor are one-sided', ({ expect }) => {
    const soft = exampleOf({ ...copper, peierls_mpa: 0.02, floorMpa: 0.05 }, 'p', 0.01);
    expect(soft).toMatchObject({ censored: true, floorMpa: 0.05 });
    expect(soft?.target).toBeCloseTo(Math.log(0.05e-3) - (soft?.features.lnK ?? 0), 9);
    expect(exampleOf({ ...copper, peierls_mpa: 3, errorMpa: 0.75 }, 'p', 0.01)).toMatchObject({ censored: false, noise: 0.25 });
    expect(exampleOf(copper, 'p', 0.01)).toBeUndefined();
  });

  it('of a lattice of another size are set aside', ({ expect }) => {
    const swollen = slipRecord('fcc', 'Cu', 3.615 * 1.5, 560);
    expect(exampleOf({ ...swollen, peierls_mpa: 3 }, 'p', 0.01)?.excluded).toContain('1.5');
  });
});
