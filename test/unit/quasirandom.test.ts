import { describe, test } from 'vitest';
import { Campaign } from '../../domain/campaign.js';
import { generateMaterials } from '../../domain/candidate-generator.js';
import { elasticPoints, fitElastic } from '../../domain/elastic-strain.js';
import { elasticMatrix } from '../../domain/elastic-symmetry.js';
import { assembleGamma, gammaPoints } from '../../domain/gamma-surface.js';
import { overallComposition } from '../../domain/formula.js';
import type { PointResult } from '../../domain/point.js';
import { buildPrototype, cellParameters, parentCell } from '../../domain/prototype.js';
import { quasirandom, repeated, wholeCounts } from '../../domain/quasirandom.js';
import { slipSystem } from '../../domain/slip-system.js';
import { Structure } from '../../domain/structure.js';

const half = { Cu: 0.5, Ni: 0.5 };
const block = (prototype: 'A1' | 'A2' | 'A3', size: [number, number, number]) => repeated(buildPrototype(prototype, { A: half }), size);
const sqs = (changes: Record<string, unknown> = {}) => {
  const campaign = Campaign.parse({
    name: 'c',
    candidates: [{ generator: 'sqs', prototypes: ['A1'], compositions: [half], ...changes }],
    calculator: { name: 'ase', model: 'emt' },
  });
  return campaign.candidates.flatMap((source) => ('generator' in source ? generateMaterials(source) : []));
};

describe('a quasirandom arrangement', () => {
  test('of 32 fcc sites has the pairs of a random alloy in the first two shells, and its triangles', ({ expect }) => {
    const { elements, pairs, triangles } = quasirandom(block('A1', [2, 2, 2]), half, { seed: 1 });
    expect(elements.filter((element) => element === 'Cu')).toHaveLength(16);
    // Zunger et al., PRL 65, 353 (1990), match them exactly with 16 atoms in the first shells; so must we with twice as many.
    expect(pairs.slice(0, 2).map(({ deviation }) => deviation)).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9)]);
    expect(triangles.deviation).toBeCloseTo(0, 9);
    // a/sqrt2, a, a sqrt(3/2), a sqrt2.
    const a = pairs[1]?.distanceAngstrom ?? NaN;
    expect(pairs.map(({ distanceAngstrom }) => (distanceAngstrom / a) ** 2)).toEqual(
      [0.5, 1, 1.5, 2].map((value): unknown => expect.closeTo(value, 3)),
    );
  });

  test.for([
    ['A2', [3, 3, 3]],
    ['A3', [3, 3, 2]],
  ] as const)('of %s is within 2 %% of random in the two nearest shells, where chance leaves more', ([prototype, size], { expect }) => {
    const cell = block(prototype, [...size]);
    const made = quasirandom(cell, half, { seed: 2 });
    const chance = [3, 4, 5, 6, 7].map((seed) => quasirandom(cell, half, { seed, exchanges: 0 }));
    const worst = ({ pairs }: ReturnType<typeof quasirandom>) => Math.max(...pairs.slice(0, 2).map(({ deviation }) => deviation));
    expect(worst(made)).toBeLessThan(0.02);
    expect(worst(made)).toBeLessThan(Math.min(...chance.map(worst)) + 1e-12);
  });

  test('is the same for the same seed, and another one for another', ({ expect }) => {
    const of = (seed: number) => quasirandom(block('A1', [2, 2, 2]), half, { seed }).elements.join('');
    expect(of(5)).toBe(of(5));
    expect(of(5)).not.toBe(of(6));
  });

  test('keeps the composition of every layer where that is asked', ({ expect }) => {
    const cell = block('A1', [2, 2, 2]);
    const groups = cell.sites.map(({ position }) => Math.round(position[2] * 4));
    const { elements } = quasirandom(cell, half, { seed: 1, groups });
    for (const group of [0, 1, 2, 3])
      expect(elements.filter((element, site) => groups[site] === group && element === 'Cu')).toHaveLength(4);
  });

  test.for([
    [32, { Cu: 0.5, Ni: 0.5 }, { Cu: 16, Ni: 16 }],
    [10, { Co: 1 / 3, Fe: 1 / 3, Ni: 1 / 3 }, { Co: 4, Fe: 3, Ni: 3 }],
    // An alloy without one of its elements would be another alloy.
    [8, { Al: 0.97, Cu: 0.02, Mg: 0.01 }, { Al: 6, Cu: 1, Mg: 1 }],
  ] as const)('of %i sites shares them by largest remainders', ([sites, composition, counts], { expect }) => {
    expect(wholeCounts(sites, composition)).toEqual(counts);
  });
});

