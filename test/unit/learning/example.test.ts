import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { Library } from '../../../domain/library.js';
import { exampleOf } from '../../../domain/learning/example.js';
import { numericalFloorMpa } from '../../../domain/peierls-stress.js';
import { readSlipRecord } from '../../../domain/slip-record.js';

const library = Library.parse(JSON.parse(readFileSync(new URL('../../../data/library/virtual-metals.json', import.meta.url), 'utf8')));
const row = library.records.find(({ below_floor: below, error_mpa: error }) => !below && error > 0) ?? library.records[0];

test('an example of a library knows the stated error, the floor of our protocol and what lies below it', ({ expect }) => {
  const example = (changes: Record<string, unknown>) => {
    const entry = readSlipRecord({ ...row, ...changes });
    if (entry.kind === 'refused') throw new Error(entry.error);
    return exampleOf(entry.record, 'pad-2', 0.01);
  };
  const measured = example({ peierls_mpa: 2, error_mpa: 0.5 });
  expect(measured?.noise).toBeCloseTo(0.25, 12);
  expect(measured?.floorMpa).toBe(numericalFloorMpa);
  expect(measured?.censored).toBe(false);
  const below = example({ peierls_mpa: 0.015, below_floor: true });
  expect(below?.censored).toBe(true);
  // The floor stands for the label: "at most".
  expect((below?.target ?? 0) + (below?.features.lnK ?? 0)).toBeCloseTo(Math.log(numericalFloorMpa / 1000), 12);
  expect(example({ protocol: 'another', peierls_mpa: 0.015, below_floor: false })?.censored).toBe(false);
});
