import { describe, test } from 'vitest';
import { chooseComputer, computerFigures, describeComputer, openComputerState, type Route } from '../../domain/computer-state.js';

const usage = (change: Partial<Parameters<typeof computerFigures>[0][number]>) => ({
  campaign: 'a',
  open: false,
  pointsDone: 3,
  cores: 2,
  endedAt: '2026-01-01T00:00:00Z',
  queueSeconds: 10,
  runSeconds: 1800,
  ...change,
});

describe('figures of a computer', () => {
  test('add up core hours by campaign, and count a job under way with the median run time', ({ expect }) => {
    const figures = computerFigures(
      [usage({}), usage({ campaign: 'b', runSeconds: 3600 }), usage({ open: true, runSeconds: undefined, endedAt: null })],
      'now',
    );
    // 0.5 h x 2 cores; 1 h x 2; the open one as 0.5 h x 2.
    expect(figures.coreHours.total).toBeCloseTo(4, 12);
    expect(figures.coreHours.byCampaign).toEqual([
      { campaign: 'a', hours: 2 },
      { campaign: 'b', hours: 2 },
    ]);
    expect(figures).toMatchObject({ open: 1, ended: 2, queueSeconds: 10, runSeconds: 1800, turnaroundSeconds: 1810, pointsPerJob: 3 });
  });

  test('follow the latest fifty jobs only', ({ expect }) => {
    const old = Array.from({ length: 100 }, () => usage({ queueSeconds: 9999, endedAt: '2025-01-01T00:00:00Z' }));
    const recent = Array.from({ length: 50 }, () => usage({ queueSeconds: 5 }));
    expect(computerFigures([...old, ...recent], 'now').queueSeconds).toBe(5);
  });

  test('know nothing before the first job', ({ expect }) => {
    expect(computerFigures([], 'now')).toMatchObject({ open: 0, ended: 0, queueSeconds: null, turnaroundSeconds: null });
  });
});

describe('the route of a candidate', () => {
  const route = (name: string, change: Partial<Route> = {}): Route => ({
    name,
    condition: 'open',
    underWay: 0,
    width: 10,
    turnaroundSeconds: 100,
    ...change,
  });

  test('leads to the computer with the shorter turnaround', ({ expect }) => {
    expect(chooseComputer([route('slow', { turnaroundSeconds: 400 }), route('fast')])).toBe('fast');
  });
  test('leads to the slower one when the faster is full four times over', ({ expect }) => {
    expect(chooseComputer([route('slow', { turnaroundSeconds: 400 }), route('fast', { underWay: 45 })])).toBe('slow');
  });
  test('tries one that nobody has measured, but does not flood it', ({ expect }) => {
    expect(chooseComputer([route('known'), route('new', { turnaroundSeconds: null })])).toBe('new');
    expect(chooseComputer([route('known'), route('new', { turnaroundSeconds: null, underWay: 10 })])).toBe('known');
  });
  test('leads past a held one, unless there is no other', ({ expect }) => {
    expect(chooseComputer([route('held', { condition: 'held' }), route('slow', { turnaroundSeconds: 9000 })])).toBe('slow');
    expect(chooseComputer([route('held', { condition: 'draining' })])).toBe('held');
  });
  test('spreads candidates by speed', ({ expect }) => {
    const sent = { fast: 0, slow: 0 };
    for (let index = 0; index < 100; index += 1) {
      const chosen = chooseComputer([
        route('fast', { underWay: sent.fast }),
        route('slow', { underWay: sent.slow, turnaroundSeconds: 300 }),
      ]) as keyof typeof sent;
      sent[chosen] += 1;
    }
    // Three times as fast, three times as many, to within one round.
    expect(sent.fast).toBeGreaterThanOrEqual(60);
    expect(sent.slow).toBeGreaterThanOrEqual(20);
  });
});

test('a held computer says what to do', ({ expect }) => {
  const state = { ...openComputerState('hawk', 'then'), condition: 'held' as const, reason: 'no login' };
  expect(describeComputer(state)).toMatch(/\*\*held\*\* since then: no login[^]*peierls computer resume hawk/);
});
