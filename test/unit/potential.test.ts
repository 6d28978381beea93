import { describe, test } from 'vitest';
import { openPotential } from '../../connectors/calculator/lammps/potential.js';
import { mixed } from '../../domain/potential/mixing.js';
import { staticsCalculator } from '../../connectors/calculator/statics/statics.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import { shells, smoothSwitch, type EamFunctions } from '../../domain/potential/eam.js';
import { perturbed } from '../../domain/potential/perturbation.js';
import { zhouPotential, ZhouParameters } from '../../domain/potential/zhou.js';
import { buildPrototype } from '../../domain/prototype.js';
import zhouJson from '../../data/potentials/zhou2004.json' with { type: 'json' };

const zhou = zhouPotential(ZhouParameters.parse(zhouJson));

/** All shells of fcc within the cut-off, by counting lattice points. */
function energyPerAtom(functions: EamFunctions, species: string, a: number): number {
  const reach = Math.ceil((functions.cutoffAngstrom / a) * 2) + 1;
  let density = 0;
  let pairs = 0;
  for (let i = -reach; i <= reach; i++)
    for (let j = -reach; j <= reach; j++)
      for (let k = -reach; k <= reach; k++) {
        if ((i + j + k) % 2 !== 0 || (i === 0 && j === 0 && k === 0)) continue;
        const r = (a / 2) * Math.hypot(i, j, k);
        density += functions.density(species, r);
        pairs += functions.pair(species, species, r) / 2;
      }
  return functions.embedding(species, density) + pairs;
}

describe('the smooth cut-off', () => {
  test('is one before, zero after, and has no slope at either end', ({ expect }) => {
    const slope = (r: number) => (smoothSwitch(r + 1e-5, 6, 0.8) - smoothSwitch(r - 1e-5, 6, 0.8)) / 2e-5;
    expect(smoothSwitch(5.2, 6, 0.8)).toBe(1);
    expect(smoothSwitch(5.6, 6, 0.8)).toBeCloseTo(0.5, 12);
    expect(smoothSwitch(6, 6, 0.8)).toBe(0);
    expect(slope(5.2)).toBeCloseTo(0, 6);
    expect(slope(6)).toBeCloseTo(0, 6);
  });
});

describe('Zhou, Johnson, Wadley 2004', () => {
  test('has the 16 metals of the paper', ({ expect }) => {
    expect([...zhou.elements].sort().join(' ')).toBe('Ag Al Au Co Cu Fe Mg Mo Ni Pb Pd Pt Ta Ti W Zr');
  });

  test('gives copper its cohesive energy at its lattice parameter', ({ expect }) => {
    const functions = zhou.functions(['Cu']);
    // Phys. Rev. B 69, 144113: 3.54 eV; a minimum at 3.615 angstrom.
    expect(energyPerAtom(functions, 'Cu', 3.615)).toBeCloseTo(-3.54, 3);
    expect(energyPerAtom(functions, 'Cu', 3.605)).toBeGreaterThan(energyPerAtom(functions, 'Cu', 3.615));
    expect(energyPerAtom(functions, 'Cu', 3.625)).toBeGreaterThan(energyPerAtom(functions, 'Cu', 3.615));
  });

  test('extends the published range by a tenth and shares the largest of a set', ({ expect }) => {
    expect(zhou.functions(['Cu']).cutoffAngstrom).toBeCloseTo(1.1 * Math.sqrt(5) * 2.556162, 9);
    expect(zhou.functions(['Cu', 'Pb']).cutoffAngstrom).toBeCloseTo(1.1 * Math.sqrt(5) * 3.499723, 9);
  });

  test('has an embedding function that is continuous with its slope where its pieces meet', ({ expect }) => {
    for (const element of zhou.elements) {
      const { rhoe, innerFactor, outerFactor } = zhouJson.elements[element as 'Cu'];
      const { embedding } = zhou.functions([element]);
      const energy = (density: number) => embedding(element, density);
      for (const joint of [innerFactor * rhoe, outerFactor * rhoe]) {
        const h = 1e-4 * rhoe;
        expect(Math.abs(energy(joint + 1e-9) - energy(joint - 1e-9)), `${element} value`).toBeLessThan(3e-3);
        const jump = (energy(joint + h) - energy(joint + 1e-9)) / h - (energy(joint - 1e-9) - energy(joint - h)) / h;
        expect(Math.abs(jump) * rhoe, `${element} slope`).toBeLessThan(0.6);
      }
    }
  });

  test('has a symmetric cross pair that is the pure pair for equal elements', ({ expect }) => {
    const { pair } = zhou.functions(['Al', 'Cu']);
    expect(pair('Al', 'Cu', 2.7)).toBeCloseTo(pair('Cu', 'Al', 2.7), 12);
  });
});

