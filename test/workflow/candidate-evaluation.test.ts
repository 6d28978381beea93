import type { Client, WorkflowHandle } from '@temporalio/client';
import { describe, test } from 'vitest';
import { calculationActivities } from '../../activities/calculation.js';
import type { Dependencies } from '../../activities/dependencies.js';
import { InvalidInput, StoreUnavailable } from '../../domain/failures.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { candidateEvaluation } from '../../workflows/candidate-evaluation.js';
import { openedBench } from '../opened-bench.js';
import { Bench, FakeActivities, fakeCalculation, fakePlan, until } from './bench.js';

const bench = openedBench(() => Bench.open());

function start(client: Client, candidate: string): Promise<WorkflowHandle<typeof candidateEvaluation>> {
  return client.workflow.start<typeof candidateEvaluation>('candidateEvaluation', {
    taskQueue: taskQueues.main,
    workflowId: `candidate/${candidate}`,
    args: [{ candidate, campaign: 'q', formula: 'Cu', lattice: 'fcc' }],
  });
}

const evaluated = (fake: FakeActivities, candidate: string) =>
  bench().with(fake, async (client) => (await start(client, candidate)).result());
const submitted = (fake: FakeActivities) => fake.named('submitCalculation').map(({ input }) => input.calculation);

describe('a candidate', () => {
  test('is relaxed, strained and sheared, in this order, and then judged', async ({ expect }) => {
    const fake = new FakeActivities();
    expect(await evaluated(fake, 'a1')).toEqual({ state: 'ranked', reason: 'as it should be' });
    expect(submitted(fake)).toEqual(['a1/relaxation', 'a1/elastic', 'a1/gamma']);
    expect(fake.calls.at(-1)?.name).toBe('concludeCandidate');
  });

  test('that no calculator takes is rejected without a calculation', async ({ expect }) => {
    const fake = new FakeActivities({ planCandidate: async () => ({ kind: 'rejected', reason: 'zhou2004 has no parameters for Cr' }) });
    expect(await evaluated(fake, 'a2')).toEqual({ state: 'rejected', reason: 'zhou2004 has no parameters for Cr' });
    expect(fake.calls.map(({ name }) => name)).toEqual(['planCandidate', 'recordVerdict']);
  });

  test('whose relaxation fails is judged without an elastic tensor', async ({ expect }) => {
    const fake = new FakeActivities({
      collectCalculation: async () => ({ kind: 'ended', outcome: { kind: 'failed', reason: 'not-converged', evidence: '' } }),
      concludeCandidate: async () => ({ state: 'failed', reason: 'relaxation: not-converged' }),
    });
    expect(await evaluated(fake, 'a3')).toMatchObject({ state: 'failed' });
    expect(submitted(fake)).toEqual(['a3/relaxation']);
  });

  test('whose crystal is unstable is judged without gamma surfaces', async ({ expect }) => {
    const fake = new FakeActivities({
      collectCalculation: async ({ calculation }) => ({
        kind: 'ended',
        outcome: calculation.endsWith('/elastic') ? { kind: 'completed', finding: 'unstable' } : { kind: 'completed' },
      }),
      concludeCandidate: async () => ({ state: 'rejected', reason: 'unstable crystal' }),
    });
    expect(await evaluated(fake, 'a4')).toMatchObject({ state: 'rejected' });
    expect(submitted(fake)).toEqual(['a4/relaxation', 'a4/elastic']);
  });

  test('has its gamma surfaces worked out at the same time', async ({ expect }) => {
    const gamma = ['g1', 'g2', 'g3'].map((name) => fakeCalculation(`a5/${name}`, { kind: 'gamma-surface' }));
    const fake: FakeActivities = new FakeActivities({
      planCandidate: async ({ candidate }) => fakePlan(candidate, { gamma }),
      awaitJob: async ({ attempt }) => {
        if (attempt.includes('/g')) await jobs.pass();
        return { verdict: 'completed' };
      },
    });
    const jobs = fake.gate();
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'a5');
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 3,
      );
      jobs.open();
      await handle.result();
    });
    expect(submitted(fake).toSorted()).toEqual(['a5/elastic', 'a5/g1', 'a5/g2', 'a5/g3', 'a5/relaxation']);
  });

  test('of a training campaign has its Peierls stresses computed after its gamma surfaces', async ({ expect }) => {
    const fake = new FakeActivities({ planCandidate: async ({ candidate }) => ({ ...fakePlan(candidate), dislocations: true }) });
    expect(await evaluated(fake, 'a11')).toMatchObject({ state: 'ranked' });
    expect(submitted(fake)).toEqual(['a11/relaxation', 'a11/elastic', 'a11/gamma', 'a11/peierls']);
    expect(fake.calls.at(-1)?.name).toBe('concludeCandidate');
  });

  test('takes what the store knows already from there', async ({ expect }) => {
    const done = { outcome: { kind: 'completed' } } as const;
    const fake = new FakeActivities({
      planCandidate: async ({ candidate }) =>
        fakePlan(candidate, { relaxation: fakeCalculation('known-relaxation', done), elastic: fakeCalculation('known-elastic', done) }),
    });
    await evaluated(fake, 'a6');
    expect(submitted(fake)).toEqual(['a6/gamma']);
  });

  test('that cannot be planned fails with the reason, at the first try', async ({ expect }) => {
    const fake = new FakeActivities({ planCandidate: () => Promise.reject(new InvalidInput('candidate a7 has lost its material')) });
    expect(await evaluated(fake, 'a7')).toEqual({ state: 'failed', reason: 'candidate a7 has lost its material' });
    expect(fake.named('planCandidate')).toHaveLength(1);
  });

  test('outlasts a store that is away for a while', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      planCandidate: async ({ candidate }) => {
        if (fake.named('planCandidate').length < 3) throw new StoreUnavailable('connection refused');
        return fakePlan(candidate);
      },
    });
    expect(await evaluated(fake, 'a8')).toMatchObject({ state: 'ranked' });
    expect(fake.named('planCandidate').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test('whose calculation can never be submitted fails with the innermost reason', async ({ expect }) => {
    const fake = new FakeActivities({ submitCalculation: () => Promise.reject(new InvalidInput('the computer "hawk" is not configured')) });
    expect(await evaluated(fake, 'a9')).toEqual({ state: 'failed', reason: 'the computer "hawk" is not configured' });
    expect(fake.named('concludeCandidate')).toHaveLength(0);
  });

  test('can be found by campaign, formula, computer and verdict', async ({ expect }) => {
    const fake = new FakeActivities();
    const { candidate, calculation } = await bench().with(fake, async (client) => {
      const handle = await start(client, 'a10');
      await handle.result();
      return { candidate: await handle.describe(), calculation: await client.workflow.getHandle('calculation/a10/elastic').describe() };
    });
    expect(candidate.searchAttributes).toMatchObject({ PeierlsVerdict: ['ranked'] });
    expect(calculation.searchAttributes).toMatchObject({
      PeierlsCampaign: ['q'],
      PeierlsFormula: ['Cu'],
      PeierlsLattice: ['fcc'],
      PeierlsComputer: ['fake-computer'],
    });
    expect(await calculation.staticSummary()).toBe('Cu: a10/elastic');
  });
});

