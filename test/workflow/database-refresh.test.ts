import { WorkflowFailedError } from '@temporalio/client';
import { describe, test } from 'vitest';
import { PermissionDenied, RateLimited } from '../../domain/failures.js';
import { refreshWorkflowId } from '../../domain/source.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { databaseRefresh, DatabaseRefreshInput } from '../../workflows/database-refresh.js';
import { openedBench } from '../opened-bench.js';
import { Bench, FakeActivities, fakeReport } from './bench.js';

const bench = openedBench(() => Bench.open());

const start = (client: Bench['client'], source: string, input: Partial<DatabaseRefreshInput> = {}) =>
  client.workflow.start<typeof databaseRefresh>('databaseRefresh', {
    taskQueue: taskQueues.main,
    workflowId: refreshWorkflowId(source),
    args: [{ source, service: 'materials-project', ...input }],
  });

describe('a refresh', () => {
  test('asks once where nothing has changed', async ({ expect }) => {
    const fake = new FakeActivities({ beginRefresh: async () => ({ kind: 'unchanged', report: { ...fakeReport, mode: 'unchanged' } }) });
    const report = await bench().with(fake, async (client) => (await start(client, 'r1')).result());
    expect(report.mode).toBe('unchanged');
    expect(fake.calls.map(({ name }) => name)).toEqual(['beginRefresh', 'rescreenCampaigns']);
  });

  test('reads page after page and goes on as a new execution now and then', async ({ expect }) => {
    const fake = new FakeActivities();
    const runs = await bench().with(fake, async (client) => {
      const handle = await start(client, 'r2', { pagesPerRun: 1 });
      expect(await handle.result()).toMatchObject({ source: 'r2', records: 3000 });
      const found: string[] = [];
      for await (const { runId } of client.workflow.list({ query: `WorkflowId = 'refresh/r2'` })) found.push(runId);
      return found.length;
    });
    expect(fake.calls.map(({ name }) => name)).toEqual([
      'beginRefresh',
      'refreshPage',
      'refreshPage',
      'refreshPage',
      'finishRefresh',
      'rescreenCampaigns',
    ]);
    expect(runs).toBe(3);
  });

  test('goes over a database again that has changed under it', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      refreshPage: async () => ({ page: 1, done: true, records: 1000, usable: 10, total: 1000 }),
      finishRefresh: async ({ scan }) => (scan === 1 ? { kind: 'scan', scan: 2, done: false } : { kind: 'unchanged', report: fakeReport }),
    });
    await bench().with(fake, async (client) => (await start(client, 'r3')).result());
    expect(fake.named('refreshPage').map(({ input }) => input.scan)).toEqual([1, 2]);
  });

  test('waits as long as the service asks', async ({ expect }) => {
    const fake: FakeActivities = new FakeActivities({
      refreshPage: async () => {
        if (fake.named('refreshPage').length === 1) throw new RateLimited('slow down', { retryAfterSeconds: 2 });
        return { page: 1, done: true, records: 1, usable: 0, total: 1 };
      },
    });
    const began = Date.now();
    await bench().with(fake, async (client) => (await start(client, 'r4')).result());
    expect(fake.named('refreshPage').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(2000);
  });

  test('gives up at once when the key is refused, and writes the reason down', async ({ expect }) => {
    const fake = new FakeActivities({
      beginRefresh: async () => {
        throw new PermissionDenied('the Materials Project refused the key', { path: 'MP_API_KEY' });
      },
    });
    const error: unknown = await bench().with(fake, async (client) => (await start(client, 'r5')).result().catch((it: unknown) => it));
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringContaining('MP_API_KEY'),
    });
    expect(fake.named('beginRefresh')).toHaveLength(1);
    expect(fake.named('recordRefreshFailure').map(({ input }) => input)).toEqual([
      { source: 'r5', error: 'MP_API_KEY: the Materials Project refused the key' },
    ]);
    expect(fake.named('tellOfRefreshFailure')).toHaveLength(1);
  });

  test('tells the campaigns that follow it, and reports whom', async ({ expect }) => {
    const told = [{ campaign: 'follower', added: 2, changed: 1, removed: 0 }];
    const fake = new FakeActivities({ rescreenCampaigns: async ({ report }) => ({ ...report, rescreened: told }) });
    const report = await bench().with(fake, async (client) => (await start(client, 'r6')).result());
    expect(report.rescreened).toEqual(told);
    expect(fake.named('rescreenCampaigns').map(({ input }) => [input.source, input.report.source])).toEqual([['r6', 'r6']]);
  });
});
