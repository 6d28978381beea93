import { z } from 'zod';
import type { PeierlsStress } from './peierls-stress.js';
import { SlipRecord } from './slip-record.js';

/** Raise when records of an older protocol must not be trained on together with new ones. */
export const libraryProtocol = 'pad-2';

/** One training row: a slip record with its label, and how sure the label is. */
export const LibraryRecord = SlipRecord.extend({
  peierls_mpa: z.number().nonnegative(),
  /** Half of the spread between cell sizes, with resolution and floor. */
  error_mpa: z.number().nonnegative(),
  /** The label is an upper bound: the trace is numerical noise. */
  below_floor: z.boolean(),
  /** `smooth`: the whole barrier was traced. `jump`: the dislocation tore loose; the label is the largest stress on the way over a period. */
  regime: z.enum(['smooth', 'jump']),
  /** `other`: a screw that left its valley on another plane of its zone. */
  glide: z.enum(['own', 'other']),
  /** Shear modulus of the slip system. */
  modulus_gpa: z.number().positive(),
  /** One row a cell: layers, glide length in shortest translations, atoms, stress forward and backward in MPa. */
  cells: z.array(z.tuple([z.int(), z.int(), z.int(), z.number(), z.number().nullable()])),
  potential: z.string(),
  protocol: z.string(),
});
export type LibraryRecord = z.infer<typeof LibraryRecord>;

export const Library = z.looseObject({
  source: z.string(),
  protocol: z.string(),
  citation: z.string(),
  /** Versions of the codes that computed it. */
  engines: z.array(z.string()),
  /** Settings that all rows share. */
  settings: z.record(z.string(), z.unknown()),
  counts: z.record(z.string(), z.int()),
  /** Metals without any row, and dislocations without a value, with the reason. */
  excluded: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  records: z.array(LibraryRecord),
});
export type Library = z.infer<typeof Library>;

/** The row of a calculated stress. Four digits everywhere: the labels are good to two. */
export function libraryRecord(
  record: SlipRecord,
  stress: Extract<PeierlsStress, { kind: 'calculated' }>,
  about: Record<string, unknown> & { potential: string },
): LibraryRecord {
  const { a, c, elastic_gpa, gamma, slip, peierls_mpa: _label, ...rest } = record;
  return {
    ...rest,
    a: digits(a, 7),
    ...(c !== undefined && c !== null && { c: digits(c, 7) }),
    elastic_gpa: elastic_gpa.map((row) => row.map((entry) => (Math.abs(entry) < 1e-6 ? 0 : digits(entry, 5)))),
    slip: { ...slip, burgers_angstrom: digits(slip.burgers_angstrom, 7), ...shortened(slip) },
    gamma: {
      ...gamma,
      vectors_angstrom: gamma.vectors_angstrom.map((vector) =>
        vector.map((entry) => digits(entry, 7)),
      ) as SlipRecord['gamma']['vectors_angstrom'],
      mj_per_m2: gamma.mj_per_m2.map((row) => row.map((entry) => (Math.abs(entry) < 1e-4 ? 0 : digits(entry, 4)))),
    },
    peierls_mpa: digits(stress.peierlsMpa, 4),
    error_mpa: digits(stress.errorMpa, 2),
    below_floor: stress.belowFloor,
    regime: stress.readings.some(({ regime }) => regime === 'jump') ? 'jump' : 'smooth',
    glide: stress.plane,
    modulus_gpa: digits(stress.modulusGpa, 5),
    cells: stress.readings.map(({ size, atoms, forwardMpa, backwardMpa }) => [
      size.layers,
      size.glideLength,
      atoms,
      digits(forwardMpa, 4),
      backwardMpa === undefined ? null : digits(backwardMpa, 4),
    ]),
    protocol: libraryProtocol,
    ...about,
  };
}

/** Libraries of several potentials as one. */
export function joinedLibrary(first: Library, ...others: readonly Library[]): Library {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const distinct = (texts: readonly string[]): string[] => [...new Set(texts.filter((text) => text !== ''))];
  const [records, excluded] = [all.flatMap((one) => one.records), all.flatMap((one) => one.excluded)];
  return {
    source: all.map(({ source }) => source).join('; '),
    protocol: first.protocol,
    citation: distinct(all.map(({ citation }) => citation)).join('; '),
    engines: distinct(all.flatMap(({ engines }) => engines)).toSorted(),
    settings: { potentials: all.map(({ settings }) => settings) },
    counts: libraryCounts({ records, excluded }),
    excluded,
    records,
  };
}

/** How much there is, in all and by lattice, slip system and character. */
export function libraryCounts({ records, excluded }: Pick<Library, 'records' | 'excluded'>): Library['counts'] {
  const counts: Library['counts'] = {
    records: records.length,
    metals: new Set(records.map(({ id }) => metalOf(id))).size,
    belowFloor: records.filter((record) => record.below_floor).length,
    excluded: excluded.length,
  };
  for (const { lattice, slip, character } of records) {
    const key = `${lattice} ${typeof slip['system'] === 'string' ? slip['system'] : slip.plane} ${character}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** `zhou2004/Cu0.5Ni0.5-A1` of `zhou2004/Cu0.5Ni0.5-A1/{111}<110>/screw`. */
export function metalOf(id: string): string {
  return id.split('/').slice(0, 2).join('/');
}

/** One line a record, in the order of their ids: a later version of the file differs by lines. */
export function libraryText({ records, excluded, ...header }: Library): string {
  const byId = <Item extends { id: string }>(items: readonly Item[]): Item[] => items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const lines = (items: readonly unknown[]): string => items.map((item) => `    ${JSON.stringify(item)}`).join(',\n');
  const head = Object.entries(header).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  return ['{', ...head, '  "excluded": [', lines(byId(excluded)), '  ],', '  "records": [', lines(byId(records)), '  ]', '}', ''].join(
    '\n',
  );
}

function shortened({ normal, direction, burgers_in_plane_angstrom: inPlane }: SlipRecord['slip']): Partial<SlipRecord['slip']> {
  const short = <Vector extends number[]>(vector: Vector): Vector => vector.map((entry) => digits(entry, 7)) as Vector;
  return {
    ...(normal !== undefined && { normal: short(normal) }),
    ...(direction !== undefined && { direction: short(direction) }),
    ...(inPlane !== undefined && { burgers_in_plane_angstrom: short(inPlane) }),
  };
}

function digits(value: number, count: number): number {
  return Math.abs(value) < 1e-12 ? 0 : Number(value.toPrecision(count));
}
