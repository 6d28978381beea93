import { WorkflowFailedError, WorkflowUpdateFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { describe, test } from 'vitest';
import type { Activities } from '../../activities/activities.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { InvalidInput, StoreUnavailable } from '../../domain/failures.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { screeningCampaign, ScreeningCampaignInput } from '../../workflows/screening-campaign.js';
import { openedBench } from '../opened-bench.js';
import { attributeKeys } from '../../workflows/search-attribute.js';
import { Bench, FakeActivities, fakeCandidate, fakeNote, until, type Gate } from './bench.js';

const bench = openedBench(() => Bench.open());

function start(
  client: Client,
  campaign: string,
  input: Partial<ScreeningCampaignInput> = {},
): Promise<WorkflowHandle<typeof screeningCampaign>> {
  return client.workflow.start<typeof screeningCampaign>('screeningCampaign', {
    taskQueue: taskQueues.main,
    workflowId: `campaign/${campaign}`,
    args: [{ campaign, revision: 1, ...input }],
  });
}

const planned = (fake: FakeActivities) => fake.named('planCandidate').map(({ input }) => input.candidate);
const concluded = (fake: FakeActivities) => fake.named('concludeCandidate').map(({ input }) => input.candidate);
const states = (fake: FakeActivities) => fake.named('recordCampaignState').map(({ input }) => input.state);
const command = (handle: WorkflowHandle, name: 'pause' | 'resume' | 'cancel') => handle.executeUpdate<string, []>(`${name}Campaign`);

/** A campaign whose jobs wait until the test opens `jobs`. */
function stopped(shards: number, changes: Partial<Activities> = {}): { fake: FakeActivities; jobs: Gate } {
  const fake: FakeActivities = new FakeActivities({
    prepareCampaign: async () => ({ shards, candidates: shards * 2, concurrentCandidates: 1 }),
    awaitJob: async () => {
      await jobs.pass();
      return { verdict: 'completed' };
    },
    ...changes,
  });
  const jobs = fake.gate();
  return { fake, jobs };
}

const jobArrives = (jobs: Gate): Promise<number> =>
  until(
    () => jobs.arrived,
    (arrived) => arrived > 0,
  );

/** A campaign of one shard with one rung above it, whose jobs wait. */
const stoppedLadder = (changes: Partial<Activities>): ReturnType<typeof stopped> =>
  stopped(1, { prepareCampaign: async () => ({ shards: 1, candidates: 2, concurrentCandidates: 2, rungs: 1 }), ...changes });

describe('a campaign', () => {
  test('runs every candidate of every shard once, and concludes', async ({ expect }) => {
    const fake = new FakeActivities({ prepareCampaign: async () => ({ shards: 5, candidates: 10, concurrentCandidates: 2 }) });
    const progress = await bench().with(fake, async (client) => (await start(client, 'd1')).result());
    expect(progress).toMatchObject({ campaign: 'd1', state: 'done' });
    expect(concluded(fake).toSorted()).toEqual([0, 1, 2, 3, 4].flatMap((shard) => [`d1/s${shard}c0`, `d1/s${shard}c1`]));
    expect(states(fake)).toEqual(['running', 'done']);
    expect(fake.named('prepareCampaign')).toHaveLength(1);
  });

  test('notices the death of a worker within a minute, whatever the worker was doing', async ({ expect }) => {
    const fake = new FakeActivities({ readShard: async ({ campaign }) => [fakeCandidate(`${campaign}/c`)] });
    const scheduled = await bench().with(fake, async (client) => {
      await (await start(client, 'd0')).result();
      const ids = ['campaign/d0', 'campaign/d0/shard/0000', 'candidate/d0/c', 'calculation/d0/c/relaxation'];
      const histories = await Promise.all(ids.map((id) => client.workflow.getHandle(id).fetchHistory()));
      return histories.flatMap(({ events }) => events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    });
    const seconds = ({ heartbeatTimeout, startToCloseTimeout }: (typeof scheduled)[number]) =>
      Number(heartbeatTimeout?.seconds ?? 0) || Number(startToCloseTimeout?.seconds);
    expect(scheduled.filter((activity) => !(seconds(activity) <= 60)).map(({ activityType }) => activityType?.name)).toEqual([]);
    expect(new Set(scheduled.map(({ activityType }) => activityType?.name)).size).toBeGreaterThan(8);
  });

  test('reads its databases before it enumerates, and not again when it goes on as new', async ({ expect }) => {
    const fake = new FakeActivities({ prepareCampaign: async () => ({ shards: 2, candidates: 4, concurrentCandidates: 2 }) });
    const sources = [{ name: 'mp-query', service: 'materials-project' as const }];
    await bench().with(fake, async (client) => (await start(client, 'd4', { sources, shardsPerRun: 1 })).result());
    const names = fake.calls.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['beginRefresh', 'refreshPage']);
    expect(names.indexOf('finishRefresh')).toBeLessThan(names.indexOf('prepareCampaign'));
    expect(fake.named('beginRefresh').map(({ input }) => input)).toEqual([{ source: 'mp-query' }]);
    expect(concluded(fake)).toHaveLength(4);
  });

  test('screens what refreshes have brought, once for each, and nothing else again', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    const activities = new FakeActivities({
      prepareCampaign: async () => ({ shards: 1, candidates: 2, concurrentCandidates: 2 }),
      rescreenCampaign: async ({ news }) => ({
        shards: 1 + news.length,
        firstShard: 1,
        candidates: 2,
        concurrentCandidates: 2,
        note: fakeNote,
      }),
      awaitJob: (job) => fake.activities.awaitJob(job),
    });
    await bench().with(activities, async (client) => {
      const handle = await start(client, 'd5');
      await until(
        () => activities.named('awaitJob'),
        (calls) => calls.length > 0,
      );
      // The same news twice, and an older one after it: one look at the latest.
      for (const scan of [3, 3, 2]) await handle.signal('sourceRefreshed', { source: 'mp', scan });
      jobs.open();
      await handle.result();
    });
    expect(activities.named('rescreenCampaign').map(({ input }) => input.news)).toEqual([[{ source: 'mp', scan: 3 }]]);
    expect(activities.named('readShard').map(({ input }) => input.shard)).toEqual([0, 1]);
    expect(activities.named('prepareCampaign')).toHaveLength(1);
    expect(states(activities)).toEqual(['running', 'done']);
  });

  test('that has ended is started by a refresh for what is new only', async ({ expect }) => {
    const fake = new FakeActivities({
      rescreenCampaign: async () => ({ shards: 4, firstShard: 3, candidates: 2, concurrentCandidates: 2, note: fakeNote }),
    });
    await bench().with(fake, async (client) => {
      const handle = await client.workflow.signalWithStart<typeof screeningCampaign, [{ source: string; scan: number }]>(
        'screeningCampaign',
        {
          taskQueue: taskQueues.main,
          workflowId: 'campaign/d6',
          signal: 'sourceRefreshed',
          signalArgs: [{ source: 'mp', scan: 2 }],
          args: [{ campaign: 'd6', revision: 1, rescreen: true }],
        },
      );
      await handle.result();
    });
    expect(fake.named('prepareCampaign')).toEqual([]);
    expect(fake.named('readShard').map(({ input }) => input.shard)).toEqual([3]);
    expect(states(fake)).toEqual(['running', 'done']);
  });

  test('interpolates what it does not simulate, page by page, after the last shard', async ({ expect }) => {
    const fake = new FakeActivities({
      prepareCampaign: async () => ({ shards: 2, candidates: 1200, concurrentCandidates: 2, interpolatedPages: 3 }),
    });
    await bench().with(fake, async (client) => (await start(client, 'd7')).result());
    expect(fake.named('interpolatePage').map(({ input }) => input.page)).toEqual([2, 3, 4]);
    const names = fake.calls.map(({ name }) => name);
    expect(names.indexOf('interpolatePage')).toBeGreaterThan(names.lastIndexOf('concludeCandidate'));
  });

  test('ends with the reason when a database refuses its query', async ({ expect }) => {
    const fake = new FakeActivities({
      beginRefresh: async () => {
        throw new InvalidInput('the provider refused the query');
      },
    });
    const sources = [{ name: 'query', service: 'materials-project' as const }];
    await bench().with(fake, async (client) => {
      await expect((await start(client, 'd5', { sources })).result()).rejects.toThrow(WorkflowFailedError);
    });
    expect(fake.named('recordCampaignState').at(-1)?.input).toMatchObject({ state: 'failed', error: 'the provider refused the query' });
    expect(fake.named('prepareCampaign')).toEqual([]);
  });

  test('climbs its ladder rung by rung: the shards of one are done before the next is filled', async ({ expect }) => {
    const fake = new FakeActivities({
      prepareCampaign: async () => ({ shards: 2, candidates: 4, concurrentCandidates: 2, rungs: 2 }),
      promoteCandidates: async ({ rung }) => (rung === 1 ? { from: 2, to: 3, candidates: 2 } : { from: 3, to: 4, candidates: 2 }),
    });
    const progress = await bench().with(fake, async (client) => (await start(client, 'ladder-1')).result());
    expect(progress).toMatchObject({ state: 'done' });
    const shards = (name: 'promoteCandidates' | 'readShard') =>
      fake.calls.flatMap(({ name: called, input }, place) =>
        called === name ? [{ place, input: input as { shard?: number; rung?: number } }] : [],
      );
    expect(shards('readShard').map(({ input }) => input.shard)).toEqual([0, 1, 2, 3]);
    const [first, second] = shards('promoteCandidates');
    expect([first?.input.rung, second?.input.rung]).toEqual([1, 2]);
    const lastOf = (shard: number) =>
      fake.calls.findLastIndex(({ name, input }) => name === 'concludeCandidate' && JSON.stringify(input).includes(`s${shard}c`));
    expect(first?.place).toBeGreaterThan(Math.max(lastOf(0), lastOf(1)));
    expect(second?.place).toBeGreaterThan(lastOf(2));
  });

  test('climbs on where it continued as new in the middle of a rung', async ({ expect }) => {
    const fake = new FakeActivities({
      prepareCampaign: async () => ({ shards: 1, candidates: 2, concurrentCandidates: 2, rungs: 1 }),
      promoteCandidates: async () => ({ from: 1, to: 4, candidates: 6 }),
    });
    await bench().with(fake, async (client) => (await start(client, 'ladder-2', { shardsPerRun: 1 })).result());
    expect(fake.named('readShard').map(({ input }) => input.shard)).toEqual([0, 1, 2, 3]);
    expect(fake.named('promoteCandidates')).toHaveLength(1);
    expect(states(fake).at(-1)).toBe('done');
  });

  test('climbs again from what a refresh has brought, and leaves the rungs of before alone', async ({ expect }) => {
    const tops = [
      { from: 1, to: 2, candidates: 2 },
      { from: 3, to: 4, candidates: 3 },
    ];
    const { fake, jobs } = stoppedLadder({
      promoteCandidates: async () => tops[fake.named('promoteCandidates').length - 1] ?? { from: 4, to: 4, candidates: 3 },
      rescreenCampaign: async () => ({ shards: 3, firstShard: 2, candidates: 2, concurrentCandidates: 2, rungs: 1, note: fakeNote }),
    });
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'ladder-4');
      await jobArrives(jobs);
      await handle.signal('sourceRefreshed', { source: 'mp', scan: 2 });
      jobs.open();
      await handle.result();
    });
    // Candidates of the lowest rung, those above, what the refresh has brought, and who goes up from there.
    expect(fake.named('readShard').map(({ input }) => input.shard)).toEqual([0, 1, 2, 3]);
    expect(fake.named('promoteCandidates').map(({ input }) => input.rung)).toEqual([1, 1]);
    expect(concluded(fake)).toHaveLength(8);
  });

  test('takes nobody up while it is paused', async ({ expect }) => {
    const { fake, jobs } = stoppedLadder({
      promoteCandidates: async () => ({ from: 1, to: 2, candidates: 2 }),
    });
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'ladder-3');
      await jobArrives(jobs);
      await command(handle, 'pause');
      jobs.open();
      await until(
        () => concluded(fake).length,
        (count) => count === 2,
      );
      expect(fake.named('promoteCandidates')).toEqual([]);
      await command(handle, 'resume');
      await handle.result();
    });
    expect(fake.named('promoteCandidates')).toHaveLength(1);
    expect(concluded(fake)).toHaveLength(4);
  });

  test('without candidates is done at once', async ({ expect }) => {
    const fake = new FakeActivities({ prepareCampaign: async () => ({ shards: 0, candidates: 0, concurrentCandidates: 2 }) });
    expect(await bench().with(fake, async (client) => (await start(client, 'd2')).result())).toMatchObject({ state: 'done' });
  });

  test('never evaluates more candidates at once than it may, and as many as it may', async ({ expect }) => {
    let active = 0;
    let most = 0;
    const fake: FakeActivities = new FakeActivities({
      prepareCampaign: async () => ({ shards: 1, candidates: 12, concurrentCandidates: 3 }),
      readShard: async ({ campaign }) => Array.from({ length: 12 }, (_, index) => fakeCandidate(`${campaign}/c${index}`)),
      planCandidate: async () => {
        active += 1;
        most = Math.max(most, active);
        return { kind: 'rejected', reason: 'no parameters' };
      },
      recordVerdict: async ({ state, reason }) => {
        // The first three leave together, so that three have been there at once.
        if (fake.named('recordVerdict').length <= 3)
          await until(
            () => fake.named('recordVerdict').length,
            (count) => count >= 3,
          );
        active -= 1;
        return { state, reason };
      },
    });
    await bench().with(fake, async (client) => (await start(client, 'd3')).result());
    expect(planned(fake)).toHaveLength(12);
    expect(most).toBe(3);
  });

  test('goes on when a candidate fails', async ({ expect }) => {
    const fake = new FakeActivities({
      planCandidate: async ({ candidate }) => {
        if (candidate.endsWith('c0')) throw new InvalidInput('it has lost its material');
        return { kind: 'rejected', reason: 'no parameters' };
      },
    });
    expect(await bench().with(fake, async (client) => (await start(client, 'd4')).result())).toMatchObject({ state: 'done' });
    expect(
      fake
        .named('recordVerdict')
        .map(({ input }) => input.state)
        .toSorted(),
    ).toEqual(['failed', 'rejected']);
  });

  test('goes on when somebody ends the workflow of one candidate', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    const progress = await bench().with(fake, async (client) => {
      const handle = await start(client, 'd5');
      await jobArrives(jobs);
      await client.workflow.getHandle('candidate/d5/s0c0').terminate('of no interest');
      await until(
        () => planned(fake),
        (candidates) => candidates.includes('d5/s0c1'),
      );
      await client.workflow.getHandle('candidate/d5/s0c1').cancel();
      // Its job may have begun to wait by now, and a cancelled workflow waits for what is under way.
      jobs.open();
      return handle.result();
    });
    expect(progress).toMatchObject({ state: 'done' });
    expect(fake.named('recordVerdict').map(({ input }) => [input.candidate, input.state])).toEqual([
      ['d5/s0c0', 'failed'],
      ['d5/s0c1', 'failed'],
    ]);
  });

  test('that can never be prepared fails with the reason, at the first try', async ({ expect }) => {
    const fake = new FakeActivities({ prepareCampaign: () => Promise.reject(new InvalidInput('the campaign "d6" is not in the store')) });
    const failure = bench().with(fake, async (client) => (await start(client, 'd6')).result());
    await expect(failure).rejects.toThrow(WorkflowFailedError);
    await expect(failure).rejects.toMatchObject({ cause: { type: 'CampaignFailed', message: 'the campaign "d6" is not in the store' } });
    expect(fake.named('prepareCampaign')).toHaveLength(1);
    expect(fake.named('recordCampaignState').map(({ input }) => input)).toEqual([
      { campaign: 'd6', state: 'failed', error: 'the campaign "d6" is not in the store' },
    ]);
  });

  test('outlasts a store that is away for a while', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      readShard: async ({ campaign }) => {
        if (fake.named('readShard').length < 3) throw new StoreUnavailable('connection refused');
        return [fakeCandidate(`${campaign}/c0`)];
      },
    });
    expect(await bench().with(fake, async (client) => (await start(client, 'd7')).result())).toMatchObject({ state: 'done' });
    expect(fake.named('readShard').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test('answers a query, shows a table, and can be found by name and phase', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    const seen = await bench().with(fake, async (client) => {
      const handle = await start(client, 'd8');
      await jobArrives(jobs);
      const progress = await until(
        () => handle.query<CampaignProgress | null>('campaignProgress'),
        (answer) => answer !== null,
      );
      const { currentDetails } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      const running = await handle.describe();
      const shard = await client.workflow.getHandle('campaign/d8/shard/0000').describe();
      jobs.open();
      await handle.result();
      return { progress, currentDetails, running, shard, ended: await handle.describe() };
    });
    expect(seen.progress).toMatchObject({ campaign: 'd8', state: 'running' });
    expect(seen.currentDetails).toContain('| state | **running** |');
    expect(seen.running.searchAttributes).toMatchObject({ PeierlsPhase: ['screening'] });
    expect(seen.ended.searchAttributes).toMatchObject({ PeierlsPhase: ['done'] });
    expect(seen.shard.searchAttributes).toMatchObject({ PeierlsCampaign: ['d8'] });
    expect(await seen.shard.staticSummary()).toBe('d8: shard 1 of 1');
  });
});

