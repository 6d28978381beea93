import { describe, test } from 'vitest';
import { sourceName } from '../../connectors/source/open.js';
import { cronTimes, milliseconds } from '../../cli/cron.js';
import { Campaign } from '../../domain/campaign.js';
import { refreshMode, scanDifference, type ScanState } from '../../domain/refresh.js';
import { SourceDefinition } from '../../domain/source.js';

const parsed = (input: unknown) => SourceDefinition.safeParse(input);
const name = (input: unknown): string => sourceName(SourceDefinition.parse(input));

describe('the name of a source', () => {
  test('is the same for the same query, and another for another', ({ expect }) => {
    expect(name({ source: 'materials-project' })).toBe('materials-project');
    expect(name({ source: 'materials-project', sites: { max: 4 } })).toMatch(/^materials-project-[0-9a-f]{8}$/);
    expect(name({ source: 'materials-project', chemicalSystems: ['Ni-Al'] })).toBe(
      name({ chemicalSystems: ['Al-Ni'], source: 'materials-project' }),
    );
    expect(name({ source: 'optimade', url: 'https://example.org/v1/' })).toBe(name({ source: 'optimade', url: 'https://example.org' }));
    expect(name({ source: 'optimade', url: 'http://127.0.0.1:5000' })).toMatch(/^optimade-127\.0\.0\.1-5000-[0-9a-f]{8}$/);
  });
});

describe('a source of a campaign', () => {
  test.for<[what: string, source: object, words: string]>([
    ['an unknown filter', { source: 'materials-project', num_elements: 3 }, 'num_elements'],
    ['an unknown element', { source: 'materials-project', elements: ['Xx'] }, 'elements'],
    ['bounds the wrong way round', { source: 'materials-project', sites: { min: 5, max: 2 } }, 'min must not exceed max'],
    ['bounds without a bound', { source: 'materials-project', sites: {} }, 'give min, max or both'],
    ['a system that is none', { source: 'materials-project', chemicalSystems: ['Al_Ni'] }, 'joined by dashes'],
    ['a filter that OPTIMADE has not', { source: 'optimade', url: 'https://example.org', theoretical: true }, 'theoretical'],
    ['an address that is none', { source: 'optimade', url: 'example.org' }, 'http://'],
  ])('with %s is refused', ([, source, words], { expect }) => {
    const result = parsed(source);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(words);
  });

  test('may stand beside generators and files', ({ expect }) => {
    const { candidates } = Campaign.parse({
      name: 'c',
      calculator: { name: 'lammps' },
      candidates: [
        { generator: 'pure', elements: ['Cu'] },
        { source: 'materials-project', theoretical: false },
        { source: 'optimade', url: 'https://example.org/v1', filter: 'nelements=1' },
      ],
    });
    expect(candidates[1]).toEqual({ source: 'materials-project', theoretical: false, elasticity: false });
    expect(candidates[2]).toMatchObject({ url: 'https://example.org', pageLimit: 100 });
  });
});

describe('how to look at a database', () => {
  const state: ScanState = { databaseVersion: 'v1', total: 10, newest: '2026-01-01' };
  const usual = { versioned: true, listed: true, full: false };
  test.for<[what: string, before: ScanState | null, now: ScanState, how: typeof usual, mode: string]>([
    ['never read', null, state, usual, 'full'],
    ['the same in all', state, state, usual, 'unchanged'],
    ['the same, but asked for everything', state, state, { ...usual, full: true }, 'full'],
    ['of a new release', state, { ...state, databaseVersion: 'v2' }, usual, 'full'],
    ['with one more', state, { ...state, total: 11 }, usual, 'incremental'],
    ['with a later change', state, { ...state, newest: '2026-02-02' }, usual, 'incremental'],
    ['with a later change, without lists', state, { ...state, newest: '2026-02-02' }, { ...usual, listed: false }, 'full'],
    ['of unknown release', { ...state, databaseVersion: null }, { ...state, databaseVersion: null }, usual, 'incremental'],
    [
      'without releases at all',
      { ...state, databaseVersion: null },
      { ...state, databaseVersion: null },
      { ...usual, versioned: false },
      'unchanged',
    ],
    [
      'that does not tell its latest change',
      { ...state, newest: null },
      { ...state, newest: null },
      { ...usual, versioned: false },
      'incremental',
    ],
  ])('%s', ([, before, now, how, mode], { expect }) => {
    expect(refreshMode(before, now, how)).toBe(mode);
  });

  test('tells new, changed, removed and repeated entries apart', ({ expect }) => {
    const before: [string, string][] = [
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ];
    const now: [string, string][] = [
      ['b', '2'],
      ['c', '1'],
      ['d', '1'],
      ['d', '1'],
    ];
    expect(scanDifference(before, now)).toEqual({ records: 3, duplicates: 1, added: ['d'], changed: ['b'], removed: ['a'] });
  });
});

describe('a cron expression', () => {
  test('gives its next times', ({ expect }) => {
    const times = cronTimes('0 3 * * MON', 'Europe/Berlin');
    expect(times).toHaveLength(3);
    expect(times.map((time) => time.getUTCDay())).toEqual([1, 1, 1]);
  });

  test.for<[text: string, zone: string, words: RegExp]>([
    ['0 25 * * *', 'UTC', /hour: 25.*Five fields/],
    ['* * * *', 'UTC', /five fields, not 4/],
    ['@daily', 'UTC', /five fields, not 1/],
    ['0 0 * * L', 'UTC', /numbers, names/],
    ['0 0 31 2 *', 'UTC', /never happens/],
    ['0 0 1 * 1', 'UTC', /day of the month or a day of the week/],
    ['every day at noon please', 'UTC', /Five fields/],
    ['0 0 * * *', 'Mars/Base', /no time zone/],
  ])('"%s" in %s is refused', ([text, zone, words], { expect }) => {
    expect(() => cronTimes(text, zone)).toThrow(words);
  });

  test('times of waiting have a unit', ({ expect }) => {
    expect([milliseconds('90s', '--jitter'), milliseconds('2h', '--jitter')]).toEqual([90_000, 7_200_000]);
    expect(() => milliseconds('soon', '--jitter')).toThrow(/--jitter: a time is a whole number and s, m, h or d \(found "soon"\)/);
  });
});