describe('candidates by special quasirandom structures', () => {
  test('are of elements, with the number of conventional cells beside them', ({ expect }) => {
    const [material] = sqs();
    const structure = Structure.parse(material?.structure);
    expect(structure.repeats).toEqual([2, 2, 2]);
    expect(Object.keys(structure.species)).toEqual(['Cu', 'Ni']);
    expect(overallComposition(structure)).toEqual({ Cu: 0.5, Ni: 0.5 });
    expect(material).toMatchObject({ sourceId: 'Cu0.5Ni0.5-A1-sqs32-1', formula: 'Cu0.5Ni0.5', prototype: 'A1' });
    expect(cellParameters(structure, 'A1').a).toBeCloseTo(buildPrototype('A1', { A: half }).lattice[0][0], 9);
    expect(parentCell(structure, 'A1')).toEqual(buildPrototype('A1', { A: half }, cellParameters(structure, 'A1')));
  });

  test('have the composition that their cell allows, and say so', ({ expect }) => {
    expect(sqs({ compositions: [{ Cu: 0.66, Ni: 0.34 }] })[0]?.formula).toBe('Cu0.6563Ni0.3438');
  });

  test('come of pairs at fractions, or of all pairs of the same lattice', ({ expect }) => {
    expect(sqs({ compositions: undefined, pairs: [['Au', 'Cu']], fractions: [0.25] }).map(({ formula }) => formula)).toEqual([
      'Au0.25Cu0.75',
    ]);
    expect(sqs({ compositions: undefined, elements: ['Cu', 'Ni', 'W'], fractions: [0.5] }).map(({ formula }) => formula)).toEqual([
      'Cu0.5Ni0.5',
    ]);
  });

  test.for([
    [{ pairs: [['Cu', 'Ni']] }, /give one of/],
    [{ atoms: 4 }, />=8/],
    [{ compositions: [{ Cu: 0.5, Ni: 0.4 }] }, /sum to 1/],
  ] as const)('with %j are refused', ([changes, message], { expect }) => {
    expect(() => sqs(changes)).toThrow(message);
  });
});

describe('the elastic tensor of a quasirandom cell', () => {
  const cell: Structure = { ...block('A1', [2, 2, 2]), repeats: [2, 2, 2] };
  const { tasks, plan } = elasticPoints(cell, 'cubic', { method: 'stress', amplitudes: [0.005] });

  test('is measured with all six strains, projected on the lattice, and tells how far it is from it', ({ expect }) => {
    expect(tasks).toHaveLength(12);
    const cubic = elasticMatrix('cubic', { C11: 170, C12: 120, C44: 75 });
    // An arrangement is not cubic: its own constants scatter about those of the alloy.
    const own = cubic.map((row, i) => row.map((value, j) => value + (i === j ? ([4, -4, 0, 3, -3, 0][i] ?? 0) : 0)));
    const results = Object.fromEntries(
      tasks.map((task, index): [string, PointResult] => {
        const strain = plan.strains[index];
        const stress = own.map((row) => (row[(strain?.component ?? 1) - 1] ?? 0) * (strain?.amplitude ?? 0));
        return [
          task.label,
          {
            energyEv: 0,
            stressGpa: stress as unknown as NonNullable<PointResult['stressGpa']>,
            structure: task.structure,
            maxForceEvPerAngstrom: 0,
          },
        ];
      }),
    );
    const fit = fitElastic(plan, results);
    if (fit.kind === 'failed') throw new Error(fit.evidence);
    // Cauchy stresses were given where strains are Lagrangian: a third-order matter.
    expect(fit.constants['C11']).toBeCloseTo(170, 0);
    expect(fit.constants['C12']).toBeCloseTo(120, 0);
    expect(fit.constants['C44']).toBeCloseTo(75, 0);
    // Root mean square of 4, 4, 3 and 3 over 36 entries.
    expect(fit.residualGpa).toBeCloseTo(Math.sqrt(50 / 36), 1);
  });
});