describe('predictions of a campaign', () => {
  const batches = (fake: FakeActivities) => fake.named('predictBatch').map(({ input }) => input.candidates ?? []);

  test('are made while it runs, one batch at a time of what was concluded meanwhile', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      prepareCampaign: async () => ({ shards: 1, candidates: 6, concurrentCandidates: 6 }),
      readShard: async ({ campaign }) => Array.from({ length: 6 }, (_, index) => fakeCandidate(`${campaign}/c${index}`)),
      awaitJob: async ({ attempt }) => {
        // All but the first candidate wait until the first one is being predicted.
        if (!attempt.startsWith('p1/c0')) await others.pass();
        return { verdict: 'completed' };
      },
      concludeCandidate: async ({ candidate }) =>
        candidate === 'p1/c5' ? { state: 'rejected', reason: 'unstable' } : { state: 'ranked', reason: 'stable' },
      predictBatch: async ({ candidates }) => {
        if (candidates?.includes('p1/c0') === true) await model.passDeaf();
        return { model: 'fake', predicted: candidates?.length ?? 0, reused: 0, failed: [] };
      },
    });
    const [others, model] = [fake.gate(), fake.gate()];
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'p1');
      await until(
        () => model.arrived,
        (arrived) => arrived === 1,
      );
      others.open();
      await until(
        () => concluded(fake).length,
        (count) => count === 6,
      );
      expect(batches(fake)).toEqual([['p1/c0']]);
      model.open();
      await handle.result();
    });
    expect(fake.named('concludeCandidate').every(({ input }) => input.predictions === 'later')).toBe(true);
    expect(batches(fake).flat().toSorted()).toEqual(['p1/c0', 'p1/c1', 'p1/c2', 'p1/c3', 'p1/c4']);
    expect(batches(fake).length).toBeLessThan(5);
  });

  test('that cannot be made cost their candidates, with the reason, and not the campaign', async ({ expect }) => {
    const fake = new FakeActivities({ predictBatch: () => Promise.reject(new InvalidInput('this model folder is damaged')) });
    const progress = await bench().with(fake, async (client) => (await start(client, 'p2')).result());
    expect(progress).toMatchObject({ state: 'done' });
    const verdicts = fake.named('recordVerdict').map(({ input }) => input);
    expect(verdicts.map(({ candidate }) => candidate).toSorted()).toEqual(['p2/s0c0', 'p2/s0c1']);
    expect(verdicts[0]).toMatchObject({ state: 'failed', reason: 'no prediction: this model folder is damaged' });
  });
});

