import { readFileSync } from 'node:fs';
import { describe, it, test } from 'vitest';
import { Library } from '../../../domain/library.js';
import { coarseView, everySecondPoint, exampleOf, withOtherViews } from '../../../domain/learning/example.js';
import { numericalFloorMpa } from '../../../domain/peierls-stress.js';
import { readSlipRecord, type SlipRecord } from '../../../domain/slip-record.js';
import { slipRecord, triangular } from './fixtures.js';

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

describe('the coarse view of a record', () => {
  const copper = slipRecord('fcc', 'Cu', 3.615, 560);
  const rows = (n: number) =>
    Array.from({ length: n + 1 }, (_, i) => Array.from({ length: n + 1 }, (__, j) => triangular(i / n, j / n, 560)));

  it('is every second point of its surface, over the same periods', ({ expect }) => {
    const coarse = everySecondPoint(copper);
    expect(coarse?.gamma.points).toEqual([7, 7]);
    expect(coarse?.gamma.vectors_angstrom).toEqual(copper.gamma.vectors_angstrom);
    expect(coarse?.gamma.mj_per_m2[2]?.[2]).toBe(copper.gamma.mj_per_m2[4]?.[4]);
    expect(readSlipRecord(coarse).kind).toBe('read');
  });

  it('is none of a surface that is coarse already, or finer than what is looked at', ({ expect }) => {
    const coarse = everySecondPoint(copper) ?? copper;
    expect(everySecondPoint(coarse)).toBeUndefined();
    const fine = Array.from({ length: 25 }, () => Array.from({ length: 25 }, () => 0));
    expect(everySecondPoint({ ...copper, gamma: { ...copper.gamma, points: [25, 25], mj_per_m2: fine } })).toBeUndefined();
  });

  it('of a surface on another grid is its interpolation on six points', ({ expect }) => {
    const nine: SlipRecord = { ...copper, gamma: { ...copper.gamma, points: [10, 10], mj_per_m2: rows(9) } };
    const seen = coarseView(nine);
    expect(seen.gamma.points).toEqual([7, 7]);
    // Sixths of nine steps: every second of them is a grid point of the nine.
    for (const [i, j] of [
      [0, 0],
      [2, 2],
      [4, 2],
      [6, 4],
    ] as const)
      expect(seen.gamma.mj_per_m2[i]?.[j]).toBeCloseTo(nine.gamma.mj_per_m2[1.5 * i]?.[1.5 * j] ?? Number.NaN, 6);
    expect(readSlipRecord(seen).kind).toBe('read');
    expect(coarseView(coarseView(copper))).toEqual(coarseView(copper));
  });

  it('goes with an example, as does that of its faults alone', ({ expect }) => {
    const labelled = { ...copper, peierls_mpa: 2 };
    const example = exampleOf(labelled, 'pad-2', 0.01);
    const seen = example && withOtherViews(example, labelled);
    expect([seen?.features, ...(seen?.otherViews ?? [])].map((it) => it?.view)).toEqual(['fine', 'coarse', 'few-faults']);
    for (const { lnK } of seen?.otherViews ?? []) expect(lnK).toBeCloseTo(seen?.features.lnK ?? 0, 12);
  });
});
