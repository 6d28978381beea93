import { describe, test } from 'vitest';
import { campaignPace, type CampaignProgress } from '../../domain/progress.js';
import { progressTable } from '../../domain/progress-table.js';

const progress: CampaignProgress = {
  campaign: 'al-cu',
  state: 'running',
  counts: { candidates: 10, ranked: 3, rejected: 2, failed: 1, pending: 4 },
  points: { distinct: 120, executed: 100, reused: 20 },
  jobs: { submitted: 18, distinctAttempts: 18 },
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  lastFailure: null,
  waitingFor: null,
};

describe('the table of progress', () => {
  test('is Markdown that says what is done, how it went and what it cost', ({ expect }) => {
    const lines = progressTable(progress).split('\n');
    expect(lines.every((line) => /^\|.*\|$/.test(line))).toBe(true);
    expect(lines).toContain('| state | **running** |');
    expect(lines).toContain('| candidates | 6 of 10 done: 3 ranked, 2 rejected, 1 failed |');
    expect(lines).toContain('| points | 100 executed, 20 reused, 120 distinct |');
    expect(lines).toContain('| jobs | 18 |');
  });

  test('names the last failure in one cell, however it is written', ({ expect }) => {
    const table = progressTable({ ...progress, lastFailure: `a | b${'x'.repeat(1000)}` });
    expect(table.split('\n').at(-2)).toMatch(/^\| last failure \| a \/ bx+ \|$/);
    expect(table.length).toBeLessThan(1000);
  });

  test('says how fast it goes, what waits, what it costs and what to do', ({ expect }) => {
    const lines = progressTable({
      ...progress,
      pace: { candidatesPerHour: 123.4, secondsLeft: 117 },
      spending: { coreHours: 1.234, budgetCoreHours: 50 },
      queues: [{ computer: 'hawk', openJobs: 7, waitSeconds: 90 }],
    }).split('\n');
    expect(lines).toContain('| pace | 123 candidates an hour, about 1 min 57 s left |');
    expect(lines).toContain('| queue of hawk | 7 jobs open, median wait 1 min 30 s |');
    expect(lines).toContain('| core hours | 1.23 of 50 |');
    expect(lines.at(-1)).toBe('| what to do | `peierls status al-cu --state failed` lists the failures |');
    expect(progressTable({ ...progress, state: 'done' })).toContain('`peierls retry al-cu` tries them again');
  });
});

describe('the pace of a campaign', () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

  test('is that of the latest candidates, and falls while nothing is concluded', ({ expect }) => {
    const concluded = [0, 10, 20, 30].map(at);
    expect(campaignPace(concluded, 6, 30_000)).toEqual({ candidatesPerHour: 360, secondsLeft: 60 });
    expect(campaignPace(concluded, 6, 60_000)).toEqual({ candidatesPerHour: 180, secondsLeft: 120 });
    const longAgo = [at(-1e6), ...Array.from({ length: 50 }, (_, i) => at(i))];
    expect(campaignPace(longAgo, 1, 49_000)?.candidatesPerHour).toBeCloseTo(3600, 6);
  });

  test('is not known before three candidates', ({ expect }) => {
    expect([campaignPace([], 3, 1), campaignPace([at(0), at(1)], 3, 2000)]).toEqual([null, null]);
  });
});
