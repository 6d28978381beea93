import { beforeEach, describe, test } from 'vitest';
import { MockActivityEnvironment } from '@temporalio/testing';
import { campaignActivities } from '../../activities/campaign.js';
import type { Dependencies } from '../../activities/dependencies.js';
import { rescreenActivities } from '../../activities/rescreen.js';
import type { CampaignDocument, CandidateDocument, MaterialDocument } from '../../connectors/store/document.js';
import { pack } from '../../connectors/store/nested-array.js';
import { rescreen } from '../../connectors/store/rescreen.js';
import type { Store } from '../../connectors/store/store.js';
import { Notifier } from '../../connectors/notifier/notifier.js';
import { registerSource } from '../../connectors/store/source.js';
import { Campaign } from '../../domain/campaign.js';
import { NotificationsFile } from '../../domain/notification.js';
import { buildPrototype, type PrototypeName } from '../../domain/prototype.js';
import { SourceDefinition } from '../../domain/source.js';
import type { RefreshReport } from '../../domain/refresh.js';
import { realStore } from './real-store.js';

const { store } = realStore('rescreen');
const source = 'materials-project';
const told: unknown[] = [];
const temporal = { workflow: { signalWithStart: async (_type: string, options: unknown) => void told.push(options) } };
const dependencies = () => ({ store: store(), temporal }) as unknown as Dependencies;
const report = {
  source,
  mode: 'full',
  added: 2,
  changed: 2,
  removed: 1,
  warnings: [],
  examples: { added: [], changed: [], removed: [] },
} as unknown as RefreshReport;
/** A later look at the same database, which found nothing new. */
const unchanged: RefreshReport = { ...report, mode: 'unchanged', added: 0, changed: 0, removed: 0, startedAt: '2026-02-01T00:00:00Z' };

const material = (
  id: string,
  element: 'Ni' | 'Cu' | 'Al' | 'Ag' | 'Au' | 'Pt' | 'Pd',
  prototype: PrototypeName = 'A1',
  a = 3.6,
): MaterialDocument => ({
  _id: `materials-project:${id}`,
  formula: element,
  provenance: { source: 'materials-project', sourceId: id },
  prototype,
  occupants: { A: { [element]: 1 } },
  structure: pack(buildPrototype(prototype, { A: { [element]: 1 } }, { a })),
  digest: `${id}/${a}`,
});

/**
 * Scan 1 has nickel, copper, aluminium and gold, platinum twice and palladium twice. In scan 2 nickel is the same, copper has another size, aluminium
 * is bcc, gold and both entries of platinum are gone, and the first of palladium; silver is new. Scan 3 is as the first.
 */
const first = [
  material('ni', 'Ni'),
  material('cu', 'Cu'),
  material('al', 'Al'),
  material('au', 'Au'),
  material('pt', 'Pt'),
  material('pt-2', 'Pt'),
  material('pd', 'Pd'),
  material('pd-2', 'Pd'),
];
const second = [
  material('ni', 'Ni'),
  material('cu', 'Cu', 'A1', 3.7),
  material('al', 'Al', 'A2', 2.9),
  material('ag', 'Ag'),
  material('ni-2', 'Ni'),
  material('pd-2', 'Pd'),
] as const;
const scans = [first, second, first];

async function scanned(scan: 1 | 2 | 3): Promise<void> {
  const materials = scans[scan - 1] ?? [];
  const ids = materials.map(({ provenance }) => provenance.sourceId);
  for (const { _id, ...rest } of materials) await store().collection('materials').replaceOne({ _id }, rest, { upsert: true });
  await store()
    .collection('sourcePages')
    .insertOne({
      _id: `${source}#${scan}/00000`,
      source,
      scan,
      page: 0,
      next: null,
      total: ids.length,
      ids,
      updated: ids.map(() => ''),
      digests: materials.map(({ digest = '' }) => digest),
      usable: ids,
      excluded: [],
      warnings: [],
    });
  await store()
    .collection('sources')
    .updateOne(
      { _id: source },
      { $set: { latest: { scan, databaseVersion: null, total: ids.length, newest: null, report, untold: true } } },
    );
}