describe('a paused campaign', () => {
  test('starts no new candidates, lets those under way finish, and goes on when resumed', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'e1');
      await jobArrives(jobs);
      expect(await command(handle, 'pause')).toContain('paused');
      jobs.open();
      await until(
        () => concluded(fake),
        (candidates) => candidates.length === 1,
      );
      // The shard has taken note of the verdict and stands at its gate.
      const shard = client.workflow.getHandle('campaign/e1/shard/0000');
      await until(
        () => shard.query<{ currentDetails?: string }>('__temporal_workflow_metadata'),
        ({ currentDetails }) => currentDetails?.includes('1 ranked') ?? false,
      );
      expect(planned(fake)).toEqual(['e1/s0c0']);
      // What operators filter by in the UI.
      expect((await handle.describe()).typedSearchAttributes.get(attributeKeys.phase)).toBe('paused');
      expect(await command(handle, 'resume')).toBe('running');
      expect(await handle.result()).toMatchObject({ state: 'done' });
    });
    expect(planned(fake)).toEqual(['e1/s0c0', 'e1/s0c1']);
    expect(states(fake)).toEqual(['running', 'paused', 'running', 'done']);
  });

  test('cannot be paused again, nor a running one be resumed', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'e2');
      await jobArrives(jobs);
      await expect(command(handle, 'resume')).rejects.toThrow(WorkflowUpdateFailedError);
      await command(handle, 'pause');
      await expect(command(handle, 'pause')).rejects.toMatchObject({ cause: { message: 'the campaign is paused already' } });
      await command(handle, 'resume');
      await expect(command(handle, 'resume')).rejects.toMatchObject({ cause: { message: 'the campaign is not paused' } });
    });
    expect(states(fake)).toEqual(['running', 'paused', 'running']);
  });

  test('loses no candidate of any shard by the pause', async ({ expect }) => {
    const { fake, jobs } = stopped(4);
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'e3');
      // Two shards are open, each at its first candidate.
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 2,
      );
      await command(handle, 'pause');
      jobs.open();
      await until(
        () => concluded(fake),
        (candidates) => candidates.length === 2,
      );
      await command(handle, 'resume');
      await handle.result();
    });
    expect(concluded(fake)).toHaveLength(8);
  });
});

