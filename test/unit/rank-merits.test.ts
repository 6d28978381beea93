import { describe, test } from 'vitest';
import { massDensity } from '../../domain/density.js';
import { ductilityOf } from '../../domain/ductility.js';
import { randomNumbers } from '../../domain/learning/random.js';
import { paretoFront } from '../../domain/pareto.js';
import { pricePerKg, Prices } from '../../domain/price.js';
import { buildPrototype } from '../../domain/prototype.js';
import { ownInterval } from '../../domain/prediction.js';
import { topProbabilities, type UncertainCandidate } from '../../domain/top-probability.js';

describe('the probability of being among the k strongest', () => {
  const candidate = (
    mpa: number,
    factor: number,
    change: { system?: number; lattice?: string; predictor?: string; physical?: number; sharedLnError?: number } = {},
  ): UncertainCandidate => ({
    lattice: change.lattice ?? 'fcc',
    predictions: [
      {
        slipSystem: '{111}<110>',
        character: 'screw',
        peierlsMpa: mpa,
        interval90: [mpa / factor, mpa * factor],
        uncertainty: { physical: change.physical ?? 0.3, system: change.system ?? 0, inference: 0.3 },
        predictor: change.predictor ?? 'ensemble',
        sharedLnError: change.sharedLnError,
      },
    ],
  });

  test('is certain where intervals are narrow', ({ expect }) => {
    expect(topProbabilities([candidate(100, 1.01), candidate(50, 1.01), candidate(10, 1.01)], 2)).toEqual([1, 1, 0]);
    expect(topProbabilities([candidate(100, 9), candidate(50, 9)], 2)).toEqual([1, 1]);
  });

  test('agrees with the normal distribution for two rivals', ({ expect }) => {
    // ln 2 apart, each with a standard deviation of ln 3/1.645: P = Phi(ln 2/(sqrt 2 * 0.668)) = Phi(0.734) = 0.769.
    const [first = 0, second = 0] = topProbabilities([candidate(20, 3), candidate(10, 3)], 1);
    expect(first).toBeCloseTo(0.769, 1);
    expect(first + second).toBeCloseTo(1, 12);
  });

  test('is not blurred by what rivals of one class have in common', ({ expect }) => {
    const narrow = { system: 2 };
    expect(topProbabilities([candidate(12, 1.02, narrow), candidate(10, 1.02, narrow)], 1)).toEqual([1, 0]);
    // Between classes the same uncertainty does not cancel.
    const [first = 0] = topProbabilities([candidate(12, 1.02, narrow), candidate(10, 1.02, { ...narrow, lattice: 'bcc' })], 1);
    expect(first).toBeGreaterThan(0.4);
    expect(first).toBeLessThan(0.65);
  });

  test('takes the common part out of intervals that hold it, and counts it once', ({ expect }) => {
    // The whole interval of these baselines, exp(1.645 * 1) on each side, is their class's common uncertainty.
    const baseline = { system: 1, physical: 0, predictor: 'baseline-joos-duesbery' };
    const factor = Math.exp(1.645);
    expect(topProbabilities([candidate(11, factor, baseline), candidate(10, factor, baseline)], 1)).toEqual([1, 0]);
    // So it is with what the ensemble says that other families of potentials need.
    const shared = { sharedLnError: 1 };
    expect(topProbabilities([candidate(11, factor, shared), candidate(10, factor, shared)], 1)).toEqual([1, 0]);
    expect(ownInterval({ peierlsMpa: 5, interval90: [1, 25], sharedLnError: 0 })).toEqual([expect.closeTo(1, 9), expect.closeTo(25, 9)]);
    expect(ownInterval({ peierlsMpa: 5, interval90: [5 / factor, 5 * factor], sharedLnError: 1 })).toEqual([5, 5]);
    // The floor has cut the lower end: the upper one tells how wide the own part is, ln^2 = 4 - 1.645^2.
    const own = Math.exp(Math.sqrt(4 - 1.645 ** 2));
    expect(ownInterval({ peierlsMpa: 0.04, interval90: [0.02, 0.04 * Math.exp(2)], sharedLnError: 1 })).toEqual([
      expect.closeTo(0.04 / own, 9),
      expect.closeTo(0.04 * own, 9),
    ]);
  });

  test('sums to k and is repeatable', ({ expect }) => {
    const random = randomNumbers(3);
    const many = Array.from({ length: 40 }, () => candidate(10 + 90 * random(), 1 + 4 * random(), { system: 0.3 }));
    const found = topProbabilities(many, 7);
    expect(found.reduce((sum, value) => sum + value, 0)).toBeCloseTo(7, 9);
    expect(topProbabilities(many, 7)).toEqual(found);
  });
});

