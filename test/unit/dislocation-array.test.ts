import { describe, test } from 'vitest';
import { arrayAxes, dislocationArray, shortestTranslation, type DislocationCharacter } from '../../domain/dislocation-array.js';
import { buildPrototype, type PrototypeName } from '../../domain/prototype.js';
import { slipGeometry, slipSystem } from '../../domain/slip-system.js';
import { cartesian } from '../../domain/structure.js';
import { determinant, dot } from '../../domain/vector.js';

const a = 4;
const c = 6.5;
const crystal = (prototype: PrototypeName) => buildPrototype(prototype, { A: { Cu: 1 } }, prototype === 'A3' ? { a, c } : { a });
const size = { layers: 20, glideLength: 24, rigidLayers: 4 };

/** Line period and Peierls period in units of a (or c, where marked), from protocols section 4 and the nets of the planes. */
const geometries: [PrototypeName, string, DislocationCharacter, number, number][] = [
  ['A1', '{111}<110>', 'edge', Math.sqrt(6) / 2, Math.SQRT1_2 / 2],
  ['A1', '{111}<110>', 'screw', Math.SQRT1_2, Math.sqrt(6) / 4],
  ['A2', '{110}<111>', 'edge', Math.sqrt(6), Math.sqrt(3) / 2 / 3],
  ['A2', '{110}<111>', 'screw', Math.sqrt(3) / 2, Math.sqrt(6) / 3],
  ['A2', '{112}<111>', 'edge', Math.SQRT2, Math.sqrt(3) / 2],
  ['A2', '{112}<111>', 'screw', Math.sqrt(3) / 2, Math.SQRT2],
  ['A3', 'basal', 'edge', Math.sqrt(3), 1 / 2],
  ['A3', 'basal', 'screw', 1, Math.sqrt(3) / 2],
  ['A3', 'prismatic-wide', 'edge', c / a, 1],
  ['A3', 'prismatic-wide', 'screw', 1, c / a],
  ['A3', 'pyramidal-ii', 'edge', Math.sqrt(3), Math.sqrt(1 + (c / a) ** 2)],
  ['A3', 'pyramidal-ii', 'screw', Math.sqrt(1 + (c / a) ** 2), Math.sqrt(3)],
];

describe.for(geometries)('%s %s %s', ([prototype, name, character, line, period]) => {
  const structure = crystal(prototype);
  const array = dislocationArray(structure, slipSystem(prototype, name), character, size);
  const [x, y, z] = array.structure.lattice;

  test('has the shortest period along the line and the lattice period along the glide direction', ({ expect }) => {
    expect(x).toEqual([expect.closeTo(line * a, 9), 0, 0]);
    expect(array.periodAngstrom).toBeCloseTo(period * a, 9);
    expect(y[0]).toBeCloseTo(character === 'edge' ? 0 : array.burgersAngstrom / 2, 9);
    expect(y[1]).toBeCloseTo(array.glideLengthAngstrom, 9);
  });

  test('keeps the density of the crystal, but for half a plane', ({ expect }) => {
    const perAtom = determinant(structure.lattice) / structure.sites.length;
    const planes = array.glideLengthAngstrom / array.burgersAngstrom;
    const lost = character === 'edge' ? 1 - (planes + 1 / 2 + planes - 1 / 2) / 2 / planes : 0;
    expect((determinant(array.structure.lattice) / array.structure.sites.length / perAtom) * (1 - lost)).toBeCloseTo(1, 9);
  });

  test('has no atoms on top of each other', ({ expect }) => {
    expect(closestPair(cartesian(array.structure), [x, y, z])).toBeGreaterThan(0.6 * shortestTranslation(structure));
  });

  test('has rigid slabs of a perfect, evenly strained crystal', ({ expect }) => {
    const top = array.structure.sites.filter((site) => site.position[2] * z[2] > array.rigidAbove - 0.01);
    const coordinate = character === 'edge' ? 1 : 0;
    const layer = top.filter((site) => Math.abs(site.position[2] - (top[0]?.position[2] ?? 0)) < 1e-9);
    // In the sheared frame of the cell an even misfit leaves every row evenly spaced.
    const along = layer.map((site) => site.position[coordinate]).toSorted((p, q) => p - q);
    const gaps = new Set(along.slice(1).map((value, index) => (value - (along[index] ?? 0)).toFixed(7)));
    if (character === 'edge') expect([...gaps].filter((gap) => Number(gap) > 1e-6).length).toBeLessThanOrEqual(2);
    expect(array.rigidBelow).toBeGreaterThan(0);
    expect(array.rigidAbove).toBeLessThan(z[2]);
  });

  test('has one layer on each side of the slip plane', ({ expect }) => {
    const heights = array.structure.sites.map((site) => site.position[2] * z[2]);
    for (const [low, high] of [array.below, array.above]) expect(heights.some((height) => height > low && height < high)).toBe(true);
    expect(array.below[1]).toBeLessThan(z[2] / 2);
    expect(array.above[0]).toBeGreaterThan(z[2] / 2);
  });
});