async function campaign(
  name: string,
  changes: Partial<Campaign> = {},
  state: CampaignDocument['state'] = 'done',
): Promise<CampaignDocument> {
  const definition = Campaign.parse({ name, candidates: [{ source }], calculator: { name: 'lammps' }, rescreen: 'changed', ...changes });
  const document: CampaignDocument = {
    _id: name,
    definition: pack(definition),
    definitionHash: name,
    revision: 1,
    state,
    shards: 0,
    fileMaterials: [],
    sources: [{ name: source, scan: null }],
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: null,
  };
  await store().collection('campaigns').insertOne(document);
  await campaignActivities(dependencies()).prepareCampaign({ campaign: name, revision: 1 });
  await store()
    .collection('candidates')
    .updateMany({ campaign: name }, { $set: { state: 'ranked', verdict: { kind: 'ranked', reason: 'good' } } });
  return read(name);
}

async function read(name: string): Promise<CampaignDocument> {
  const document = await store().collection('campaigns').findOne({ _id: name });
  if (document === null) throw new Error(`no campaign ${name}`);
  return document;
}

const candidate = (id: string): Promise<CandidateDocument | null> => store().collection('candidates').findOne({ _id: id });
const tell = (changes: Partial<Dependencies> = {}, found = report): Promise<RefreshReport> =>
  new MockActivityEnvironment().run(() =>
    rescreenActivities({ ...dependencies(), ...changes }).rescreenCampaigns({ source, report: found }),
  );

const latest = async () => (await store().collection('sources').findOne({ _id: source }))?.latest;

async function rescreenedTo(scan: 2): Promise<void> {
  const before = await campaign('follower');
  await scanned(scan);
  await rescreen(store(), before, [{ source, scan }]);
}

/** The store as a worker sees it that dies after so many writes. */
function dyingStore(writes: number): Store {
  let left = writes;
  const write = /^(?:insert|update|replace|delete)/;
  const collection = (name: Parameters<Store['collection']>[0]) =>
    new Proxy(store().collection(name), {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (write.test(String(property)) && (left -= 1) < 0) return Promise.reject(new Error('the worker is gone'));
          return value.apply(target, args) as unknown;
        };
      },
    });
  return { ...store(), collection } as Store;
}

function ended(error: unknown): true {
  if (!(error instanceof Error) || error.message !== 'the worker is gone') throw error;
  return true;
}

/** A Temporal client that takes so many signals, and no more, and whose campaigns take the scan at once. */
function dyingAfter(signals: number): Dependencies['temporal'] {
  let left = signals;
  const signalWithStart = async (_type: string, options: { args: [{ campaign: string }] }): Promise<void> => {
    if ((left -= 1) < 0) throw new Error('the worker is gone');
    told.push(options);
    await rescreen(store(), await read(options.args[0].campaign), [{ source, scan: 2 }]);
  };
  return { workflow: { signalWithStart } } as unknown as Dependencies['temporal'];
}

beforeEach(async () => {
  told.length = 0;
  await registerSource(store(), source, SourceDefinition.parse({ source }));
  await scanned(1);
});

