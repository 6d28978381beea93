import { describe, test } from 'vitest';
import { planeSymmetry, uniquePoints } from '../../domain/plane-symmetry.js';
import { buildPrototype } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';
import { deformed } from '../../domain/structure.js';

const copper = buildPrototype('A1', { A: { Cu: 1 } });
const iron = buildPrototype('A2', { A: { Fe: 1 } });
const magnesium = buildPrototype('A3', { A: { Mg: 1 } }, { a: 3.209, c: 5.211 });
const octahedral = slipSystem('A1', '{111}<110>');

describe('plane symmetry', () => {
  // Counts by independent orbit enumeration.
  test.for([
    [6, 10],
    [10, 22],
    [12, 31],
    [30, 166],
  ] as const)('leaves %i x %i points of fcc {111} and hcp basal with %i unique ones', ([n, unique], { expect }) => {
    expect(uniquePoints(copper, octahedral, [n, n])).toHaveLength(unique);
    expect(uniquePoints(magnesium, slipSystem('A3', 'basal'), [n, n])).toHaveLength(unique);
  });

  test('leaves 16 of 36 hcp prismatic points for either cut, 36 of 100, 256 of 900', ({ expect }) => {
    const wide = slipSystem('A3', 'prismatic-wide');
    expect(uniquePoints(magnesium, wide, [6, 6])).toHaveLength(16);
    expect(uniquePoints(magnesium, slipSystem('A3', 'prismatic-narrow'), [6, 6])).toHaveLength(16);
    expect(uniquePoints(magnesium, wide, [10, 10])).toHaveLength(36);
    expect(uniquePoints(magnesium, wide, [30, 30])).toHaveLength(256);
  });

  test('leaves 31 of 100 and 43 of 144 points of the rhombic bcc {110} cell', ({ expect }) => {
    const system = slipSystem('A2', '{110}<111>');
    expect(uniquePoints(iron, system, [10, 10])).toHaveLength(31);
    expect(uniquePoints(iron, system, [12, 12])).toHaveLength(43);
  });

  test('keeps the twinning asymmetry of bcc {112}: only the mirror across <110>', ({ expect }) => {
    expect(planeSymmetry(iron, slipSystem('A2', '{112}<111>')).matrices).toEqual([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 0],
        [0, -1],
      ],
    ]);
  });

  test('finds a three-fold axis and mirrors, but no two-fold axis, on fcc {111}', ({ expect }) => {
    const { matrices, translations } = planeSymmetry(copper, octahedral);
    expect(matrices).toHaveLength(6);
    expect(matrices).toContainEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(matrices).not.toContainEqual([
      [-1, 0],
      [0, -1],
    ]);
    expect(translations).toEqual([[0, 0]]);
  });

  test('gives the doubled period of L1_2 and D0_19 the symmetry of the close-packed layer', ({ expect }) => {
    const nickelAluminide = buildPrototype('L1_2', { A: { Ni: 1 }, B: { Al: 1 } });
    const titaniumAluminide = buildPrototype('D0_19', { A: { Ti: 1 }, B: { Al: 1 } });
    expect(uniquePoints(nickelAluminide, slipSystem('L1_2', '{111}<110>'), [6, 6])).toHaveLength(10);
    expect(uniquePoints(titaniumAluminide, slipSystem('D0_19', 'basal'), [12, 12])).toHaveLength(31);
  });

  test('sees the smaller period when the sublattices of an ordered cell are occupied alike', ({ expect }) => {
    const disordered = buildPrototype('L1_2', { A: { Ni: 1 }, B: { Ni: 1 } });
    const system = slipSystem('L1_2', '{111}<110>');
    expect(planeSymmetry(disordered, system).translations).toHaveLength(4);
    expect(uniquePoints(disordered, system, [12, 12])).toHaveLength(10);
  });

  test('does not assume symmetry that a strained crystal has lost', ({ expect }) => {
    const strained = deformed(copper, [
      [1, 0.05, 0],
      [0, 1.03, 0],
      [0, 0, 0.99],
    ]);
    expect(planeSymmetry(strained, octahedral).matrices).toHaveLength(1);
  });

  test('partitions the grid: every point in exactly one class, the origin alone first', ({ expect }) => {
    const orbits = uniquePoints(copper, octahedral, [6, 6]);
    const points = orbits.flatMap(({ members }) => members.map(([i, j]) => 6 * i + j));
    expect(points.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 36 }, (_, index) => index));
    expect(orbits[0]).toEqual({ representative: [0, 0], members: [[0, 0]] });
  });
});
