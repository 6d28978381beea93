import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { generatedPages } from '../../docs/generate.js';

const pages = Object.entries(await generatedPages());

describe.for(pages)('%s', ([file, text]) => {
  test('is what the schemas say now; else run npm run docs:generate', ({ expect }) => {
    expect(readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')).toBe(text);
  });

  test('explains every field', ({ expect }) => {
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter((row) => (row.split(/(?<!\\)\|/).at(-2) ?? '').trim() === '')).toEqual([]);
  });
});