describe('a campaign that follows a database', () => {
  test('gets what is new, has what changed screened again, and marks what is gone', async ({ expect }) => {
    const before = await campaign('follower');
    expect(before).toMatchObject({ shards: 1, sources: [{ name: source, scan: 1 }] });
    await scanned(2);
    const note = await rescreen(store(), before, [{ source, scan: 2 }]);
    expect(note).toMatchObject({ added: 2, changed: 1, removed: 3, shards: [1, 2], scans: [{ source, scan: 2 }] });
    // The same crystal, another size: the same candidate with the new structure.
    expect(await candidate('follower/Cu-A1')).toMatchObject({
      state: 'pending',
      shard: 1,
      changedAt: note.at,
      structure: second[1].structure,
    });
    // Another crystal: another candidate, and the former is not there any more.
    expect(await candidate('follower/Al-A1')).toMatchObject({ state: 'ranked', withdrawn: note.at });
    expect(await candidate('follower/Al-A2')).toMatchObject({ state: 'pending', shard: 1, material: 'materials-project:al' });
    expect(await candidate('follower/Au-A1')).toMatchObject({ state: 'ranked', withdrawn: note.at });
    expect(await candidate('follower/Ag-A1')).toMatchObject({ state: 'pending', shard: 1 });
    // Every material behind it is gone; of palladium's one is left.
    expect(await candidate('follower/Pt-A1')).toMatchObject({ state: 'ranked', withdrawn: note.at });
    expect(await candidate('follower/Pd-A1')).toMatchObject({ state: 'ranked', material: 'materials-project:pd-2', sameAs: [] });
    // What has not changed keeps its verdict; the same crystal under a second id joins it.
    expect(await candidate('follower/Ni-A1')).toMatchObject({ state: 'ranked', shard: 0, sameAs: ['materials-project:ni-2'] });
    expect(await read('follower')).toMatchObject({ shards: 2, sources: [{ name: source, scan: 2 }], rescreens: [note] });
    const shard = await campaignActivities(dependencies()).readShard({ campaign: 'follower', shard: 1 });
    expect(shard.map(({ id }) => id).toSorted()).toEqual(['follower/Ag-A1', 'follower/Al-A2', 'follower/Cu-A1']);
  });

  test('does so once, and counts the same, after whichever write the worker dies', async ({ expect }) => {
    const names = Array.from({ length: 30 }, (_, writes) => `follower-${writes}`);
    for (const name of ['whole', ...names]) await campaign(name);
    await scanned(2);
    const facts = async (name: string) =>
      (await store().collection('candidates').find({ campaign: name }).toArray())
        .map(({ _id, state, shard, material: own, sameAs, withdrawn, addedAt, changedAt }) =>
          JSON.stringify([_id.split('/')[1], state, shard, own, sameAs, [withdrawn, addedAt, changedAt].map((it) => it !== undefined)]),
        )
        .toSorted();
    const counts = async (name: string) => {
      const { scans: news, added, changed, removed, shards } = await rescreen(store(), await read(name), [{ source, scan: 2 }]);
      return { news, added, changed, removed, shards };
    };
    const once = await counts('whole');
    expect(once).toMatchObject({ added: 2, changed: 1, removed: 3, shards: [1, 2] });
    // Found again, not done again.
    expect(await counts('whole')).toEqual(once);
    let deaths = 0;
    for (const [writes, name] of names.entries()) {
      const dies = rescreen(dyingStore(writes), await read(name), [{ source, scan: 2 }]);
      if (!(await dies.then(() => false, ended))) break;
      deaths += 1;
      expect([writes, await counts(name)]).toEqual([writes, once]);
      expect([writes, await facts(name)]).toEqual([writes, await facts('whole')]);
    }
    // The note that it began, an insertion, six changes and the note of its end.
    expect(deaths).toBe(9);
  });

  test('has back what comes back', async ({ expect }) => {
    await rescreenedTo(2);
    await scanned(3);
    const note = await rescreen(store(), await read('follower'), [{ source, scan: 3 }]);
    expect(note).toMatchObject({ added: 3, changed: 1, removed: 2, shards: [2, 3] });
    const back = await candidate('follower/Au-A1');
    expect(back).toMatchObject({ state: 'pending', shard: 2, addedAt: note.at });
    expect(back).not.toHaveProperty('withdrawn');
    expect(await candidate('follower/Al-A2')).toMatchObject({ withdrawn: note.at });
  });

  test('takes down from its ladder what is screened again, and marks there too what is gone', async ({ expect }) => {
    const fidelity = [{ calculator: { name: 'quantum-espresso' }, promote: {} }] as unknown as NonNullable<Campaign['fidelity']>;
    const before = await campaign('follower', { fidelity });
    const above = async (name: string, index: number): Promise<void> => {
      const own = await candidate(`follower/${name}`);
      if (own === null) throw new Error(`no candidate ${name}`);
      const placed = { _id: `${own._id}@dft`, base: own._id, rung: 1, fidelity: 'dft' as const, shard: 1, index };
      await store()
        .collection('candidates')
        .insertOne({ ...own, ...placed });
    };
    for (const [index, name] of ['Ni-A1', 'Cu-A1', 'Au-A1'].entries()) await above(name, 10 + index);
    await scanned(2);
    const note = await rescreen(store(), before, [{ source, scan: 2 }]);
    // Shard 1 is that of the rung.
    expect(note).toMatchObject({ added: 2, changed: 1, removed: 3, shards: [2, 3] });
    expect(await candidate('follower/Cu-A1@dft')).toBeNull();
    expect(await candidate('follower/Ni-A1@dft')).toMatchObject({ state: 'ranked', sameAs: ['materials-project:ni-2'] });
    expect(await candidate('follower/Au-A1@dft')).toMatchObject({ state: 'ranked', withdrawn: note.at });
    const prepared = await campaignActivities(dependencies()).rescreenCampaign({ campaign: 'follower', news: [{ source, scan: 2 }] });
    expect(prepared).toMatchObject({ firstShard: 2, shards: 3, rungs: 1 });
  });

  test('resumed later keeps what refreshes have brought', async ({ expect }) => {
    await rescreenedTo(2);
    const prepared = await campaignActivities(dependencies()).prepareCampaign({ campaign: 'follower', revision: 1 });
    expect(prepared).toMatchObject({ shards: 2, candidates: 8 });
  });
});