describe('average atoms', () => {
  const functions = zhou.functions(['Au', 'Cu']);

  test('of one element are that element', ({ expect }) => {
    const average = mixed(functions, { X: { Cu: 1 } });
    expect(average.pair('X', 'X', 2.6)).toBe(functions.pair('Cu', 'Cu', 2.6));
    expect(average.embedding('X', 20)).toBe(functions.embedding('Cu', 20));
  });

  test('mix F and f linearly and phi bilinearly', ({ expect }) => {
    const average = mixed(functions, { X: { Cu: 0.75, Au: 0.25 } });
    expect(average.density('X', 2.6)).toBeCloseTo(0.75 * functions.density('Cu', 2.6) + 0.25 * functions.density('Au', 2.6), 12);
    const { pair } = functions;
    const expected = 0.5625 * pair('Cu', 'Cu', 2.6) + 0.375 * pair('Cu', 'Au', 2.6) + 0.0625 * pair('Au', 'Au', 2.6);
    expect(average.pair('X', 'X', 2.6)).toBeCloseTo(expected, 12);
  });
});

describe('a perturbed potential', () => {
  const published = ZhouParameters.parse(zhouJson);
  const third = { seed: 3, amount: 0.1 };

  test('is the same for the same seed, and another for another seed or amount', ({ expect }) => {
    expect(perturbed(published, third)).toEqual(perturbed(published, third));
    const { Cu } = perturbed(published, third).elements;
    for (const other of [
      { seed: 4, amount: 0.1 },
      { seed: 3, amount: 0.05 },
    ])
      expect(perturbed(published, other).elements['Cu']).not.toEqual(Cu);
  });

  test('stays within the amount, draws for each element, and keeps what only scales', ({ expect }) => {
    const ratios = Object.entries(perturbed(published, third).elements).map(([symbol, { alpha, re, B, eta }]) => {
      const original = published.elements[symbol];
      expect({ re, B, eta }).toEqual({ re: original?.re, B: original?.B, eta: original?.eta });
      return alpha / (original?.alpha ?? Number.NaN);
    });
    expect(Math.max(...ratios.map((ratio) => Math.abs(ratio - 1)))).toBeLessThanOrEqual(0.1);
    expect(new Set(ratios.map((ratio) => ratio.toFixed(6))).size).toBe(16);
  });

  test('keeps copper at its lattice parameter, with other energies around it', ({ expect }) => {
    const curvature = (functions: EamFunctions): number => {
      const energy = (a: number): number => energyPerAtom(functions, 'Cu', a);
      return (energy(3.635) + energy(3.595) - 2 * energy(3.615)) / 0.02 ** 2;
    };
    const rest = zhou.functions(['Cu']);
    for (const seed of [1, 2, 3]) {
      const functions = zhouPotential(perturbed(published, { seed, amount: 0.1 })).functions(['Cu']);
      const slope = (energyPerAtom(functions, 'Cu', 3.616) - energyPerAtom(functions, 'Cu', 3.614)) / 0.002;
      // In angstrom: how far the minimum has moved.
      expect(Math.abs(slope / curvature(functions))).toBeLessThan(0.01);
      expect(Math.abs(curvature(functions) / curvature(rest) - 1)).toBeGreaterThan(0.02);
    }
  });

  test('has an embedding function as continuous as the published one', ({ expect }) => {
    const parameters = perturbed(published, third);
    const { embedding } = zhouPotential(parameters).functions(['Ni']);
    const { rhoe = Number.NaN } = parameters.elements['Ni'] ?? {};
    for (const joint of [0.85 * rhoe, 1.15 * rhoe])
      expect(Math.abs(embedding('Ni', joint + 1e-9) - embedding('Ni', joint - 1e-9))).toBeLessThan(3e-3);
  });

  test('has a name and an identity of its own, in both calculators', async ({ expect }) => {
    const settings = { potential: 'zhou2004', perturb: third } as const;
    const copper = buildPrototype('A1', { A: { Cu: 1 } });
    for (const open of [staticsCalculator, lammpsCalculator] as const) {
      const [one, original] = [await open(settings), await open({ potential: 'zhou2004' })];
      expect(one.describe(copper)).toMatchObject({ potential: 'zhou2004~0.1-s3' });
      expect(one.describe(copper)['citation']).toMatch(/^perturbed by 0\.1 from X\. W\. Zhou/);
      expect(one.fingerprint(copper)).not.toBe(original.fingerprint(copper));
      expect(one.describe(copper)['potentialSha256']).not.toBe(original.describe(copper)['potentialSha256']);
    }
  });

  test.for([
    ['another family', { potential: 'cleri-rosato', perturb: { seed: 1, amount: 0.1 } }, /parameters of cleri-rosato cannot be perturbed/],
    ['an amount that leaves no metal', { potential: 'zhou2004', perturb: { seed: 1, amount: 3 } }, /<=0\.3/],
    ['no seed', { potential: 'zhou2004', perturb: { amount: 0.1 } }, /perturb\.seed|seed/],
  ] as const)('is refused for %s', async ([, settings, message], { expect }) => {
    await expect(staticsCalculator(settings)).rejects.toThrow(message);
  });
});

