import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { openPotential } from '../../connectors/calculator/lammps/potential.js';
import type { EamFunctions } from '../../domain/potential/eam.js';
import { setflText, tableRows } from '../../domain/potential/setfl.js';
import { readHeader, UnreadablePotential } from '../../domain/potential/tabulated.js';
import { buildPrototype } from '../../domain/prototype.js';

const functions: EamFunctions = {
  cutoffAngstrom: 5,
  maxDensity: 2,
  embedding: (label, density) => (label === 'A' ? -density : -2 * density),
  density: (_, r) => 5 - r,
  pair: (a, b, r) => (a === b ? 1 : 2) * (5 - r),
};
const two = [
  { label: 'A', mass: 10 },
  { label: 'B', mass: 20 },
];

/** A minimal funcfl, eam.fs or setfl text with tables of the given number of values. */
const tables = (count: number) => Array.from({ length: count }, (_, i) => String(i)).join('\n');

describe('setfl writer', () => {
  test('writes the header, the columns and the pairs in the order LAMMPS reads them', ({ expect }) => {
    const lines = setflText('comment', two, functions).split('\n');
    expect(lines[0]).toBe('comment');
    expect(lines[3]).toBe('2 A B');
    expect(lines[4]?.split(' ').map(Number)).toEqual([
      tableRows.density,
      2 / (tableRows.density - 1),
      tableRows.distance,
      5 / (tableRows.distance - 1),
      5,
    ]);
    const columns = Math.ceil(tableRows.density / 4) + Math.ceil(tableRows.distance / 4);
    expect(lines[5]).toBe('0 10 0 none');
    expect(lines[5 + columns + 1]).toBe('0 20 0 none');
  });

  test('tabulates r phi(r), zero at the cut-off', ({ expect }) => {
    const numbers = setflText('c', [{ label: 'A', mass: 1 }], functions)
      .trim()
      .split(/\s+/)
      .slice(-tableRows.distance)
      .map(Number);
    const r = (100 * 5) / (tableRows.distance - 1);
    expect(numbers[0]).toBe(0);
    expect(numbers[100]).toBeCloseTo(r * (5 - r), 11);
    expect(numbers.at(-1)).toBe(0);
  });

  test('writes what the reader accepts', ({ expect }) => {
    expect(readHeader(setflText('mine', two, functions), 'eam/alloy')).toMatchObject({ elements: ['A', 'B'], cutoffAngstrom: 5 });
  });
});

describe('header reader', () => {
  test('reads elements and cut-off of eam/alloy and eam/fs', ({ expect }) => {
    const head = 'a\nb\nc\n2 Al Cu\n10 0.1 20 0.3 5.9\n';
    // Two elements: 2 x (4 + 10) of F and headers, densities, three pairs.
    expect(readHeader(`${head}${tables(28 + 40 + 60)}`, 'eam/alloy')).toMatchObject({ elements: ['Al', 'Cu'], cutoffAngstrom: 5.9 });
    expect(readHeader(`${head}${tables(28 + 80 + 60)}`, 'eam/fs')).toMatchObject({ elements: ['Al', 'Cu'], cutoffAngstrom: 5.9 });
  });

  test('reads the element of funcfl from its atomic number', ({ expect }) => {
    expect(readHeader('Cu u3\n 29 63.55 3.615 FCC\n 500 5.0e-4 500 1.0e-2 4.95\n', 'eam')).toMatchObject({
      elements: ['Cu'],
      cutoffAngstrom: 4.95,
    });
  });

  test('reads the entries of a MEAM library', ({ expect }) => {
    const library = "# meam data\n'Ni4'  'fcc'  12. 28 58.71\n 4.99\n'Al'  'fcc'  12. 13 26.98\n";
    expect(readHeader(library, 'meam').elements).toEqual(['Ni4', 'Al']);
  });

  test('sees a truncated file', ({ expect }) => {
    const text = setflText('c', two, functions);
    expect(() => readHeader(text.slice(0, text.length / 2), 'eam/alloy')).toThrow(/truncated/);
  });

  test('sees a file of another style', ({ expect }) => {
    expect(() => readHeader('hello\nworld\n', 'eam/alloy')).toThrow(UnreadablePotential);
    expect(() => readHeader('hello\nworld\n', 'eam')).toThrow(UnreadablePotential);
    expect(() => readHeader('hello\nworld\n', 'meam')).toThrow(UnreadablePotential);
  });
});

describe("a user's potential file", () => {
  test('is shared under a name with its hash, and names what it lacks', async ({ expect, onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'peierls-setfl-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'AB alloy.eam');
    const columns = [
      { label: 'Al', mass: 27 },
      { label: 'Cu', mass: 64 },
    ];
    await writeFile(file, setflText('Somebody 2020', columns, { ...functions, embedding: () => 0 }));
    const potential = await openPotential({ file, style: 'eam/alloy' });
    const ordered = buildPrototype('L1_2', { A: { Cu: 1 }, B: { Al: 1 } });
    expect(potential.rejects(ordered)).toBeUndefined();
    expect(Object.keys(potential.files(ordered))).toEqual([expect.stringMatching(/^[0-9a-f]{12}-AB_alloy\.eam$/)]);
    expect(potential.commands(ordered)[1]).toMatch(/AB_alloy\.eam Al Cu$/);
    expect(potential.citation).toContain('Somebody 2020');
    expect(potential.rejects(buildPrototype('A1', { A: { Ni: 1 } }))).toBe(
      `potential file ${file} has Al, Cu, not Ni. Leave out alloys with it, or give a file that has it.`,
    );
    expect(potential.rejects(buildPrototype('A1', { A: { Al: 0.5, Cu: 0.5 } }))).toMatch(
      /is an average atom, which tables \(potential file/,
    );
  });

  test('that does not exist is invalid input', async ({ expect }) => {
    await expect(openPotential({ file: '/nowhere/x.eam', style: 'eam/alloy' })).rejects.toThrow(
      '/nowhere/x.eam: the potential file cannot be read',
    );
  });
});
