import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { readPrices } from '../../cli/price-file.js';

const folder = mkdtempSync(join(tmpdir(), 'peierls-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'prices.yaml');
  writeFileSync(path, text);
  return path;
}

describe('a file of prices', () => {
  test('is lines by element, or what filters by price take', ({ expect }) => {
    expect(readPrices(file('Ni: 16\nAl: 2.5\n'))).toEqual({ Ni: 16, Al: 2.5 });
    expect(readPrices(file('citation: LME\nunit: USD/kg\nvalues: { Ni: 16, Al: 2.5 }\n'))).toEqual({ Ni: 16, Al: 2.5 });
  });

  test.for([
    ['Ni: -1\n', /prices\.yaml: Ni: a price is a number above 0 \(found -1\)/],
    ['citation: LME\nvalues: { Xx: 1 }\n', /prices\.yaml: values\.Xx: "Xx" is not a chemical element/],
    ['values: { Ni: 1 }\n', /prices\.yaml: citation: /],
  ] as const)('that says %j is refused by place', ([text, words], { expect }) => {
    expect(() => readPrices(file(text))).toThrow(words);
  });
});