describe('a refresh tells', () => {
  test('campaigns that follow it, of how many, and no others', async ({ expect }) => {
    await campaign('follower');
    await campaign('still', { rescreen: 'never' });
    await campaign('stopped', {}, 'cancelled');
    await scanned(2);
    const whole = await tell();
    expect(whole.rescreened).toEqual([
      { campaign: 'follower', added: 2, changed: 2, removed: 4 },
      { campaign: 'stopped', added: 2, changed: 2, removed: 4, left: 'was cancelled, and is left as it is' },
    ]);
    expect(told).toEqual([
      expect.objectContaining({
        workflowId: 'campaign/follower',
        signalArgs: [{ source, scan: 2 }],
        args: [{ campaign: 'follower', revision: 1, rescreen: true }],
      }),
    ]);
  });

  describe.each([
    ['that found the scan', report],
    ['at an unchanged database, after one that told nobody', unchanged],
  ])('by a look %s', (_which, found) => {
    const [counts, look] = [{ added: 2, changed: 2, removed: 4 }, found === unchanged && { look: unchanged.startedAt }];

    test.for<[place: string, dying: () => Partial<Dependencies>]>([
      ['before it notes the first campaign', () => ({ store: dyingStore(0) })],
      ['before it tells the first campaign', () => ({ temporal: dyingAfter(0) })],
      ['before it notes the second campaign', () => ({ store: dyingStore(1) })],
      ['before it tells the second campaign', () => ({ temporal: dyingAfter(1) })],
      ['before it notes that all have been told', () => ({ store: dyingStore(2) })],
    ])('each campaign once, and names all whom it has told, if the worker dies %s', async ([, dying], { expect }) => {
      await campaign('follower');
      await campaign('second');
      await scanned(2);
      const temporal = dyingAfter(Number.POSITIVE_INFINITY);
      await expect(tell({ temporal, ...dying() }, found)).rejects.toThrow('the worker is gone');
      const whole = await tell({ temporal }, found);
      expect(whole.rescreened).toEqual(['follower', 'second'].map((name) => ({ campaign: name, ...counts, ...look })));
      expect((await latest())?.report.rescreened).toEqual(whole.rescreened);
      expect(await latest()).not.toHaveProperty('untold');
      expect(told).toMatchObject([{ workflowId: 'campaign/follower' }, { workflowId: 'campaign/second' }]);
      for (const name of ['follower', 'second']) expect((await read(name)).rescreens).toHaveLength(1);
    });
  });

  test('whom an earlier one had left out, and leaves on record whom that one had told', async ({ expect }) => {
    await campaign('follower');
    await campaign('second');
    await scanned(2);
    await expect(tell({ temporal: dyingAfter(1) })).rejects.toThrow('the worker is gone');
    const look = { look: unchanged.startedAt };
    expect((await tell({ temporal: dyingAfter(1) }, unchanged)).rescreened).toEqual([
      expect.objectContaining({ campaign: 'second', ...look }),
    ]);
    const onRecord = [{ campaign: 'follower' }, { campaign: 'second', ...look }];
    expect((await latest())?.report.rescreened).toMatchObject(onRecord);
    expect((await tell({ temporal: dyingAfter(0) }, { ...unchanged, startedAt: '2026-03-01T00:00:00Z' })).rescreened).toBeUndefined();
    expect((await latest())?.report.rescreened).toMatchObject(onRecord);
  });

  test('people of what an earlier one has found and not told, once', async ({ expect }) => {
    const started: string[] = [];
    const start = async (_type: string, { workflowId }: { workflowId: string }): Promise<void> => void started.push(workflowId);
    const settings = NotificationsFile.parse({ channels: [{ kind: 'webhook', name: 'chat', url: 'http://127.0.0.1:9/' }] });
    const listening = { notifier: new Notifier(settings, {}), temporal: { workflow: { start } } as unknown as Dependencies['temporal'] };
    await scanned(2);
    await tell(listening, unchanged);
    await tell(listening, unchanged);
    expect(started).toEqual([`notification/source/${source}/changed/2`]);
    const [event] = await store().collection('notifications').find().toArray();
    expect(event?.subject).toBe(`${source}: 2 new, 2 changed, 1 removed`);
  });

  test('nobody who stands on its scan already', async ({ expect }) => {
    await campaign('follower');
    expect((await tell()).rescreened).toBeUndefined();
    expect(told).toEqual([]);
  });
});
