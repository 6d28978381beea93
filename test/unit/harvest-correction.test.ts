import { describe, test } from 'vitest';
import { correctionsOf } from '../../activities/calculation-records.js';
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

  test.for(['whole-set', 'forbidden'] as const)(
    'is not corrected alone where that would be %s, but says what could be done',
    async (safety, { expect }) => {
      const { points, corrections } = await harvestPoints(computer, failing({ ...slower, safety }), [task], attempt(1));
      const [outcome] = points.map((point) => point.outcome);
      expect(outcome?.kind === 'failed' && outcome.evidence.split('\n')[1]).toBe(`possible (${safety}): mix less`);
      expect(corrections).toEqual([]);
    },
  );
});

test('corrections of several attempts follow each other in order', ({ expect }) => {
  const one = { label: 'a', name: 'first', says: '', after: '' };
  const two = { ...one, name: 'second' };
  expect(correctionsOf([attempt(2, [two]), attempt(1, [one]), attempt(3)])).toEqual(new Map([['a', ['first', 'second']]]));
});
