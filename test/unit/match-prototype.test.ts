import { describe, it } from 'vitest';
import { openPrototypeMatcher } from '../../connectors/source/match-prototype.js';
import { buildPrototype, PrototypeName, prototypes } from '../../domain/prototype.js';
import type { Structure } from '../../domain/structure.js';
import { matMul, type Mat3, type Vec3 } from '../../domain/vector.js';
import { randomNumbers, randomRotation } from './data/random.js';

const match = openPrototypeMatcher();

describe('prototype matching', () => {
  it.for(PrototypeName.options)('recognises %s in its own cell, with size and occupants', (name, { expect }) => {
    const { occupants, size } = example(name);
    expect(match(buildPrototype(name, occupants, size))).toMatchObject({
      kind: 'matched',
      prototype: name,
      occupants,
      spaceGroup: prototypes[name].spaceGroup,
    });
    const found = match(buildPrototype(name, occupants, size));
    if (found.kind === 'unmatched') throw new Error(found.reason);
    expect(found.a).toBeCloseTo(size.a, 6);
    expect(found.c ?? 0).toBeCloseTo(size.c ?? 0, 6);
  });

  it.for(PrototypeName.options)('recognises %s in a rotated, shifted, skewed supercell', (name, { expect }) => {
    const { occupants, size } = example(name);
    const strange = disguised(buildPrototype(name, occupants, size));
    expect(match(strange)).toMatchObject({ kind: 'matched', prototype: name, occupants });
  });

  it('recognises the primitive cells that databases give', ({ expect }) => {
    const copper = structure(
      [
        [0, 1.805, 1.805],
        [1.805, 0, 1.805],
        [1.805, 1.805, 0],
      ],
      { Cu: [[0, 0, 0]] },
    );
    expect(match(copper)).toMatchObject({ prototype: 'A1', occupants: { A: { Cu: 1 } } });
    const tial = structure(
      [
        [2.832, 0, 0],
        [0, 2.832, 0],
        [0, 0, 4.07],
      ],
      { Ti: [[0.5, 0.5, 0.5]], Al: [[0, 0, 0]] },
    );
    const found = match(tial);
    expect(found).toMatchObject({ prototype: 'L1_0', occupants: { A: { Al: 1 }, B: { Ti: 1 } } });
    if (found.kind === 'matched') expect([found.a, found.c]).toEqual([expect.closeTo(2.832 * Math.SQRT2, 6), expect.closeTo(4.07, 6)]);
  });

  it('treats labels of one element as one kind of atom and keeps average atoms', ({ expect }) => {
    const labelled = {
      ...structure(
        [
          [2.87, 0, 0],
          [0, 2.87, 0],
          [0, 0, 2.87],
        ],
        { Fe1: [[0, 0, 0]], Fe2: [[0.5, 0.5, 0.5]] },
      ),
      species: { Fe1: { Fe: 1 }, Fe2: { Fe: 1 } },
    };
    expect(match(labelled)).toMatchObject({ prototype: 'A2', occupants: { A: { Fe: 1 } } });
    const mixed = { Mo: 0.25, Ta: 0.75 };
    expect(match(buildPrototype('A2', { A: mixed }, { a: 3.2 }))).toMatchObject({ prototype: 'A2', occupants: { A: mixed } });
  });

  it('gives one description to B2 whichever atom stands at the origin', ({ expect }) => {
    const lattice: Mat3 = [
      [2.9, 0, 0],
      [0, 2.9, 0],
      [0, 0, 2.9],
    ];
    const there = match(structure(lattice, { Ni: [[0, 0, 0]], Al: [[0.5, 0.5, 0.5]] }));
    const back = match(structure(lattice, { Al: [[0, 0, 0]], Ni: [[0.5, 0.5, 0.5]] }));
    expect(there).toEqual(back);
  });

  it('accepts coordinates and cells rounded to four decimals', ({ expect }) => {
    const ti3al = buildPrototype('D0_19', { A: { Ti: 1 }, B: { Al: 1 } }, { a: 5.7369, c: 4.6825 });
    const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
    const [x, y, z] = ti3al.lattice;
    const lattice: Mat3 = [x.map(rounded) as Vec3, y.map(rounded) as Vec3, z.map(rounded) as Vec3];
    const sites = ti3al.sites.map((site) => ({ ...site, position: site.position.map(rounded) as Vec3 }));
    expect(match({ ...ti3al, lattice, sites })).toMatchObject({ prototype: 'D0_19', occupants: { A: { Ti: 1 }, B: { Al: 1 } } });
  });

  it.for([
    [
      'a full Heusler',
      225,
      fcc(5.95, {
        Mn: [[0, 0, 0]],
        Al: [[0.5, 0.5, 0.5]],
        Cu: [
          [0.25, 0.25, 0.25],
          [0.75, 0.75, 0.75],
        ],
      }),
    ],
    ['rocksalt', 225, fcc(4.2, { Mg: [[0, 0, 0]], O: [[0.5, 0.5, 0.5]] })],
    [
      'fluorite',
      225,
      fcc(5.46, {
        Ca: [[0, 0, 0]],
        F: [
          [0.25, 0.25, 0.25],
          [0.75, 0.75, 0.75],
        ],
      }),
    ],
    [
      'ReO3',
      221,
      structure(cube(3.75), {
        Re: [[0, 0, 0]],
        O: [
          [0.5, 0, 0],
          [0, 0.5, 0],
          [0, 0, 0.5],
        ],
      }),
    ],
    [
      'diamond',
      227,
      fcc(3.57, {
        C: [
          [0, 0, 0],
          [0.25, 0.25, 0.25],
        ],
      }),
    ],
    [
      'a tetragonal B2',
      123,
      structure(
        [
          [3, 0, 0],
          [0, 3, 0],
          [0, 0, 3.2],
        ],
        { Ti: [[0, 0, 0]], Al: [[0.5, 0.5, 0.5]] },
      ),
    ],
    [
      'double hcp lanthanum',
      194,
      structure(hexagonal(3.77, 12.16), {
        La: [
          [0, 0, 0],
          [0, 0, 0.5],
          [1 / 3, 2 / 3, 0.25],
          [2 / 3, 1 / 3, 0.75],
        ],
      }),
    ],
    ['simple cubic', 221, structure(cube(3.35), { Po: [[0, 0, 0]] })],
  ] as const)('refuses %s, whose space group is also that of a prototype or near it', ([, , crystal], { expect }) => {
    expect(match(crystal)).toMatchObject({ kind: 'unmatched', reason: expect.stringMatching(/\w+: .+ with \d/) });
  });

  it('says what it found instead', ({ expect }) => {
    const heusler = fcc(5.95, {
      Mn: [[0, 0, 0]],
      Al: [[0.5, 0.5, 0.5]],
      Cu: [
        [0.25, 0.25, 0.25],
        [0.75, 0.75, 0.75],
      ],
    });
    expect(match(heusler)).toEqual({
      kind: 'unmatched',
      reason: expect.stringMatching(/^a Heusler compound or the like, not D0_3: Fm-3m \(cF16\) with 4[ab] 4[ab] 8c$/),
    });
  });
});

