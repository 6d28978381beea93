import type { Client } from '@temporalio/client';
import { describe, test } from 'vitest';
import { Notices, resumeDeliveries } from '../../activities/notices.js';
import { CalculatorPool } from '../../connectors/calculator/open.js';
import { campaignActivities } from '../../activities/campaign.js';
import { computerActivities } from '../../activities/computer.js';
import { ComputerPool } from '../../connectors/computer/computer.js';
import { Notifier } from '../../connectors/notifier/notifier.js';
import { eventsWith, recordDelivery } from '../../connectors/store/notification.js';
import { pack } from '../../connectors/store/nested-array.js';
import { Campaign } from '../../domain/campaign.js';
import { NotificationsFile } from '../../domain/notification.js';
import { realStore } from './real-store.js';

const { store } = realStore('notices');
const notifier = new Notifier(
  NotificationsFile.parse({
    channels: [
      { kind: 'webhook', name: 'chat', url: 'http://127.0.0.1:9/' },
      { kind: 'webhook', name: 'holds', url: 'http://127.0.0.1:9/', events: ['computer-held'] },
    ],
  }),
  {},
);
const notice = { key: 'campaign/q/done/1', kind: 'campaign-done', subject: 'Campaign q is done', text: 'all of it' } as const;

/** Stands in for the Temporal client: notes what was started, and fails while it is told to. */
function fakeTemporal(): { client: Client; started: string[]; broken: { is: boolean } } {
  const started: string[] = [];
  const broken = { is: false };
  const start = async (_type: string, { workflowId }: { workflowId: string }): Promise<void> => {
    if (broken.is) throw new Error('the server is away');
    started.push(workflowId);
  };
  return { client: { workflow: { start } } as unknown as Client, started, broken };
}

describe('an event', () => {
  test('is noted once for those who want it, by however many workers', async ({ expect }) => {
    const { client, started } = fakeTemporal();
    const workers = Array.from({ length: 4 }, () => new Notices({ store: store(), temporal: client, notifier }));
    await Promise.all(workers.flatMap((worker) => [worker.raise(notice), worker.raise(notice)]));
    const events = await eventsWith(store(), ['pending']);
    expect(events.map(({ _id, deliveries }) => [_id, Object.keys(deliveries)])).toEqual([[notice.key, ['chat']]]);
    expect(new Set(started)).toEqual(new Set([`notification/${notice.key}`]));
  });

  test('that could not be told of harms nobody, and is started by the next worker', async ({ expect }) => {
    const { client, started, broken } = fakeTemporal();
    broken.is = true;
    await new Notices({ store: store(), temporal: client, notifier }).raise(notice);
    expect([started, (await eventsWith(store(), ['pending'])).length]).toEqual([[], 1]);
    broken.is = false;
    await resumeDeliveries(store(), client);
    expect(started).toEqual([`notification/${notice.key}`]);
    await recordDelivery(store(), notice.key, 'chat', { state: 'delivered', at: '2026-01-01T00:00:00Z' });
    await resumeDeliveries(store(), client);
    expect(started).toHaveLength(1);
  });

  test('interests nobody where nothing is configured', async ({ expect }) => {
    const { client, started } = fakeTemporal();
    await new Notices({ store: store(), temporal: client }).raise(notice);
    expect([started, await eventsWith(store(), ['pending'])]).toEqual([[], []]);
  });
});

test('a campaign of which too much fails is told once a revision', async ({ expect }) => {
  const { client, started } = fakeTemporal();
  const activities = campaignActivities({ store: store(), temporal: client, notifier, calculators: new CalculatorPool() });
  const definition = Campaign.parse({ name: 'q', candidates: [{ generator: 'pure', elements: ['Cu'] }], calculator: { name: 'lammps' } });
  await store()
    .collection('campaigns')
    .insertOne({
      _id: 'q',
      definition: pack(definition),
      definitionHash: '',
      revision: 2,
      state: 'running',
      shards: 1,
      fileMaterials: [],
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: null,
    });
  const conclude = async (index: number, state: 'ranked' | 'failed'): Promise<void> => {
    await store()
      .collection('candidates')
      .insertOne({
        _id: `q/${index}`,
        campaign: 'q',
        revision: 2,
        shard: 0,
        index,
        material: 'm',
        formula: 'Cu',
        lattice: 'fcc',
        prototype: 'A1',
        state,
        calculations: [],
        predictions: [],
        updatedAt: '2026-01-01T00:00:00Z',
      });
  };
  for (let index = 0; index < 9; index += 1) await conclude(index, index < 2 ? 'failed' : 'ranked');
  await activities.readProgress({ campaign: 'q' });
  expect(started).toEqual([]);
  await conclude(9, 'ranked');
  await activities.readProgress({ campaign: 'q' });
  await activities.readProgress({ campaign: 'q' });
  expect(started).toEqual(['notification/campaign/q/failure-rate/2']);
});

test('holding a computer, and spending most of its budget, is told each once', async ({ expect }) => {
  const { client, started } = fakeTemporal();
  const computers = new ComputerPool({});
  const activities = computerActivities({ store: store(), computers, temporal: client, notifier });
  try {
    const held = { computer: 'hawk', condition: 'held', reason: 'the login was refused' } as const;
    await activities.setComputerCondition(held);
    await activities.setComputerCondition(held);
    await activities.setComputerBudget({ computer: 'hawk', coreHours: 1 });
    await store().collection('attempts').insertOne({
      _id: 'pabc-1',
      calculation: 'abc',
      number: 1,
      computer: 'hawk',
      folder: '/x',
      jobId: '1',
      state: 'ended',
      campaign: 'q',
      cores: 1,
      queueSeconds: 1,
      runSeconds: 3000,
      pointsWanted: 1,
      pointsDone: 1,
      submittedAt: '2026-01-01T00:00:00Z',
      endedAt: '2026-01-01T01:00:00Z',
    });
    await activities.surveyComputer({ computer: 'hawk' });
    await activities.surveyComputer({ computer: 'hawk' });
    expect(started.toSorted()).toEqual(['notification/computer/hawk/budget-near/1', 'notification/computer/hawk/held/0']);
  } finally {
    await computers.close();
  }
});
