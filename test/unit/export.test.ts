import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { cifExport } from '../../cli/export/cif.js';
import { optimadeExport } from '../../cli/export/optimade.js';
import { pymatgenExport } from '../../cli/export/pymatgen.js';
import { csvExport, jsonlExport } from '../../cli/export/table.js';
import { outputPath, writePieces } from '../../cli/export/write.js';
import { matchPrototype } from '../../connectors/source/match-prototype.js';
import { readStructureFile } from '../../connectors/source/structure-file/read.js';
import { InvalidInput } from '../../domain/failures.js';
import { csvRows, exportResult, rejectedResult, textOf } from './export-fixtures.js';

const nickelAluminide = exportResult('AlNi3', 'L1_2', { A: { Ni: 1 }, B: { Al: 1 } });
const magnesium = exportResult('Mg', 'A3', { A: { Mg: 1 } }, { lattice: 'hcp' });
const solution = exportResult('Cu0.5Pt0.5', 'A1', { A: { Cu: 0.5, Pt: 0.5 } });
const rejected = rejectedResult('unstable crystal: "C11-C12", is -2.2\nGPa');

describe('CSV', () => {
  test('has the same cells in every row, and an unranked candidate with its reason', async ({ expect }) => {
    const [header = [], first = [], last = []] = csvRows(await textOf(csvExport, [nickelAluminide, rejected]));
    expect([first.length, last.length]).toEqual([header.length, header.length]);
    const cell = (row: string[], name: string): string | undefined => row[header.indexOf(name)];
    expect([cell(first, 'rank'), cell(first, 'formula'), cell(first, 'interval90HighMpa'), cell(first, 'elasticTensorId')]).toEqual([
      '1',
      'AlNi3',
      '360',
      'b'.repeat(64),
    ]);
    expect([cell(last, 'rank'), cell(last, 'state'), cell(last, 'reason')]).toEqual(['', 'rejected', rejected.reason]);
  });

  test('states densities of the handbook', async ({ expect }) => {
    const [header = [], row = []] = csvRows(await textOf(csvExport, [exportResult('Cu', 'A1', { A: { Cu: 1 } })]));
    // CRC Handbook: copper 8.96 g/cm3 at 25 C; the atomic volume is good to 1 %.
    expect(Math.abs(Number(row[header.indexOf('densityGPerCm3')]) - 8.96)).toBeLessThan(0.09);
  });
});

test('JSON lines hold the structure and the gamma surfaces', async ({ expect }) => {
  const [line = ''] = (await textOf(jsonlExport, [solution])).split('\n');
  const parsed = JSON.parse(line) as { structure: { sites: unknown[] }; gammaSurfaces: { slipSystem: string }[]; peierlsMpa: number };
  expect([parsed.structure.sites.length, parsed.gammaSurfaces[0]?.slipSystem, parsed.peierlsMpa]).toEqual([4, '{111}<110>', 120]);
});

describe.for([
  ['structures.cif', cifExport],
  ['structures.json', pymatgenExport],
  ['structures.jsonl', optimadeExport],
] as const)('%s', ([name, write]) => {
  test('is read back as the same crystals', async ({ expect }) => {
    const { structures, rejected: refused } = readStructureFile(name, await textOf(write, [nickelAluminide, magnesium, rejected]));
    expect(refused).toEqual([]);
    expect(structures.map(({ structure }) => matchPrototype(structure))).toMatchObject([
      { kind: 'matched', prototype: 'L1_2', occupants: { A: { Ni: 1 }, B: { Al: 1 } } },
      { kind: 'matched', prototype: 'A3', occupants: { A: { Mg: 1 } } },
    ]);
    for (const [index, { structure }] of [nickelAluminide, magnesium].entries()) {
      const read = structures[index]?.structure;
      for (const [i, row] of (structure?.lattice ?? []).entries())
        for (const [j, value] of row.entries()) expect(read?.lattice[i]?.[j]).toBeCloseTo(value, 6);
      for (const [i, site] of (structure?.sites ?? []).entries())
        for (const [j, value] of site.position.entries()) expect(read?.sites[i]?.position[j]).toBeCloseTo(value, 8);
    }
  });

  test('says of an average atom what it is made of', async ({ expect }) => {
    const { rejected: refused } = readStructureFile(name, await textOf(write, [solution]));
    expect(refused[0]?.reason).toMatch(/partial occupancy|structure_features/);
  });

  test('of nothing is a file without structures', async ({ expect }) => {
    const text = await textOf(write, [rejected]);
    expect(text.includes('CuZr')).toBe(false);
    if (name.endsWith('json')) expect(JSON.parse(text)).toEqual([]);
  });
});

describe('OPTIMADE lines', () => {
  test('begin with the header and the description of what they hold', async ({ expect }) => {
    const [header, info, entry] = (await textOf(optimadeExport, [nickelAluminide]))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, never>);
    expect(header).toEqual({ 'x-optimade': { meta: { api_version: '1.2.0' } } });
    const own = Object.keys(entry?.['attributes'] ?? {}).filter((key) => key.startsWith('_'));
    expect(Object.keys(info?.['properties'] ?? {})).toEqual(own);
    expect(own.every((key) => key.startsWith('_peierls_'))).toBe(true);
  });

  test('name formulas, ratios and species as the specification defines them', async ({ expect }) => {
    const entries = (await textOf(optimadeExport, [nickelAluminide, solution])).trimEnd().split('\n').slice(2);
    const [ordered, disordered] = entries.map((line) => (JSON.parse(line) as { attributes: unknown }).attributes);
    expect(ordered).toMatchObject({
      elements: ['Al', 'Ni'],
      nelements: 2,
      elements_ratios: [0.25, 0.75],
      chemical_formula_reduced: 'AlNi3',
      chemical_formula_anonymous: 'A3B',
      nsites: 4,
      structure_features: [],
      last_modified: '2026-01-02T03:04:05Z',
    });
    expect(disordered).toMatchObject({
      chemical_formula_reduced: 'CuPt',
      chemical_formula_anonymous: 'AB',
      structure_features: ['disorder'],
      species: [{ chemical_symbols: ['Cu', 'Pt'], concentration: [0.5, 0.5] }],
    });
  });
});

describe('an export file', () => {
  test('is not touched when writing fails half way', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-export-'));
    try {
      const path = outputPath(folder, 'q.csv');
      writeFileSync(path, 'before');
      await expect(writePieces(path, breaking())).rejects.toThrow('the store is gone');
      expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['before', ['q.csv']]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('in a folder that is named with a slash makes it', ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-export-'));
    try {
      expect(outputPath(`${folder}/reports/`, 'q.html')).toBe(join(folder, 'reports', 'q.html'));
      expect(readdirSync(folder)).toEqual(['reports']);
      expect(() => outputPath(`${folder}/no/such/`, 'q.html')).toThrow('there is no such folder');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('in a folder that does not exist is refused by name', ({ expect }) => {
    expect(() => outputPath('/nowhere/at/all.csv', 'q.csv')).toThrow(InvalidInput);
    expect(() => outputPath('/nowhere/at/all.csv', 'q.csv')).toThrow('/nowhere/at: --output: there is no such folder');
  });
});

async function* breaking(): AsyncGenerator<string> {
  yield 'half';
  throw new Error('the store is gone');
}