describe('the other analytic potentials', () => {
  test('are the metals that passed the lattice test', async ({ expect }) => {
    expect((await openPotential({ potential: 'cleri-rosato' })).elements).toEqual(['Ni', 'Cu', 'Rh', 'Pd', 'Ag', 'Ir', 'Pt', 'Au', 'Al']);
    expect((await openPotential({ potential: 'finnis-sinclair' })).elements).toEqual(['V', 'Nb', 'Ta', 'Cr', 'Mo', 'W', 'Fe']);
    expect((await openPotential({ potential: 'sutton-chen' })).elements).toHaveLength(10);
  });

  test('refuse alloys with a remedy', async ({ expect }) => {
    const potential = await openPotential({ potential: 'cleri-rosato' });
    const alloy = buildPrototype('A1', { A: { Cu: 0.5, Ni: 0.5 } });
    expect(potential.rejects(alloy)).toBe(
      'potential cleri-rosato describes pure metals only, not Cu-Ni. Use zhou2004, or give a potential file.',
    );
  });

  test('name the element they lack', async ({ expect }) => {
    const potential = await openPotential({ potential: 'zhou2004' });
    expect(potential.rejects(buildPrototype('A2', { A: { V: 1 } }))).toMatch(
      /^potential zhou2004 has Cu, .*, not V\. Choose another potential/,
    );
  });
});

test('crystal shells count the neighbours of fcc and bcc', ({ expect }) => {
  expect(shells.fcc.map(([count]) => count)).toEqual([12, 6, 24, 12, 24]);
  expect(shells.bcc.map(([count]) => count)).toEqual([8, 6, 12, 24, 8]);
});

test('one potential has one hash, and a set of species one table', async ({ expect }) => {
  const potential = await openPotential({ potential: 'zhou2004' });
  const again = await openPotential({ potential: 'zhou2004' });
  const copper = buildPrototype('A1', { A: { Cu: 1 } });
  expect(again.sha256).toBe(potential.sha256);
  expect(again.commands(copper)).toEqual(potential.commands(copper));
  expect(potential.commands(copper)[1]).toMatch(/^pair_coeff \* \* \.\.\/shared\/zhou2004-[0-9a-f]{12}\.eam\.alloy Cu_1$/);
});