describe('the Pareto front', () => {
  test('holds what no other point beats, as checked pair by pair', ({ expect }) => {
    const random = randomNumbers(1);
    // Whole numbers, so that ties occur.
    const points = Array.from({ length: 300 }, () => [0, 1, 2].map(() => Math.floor(12 * random())));
    const beaten = points.map((point) =>
      points.some((other) => other.every((value, i) => value >= (point[i] ?? 0)) && other.some((value, i) => value > (point[i] ?? 0))),
    );
    expect(paretoFront(points)).toEqual(beaten.map((it) => !it));
  });

  test('leaves out what is not known', ({ expect }) => {
    expect(
      paretoFront([
        [5, Number.NaN],
        [4, 1],
        [3, 2],
        [2, 1],
      ]),
    ).toEqual([false, true, true, false]);
  });
});

describe('indicators of ductility', () => {
  test('call copper ductile and iridium unclear or brittle', ({ expect }) => {
    // GPa: Simmons and Wang, Single Crystal Elastic Constants (1971); B and G are Hill averages.
    const cu = ductilityOf({ lattice: 'fcc', bulkGpa: 137, shearGpa: 47, constants: { C11: 168, C12: 121, C44: 75 } });
    expect(cu).toMatchObject({ ductility: 'ductile', cauchyPressureGpa: 46 });
    const ir = ductilityOf({ lattice: 'fcc', bulkGpa: 355, shearGpa: 218, constants: { C11: 580, C12: 242, C44: 256 } });
    expect(ir.ductility).toBe('brittle');
    expect(ir.bulkOverShear).toBeLessThan(1.75);
  });

  test('take the lesser of two Cauchy pressures of a hexagonal crystal', ({ expect }) => {
    // Mg, same source: C13 - C44 = 5.0, C12 - C66 = 9.45.
    const constants = { C11: 59.5, C12: 26.1, C13: 21.4, C33: 61.6, C44: 16.4 };
    expect(ductilityOf({ lattice: 'hcp', bulkGpa: 35.4, shearGpa: 17.4, constants }).cauchyPressureGpa).toBeCloseTo(5, 1);
  });

  test('say nothing of what is not known', ({ expect }) => {
    expect(ductilityOf({ lattice: 'fcc', bulkGpa: 137, shearGpa: 47 })).toMatchObject({
      cauchyPressureGpa: null,
      unstableFaultOverGb: null,
      ductility: 'unclear',
    });
  });
});

describe('density and price', () => {
  test('of copper at its lattice constant is that of the handbook', ({ expect }) => {
    // CRC Handbook: 8.96 g/cm3; a = 3.615 angstrom gives 8.94.
    expect(massDensity(buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.615 }))).toBeCloseTo(8.94, 1);
  });

  test('go by mass, and are unknown where an element is', ({ expect }) => {
    expect(pricePerKg({ Al: 0.5, W: 0.5 }, { Al: 2, W: 40 })).toBeCloseTo((26.982 * 2 + 183.84 * 40) / (26.982 + 183.84), 6);
    expect(pricePerKg({ Al: 0.5, W: 0.5 }, { Al: 2 })).toBeUndefined();
    expect(Prices.safeParse({ Unobtainium: 3 }).success).toBe(false);
  });
});