function example(name: PrototypeName): {
  occupants: { A: { [element: string]: number }; B?: { [element: string]: number } };
  size: { a: number; c?: number };
} {
  const sizes: Partial<Record<PrototypeName, { a: number; c: number }>> = {
    A3: { a: 3.2, c: 5.2 },
    L1_0: { a: 4, c: 4.07 },
    D0_19: { a: 5.74, c: 4.68 },
  };
  const single = ['A1', 'A2', 'A3'].includes(name);
  return { occupants: single ? { A: { Al: 1 } } : { A: { Al: 1 }, B: { Ti: 1 } }, size: sizes[name] ?? { a: 4 } };
}

function structure(lattice: Mat3, atoms: Readonly<Record<string, readonly (readonly [number, number, number])[]>>): Structure {
  return {
    lattice,
    sites: Object.entries(atoms).flatMap(([species, positions]) =>
      positions.map(([x, y, z]) => ({ species, position: [x, y, z] as Vec3 })),
    ),
    species: Object.fromEntries(Object.keys(atoms).map((symbol) => [symbol, { [symbol]: 1 }])),
  };
}

function cube(a: number): Mat3 {
  return [
    [a, 0, 0],
    [0, a, 0],
    [0, 0, a],
  ];
}

function hexagonal(a: number, c: number): Mat3 {
  return [
    [a, 0, 0],
    [-a / 2, (a * Math.sqrt(3)) / 2, 0],
    [0, 0, c],
  ];
}

function fcc(a: number, atoms: Readonly<Record<string, readonly (readonly [number, number, number])[]>>): Structure {
  return structure(
    [
      [0, a / 2, a / 2],
      [a / 2, 0, a / 2],
      [a / 2, a / 2, 0],
    ],
    primitive(atoms),
  );
}

/** From coordinates in the cubic cell to those in the primitive fcc cell. */
function primitive(
  atoms: Readonly<Record<string, readonly (readonly [number, number, number])[]>>,
): Record<string, [number, number, number][]> {
  return Object.fromEntries(
    Object.entries(atoms).map(([symbol, list]) => [symbol, list.map(([x, y, z]) => [-x + y + z, x - y + z, x + y - z])]),
  );
}

/** A doubled, sheared cell of the same crystal, turned and shifted. */
function disguised(crystal: Structure): Structure {
  const [a, b, c] = crystal.lattice;
  const skewed: Mat3 = [[a[0] + b[0], a[1] + b[1], a[2] + b[2]], b, [2 * c[0], 2 * c[1], 2 * c[2]]];
  const sites = crystal.sites.flatMap((site) =>
    [0, 1].map((layer) => {
      const [x, y, z] = site.position;
      return { ...site, position: [x + 0.13, y - x + 0.29, (z + layer) / 2 + 0.07] as Vec3 };
    }),
  );
  return { ...crystal, lattice: matMul(skewed, randomRotation(randomNumbers(5))), sites };
}
