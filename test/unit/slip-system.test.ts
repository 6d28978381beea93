import { describe, test } from 'vitest';
import { buildPrototype, PrototypeName } from '../../domain/prototype.js';
import { isTranslation, slipGeometry, slipSystem, slipSystems } from '../../domain/slip-system.js';
import type { Structure } from '../../domain/structure.js';
import { dot, norm } from '../../domain/vector.js';

const iron = buildPrototype('A2', { A: { Fe: 1 } }, { a: 2.87 });
const magnesium = buildPrototype('A3', { A: { Mg: 1 } }, { a: 3.2, c: 5.2 });
const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.615 });

const everySystem = PrototypeName.options.flatMap((prototype) => slipSystems(prototype).map((system) => [prototype, system.name] as const));

describe('slip systems', () => {
  test.for(everySystem)('%s %s is spanned by true lattice vectors that lie in its plane, right-handed', ([prototype, name], { expect }) => {
    const structure = example(prototype);
    const system = slipSystem(prototype, name);
    const { normal, a1, a2, burgers } = slipGeometry(structure, system);
    expect([...system.inPlane, system.burgers].every((vector) => isTranslation(structure, vector))).toBe(true);
    expect([a1, a2, burgers].map((vector) => dot(vector, normal))).toEqual([
      expect.closeTo(0, 9),
      expect.closeTo(0, 9),
      expect.closeTo(0, 9),
    ]);
    expect([...system.inPlane, system.burgers].map((vector) => dot(system.plane, vector))).toEqual([0, 0, 0]);
  });

  test.for(everySystem)('%s %s has its named points on the default grid', ([prototype, name], { expect }) => {
    const { grid, specialPoints } = slipSystem(prototype, name);
    const indices = Object.values(specialPoints).flatMap(([u, v]) => [u * grid[0], v * grid[1]]);
    expect(indices.map((index) => Math.abs(index - Math.round(index)))).toEqual(indices.map(() => expect.closeTo(0, 9)));
  });

  test('offers the primary systems first and never the narrow prismatic cut by default', ({ expect }) => {
    expect(slipSystems('A1').map(({ name }) => name)).toEqual(['{111}<110>']);
    expect(slipSystems('A2')[0]?.name).toBe('{110}<111>');
    const primary = slipSystems('A3').filter((system) => system.primary);
    expect(primary.map(({ name }) => name)).toEqual(['basal', 'prismatic-wide']);
  });

  test('uses the bcc {110} period b and (b/3, 2 sqrt2/3 b), unlike the published library', ({ expect }) => {
    const b = (2.87 * Math.sqrt(3)) / 2;
    const { planeVectors } = slipGeometry(iron, slipSystem('A2', '{110}<111>'));
    expect(planeVectors[0]).toEqual([expect.closeTo(b, 9), 0]);
    expect(planeVectors[1]).toEqual([expect.closeTo(b / 3, 9), expect.closeTo((2 * Math.SQRT2 * b) / 3, 9)]);
  });

  test('measures the textbook Burgers vectors and layer spacings', ({ expect }) => {
    expect(norm(slipGeometry(copper, slipSystem('A1', '{111}<110>')).burgers)).toBeCloseTo(3.615 / Math.SQRT2, 9);
    expect(slipGeometry(copper, slipSystem('A1', '{111}<110>')).gapAngstrom).toBeCloseTo(3.615 / Math.sqrt(3), 9);
    expect(slipGeometry(iron, slipSystem('A2', '{112}<111>')).gapAngstrom).toBeCloseTo(2.87 / Math.sqrt(6), 9);
    expect(norm(slipGeometry(magnesium, slipSystem('A3', 'pyramidal-ii')).burgers)).toBeCloseTo(Math.hypot(3.2, 5.2), 9);
    expect(slipGeometry(magnesium, slipSystem('A3', 'basal')).gapAngstrom).toBeCloseTo(2.6, 9);
  });

  test('cuts prismatic planes at the spacing it names: wide a sqrt3/3, narrow a sqrt3/6', ({ expect }) => {
    expect(slipGeometry(magnesium, slipSystem('A3', 'prismatic-wide')).gapAngstrom).toBeCloseTo((3.2 * Math.sqrt(3)) / 3, 9);
    expect(slipGeometry(magnesium, slipSystem('A3', 'prismatic-narrow')).gapAngstrom).toBeCloseTo((3.2 * Math.sqrt(3)) / 6, 9);
    expect(slipGeometry(magnesium, slipSystem('A3', 'pyramidal-i-wide')).gapAngstrom).toBeGreaterThan(
      4.9 * slipGeometry(magnesium, slipSystem('A3', 'pyramidal-i-narrow')).gapAngstrom,
    );
  });

  test('gives superdislocations their full period in ordered crystals', ({ expect }) => {
    const { burgers } = slipGeometry(example('L1_2'), slipSystem('L1_2', '{111}<110>'));
    expect(norm(burgers)).toBeCloseTo(3.6 * Math.SQRT2, 9);
    expect(norm(slipGeometry(example('D0_3'), slipSystem('D0_3', '{110}<111>')).burgers)).toBeCloseTo(5.8 * Math.sqrt(3), 9);
  });

  test('finds the cut in a crystal that has drifted and whose sites are in another order', ({ expect }) => {
    const drifted: Structure = {
      ...magnesium,
      sites: magnesium.sites.toReversed().map(({ species, position: [x, y, z] }) => ({ species, position: [x + 0.1, y - 0.2, z + 0.3] })),
    };
    expect(slipGeometry(drifted, slipSystem('A3', 'prismatic-wide')).gapAngstrom).toBeCloseTo((3.2 * Math.sqrt(3)) / 3, 9);
  });

  test('refuses a structure that is not the prototype, and a name that is not a system', ({ expect }) => {
    expect(() => slipGeometry(copper, slipSystem('L1_2', '{111}<110>'))).not.toThrow();
    expect(() => slipGeometry(example('L1_2'), slipSystem('A1', '{111}<110>'))).toThrow(RangeError);
    expect(() => slipGeometry(iron, slipSystem('A3', 'basal'))).toThrow(/not A3 in its conventional cell|not a translation/);
    expect(() => slipSystem('A3', 'prismatic')).toThrow(/it has basal, prismatic-wide/);
  });
});

function example(prototype: PrototypeName): Structure {
  const pure = { A1: copper, A2: iron, A3: magnesium };
  const sizes = { L1_2: { a: 3.6 }, L1_0: { a: 4, c: 4.07 }, B2: { a: 2.9 }, D0_3: { a: 5.8 }, D0_19: { a: 5.8, c: 4.65 } };
  return prototype in pure
    ? pure[prototype as keyof typeof pure]
    : buildPrototype(prototype, { A: { Ti: 1 }, B: { Al: 1 } }, sizes[prototype as keyof typeof sizes]);
}
