import { CancelledFailure, WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { describe, test } from 'vitest';
import { InvalidInput, SchedulerBusy } from '../../domain/failures.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { calculation } from '../../workflows/calculation.js';
import { openedBench } from '../opened-bench.js';
import { Bench, FakeActivities, until } from './bench.js';

const bench = openedBench(() => Bench.open());

let ids = 0;
function start(client: Client): Promise<WorkflowHandle<typeof calculation>> {
  ids += 1;
  return client.workflow.start<typeof calculation>('calculation', {
    taskQueue: taskQueues.main,
    workflowId: `calculation/${ids}`,
    args: [{ calculation: `c${ids}`, label: 'Cu relaxation', computer: 'fake-computer', wallTimeSeconds: 60, attempts: 3 }],
  });
}

/** The workflow has heard of its cancellation and passed it on to its activity. */
const cancellationRequested = (handle: WorkflowHandle) =>
  until(
    () => handle.fetchHistory(),
    ({ events }) => events?.some((event) => event.activityTaskCancelRequestedEventAttributes != null) ?? false,
  );

const names = (fake: FakeActivities) => fake.calls.map(({ name }) => name);

describe('a calculation', () => {
  test('is submitted, waited for and collected', async ({ expect }) => {
    const fake = new FakeActivities();
    const outcome = await bench().with(fake, async (client) => (await start(client)).result());
    expect(outcome).toEqual({ kind: 'completed' });
    expect(names(fake)).toEqual(['submitCalculation', 'awaitJob', 'collectCalculation']);
    expect(fake.named('collectCalculation')[0]?.input).toMatchObject({
      attempt: expect.stringMatching(/^c\d+-1$/) as string,
      attemptsAllowed: 3,
    });
  });

  test('that the store can answer is not submitted', async ({ expect }) => {
    const fake = new FakeActivities({
      submitCalculation: async () => ({ kind: 'ended', outcome: { kind: 'completed', finding: 'unstable' } }),
    });
    const outcome = await bench().with(fake, async (client) => (await start(client)).result());
    expect(outcome).toEqual({ kind: 'completed', finding: 'unstable' });
    expect(names(fake)).toEqual(['submitCalculation']);
  });

  test('is submitted again while points are missing, and stops when it has ended', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      awaitJob: async ({ attempt }) => ({ verdict: attempt.endsWith('-3') ? 'completed' : 'out-of-time' }),
      collectCalculation: async ({ attempt }) =>
        attempt.endsWith('-3')
          ? { kind: 'ended', outcome: { kind: 'completed' } }
          : { kind: 'incomplete', missing: 2, reason: 'out-of-time' },
    });
    const outcome = await bench().with(fake, async (client) => (await start(client)).result());
    expect(outcome).toEqual({ kind: 'completed' });
    expect(names(fake)).toEqual(Array.from({ length: 3 }, () => ['submitCalculation', 'awaitJob', 'collectCalculation']).flat());
  });

  test('that failed for a physical reason is a value, not an exception', async ({ expect }) => {
    const failed = { kind: 'failed', reason: 'not-converged', evidence: 'linesearch alpha is zero' } as const;
    const fake = new FakeActivities({ collectCalculation: async () => ({ kind: 'ended', outcome: failed }) });
    const outcome = await bench().with(fake, async (client) => (await start(client)).result());
    expect(outcome).toEqual(failed);
    expect(fake.named('submitCalculation')).toHaveLength(1);
  });

  test('waits until a busy queue takes it', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      submitCalculation: async ({ calculation }) => {
        if (fake.named('submitCalculation').length < 3) throw new SchedulerBusy('QOSMaxSubmitJobPerUserLimit');
        return { kind: 'submitted', attempt: `${calculation}-1`, points: 1 };
      },
    });
    await bench().with(fake, async (client) => (await start(client)).result());
    expect(fake.named('submitCalculation').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(fake.named('awaitJob')).toHaveLength(1);
  });

  test('that can never succeed fails at the first try', async ({ expect }) => {
    const fake = new FakeActivities({
      submitCalculation: () => Promise.reject(new InvalidInput('the computer "hawk" has no code "lammps"')),
    });
    const failure = bench().with(fake, async (client) => (await start(client)).result());
    await expect(failure).rejects.toThrow(WorkflowFailedError);
    await expect(failure).rejects.toMatchObject({
      cause: { cause: { type: 'InvalidInput', message: 'the computer "hawk" has no code "lammps"' } },
    });
    expect(fake.named('submitCalculation')).toHaveLength(1);
  });

  test('shows its attempts in the Temporal UI', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      collectCalculation: async ({ attempt }) =>
        attempt.endsWith('-2')
          ? { kind: 'ended', outcome: { kind: 'completed' } }
          : { kind: 'incomplete', missing: 2, reason: 'gamma/00-01: out-of-time' },
    });
    const details = await bench().with(fake, async (client) => {
      const handle = await start(client);
      await handle.result();
      return handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    });
    expect(details.currentDetails?.split('\n')).toEqual([
      expect.stringContaining('-1: 3 points queued on fake-computer'),
      expect.stringContaining('-1: job ended (completed), 2 points missing: gamma/00-01: out-of-time'),
      expect.stringContaining('-2: 3 points queued on fake-computer'),
      expect.stringContaining('-2: complete'),
    ]);
  });
});

describe('a cancelled calculation', () => {
  test('takes its job out of the queue, once', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      awaitJob: async () => {
        await jobs.pass();
        return { verdict: 'completed' };
      },
    });
    const jobs = fake.gate();
    const ended = await bench().with(fake, async (client) => {
      const handle = await start(client);
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 1,
      );
      await handle.cancel();
      return handle.result().catch((error: unknown) => error);
    });
    expect(ended).toMatchObject({ cause: expect.any(CancelledFailure) as CancelledFailure });
    expect(fake.named('cancelCalculation')).toHaveLength(1);
    expect(fake.named('collectCalculation')).toHaveLength(0);
  });

  test('while it is being submitted waits for the submission, then takes that job out of the queue', async ({ expect }) => {
    const order: string[] = [];
    const fake: FakeActivities = new FakeActivities({
      submitCalculation: async ({ calculation }) => {
        await submissions.passDeaf();
        order.push('submitted');
        return { kind: 'submitted', attempt: `${calculation}-1`, points: 1 };
      },
      cancelCalculation: async () => {
        order.push('cancelled');
      },
    });
    const submissions = fake.gate();
    await bench().with(fake, async (client) => {
      const handle = await start(client);
      await until(
        () => submissions.arrived,
        (arrived) => arrived === 1,
      );
      await handle.cancel();
      await cancellationRequested(handle);
      submissions.open();
      await handle.result().catch(() => undefined);
    });
    expect(order).toEqual(['submitted', 'cancelled']);
    expect(fake.named('awaitJob')).toHaveLength(0);
  });

  test('while its results come in keeps them', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      collectCalculation: async () => {
        await collections.passDeaf();
        return { kind: 'ended', outcome: { kind: 'completed' } };
      },
    });
    const collections = fake.gate();
    const outcome = await bench().with(fake, async (client) => {
      const handle = await start(client);
      await until(
        () => collections.arrived,
        (arrived) => arrived === 1,
      );
      await handle.cancel();
      await cancellationRequested(handle);
      collections.open();
      return handle.result();
    });
    expect(outcome).toEqual({ kind: 'completed' });
    expect(fake.named('cancelCalculation')).toHaveLength(0);
  });
});
