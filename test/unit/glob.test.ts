import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { globSync } from '../../cli/glob.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'peierls-glob-'));
  for (const name of ['a.cif', 'b.cif', 'ab.cif', 'POSCAR', 'a+b (1).cif', 'xcif']) writeFileSync(join(root, name), '');
  mkdirSync(join(root, 'folder.cif'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const names = (pattern: string) => globSync(join(root, pattern)).map((path) => path.slice(root.length + 1));

describe('a file pattern', () => {
  test.for([
    ['*.cif', ['a+b (1).cif', 'a.cif', 'ab.cif', 'b.cif']],
    ['?.cif', ['a.cif', 'b.cif']],
    ['a*', ['a+b (1).cif', 'a.cif', 'ab.cif']],
    ['POSCAR', ['POSCAR']],
    ['a+b (1).cif', ['a+b (1).cif']],
    ['*(1)*', ['a+b (1).cif']],
    ['missing', []],
    ['missing/*.cif', []],
    ['folder.cif', []],
  ] as const)('%s finds the files, sorted, and no folders', ([pattern, found], { expect }) => {
    expect(names(pattern)).toEqual(found);
  });
});