describe('the gamma surface of a quasirandom alloy', () => {
  const average = buildPrototype('A1', { A: half }, { a: 3.57 });
  const system = slipSystem('A1', '{111}<110>');
  const set = (geometry: 'slab' | 'tilted') =>
    gammaPoints(average, system, { geometry, grid: [6, 6], quasirandom: { periods: 2, seed: 1 } }, 4);

  test.for(['slab', 'tilted'] as const)('has the same atoms in the same places at every displacement (%s)', (geometry, { expect }) => {
    const { tasks } = set(geometry);
    const species = tasks.map(({ structure }) => structure.sites.map((site) => site.species).join(' '));
    expect(new Set(species).size).toBe(1);
    expect(overallComposition(tasks[0]?.structure ?? average)).toEqual({ Cu: expect.closeTo(0.5, 9), Ni: expect.closeTo(0.5, 9) });
    // Atoms of the lower half stay where they are, to a rotation of nothing.
    const [first, last] = [tasks[0], tasks.at(-1)];
    const below = (point: typeof first) =>
      (point?.structure.sites ?? [])
        .filter(({ position }) => geometry === 'slab' && position[2] < 0.5)
        .map(({ species: name, position }) => [name, ...position]);
    expect(below(last)).toEqual(below(first));
  });

  test('is per area of the whole cell', ({ expect }) => {
    const { tasks, plan } = set('tilted');
    const energy = (label: string) => (label === 'gamma/00-00' ? 0 : 1);
    const results = Object.fromEntries(
      tasks.map(({ label, structure }): [string, PointResult] => [label, { energyEv: energy(label), structure, maxForceEvPerAngstrom: 0 }]),
    );
    const assembled = assembleGamma(plan, results);
    if (assembled.kind === 'failed') throw new Error(assembled.evidence);
    expect(assembled.surface.mjPerM2[2]?.[2]).toBeCloseTo(16021.766 / (4 * plan.areaSquareAngstrom), 6);
  });

  describe('of several arrangements', () => {
    const { tasks, plan } = gammaPoints(average, system, {
      geometry: 'slab',
      grid: [6, 6],
      quasirandom: { periods: 2, seed: 1, arrangements: 3 },
    });
    const arrangementOf = (label: string) => Number(/\/a(\d)$/.exec(label)?.[1] ?? 1);
    /** Faults of 80, 100 and 120 % of one energy in the three arrangements, whose perfect crystals differ too. */
    const energy = (label: string) => 10 * arrangementOf(label) + (label.startsWith('gamma/00-00') ? 0 : 0.6 + 0.2 * arrangementOf(label));
    const results = Object.fromEntries(
      tasks.map(({ label, structure }): [string, PointResult] => [label, { energyEv: energy(label), structure, maxForceEvPerAngstrom: 0 }]),
    );

    test('asks for each point in each of them, with other atoms in the same places', ({ expect }) => {
      expect(tasks.map(({ label }) => label).filter((label) => label.startsWith('gamma/01-01'))).toEqual([
        'gamma/01-01',
        'gamma/01-01/a2',
        'gamma/01-01/a3',
      ]);
      expect(tasks).toHaveLength(30);
      const species = tasks.map(({ structure }) => structure.sites.map((site) => site.species).join(' '));
      expect(new Set(species).size).toBe(3);
      for (const { structure } of tasks) expect(overallComposition(structure)).toEqual(overallComposition(tasks[0]?.structure ?? average));
    });

    test('is their mean, with its standard error', ({ expect }) => {
      const assembled = assembleGamma(plan, results);
      if (assembled.kind === 'failed') throw new Error(assembled.evidence);
      const one = 16021.766 / (4 * plan.areaSquareAngstrom);
      expect(assembled.surface.mjPerM2[2]?.[2]).toBeCloseTo(one, 6);
      const { count, unstableErrorMjPerM2 = Number.NaN } = assembled.surface.arrangements ?? {};
      expect(count).toBe(3);
      // 0.8, 1 and 1.2: a standard deviation of 0.2, over the root of three.
      expect(unstableErrorMjPerM2 / assembled.surface.unstable.mjPerM2).toBeCloseTo(0.2 / Math.sqrt(3), 6);
    });

    test('is refused where a point of one is missing', ({ expect }) => {
      const { 'gamma/02-02/a3': _lost, ...rest } = results;
      expect(assembleGamma(plan, rest)).toEqual({ kind: 'failed', reason: 'missing-point', evidence: 'no result for gamma/02-02/a3' });
    });
  });

  test('leaves pure metals and average atoms as they were', ({ expect }) => {
    const { tasks, plan } = gammaPoints(average, system, { geometry: 'tilted' }, 4);
    expect(plan.periods).toBeUndefined();
    expect(new Set(tasks.flatMap(({ structure }) => structure.sites.map((site) => site.species)))).toEqual(new Set(['Cu0.5Ni0.5']));
  });
});