test.for(['edge', 'screw'] as const)(
  'a shear across the Burgers vector of an %s moves each layer by its height and leaves the cell alone',
  (character, { expect }) => {
    const system = slipSystem('A1', '{111}<110>');
    const plain = dislocationArray(crystal('A1'), system, character, size);
    const sheared = dislocationArray(crystal('A1'), system, character, { ...size, crossShear: 0.01 });
    expect(sheared.structure.lattice).toEqual(plain.structure.lattice);
    const [line, glide, normal] = plain.structure.lattice;
    const [axis, period] = character === 'edge' ? [0, line[0]] : [1, glide[1]];
    const before = cartesian(plain.structure);
    for (const [index, position] of cartesian(sheared.structure).entries()) {
      const from = before[index] ?? [Number.NaN, Number.NaN, Number.NaN];
      const moved = (position[axis] ?? 0) - (from[axis] ?? 0) - 0.01 * (from[2] - normal[2] / 2);
      expect(moved - period * Math.round(moved / period)).toBeCloseTo(0, 9);
      expect(position[2]).toBeCloseTo(from[2], 9);
    }
  },
);

test('axes are right-handed with the Burgers vector along the right one', ({ expect }) => {
  const geometry = slipGeometry(crystal('A2'), slipSystem('A2', '{110}<111>'));
  for (const character of ['edge', 'screw'] as const) {
    const axes = arrayAxes(geometry, character);
    expect(determinant(axes)).toBeCloseTo(1, 12);
    expect(dot(axes[character === 'edge' ? 1 : 0], geometry.burgers)).toBeCloseTo((a * Math.sqrt(3)) / 2, 12);
  }
});

test('a plane whose dislocations have no short period is refused with the reason', ({ expect }) => {
  expect(() => dislocationArray(crystal('A3'), slipSystem('A3', 'pyramidal-i-wide'), 'screw', size)).toThrow(
    /no lattice vector of A3 pyramidal-i-wide is perpendicular to the Burgers vector/,
  );
});

function closestPair(positions: readonly (readonly [number, number, number])[], [x, y]: readonly (readonly number[])[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [i, p] of positions.entries()) {
    for (const q of positions.slice(0, i)) {
      const dz = p[2] - q[2];
      if (Math.abs(dz) > 3) continue;
      const rows = Math.round((p[1] - q[1]) / (y?.[1] ?? 1));
      const dy = p[1] - q[1] - rows * (y?.[1] ?? 0);
      const shift = p[0] - q[0] - rows * (y?.[0] ?? 0);
      const dx = shift - Math.round(shift / (x?.[0] ?? 1)) * (x?.[0] ?? 0);
      least = Math.min(least, Math.hypot(dx, dy, dz));
    }
  }
  return least;
}
