import { beforeEach, describe, test } from 'vitest';
import { MockActivityEnvironment } from '@temporalio/testing';
import { campaignActivities } from '../../activities/campaign.js';
import type { Dependencies } from '../../activities/dependencies.js';
import { rescreenActivities } from '../../activities/rescreen.js';
import type { CampaignDocument, CandidateDocument, MaterialDocument } from '../../connectors/store/document.js';
import { pack } from '../../connectors/store/nested-array.js';
import { rescreen } from '../../connectors/store/rescreen.js';
import { registerSource } from '../../connectors/store/source.js';
import { Campaign } from '../../domain/campaign.js';
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

const material = (id: string, element: 'Ni' | 'Cu' | 'Al' | 'Ag' | 'Au', prototype: PrototypeName = 'A1', a = 3.6): MaterialDocument => ({
  _id: `materials-project:${id}`,
  formula: element,
  provenance: { source: 'materials-project', sourceId: id },
  prototype,
  occupants: { A: { [element]: 1 } },
  structure: pack(buildPrototype(prototype, { A: { [element]: 1 } }, { a })),
  digest: `${id}/${a}`,
});

/** Scan 1 has nickel, copper, aluminium and gold. In scan 2 nickel is the same, copper has another size, aluminium is bcc, gold is gone, silver is new. */
const scans = [
  [material('ni', 'Ni'), material('cu', 'Cu'), material('al', 'Al'), material('au', 'Au')],
  [material('ni', 'Ni'), material('cu', 'Cu', 'A1', 3.7), material('al', 'Al', 'A2', 2.9), material('ag', 'Ag'), material('ni-2', 'Ni')],
] as const;

async function scanned(scan: 1 | 2): Promise<void> {
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
    .updateOne({ _id: source }, { $set: { latest: { scan, databaseVersion: null, total: ids.length, newest: null, report } } });
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
const tell = (): Promise<RefreshReport> =>
  new MockActivityEnvironment().run(() => rescreenActivities(dependencies()).rescreenCampaigns({ source, report }));

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
    expect(note).toMatchObject({ added: 2, changed: 1, removed: 2, shards: [1, 2], scans: [{ source, scan: 2 }] });
    // The same crystal, another size: the same candidate with the new structure.
    expect(await candidate('follower/Cu-A1')).toMatchObject({
      state: 'pending',
      shard: 1,
      changedAt: note.at,
      structure: scans[1][1].structure,
    });
    // Another crystal: another candidate, and the former is not there any more.
    expect(await candidate('follower/Al-A1')).toMatchObject({ state: 'ranked', withdrawn: note.at });
    expect(await candidate('follower/Al-A2')).toMatchObject({ state: 'pending', shard: 1, material: 'materials-project:al' });
    expect(await candidate('follower/Au-A1')).toMatchObject({ state: 'ranked', withdrawn: note.at });
    expect(await candidate('follower/Ag-A1')).toMatchObject({ state: 'pending', shard: 1 });
    // What has not changed keeps its verdict; the same crystal under a second id joins it.
    expect(await candidate('follower/Ni-A1')).toMatchObject({ state: 'ranked', shard: 0, sameAs: ['materials-project:ni-2'] });
    expect(await read('follower')).toMatchObject({ shards: 2, sources: [{ name: source, scan: 2 }], rescreens: [note] });
    const shard = await campaignActivities(dependencies()).readShard({ campaign: 'follower', shard: 1 });
    expect(shard.map(({ id }) => id).toSorted()).toEqual(['follower/Ag-A1', 'follower/Al-A2', 'follower/Cu-A1']);
  });

  test('does so once, whenever the worker dies', async ({ expect }) => {
    const before = await campaign('follower');
    await scanned(2);
    const first = await rescreen(store(), before, [{ source, scan: 2 }]);
    const settled = await store().collection('candidates').find().toArray();
    // After the last write: the note is found. Before it: the same candidates come out.
    expect(await rescreen(store(), await read('follower'), [{ source, scan: 2 }])).toEqual(first);
    await rescreen(store(), before, [{ source, scan: 2 }]);
    const again = await store().collection('candidates').find().toArray();
    const facts = (all: CandidateDocument[]) =>
      all.map(({ _id, state, material: own, withdrawn }) => `${_id} ${state} ${own} ${withdrawn !== undefined}`).toSorted();
    expect(facts(again)).toEqual(facts(settled));
  });

  test('resumed later keeps what refreshes have brought', async ({ expect }) => {
    const before = await campaign('follower');
    await scanned(2);
    await rescreen(store(), before, [{ source, scan: 2 }]);
    const prepared = await campaignActivities(dependencies()).prepareCampaign({ campaign: 'follower', revision: 1 });
    expect(prepared).toMatchObject({ shards: 2, candidates: 6 });
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
      { campaign: 'follower', added: 2, changed: 2, removed: 1 },
      { campaign: 'stopped', added: 2, changed: 2, removed: 1, left: 'was cancelled, and is left as it is' },
    ]);
    expect(told).toEqual([
      expect.objectContaining({
        workflowId: 'campaign/follower',
        signalArgs: [{ source, scan: 2 }],
        args: [{ campaign: 'follower', revision: 1, rescreen: true }],
      }),
    ]);
  });

  test('nobody who stands on its scan already', async ({ expect }) => {
    await campaign('follower');
    expect((await tell()).rescreened).toBeUndefined();
    expect(told).toEqual([]);
  });
});
