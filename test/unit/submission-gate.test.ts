import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, it } from 'vitest';
import { SubmissionGate } from '../../activities/submission-gate.js';
import type { Computer } from '../../connectors/computer/computer.js';
import { silent } from '../silent-logger.js';

/** A computer whose queue takes two jobs of ours; `waited` are those that somebody waits for. */
function fakeComputer() {
  const waited = new Set<string>();
  const monitor = {
    get waiting() {
      return waited.size;
    },
    waitsFor: (job: string) => waited.has(job),
  };
  const computer = { name: 'hawk', settings: { scheduler: { kind: 'slurm', maxQueuedJobs: 2 } }, monitor } as unknown as Computer;
  const gate = new SubmissionGate();
  const environment = new MockActivityEnvironment(undefined, { logger: silent });
  const submit = (job: string, work: () => Promise<string> = async () => job): Promise<string> =>
    environment.run(() => gate.pass(computer, job, work));
  return { waited, submit };
}

const undecided = Symbol('undecided');
const soon = <Value>(promise: Promise<Value>) => Promise.race([promise, sleep(700, undecided)]);

describe('a gate to a queue that takes two jobs', () => {
  it('counts a job from its submission on, once', async ({ expect }) => {
    const { waited, submit } = fakeComputer();
    await submit('a');
    waited.add('a');
    await submit('b');
    const third = submit('c');
    expect(await soon(third)).toBe(undecided);
    waited.delete('a');
    waited.add('b');
    expect(await third).toBe('c');
  });

  it('gives the place of a submission that failed to the next', async ({ expect }) => {
    const { submit } = fakeComputer();
    await submit('a');
    await expect(submit('b', () => Promise.reject(new Error('no such partition')))).rejects.toThrow('no such partition');
    expect(await submit('c')).toBe('c');
  });
});
