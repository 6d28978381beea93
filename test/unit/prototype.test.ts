import { describe, test } from 'vitest';
import { buildPrototype, cellParameters, prototypes, type PrototypeName } from '../../domain/prototype.js';
import { cartesian, Structure, volume } from '../../domain/structure.js';
import { norm, subtract } from '../../domain/vector.js';

const binary = { A: { Ni: 1 }, B: { Al: 1 } };

describe('prototypes', () => {
  test.for([
    ['A1', 4, 0],
    ['A2', 2, 0],
    ['A3', 2, 0],
    ['L1_2', 3, 1],
    ['L1_0', 2, 2],
    ['B2', 1, 1],
    ['D0_3', 12, 4],
    ['D0_19', 6, 2],
  ] as const)('%s has %i A and %i B sites in its conventional cell', ([name, a, b], { expect }) => {
    const { sublattices } = prototypes[name];
    expect([sublattices.A.length, sublattices.B?.length ?? 0]).toEqual([a, b]);
  });

  test.for([
    ['A1', binary.A, undefined, 12],
    ['A2', binary.A, undefined, 8],
    ['A3', binary.A, undefined, 12],
    ['L1_2', binary.A, binary.B, 12],
    ['L1_0', binary.A, binary.B, 12],
    ['B2', binary.A, binary.B, 8],
    ['D0_3', binary.A, binary.B, 8],
    ['D0_19', binary.A, binary.B, 12],
  ] as const)('every site of %s has the %s coordination of its parent lattice', ([name, A, B, neighbours], { expect }) => {
    const structure = buildPrototype(name, B === undefined ? { A } : { A, B });
    expect(Structure.safeParse(structure).success).toBe(true);
    expect(new Set(structure.sites.map((_, index) => nearestNeighbours(structure, index)))).toEqual(new Set([neighbours]));
  });

  test('starts copper from its measured lattice parameter', ({ expect }) => {
    // 3.6149 angstrom, CRC Handbook.
    expect(cellParameters(buildPrototype('A1', { A: { Cu: 1 } }), 'A1').a).toBeCloseTo(3.615, 2);
  });

  test('starts AlNi3 within 3 % of the measured 3.57 angstrom by the rule of volumes', ({ expect }) => {
    const { a } = cellParameters(buildPrototype('L1_2', binary), 'L1_2');
    expect(Math.abs(a / 3.57 - 1)).toBeLessThan(0.03);
  });

  test('keeps the given size and the fixed axes of a hexagonal cell', ({ expect }) => {
    const structure = buildPrototype('A3', { A: { Mg: 1 } }, { a: 3.2, c: 5.2 });
    expect(structure.lattice[0]).toEqual([3.2, 0, 0]);
    expect(structure.lattice[1][0]).toBeCloseTo(-1.6, 12);
    expect(structure.lattice[2]).toEqual([0, 0, 5.2]);
    expect(cellParameters(structure, 'A3').c).toBeCloseTo(5.2, 12);
    expect(cellParameters(structure, 'A3').a).toBeCloseTo(3.2, 12);
  });

  test('lays L1_0 out in the four-atom cell with layers of one kind along z', ({ expect }) => {
    const structure = buildPrototype('L1_0', { A: { Ti: 1 }, B: { Al: 1 } }, { a: 4, c: 4.07 });
    expect(structure.sites.map(({ species, position }) => [species, position[2]])).toEqual([
      ['Ti', 0],
      ['Ti', 0],
      ['Al', 0.5],
      ['Al', 0.5],
    ]);
    expect(volume(structure)).toBeCloseTo(16 * 4.07, 9);
  });

  test('makes a readable average atom of a solid solution', ({ expect }) => {
    const structure = buildPrototype('A1', { A: { Cu: 0.75, Pt: 0.25 } });
    expect(structure.species).toEqual({ 'Cu0.75Pt0.25': { Cu: 0.75, Pt: 0.25 } });
    expect(structure.sites[0]?.species).toBe('Cu0.75Pt0.25');
  });

  test('surrounds the minority atom of the A3B compounds by majority atoms only', ({ expect }) => {
    expect(likeNeighbours('L1_2')).toBe(0);
    expect(likeNeighbours('D0_3')).toBe(0);
    expect(likeNeighbours('D0_19')).toBe(0);
  });

  test('refuses occupants that do not fit, and elements without a volume', ({ expect }) => {
    expect(() => buildPrototype('L1_2', { A: { Ni: 1 } })).toThrow(/two sublattices/);
    expect(() => buildPrototype('A1', binary)).toThrow(/one sublattice/);
    expect(() => buildPrototype('A1', { A: { He: 1 } })).toThrow(/no atomic volume is known for He/);
  });
});

function nearestNeighbours(structure: Structure, index: number): number {
  const { distances } = neighbourhood(structure, index);
  const [nearest = 0] = distances.toSorted((a, b) => a - b);
  return distances.filter((distance) => distance < 1.05 * nearest).length;
}

function likeNeighbours(name: PrototypeName): number {
  const structure = buildPrototype(name, binary);
  const minority = structure.sites.findIndex((site) => site.species === 'Al');
  const { distances, species } = neighbourhood(structure, minority);
  const nearest = Math.min(...distances);
  return distances.filter((distance, index) => distance < 1.05 * nearest && species[index] === 'Al').length;
}

function neighbourhood(structure: Structure, index: number): { distances: number[]; species: string[] } {
  const positions = cartesian(structure);
  const [a, b, c] = structure.lattice;
  const range = [-2, -1, 0, 1, 2];
  const found = range.flatMap((h) =>
    range.flatMap((k) =>
      range.flatMap((l) =>
        positions.map((position, other) => ({
          species: structure.sites[other]?.species ?? '',
          distance: norm(
            subtract(
              [0, 1, 2].map((x) => (position[x] ?? 0) + h * (a[x] ?? 0) + k * (b[x] ?? 0) + l * (c[x] ?? 0)) as [number, number, number],
              positions[index] ?? [0, 0, 0],
            ),
          ),
        })),
      ),
    ),
  );
  const others = found.filter(({ distance }) => distance > 1e-6);
  return { distances: others.map(({ distance }) => distance), species: others.map(({ species }) => species) };
}