describe('a cancelled campaign', () => {
  test('ends as cancelled after every job is out of the queue', async ({ expect }) => {
    const { fake, jobs } = stopped(3);
    const progress = await bench().with(fake, async (client) => {
      const handle = await start(client, 'f1');
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 2,
      );
      expect(await command(handle, 'cancel')).toContain('cancelling');
      return handle.result();
    });
    expect(progress).toMatchObject({ state: 'cancelled' });
    expect(
      fake
        .named('cancelCalculation')
        .map(({ input }) => input.calculation)
        .toSorted(),
    ).toEqual(['f1/s0c0/relaxation', 'f1/s1c0/relaxation']);
    const order = fake.calls.map(({ name, input }) => (name === 'recordCampaignState' ? (input as { state: string }).state : name));
    expect(order.lastIndexOf('cancelCalculation')).toBeLessThan(order.indexOf('cancelled'));
    expect(planned(fake)).toHaveLength(2);
  });

  test('while it is paused ends too', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    const progress = await bench().with(fake, async (client) => {
      const handle = await start(client, 'f2');
      await jobArrives(jobs);
      await command(handle, 'pause');
      await command(handle, 'cancel');
      return handle.result();
    });
    expect(progress).toMatchObject({ state: 'cancelled' });
    expect(states(fake)).toEqual(['running', 'paused', 'cancelled']);
  });

  test('takes no more commands while its jobs are taken out of the queue', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      awaitJob: async () => {
        await jobs.pass();
        return { verdict: 'completed' };
      },
      cancelCalculation: () => slow.passDeaf(),
    });
    const jobs = fake.gate();
    const slow = fake.gate();
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'f3');
      await until(
        () => jobs.arrived,
        (arrived) => arrived === 2,
      );
      await command(handle, 'cancel');
      await until(
        () => slow.arrived,
        (arrived) => arrived === 2,
      );
      await expect(command(handle, 'cancel')).rejects.toMatchObject({ cause: { message: 'the campaign is being cancelled already' } });
      await expect(command(handle, 'pause')).rejects.toMatchObject({ cause: { message: 'the campaign is being cancelled already' } });
      slow.open();
      await handle.result();
    });
    expect(states(fake)).toEqual(['running', 'cancelled']);
  });

  test('from outside is recorded as cancelled, and says so to whoever did it', async ({ expect }) => {
    const { fake, jobs } = stopped(1);
    const status = await bench().with(fake, async (client) => {
      const handle = await start(client, 'f4');
      await jobArrives(jobs);
      await handle.cancel();
      await handle.result().catch(() => undefined);
      return (await handle.describe()).status.name;
    });
    expect(status).toBe('CANCELLED');
    expect(states(fake)).toEqual(['running', 'cancelled']);
    expect(fake.named('cancelCalculation')).toHaveLength(1);
  });
});

