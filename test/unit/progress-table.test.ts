import { describe, test } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
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
    expect(table.split('\n').at(-1)).toMatch(/^\| last failure \| a \/ bx+ \|$/);
    expect(table.length).toBeLessThan(700);
  });
});