describe('a cancelled candidate', () => {
  test('ends only after every one of its jobs is out of the queue', async ({ expect }) => {
    const gamma = ['g1', 'g2', 'g3'].map((name) => fakeCalculation(`b1/${name}`, { kind: 'gamma-surface' }));
    const cancelled: string[] = [];
    const fake: FakeActivities = new FakeActivities({
      planCandidate: async ({ candidate }) => fakePlan(candidate, { gamma }),
      awaitJob: async ({ attempt }) => {
        if (attempt.includes('/g')) await jobs.pass();
        return { verdict: 'completed' };
      },
      cancelCalculation: async ({ calculation }) => {
        if (calculation === 'b1/g1') cancelled.push(calculation);
        else {
          await slow.passDeaf();
          cancelled.push(calculation);
        }
      },
    });
    const jobs = fake.gate();
    const slow = fake.gate();
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'b1');
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 3,
      );
      await handle.cancel();
      await until(
        () => slow.arrived,
        (arrived) => arrived === 2,
      );
      await until(
        () => cancelled.length,
        (count) => count === 1,
      );
      expect((await handle.describe()).status.name).toBe('RUNNING');
      slow.open();
      await handle.result().catch(() => undefined);
      expect(cancelled.toSorted()).toEqual(['b1/g1', 'b1/g2', 'b1/g3']);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
    });
  });
});

