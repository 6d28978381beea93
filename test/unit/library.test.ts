import { describe, test } from 'vitest';
import { joinedLibrary, Library, libraryCounts, libraryRecord, libraryText } from '../../domain/library.js';
import type { PeierlsStress } from '../../domain/peierls-stress.js';
import { readSlipFile, type SlipRecord } from '../../domain/slip-record.js';

const b = 2.5561965;
const record: SlipRecord = {
  id: 'zhou2004/Cu-A1/{111}<110>/screw',
  element: 'Cu',
  lattice: 'fcc',
  a: 3.6149587125534897,
  elastic_gpa: [
    [169.712173, 122.117033, 122.117033, 0, 0, 0],
    [122.117033, 169.712173, 122.117033, 0, 0, 0],
    [122.117033, 122.117033, 169.712173, 0, 0, 1e-9],
    [0, 0, 0, 75.767762, 0, 0],
    [0, 0, 0, 0, 75.767762, 0],
    [0, 0, 0, 0, 0, 75.767762],
  ],
  slip: { plane: '{111}', burgers_angstrom: b, system: '{111}<110>' },
  gamma: {
    points: [4, 4],
    vectors_angstrom: [
      [b, 0],
      [b / 2, (b * Math.sqrt(3)) / 2],
    ],
    mj_per_m2: [
      [0, 22.5441027, 1100.123456, 0],
      [22.5441027, 22.5441027, 1100.123456, 22.5441027],
      [1100.123456, 1100.123456, 1100.123456, 1100.123456],
      [0, 22.5441027, 1100.123456, 0],
    ],
  },
  character: 'screw',
};
const size = { layers: 20, glideLength: 32, rigidLayers: 4 };
const stress: Extract<PeierlsStress, { kind: 'calculated' }> = {
  kind: 'calculated',
  slipSystem: '{111}<110>',
  character: 'screw',
  peierlsMpa: 1.32198765,
  errorMpa: 0.530765,
  belowFloor: false,
  plane: 'own',
  modulusGpa: 41.12345678,
  burgersAngstrom: b,
  readings: [
    { size, atoms: 720, regime: 'smooth', forwardMpa: 0.1581234, backwardMpa: 0.154321, resolutionMpa: 0, plane: 'own' },
    { size: { ...size, layers: 28 }, atoms: 1624, regime: 'jump', forwardMpa: 2.0001, resolutionMpa: 0.01, plane: 'own' },
  ],
};
const row = libraryRecord(record, stress, { potential: 'zhou2004' });
const library = (ids: string[]): Library => ({
  source: 'test',
  protocol: 'pad-2',
  citation: '',
  engines: ['LAMMPS 20210929'],
  settings: {},
  counts: { records: ids.length },
  excluded: [{ id: 'zhou2004/Fe-A1', reason: 'mechanically unstable' }],
  records: ids.map((id) => ({ ...row, id })),
});

describe('a library row', () => {
  test('keeps the digits that mean something', ({ expect }) => {
    expect(row).toMatchObject({ a: 3.614959, peierls_mpa: 1.322, error_mpa: 0.53, modulus_gpa: 41.123 });
    expect(row.gamma.mj_per_m2[0]).toEqual([0, 22.54, 1100, 0]);
    expect(row.elastic_gpa[2]).toEqual([122.12, 122.12, 169.71, 0, 0, 0]);
  });

  test('says how each cell answered, and that one of them jumped', ({ expect }) => {
    expect(row.cells).toEqual([
      [20, 32, 720, 0.1581, 0.1543],
      [28, 32, 1624, 2, null],
    ]);
    expect(row.regime).toBe('jump');
  });
});

test('counts are in all and by class', ({ expect }) => {
  expect(libraryCounts(library(['zhou2004/Cu-A1/{111}<110>/screw', 'zhou2004/Cu-A1/{111}<110>/edge']))).toEqual({
    records: 2,
    metals: 1,
    belowFloor: 0,
    excluded: 1,
    'fcc {111}<110> screw': 2,
  });
});

test('libraries of several potentials are one, with all citations and settings', ({ expect }) => {
  const near = {
    ...library(['zhou2004~0.1-s3/Cu-A1/{111}<110>/screw']),
    citation: 'near Zhou',
    engines: ['peierls statics 1'],
    excluded: [],
  };
  const joined = joinedLibrary({ ...library(['zhou2004/Cu-A1/{111}<110>/screw']), citation: 'Zhou', settings: { a: 1 } }, near);
  expect(Library.parse(joined)).toEqual(joined);
  expect(joined).toMatchObject({
    citation: 'Zhou; near Zhou',
    engines: ['LAMMPS 20210929', 'peierls statics 1'],
    settings: { potentials: [{ a: 1 }, {}] },
    counts: { records: 2, metals: 2, excluded: 1 },
  });
});

describe('the text of a library', () => {
  test('is the same whatever the order of its records', ({ expect }) => {
    expect(libraryText(library(['b', 'a']))).toBe(libraryText(library(['a', 'b'])));
  });

  test('is a library and a slip file', ({ expect }) => {
    const text = libraryText(library(['a', 'b']));
    expect(Library.parse(JSON.parse(text)).records).toHaveLength(2);
    expect(readSlipFile(text).entries.map(({ kind }) => kind)).toEqual(['read', 'read']);
  });

  test('is valid without any record', ({ expect }) => {
    expect(Library.parse(JSON.parse(libraryText(library([])))).records).toEqual([]);
  });
});
