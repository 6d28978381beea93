import { describe, test } from 'vitest';
import { chooseSample, compositionDistance, leastSamples } from '../../domain/composition-sample.js';
import type { Composition } from '../../domain/composition.js';
import { fitInterpolation, weightedSum } from '../../domain/interpolation.js';
import { CompositionGridGenerator } from '../../domain/campaign.js';
import { generateMaterials } from '../../domain/candidate-generator.js';

const compositions = (divisions: number): Composition[] =>
  generateMaterials(
    CompositionGridGenerator.parse({ generator: 'composition-grid', prototypes: ['A1'], elements: ['Ni', 'Cu', 'Pt'], divisions }),
  ).map(({ occupants }) => occupants.A);

/** A property with Vegard's line and bowing, as alloys have. */
const bowed = ({ Ni = 0, Cu = 0, Pt = 0 }: Composition): number => 250 * Ni + 170 * Cu + 350 * Pt - 90 * Ni * Pt + 40 * Cu * Pt * Pt;

describe('a grid of compositions', () => {
  test('holds the elements, and every mixture of at most so many of them, once', ({ expect }) => {
    // Three elements in tenths: (10 + 2)! / (10! 2!) = 66.
    expect(compositions(10)).toHaveLength(66);
    const pairs = CompositionGridGenerator.parse({
      generator: 'composition-grid',
      prototypes: ['A1'],
      elements: ['Ni', 'Cu', 'Pt'],
      components: 2,
    });
    expect(generateMaterials(pairs)).toHaveLength(3 + 3 * 9);
  });

  test('that nobody could screen is refused', ({ expect }) => {
    const huge = {
      generator: 'composition-grid',
      prototypes: ['A1'],
      elements: ['Ni', 'Cu', 'Pt', 'Pd', 'Ag', 'Au'],
      components: 6,
      divisions: 50,
    };
    expect(CompositionGridGenerator.safeParse(huge).error?.issues[0]?.message).toMatch(/more than 50,000 alloys/);
  });
});

describe('a sample of compositions', () => {
  const members = compositions(10).map((composition) => ({ family: 'A1', composition }));

  test('begins with the corners, and leaves nothing far from it', ({ expect }) => {
    const chosen = chooseSample(members, 20).map((index) => members[index]?.composition ?? {});
    expect(chosen).toHaveLength(20);
    for (const corner of [{ Ni: 1 }, { Cu: 1 }, { Pt: 1 }]) expect(chosen).toContainEqual(corner);
    const gaps = members.map(({ composition }) => Math.min(...chosen.map((it) => compositionDistance(it, composition))));
    expect(Math.max(...gaps)).toBeLessThan(0.25);
  });

  test('gives each crystal its share, and a small one all that it has', ({ expect }) => {
    const all = [...members, ...members.slice(0, 5).map(({ composition }) => ({ family: 'A2', composition }))];
    const chosen = chooseSample(all, 30).map((index) => all[index]?.family);
    expect(chosen.filter((family) => family === 'A2')).toHaveLength(5);
    expect(chosen.filter((family) => family === 'A1').length).toBeGreaterThanOrEqual(leastSamples);
  });
});

describe('an interpolation', () => {
  const all = compositions(10);
  const samples = chooseSample(
    all.map((composition) => ({ family: 'A1', composition })),
    20,
  ).map((index): Composition => all[index] ?? {});
  const fit = fitInterpolation(
    samples,
    samples.map((composition) => [bowed(composition)]),
  );
  const at = (composition: Composition): number =>
    fit.weights(composition).reduce((sum, weight, index) => sum + weight * bowed(samples[index] ?? {}), 0);

  test('gives the samples back, and what lies between them within a percent', ({ expect }) => {
    for (const composition of samples) expect(at(composition)).toBeCloseTo(bowed(composition), 0);
    const errors = all.map((composition) => Math.abs(at(composition) / bowed(composition) - 1));
    expect(Math.max(...errors)).toBeLessThan(0.01);
  });

  test('gives a sample from the others as a fit without it would', ({ expect }) => {
    const index = samples.findIndex((composition) => Object.keys(composition).length === 3);
    const closed = (fit.leftOut[index] ?? []).reduce((sum, weight, other) => sum + weight * bowed(samples[other] ?? {}), 0);
    expect(fit.leftOut[index]?.[index]).toBe(0);
    expect(Math.abs(closed / bowed(samples[index] ?? {}) - 1)).toBeLessThan(0.02);
  });

  test('sums what has one shape and leaves out what has not', ({ expect }) => {
    const one = { name: 'first', value: 1, list: [1, [2, 3]], only: 5, uneven: [1] };
    const other = { name: 'second', value: 3, list: [3, [4, 5]], uneven: [1, 2] };
    expect(weightedSum<object>([one, other], [0.25, 0.75])).toEqual({ name: 'first', value: 2.5, list: [2.5, [3.5, 4.5]] });
  });
});