describe('a campaign that continues as new', () => {
  test('loses no candidate and repeats none', async ({ expect }) => {
    const fake = new FakeActivities({ prepareCampaign: async () => ({ shards: 4, candidates: 8, concurrentCandidates: 2 }) });
    const runs = await bench().with(fake, async (client) => {
      const handle = await start(client, 'g1', { shardsPerRun: 1 });
      expect(await handle.result()).toMatchObject({ state: 'done' });
      const executions = [];
      for await (const execution of client.workflow.list({ query: `WorkflowId = 'campaign/g1'` })) executions.push(execution.status.name);
      return executions;
    });
    expect(concluded(fake).toSorted()).toEqual([0, 1, 2, 3].flatMap((shard) => [`g1/s${shard}c0`, `g1/s${shard}c1`]));
    expect(runs.toSorted()).toEqual(['COMPLETED', 'CONTINUED_AS_NEW', 'CONTINUED_AS_NEW', 'CONTINUED_AS_NEW']);
    expect(fake.named('prepareCampaign')).toHaveLength(1);
  });

  test('stays paused, and goes on when resumed', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      prepareCampaign: async () => ({ shards: 2, candidates: 2, concurrentCandidates: 1 }),
      readShard: async ({ campaign, shard }) => [fakeCandidate(`${campaign}/s${shard}`)],
      awaitJob: async () => {
        await jobs.pass();
        return { verdict: 'completed' };
      },
    });
    const jobs = fake.gate();
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'g2', { shardsPerRun: 1 });
      await jobArrives(jobs);
      const first = (await handle.describe()).runId;
      await command(handle, 'pause');
      jobs.open();
      await until(
        () => handle.describe(),
        ({ runId }) => runId !== first,
      );
      // The second run has opened its shard, which has read its candidates and starts none.
      await until(
        () => fake.named('readShard').length,
        (count) => count === 2,
      );
      await expect(command(client.workflow.getHandle('campaign/g2'), 'pause')).rejects.toMatchObject({
        cause: { message: 'the campaign is paused already' },
      });
      expect(planned(fake)).toEqual(['g2/s0']);
      await command(client.workflow.getHandle('campaign/g2'), 'resume');
      expect(await handle.result()).toMatchObject({ state: 'done' });
    });
    expect(planned(fake)).toEqual(['g2/s0', 'g2/s1']);
  });

  test('keeps a pause that arrived while its last shard ended', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      prepareCampaign: async () => ({ shards: 2, candidates: 2, concurrentCandidates: 1 }),
      readShard: async ({ campaign, shard }) => [fakeCandidate(`${campaign}/s${shard}`)],
      concludeCandidate: async () => {
        await verdicts.passDeaf();
        return { state: 'ranked', reason: '' };
      },
      recordCampaignState: async ({ state }) => {
        if (state === 'paused') await pauses.passDeaf();
      },
    });
    const verdicts = fake.gate();
    const pauses = fake.gate();
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'g3', { shardsPerRun: 1 });
      await until(
        () => verdicts.arrived,
        (arrived) => arrived === 1,
      );
      const first = (await handle.describe()).runId;
      const paused = command(handle, 'pause');
      await until(
        () => pauses.arrived,
        (arrived) => arrived === 1,
      );
      // The shard ends while the pause is being recorded.
      verdicts.open();
      await until(
        () => client.workflow.getHandle('campaign/g3/shard/0000').describe(),
        ({ status }) => status.name === 'COMPLETED',
      );
      pauses.open();
      await paused;
      await until(
        () => handle.describe(),
        ({ runId }) => runId !== first,
      );
      await until(
        () => fake.named('readShard').length,
        (count) => count === 2,
      );
      expect(planned(fake)).toEqual(['g3/s0']);
      await command(client.workflow.getHandle('campaign/g3'), 'resume');
      expect(await handle.result()).toMatchObject({ state: 'done' });
    });
  });
});
