import { buildPrototype, type PrototypeName } from '../../domain/prototype.js';
import type { Structure } from '../../domain/structure.js';

/** What a query filters by; cheap, so that 150,000 of them fit in memory. */
export interface Summary {
  index: number;
  id: string;
  elements: string[];
  nsites: number;
  energyAboveHull: number;
  theoretical: boolean;
  ordering: string | null;
  spaceGroup: number;
  lastUpdated: string;
  kind: Kind;
}

/** Nine of ten materials of a database are none of our crystals; two in a hundred cannot be used at all. */
type Kind = PrototypeName | 'rocksalt' | 'ternary' | 'partial' | 'nan-lattice' | 'no-structure' | 'left-handed' | 'overlapping';
const faulty = ['partial', 'nan-lattice', 'no-structure', 'left-handed', 'overlapping'] as const;
const crystals = ['A1', 'A2', 'L1_2', 'B2', 'A3'] as const;
const metals = ['Al', 'Cu', 'Ni', 'Fe', 'Ti', 'Mg', 'W', 'Mo', 'Au', 'Pt', 'Pd', 'Co', 'Zr', 'Nb', 'V', 'Cr', 'Ag', 'Ta'] as const;

/** The same number gives the same material, for ever. */
export function generatedSummary(index: number): Summary {
  const [first, second, third] = [metal(index), metal(index * 5 + 7), metal(index * 11 + 3)];
  const kind = kindOf(index);
  const elements = new Set(
    kind === 'ternary'
      ? [first, second, third]
      : kind === 'rocksalt'
        ? [first, 'O']
        : kind === 'A1' || kind === 'A2' || kind === 'A3'
          ? [first]
          : [first, second],
  );
  return {
    index,
    // Some ids are of the newer, alphabetic kind.
    id: index % 10 === 9 ? `mp-${letters(index)}` : `mp-${index + 1}`,
    elements: [...elements].toSorted(),
    nsites: kind === 'A3' ? 2 : kind === 'B2' ? 2 : 4,
    energyAboveHull: (index % 50) / 200,
    theoretical: index % 3 === 0,
    ordering: index % 17 === 0 ? null : elements.has('Fe') || elements.has('Co') ? 'FM' : 'NM',
    spaceGroup: 225,
    lastUpdated: new Date(Date.UTC(2025, 0, 1) + (index % 5000) * 60_000).toISOString(),
    kind,
  };
}

export function generatedDocument(summary: Summary): Record<string, unknown> {
  const { index, id, elements, nsites, energyAboveHull, theoretical, ordering, lastUpdated } = summary;
  const structure = structureOf(summary);
  return {
    material_id: id,
    formula_pretty: elements.join(''),
    elements,
    nsites,
    energy_above_hull: energyAboveHull,
    // Sometimes null in the real database (mp-api#954).
    energy_per_atom: index % 100 === 1 ? null : -3.5,
    theoretical,
    ordering,
    last_updated: lastUpdated,
    has_props: index % 4 === 0 ? { elasticity: true } : {},
    builder_meta: { database_version: '2025.09.25', license: index % 5 === 0 ? 'BY-NC' : 'BY-C' },
    ...(structure !== undefined && { structure }),
  };
}

function kindOf(index: number): Kind {
  if (index % 50 === 13) return faulty[Math.floor(index / 50) % faulty.length] ?? 'partial';
  if (index % 10 === 0) return crystals[Math.floor(index / 10) % crystals.length] ?? 'A1';
  return index % 3 === 0 ? 'rocksalt' : 'ternary';
}

function metal(number: number): string {
  return metals[number % metals.length] ?? 'Al';
}

function letters(number: number): string {
  return number
    .toString(26)
    .padStart(8, '0')
    .replaceAll(/./g, (digit) => String.fromCodePoint(97 + Number.parseInt(digit, 26)));
}

/** As `Structure.as_dict()` of pymatgen writes it. */
function structureOf({ index, kind }: Summary): Record<string, unknown> | undefined {
  const [first, second, third] = [metal(index), metal(index * 5 + 7), metal(index * 11 + 3)];
  const size = 3.6 + (index % 97) / 200;
  const cell = (scale: [number, number, number]): number[][] =>
    scale.map((value, row) => [0, 1, 2].map((column) => (row === column ? value : 0)));
  const site = (element: string, abc: number[], occu = 1) => ({
    species: [{ element, occu }],
    abc,
    label: element,
    properties: { magmom: 0 },
  });
  const fcc = [
    [0, 0, 0],
    [0, 0.5, 0.5],
    [0.5, 0, 0.5],
    [0.5, 0.5, 0],
  ];
  switch (kind) {
    case 'A1':
    case 'A2':
    case 'A3':
      return dictionary(
        buildPrototype(kind, { A: { [first]: 1 } }, kind === 'A3' ? { a: size - 0.6, c: (size - 0.6) * 1.6 } : { a: size }),
      );
    case 'L1_2':
    case 'B2':
    case 'L1_0':
    case 'D0_3':
    case 'D0_19':
      return dictionary(
        buildPrototype(kind, { A: { [first]: 1 }, B: { [second === first ? 'Ru' : second]: 1 } }, { a: kind === 'B2' ? size - 0.7 : size }),
      );
    case 'rocksalt':
      return raw(cell([4.2, 4.2, 4.2]), [
        ...fcc.map((abc) => site(first, abc)),
        ...fcc.map(([x = 0, y, z]) => site('O', [x + 0.5, y ?? 0, z ?? 0])),
      ]);
    case 'ternary':
      return raw(cell([4, 4, 4.1 + (index % 7) / 10]), [site(first, [0, 0, 0]), site(second, [0.5, 0.5, 0.5]), site(third, [0.5, 0.5, 0])]);
    case 'partial':
      return raw(cell([3.6, 3.6, 3.6]), [site(first, [0, 0, 0], 0.5), site(second, [0.5, 0.5, 0.5])]);
    case 'nan-lattice':
      return raw(cell([Number.NaN, 3.6, 3.6]), [site(first, [0, 0, 0])]);
    case 'left-handed':
      return raw(cell([-3.6, 3.6, 3.6]), [site(first, [0, 0, 0])]);
    case 'overlapping':
      return raw(cell([3.6, 3.6, 3.6]), [site(first, [0, 0, 0]), site(second, [0.01, 0, 0])]);
    case 'no-structure':
      return undefined;
    default:
      throw new RangeError(String(kind satisfies never));
  }
}

function dictionary({ lattice, sites }: Structure): Record<string, unknown> {
  return raw(
    lattice,
    sites.map(({ species, position }) => ({ species: [{ element: species, occu: 1 }], abc: position, label: species })),
  );
}

function raw(matrix: readonly (readonly number[])[], sites: unknown[]): Record<string, unknown> {
  return { '@module': 'pymatgen.core.structure', '@class': 'Structure', charge: 0, lattice: { matrix, pbc: [true, true, true] }, sites };
}
