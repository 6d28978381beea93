import { describe, test } from 'vitest';
import { correctionsOf, setCorrections, sinceRestart } from '../../activities/calculation-records.js';
import { harvestPoints } from '../../activities/harvest-bundle.js';
import type { Calculator, PointCorrection } from '../../connectors/calculator/calculator.js';
import type { Computer } from '../../connectors/computer/computer.js';
import type { AttemptDocument } from '../../connectors/store/document.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';

const task: PointTask = {
  label: 'strain/e1/+0.01',
  structure: buildPrototype('A1', { A: { Al: 1 } }, { a: 4 }),
  periodic: [true, true, true],
  relax: 'ions',
};
const attempt = (number: number, corrections?: AttemptDocument['corrections']): AttemptDocument => ({
  _id: `p-${number}`,
  calculation: 'c',
  number,
  computer: 'here',
  folder: '/work',
  jobId: null,
  state: 'ended',
  pointsWanted: 1,
  pointsDone: 0,
  submittedAt: '',
  endedAt: null,
  ...(corrections !== undefined && { corrections }),
});
const files = { 'points/strain_e1_+0.01/finished': 'p-1 0 12\n' };
const computer = { transport: { getFiles: async () => files } } as unknown as Computer;

/** Every run of it fails in the same way; `correction` is what it would try, if nothing has been tried. */
const failing = (correction: PointCorrection) =>
  ({
    writePoint: () => ({ files: {}, args: [], outputs: [] }),
    readPoint: () => ({ kind: 'failed', reason: 'not-converged', evidence: '410 scf-not-converged: at step 100\nlast line' }),
    codeVersion: () => undefined,
    correction: (_task: PointTask, _outputs: unknown, applied: readonly string[]) => (applied.length === 0 ? correction : undefined),
  }) as unknown as Calculator;
const slower: PointCorrection = { name: 'slower-mixing', safety: 'safe', says: 'mix less' };

describe('a point that failed in a way that settings may cure', () => {
  test('is left for the next attempt, which is told how', async ({ expect }) => {
    const { points, corrections, reason } = await harvestPoints(computer, failing(slower), [task], attempt(1));
    expect(points).toEqual([]);
    expect(corrections).toEqual([
      { label: task.label, name: 'slower-mixing', says: 'mix less', after: '410 scf-not-converged: at step 100' },
    ]);
    expect(reason).toContain('next: mix less');
  });

  test('fails for good when nothing is left to try', async ({ expect }) => {
    const applied = correctionsOf([attempt(1, [{ label: task.label, name: 'slower-mixing', says: '', after: '' }])]);
    const { points, corrections } = await harvestPoints(computer, failing(slower), [task], attempt(2), applied);
    expect(points.map(({ outcome }) => outcome.kind)).toEqual(['failed']);
    expect(corrections).toEqual([]);
  });

  test('makes the whole set start again where the settings are those of the set, and says so once', async ({ expect }) => {
    const other = { ...task, label: 'strain/e1/-0.01' };
    const both = { ...files, 'points/strain_e1_-0.01/finished': 'p-1 0 12\n' };
    const here = { transport: { getFiles: async () => both } } as unknown as Computer;
    const { points, corrections, reason } = await harvestPoints(
      here,
      failing({ ...slower, safety: 'whole-set' }),
      [task, other],
      attempt(1),
    );
    expect(points).toEqual([]);
    expect(corrections).toEqual([
      { label: task.label, name: 'slower-mixing', says: 'mix less', after: '410 scf-not-converged: at step 100', set: true },
    ]);
    expect(reason).toContain('next, for the whole set from its start: mix less');
  });

  test('is not corrected where that would change the geometry, but says what could be done', async ({ expect }) => {
    const { points, corrections } = await harvestPoints(computer, failing({ ...slower, safety: 'forbidden' }), [task], attempt(1));
    const [outcome] = points.map((point) => point.outcome);
    expect(outcome?.kind === 'failed' && outcome.evidence.split('\n')[1]).toBe('possible (forbidden): mix less');
    expect(corrections).toEqual([]);
  });

  test('for which nothing is left tells what was tried before', async ({ expect }) => {
    const before = { label: task.label, name: 'unchanged', says: 'run it once more as it is', after: '300 error: first words' };
    const { points } = await harvestPoints(computer, failing(slower), [task], attempt(2), correctionsOf([attempt(1, [before])]));
    const [outcome] = points.map((point) => point.outcome);
    expect(outcome?.kind === 'failed' && outcome.evidence.split('\n').slice(0, 2)).toEqual([
      '410 scf-not-converged: at step 100',
      'before: 300 error: first words; then: run it once more as it is',
    ]);
  });
});

describe('corrections of several attempts', () => {
  const one = { label: 'a', name: 'first', says: '', after: '' };
  const two = { ...one, name: 'second' };
  const all = { ...one, label: 'b', name: 'for-all', set: true as const };

  test('follow each other in order, and those of the set are for every point', ({ expect }) => {
    const corrections = correctionsOf([attempt(3, [two]), attempt(1, [one]), attempt(2, [all]), attempt(4)]);
    expect(corrections.of('a')).toEqual(['first', 'for-all', 'second']);
    expect(corrections.of('c')).toEqual(['for-all']);
    expect(setCorrections([attempt(3, [two]), attempt(2, [all])])).toEqual(['for-all']);
  });

  test('of the set leave only what came after them', ({ expect }) => {
    const numbers = (attempts: AttemptDocument[]) => sinceRestart(attempts).map(({ number }) => number);
    expect(numbers([attempt(1, [one]), attempt(2)])).toEqual([1, 2]);
    expect(numbers([attempt(1), attempt(2, [all]), attempt(3, [two]), attempt(4)])).toEqual([3, 4]);
  });
});
