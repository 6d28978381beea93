import { stripVTControlCharacters } from 'node:util';
import { describe, test } from 'vitest';
import { duration } from '../../domain/duration.js';
import { significant } from '../../cli/output.js';
import { passes } from '../../cli/candidate-filter.js';
import { ansiPaint, paintState, wantsColour } from '../../cli/paint.js';
import { table } from '../../cli/table.js';
import { rankingCsv } from '../../cli/print-ranking.js';
import { exitCode } from '../../cli/command/screen.js';
import type { RankingRow } from '../../connectors/store/rank.js';
import type { CampaignProgress } from '../../domain/progress.js';

describe('numbers for people', () => {
  test.for([
    [0, '0'],
    [123.456, '123'],
    [0.012345, '0.0123'],
    [1234.5, '1230'],
    [99_999, '1.0e+5'],
    [0.000_123_4, '1.2e-4'],
    [-45.67, '-45.7'],
    [null, '-'],
    [undefined, '-'],
  ] as const)('%s has three significant digits: %s', ([value, text], { expect }) => {
    expect(significant(value)).toBe(text);
  });

  test.for([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [80, '1 min 20 s'],
    [3600, '1 h 0 min'],
    [7380, '2 h 3 min'],
  ] as const)('%d seconds are %s', ([seconds, text], { expect }) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('a table', () => {
  test('aligns numbers to the right and words to the left', ({ expect }) => {
    expect(
      table(
        ['alloy', 'points'],
        [
          ['Cu', 7],
          ['AlNi3', 120],
        ],
      ),
    ).toEqual(['alloy  points', 'Cu          7', 'AlNi3     120']);
  });

  test('is cut at the width of the terminal', ({ expect }) => {
    expect(table(['a', 'b'], [['word', 'x'.repeat(100)]], 20).every((line) => line.length <= 20)).toBe(true);
  });

  test('cuts long texts first, then leaves columns out from the right', ({ expect }) => {
    const rows = [['quickstart/AlNi3-L1_2', 'failed', 'a reason that goes on for quite a while'] as const];
    expect(table(['candidate', 'state', 'reason'], rows, 50)).toEqual([
      'candidate              state   reason',
      'quickstart/AlNi3-L1_2  failed  a reason that goes\u2026',
    ]);
    expect(table(['candidate', 'state', 'reason'], rows, 24)).toEqual(['candidate     state', 'quickstart/\u2026  failed']);
  });

  test('is never cut where nobody looks', ({ expect }) => {
    expect(table(['a'], [['x'.repeat(500)]], Number.POSITIVE_INFINITY)[1]).toHaveLength(500);
  });

  test('is as wide with colours as without', ({ expect }) => {
    const coloured = table(
      ['state', 'n'],
      [
        ['failed', 1],
        ['ranked', 22],
      ],
      80,
      paintState(ansiPaint),
    );
    expect(coloured[1]).toContain('\u001B[31mfailed\u001B[39m');
    expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(
      table(
        ['state', 'n'],
        [
          ['failed', 1],
          ['ranked', 22],
        ],
        80,
      ),
    );
  });

  test('without rows is its header', ({ expect }) => {
    expect(table(['a', 'bc'], [])).toEqual(['a  bc']);
  });
});

describe('colour', () => {
  test.for([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ] as const)('on a terminal %s with %o: %s', ([isTTY, environment, wanted], { expect }) => {
    expect(wantsColour({ isTTY }, environment)).toBe(wanted);
  });
});

describe('a filter of candidates', () => {
  const candidate = { state: 'failed', computer: 'hawk', formula: 'Ni0.5Pt0.5' } as const;

  test.for([
    [{}, true],
    [{ state: 'failed', computer: 'hawk', formula: 'Ni*' }, true],
    [{ state: 'ranked' }, false],
    [{ computer: 'local' }, false],
    [{ formula: '*Pt0?5' }, true],
    [{ formula: 'Pt' }, false],
    [{ formula: 'Ni0.5Pt0x5' }, false],
  ] as const)('%o passes: %s', ([filter, wanted], { expect }) => {
    expect(passes(filter, candidate)).toBe(wanted);
  });
});

describe('the ranking as CSV', () => {
  const row: RankingRow = {
    rank: 1,
    candidate: 'q/Cu-A1',
    formula: 'Cu',
    lattice: 'fcc',
    prototype: 'A1',
    slipSystem: '{111}<110>',
    character: 'edge',
    peierlsMpa: 1.5,
    interval90: [1, 2],
    domain: 'inside',
    fidelity: 'md',
    predictor: 'a "quoted", one',
    model: null,
    topProbability: 0.5,
    pareto: true,
    soluteMpa: null,
    soluteMpaAt300K: null,
    soluteBarrierEv: null,
    soluteVolumes: null,
    peierlsPlusSoluteMpa: null,
    a: 3.6,
    c: null,
    bulkGpa: 140,
    shearGpa: 48,
    youngGpa: 130,
    pugh: 0.34,
    bulkOverShear: 2.9,
    cauchyPressureGpa: null,
    unstableFaultOverGb: null,
    ductility: 'unclear',
    densityGPerCm3: 8.9,
    pricePerKg: null,
    unstableFaultMjPerM2: null,
    intrinsicFaultMjPerM2: 45,
  };

  test('has a name for every cell, quotes what needs it and leaves unknowns empty', ({ expect }) => {
    const [header = '', line = ''] = rankingCsv([row]);
    expect(header).toContain('interval90Low,interval90High');
    expect(line).toContain(',1.5,1,2,inside,md,"a ""quoted"", one",,0.5,true,,,,,,3.6,,140');
    expect(line.replace('"a ""quoted"", one"', 'predictor').split(',')).toHaveLength(header.split(',').length);
  });
});

describe('the exit code of a campaign', () => {
  const ended = (state: CampaignProgress['state'], failed: number): number =>
    exitCode({
      campaign: 'q',
      state,
      counts: { candidates: 2, ranked: 2 - failed, rejected: 0, failed, pending: 0 },
      points: { distinct: 0, executed: 0, reused: 0 },
      jobs: { submitted: 0, distinctAttempts: 0 },
      startedAt: null,
      finishedAt: null,
      lastFailure: null,
      waitingFor: null,
    });

  test('is 0 when done, 3 when partly done, 1 when failed, 130 when cancelled', ({ expect }) => {
    expect([ended('done', 0), ended('done', 1), ended('failed', 0), ended('cancelled', 0)]).toEqual([0, 3, 1, 130]);
  });
});