describe('two candidates with one question', () => {
  /** The real activity that waits for another's calculation, on a store with the outcomes so far. */
  function sharing(): { fake: FakeActivities; jobs: ReturnType<FakeActivities['gate']> } {
    const outcomes = new Map<string, { kind: 'completed' }>();
    const document = async ({ _id }: { _id: string }) => ({ _id, outcome: outcomes.get(_id) ?? null });
    const dependencies = { store: { collection: () => ({ findOne: document }) }, temporal: bench().client } as unknown as Dependencies;
    const real = calculationActivities(dependencies);
    const done = { outcome: { kind: 'completed' } } as const;
    const fake: FakeActivities = new FakeActivities({
      planCandidate: async ({ candidate }) =>
        fakePlan(candidate, {
          relaxation: fakeCalculation(`shared-${candidate.split('/')[0]}`),
          elastic: fakeCalculation('e', done),
          gamma: [],
        }),
      awaitJob: async () => {
        await jobs.pass();
        return { verdict: 'completed' };
      },
      collectCalculation: async ({ calculation }) => {
        outcomes.set(calculation, { kind: 'completed' });
        return { kind: 'ended', outcome: { kind: 'completed' } };
      },
      awaitCalculation: (input) => real.awaitCalculation(input),
    });
    const jobs = fake.gate();
    return { fake, jobs };
  }

  test('have it computed once', async ({ expect }) => {
    const { fake, jobs } = sharing();
    const verdicts = await bench().with(fake, async (client) => {
      const first = await start(client, 'c1/first');
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 1,
      );
      const second = await start(client, 'c1/second');
      await until(
        () => fake.named('awaitCalculation').length,
        (count) => count === 1,
      );
      jobs.open();
      return Promise.all([first.result(), second.result()]);
    });
    expect(verdicts.map(({ state }) => state)).toEqual(['ranked', 'ranked']);
    expect(submitted(fake)).toEqual(['shared-c1']);
  });

  test('have it computed by the second if the first is cancelled', async ({ expect }) => {
    const { fake, jobs } = sharing();
    const verdict = await bench().with(fake, async (client) => {
      const first = await start(client, 'c2/first');
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 1,
      );
      const second = await start(client, 'c2/second');
      await until(
        () => fake.named('awaitCalculation').length,
        (count) => count === 1,
      );
      await first.cancel();
      await first.result().catch(() => undefined);
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 2,
      );
      jobs.open();
      return second.result();
    });
    expect(verdict.state).toBe('ranked');
    expect(fake.named('cancelCalculation')).toHaveLength(1);
    expect(submitted(fake)).toEqual(['shared-c2', 'shared-c2']);
  });

  test('do not take a Temporal server that is away for an answer', async ({ expect }) => {
    const away = { workflow: { getHandle: () => ({ result: () => Promise.reject(new Error('14 UNAVAILABLE')) }) } };
    const dependencies = { store: {}, temporal: away } as unknown as Dependencies;
    const real = calculationActivities(dependencies);
    const fake: FakeActivities = new FakeActivities({ awaitCalculation: (input) => real.awaitCalculation(input) });
    await bench().with(fake, async (client) => {
      await client.workflow.start('calculation', { taskQueue: 'nobody-listens', workflowId: 'calculation/c3/relaxation', args: [] });
      await start(client, 'c3');
      await until(
        () => fake.named('awaitCalculation').map(({ attempt }) => attempt),
        (attempts) => attempts.at(-1) === 3,
      );
    });
    expect(fake.named('concludeCandidate')).toHaveLength(0);
  });
});
