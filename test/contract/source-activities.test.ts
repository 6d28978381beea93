import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, test } from 'vitest';
import { sourceActivities, type BegunRefresh } from '../../activities/source.js';
import type { Dependencies } from '../../activities/dependencies.js';
import { sourceName, SourcePool } from '../../connectors/source/open.js';
import type { CampaignDocument, MaterialDocument } from '../../connectors/store/document.js';
import { sourceMaterials } from '../../connectors/store/campaign-source.js';
import { registerSource } from '../../connectors/store/source.js';
import type { Store } from '../../connectors/store/store.js';
import { Unavailable } from '../../domain/failures.js';
import type { RefreshReport } from '../../domain/refresh.js';
import { SourceDefinition } from '../../domain/source.js';
import { FakeMaterialsProject, type FakeDatabase } from './fake-materials-project.js';
import { FakeOptimade, fakeEntry, type FakeProvider } from './fake-optimade.js';
import { realStore } from './real-store.js';

const { store } = realStore('sources');
const servers: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Setting {
  server: FakeMaterialsProject;
  name: string;
  activities: ReturnType<typeof sourceActivities>;
}

async function setting(options: Partial<FakeDatabase>, filters: object = {}): Promise<Setting> {
  const server = await FakeMaterialsProject.open({ materials: 2200, ...options });
  servers.push(server);
  return { server, ...(await query(server, filters)) };
}

async function query(server: FakeMaterialsProject, filters: object, through: Store = store()): Promise<Omit<Setting, 'server'>> {
  const definition = SourceDefinition.parse({ source: 'materials-project', ...filters });
  const name = sourceName(definition);
  await registerSource(store(), name, definition);
  return { name, activities: sourceActivities({ store: through, sources: new SourcePool(server.environment) } as Dependencies) };
}

/** As an activity runs; the attempt number is what the client reads. */
function run<Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> {
  return new MockActivityEnvironment().run(activity, input) as Promise<Result>;
}

/** As the workflow does it, with every failure of the outside world tried again. */
async function refreshed({ name, activities }: Omit<Setting, 'server'>, full = false): Promise<RefreshReport> {
  let state: BegunRefresh = await run((input) => activities.beginRefresh(input), { source: name, full });
  while (state.kind === 'scan') {
    const { scan } = state;
    for (let done = state.done; !done;)
      try {
        ({ done } = await run((input) => activities.refreshPage(input), { source: name, scan }));
      } catch (error) {
        if (!(error instanceof Unavailable || (error instanceof Error && error.message === 'killed'))) throw error;
      }
    state = await run((input) => activities.finishRefresh(input), { source: name, scan });
  }
  return state.report;
}

const materials = (): Promise<MaterialDocument[]> => store().collection('materials').find().toArray();

describe('a first scan', () => {
  test('keeps every material once, with its provenance, and the reason where it cannot be screened', async ({ expect }) => {
    const it = await setting({});
    const report = await refreshed(it);
    expect(report).toMatchObject({
      mode: 'full',
      records: 2200,
      added: 2200,
      changed: 0,
      removed: 0,
      duplicates: 0,
      pages: 3,
      warnings: [],
    });
    const kept = await materials();
    expect(new Set(kept.map(({ _id }) => _id)).size).toBe(2200);
    expect(kept).toHaveLength(2200);
    expect(kept.filter(({ prototype, refused }) => (prototype === undefined) === (refused === undefined))).toEqual([]);
    expect(kept.filter(({ prototype }) => prototype !== undefined)).toHaveLength(report.usable);
    expect(report.usable).toBeGreaterThan(150);
    expect(kept.find(({ _id }) => _id === 'materials-project:mp-1')).toMatchObject({
      formula: 'Al',
      prototype: 'A1',
      provenance: {
        source: 'materials-project',
        sourceId: 'mp-1',
        databaseVersion: '2025.09.25',
        lastUpdated: '2025-01-01T00:00:00.000Z',
        licence: 'CC-BY-NC-4.0',
        url: 'https://next-gen.materialsproject.org/materials/mp-1',
      },
    });
    expect(kept.find(({ _id }) => _id === 'materials-project:mp-2')?.refused).toMatch(/3 elements; none of our prototypes/);
    // Two for the state, one a page.
    expect(it.server.requests).toBe(5);
  });

  test('of a database that does not change costs two requests when repeated', async ({ expect }) => {
    const it = await setting({});
    await refreshed(it);
    const before = it.server.requests;
    expect(await refreshed(it)).toMatchObject({ mode: 'unchanged', records: 2200, added: 0, changed: 0, removed: 0 });
    expect(it.server.requests - before).toBe(2);
  });

  test('survives the death of its worker at every step, and reads no finished page again', async ({ expect }) => {
    const deaths = { materials: 0, sourcePages: 0, sources: 0 };
    const server = await FakeMaterialsProject.open({ materials: 2200 });
    servers.push(server);
    // Each kind of write dies right after it was done, once a page.
    const mortal: Store = {
      ...store(),
      collection: (name) => {
        const collection = store().collection(name);
        if (!(name in deaths)) return collection;
        return new Proxy(collection, {
          get(target, property, receiver) {
            const value: unknown = Reflect.get(target, property, receiver);
            if (typeof value !== 'function' || !['insertMany', 'updateOne'].includes(String(property))) return value;
            return async (...args: unknown[]) => {
              const result: unknown = await Reflect.apply(value, target, args);
              deaths[name as keyof typeof deaths] += 1;
              if (deaths[name as keyof typeof deaths] % 2 === 1 && JSON.stringify(args).includes('scan')) throw new Error('killed');
              return result;
            };
          },
        });
      },
    };
    const it = await query(server, {}, store());
    const { scan } = (await run((input) => it.activities.beginRefresh(input), { source: it.name })) as { scan: number };
    expect(scan).toBe(1);
    const dying = sourceActivities({ store: mortal, sources: new SourcePool(server.environment) } as Dependencies);
    const report = await refreshed({ name: it.name, activities: { ...it.activities, refreshPage: (input) => dying.refreshPage(input) } });
    expect(Object.values(deaths).every((count) => count > 0)).toBe(true);
    expect(report).toMatchObject({ records: 2200, added: 2200, duplicates: 0, pages: 3 });
    expect(await materials()).toHaveLength(2200);
  });
});

describe('a later refresh', () => {
  test('fetches only what is new or changed, and marks what is gone', async ({ expect }) => {
    const it = await setting({});
    it.server.change([5], { removed: true });
    await refreshed(it);
    const before = it.server.requests;
    it.server.change([5], { removed: false, lastUpdated: '2026-01-01T00:00:00Z' });
    it.server.change([10, 11], { lastUpdated: '2026-03-03T00:00:00Z' });
    it.server.change([20, 21, 22], { removed: true });
    const report = await refreshed(it);
    expect(report).toMatchObject({ mode: 'incremental', records: 2197, added: 1, changed: 2, removed: 3 });
    expect({ ...report.examples, changed: report.examples.changed.toSorted() }).toEqual({
      added: ['mp-6'],
      changed: ['mp-11', 'mp-12'],
      removed: ['mp-21', 'mp-22', 'mp-23'],
    });
    // State, three lists, and the three materials from at most three pages.
    expect(it.server.requests - before).toBeLessThanOrEqual(2 + 3 + 3);
    const kept = new Map((await materials()).map((material) => [material._id, material]));
    expect(kept.size).toBe(2200);
    expect(kept.get('materials-project:mp-11')?.provenance.lastUpdated).toBe('2026-03-03T00:00:00Z');
    expect(kept.get('materials-project:mp-21')).toMatchObject({ withdrawn: expect.any(String), provenance: { sourceId: 'mp-21' } });
    it.server.change([20], { removed: false });
    expect(await refreshed(it)).toMatchObject({ added: 1, removed: 0 });
    const again = await store().collection('materials').findOne({ _id: 'materials-project:mp-21' });
    expect(again).not.toHaveProperty('withdrawn');
    // Pages of earlier scans are of no use any more.
    expect(await store().collection('sourcePages').distinct('scan')).toEqual([3]);
  });

  test('fetches everything when the database has a new release, and writes only what differs', async ({ expect }) => {
    const it = await setting({});
    await refreshed(it);
    it.server.version = '2026.01.15';
    it.server.change([10], { lastUpdated: '2026-03-03T00:00:00Z' });
    expect(await refreshed(it)).toMatchObject({
      mode: 'full',
      previousVersion: '2025.09.25',
      databaseVersion: '2026.01.15',
      changed: 1,
      added: 0,
    });
    const versions = new Map((await materials()).map(({ _id, provenance }) => [_id, provenance.databaseVersion]));
    expect(versions.get('materials-project:mp-11')).toBe('2026.01.15');
    expect(versions.get('materials-project:mp-12')).toBe('2025.09.25');
  });

  test('lists the ids where the release cannot be told', async ({ expect }) => {
    const it = await setting({ heartbeat: 'forbidden' });
    await refreshed(it);
    const before = it.server.requests;
    const report = await refreshed(it);
    expect(report).toMatchObject({ mode: 'incremental', databaseVersion: null, added: 0, changed: 0, removed: 0 });
    expect(it.server.requests - before).toBe(2 + 3);
  });

  test('of another query of the same database knows what the first has kept', async ({ expect }) => {
    const it = await setting({ materials: 600 });
    await refreshed({ ...(await query(it.server, { elementCount: { max: 1 } })) });
    const few = (await materials()).length;
    expect(few).toBeGreaterThan(20);
    await refreshed(it);
    expect(await materials()).toHaveLength(600);
  });
});

describe('crystals that cost too much', () => {
  const values = { Al: 2.5, Cu: 9, Ni: 16, Fe: 0.4, Ti: 9, Mg: 3, W: 40, Mo: 45, Co: 30, Zr: 35, Nb: 50, V: 30, Cr: 9 };
  const price = { max: 20, file: 'prices.yaml', figures: { citation: 'a list of this test', unit: 'USD/kg', values } };

  test('are kept and counted with the reason, and are no candidates', async ({ expect }) => {
    const it = await setting({ materials: 600 }, { price });
    const report = await refreshed(it);
    const reasons = report.excluded?.examples.map(({ reason }) => reason) ?? [];
    expect(report.records).toBe(600);
    expect(reasons).toContainEqual(
      expect.stringMatching(/^its elements cost [\d.]+ USD\/kg, more than 20 \(prices.yaml: a list of this test\)$/),
    );
    expect(reasons).toContainEqual(expect.stringMatching(/^no price is given of (Au|Pt|Pd|Ag|Ta)/));
    const document = { _id: 'cheap', sources: [{ name: it.name, scan: null }] } as unknown as CampaignDocument;
    const wanted = await sourceMaterials(store(), document);
    expect(wanted).toHaveLength(report.usable - (report.excluded?.count ?? 0));
    const elements = new Set(wanted.flatMap(({ occupants }) => [...Object.keys(occupants?.A ?? {}), ...Object.keys(occupants?.B ?? {})]));
    expect(['Au', 'Pt', 'Pd', 'Ag', 'Ta'].filter((symbol) => elements.has(symbol))).toEqual([]);
  });

  test('are judged the same when a later refresh fetches the changes only', async ({ expect }) => {
    const it = await setting({ materials: 600 }, { price });
    const first = await refreshed(it);
    it.server.change([0, 1, 2, 3, 4], { lastUpdated: '2026-06-01T00:00:00Z' });
    const second = await refreshed(it);
    expect(second.mode).toBe('incremental');
    expect(second.excluded?.count).toBe(first.excluded?.count);
  });
});

describe('a database that changes while it is read', () => {
  test('is gone over again until nothing is missing', async ({ expect }) => {
    // A material of the first page goes while the second is asked for: what follows moves up, and one slips through.
    const it = await setting({ before: (number, server) => number === 3 && server.change([0], { removed: true }) });
    const report = await refreshed(it);
    expect(report).toMatchObject({ mode: 'incremental', records: 2199, added: 2199, duplicates: 0, warnings: [] });
    const kept = new Set((await materials()).map(({ provenance }) => provenance.sourceId));
    const there = Array.from({ length: 2199 }, (_, index) => index + 1).filter((index) => index % 10 !== 9 && !kept.has(`mp-${index + 1}`));
    expect(there).toEqual([]);
  });
});

describe('an OPTIMADE provider', () => {
  const entries = Array.from({ length: 25 }, (_, index) => fakeEntry(`cu-${index}`));
  const read = async (behaviour: Partial<FakeProvider>): Promise<Setting & { provider: FakeOptimade }> => {
    const provider = await FakeOptimade.open({ entries, ...behaviour });
    servers.push(provider);
    const definition = SourceDefinition.parse({ source: 'optimade', url: provider.url });
    const name = sourceName(definition);
    await registerSource(store(), name, definition);
    const activities = sourceActivities({ store: store(), sources: new SourcePool({}) } as Dependencies);
    return { server: undefined as never, provider, name, activities };
  };

  test('that links in a circle is read once around', async ({ expect }) => {
    const it = await read({ loop: 'circle' });
    const report = await refreshed(it);
    // The first page under its full address is new, and is the last.
    expect(report).toMatchObject({ records: 25, duplicates: 10 });
    expect(report.warnings).toContainEqual(expect.stringMatching(/^page \d links to a page that was read before; the scan ends there/));
    expect(await materials()).toHaveLength(25);
  });

  test('that gives its last page again and again is stopped', async ({ expect }) => {
    const report = await refreshed(await read({ loop: 'repeat' }));
    expect(report.records).toBe(25);
    expect(report.warnings).toContainEqual(expect.stringMatching(/holds nothing that earlier pages did not; the scan ends there/));
    expect(await materials()).toHaveLength(25);
  });

  test('that announces more than it gives is believed for what it gives, and nothing is called gone', async ({ expect }) => {
    const it = await read({});
    await refreshed(it);
    await it.provider.close();
    const lying = await read({ entries: entries.slice(0, 12), total: 100 });
    // The same database at another address of this machine.
    await store()
      .collection('sources')
      .updateOne(
        { _id: lying.name },
        { $set: { latest: (await store().collection('sources').findOne({ _id: it.name }))?.latest ?? null } },
      );
    const report = await refreshed(lying);
    expect(report).toMatchObject({ records: 12, removed: 0, warnings: ['the database announced 100 entries and gave 12'] });
    expect((await materials()).filter(({ withdrawn }) => withdrawn !== undefined)).toEqual([]);
  });

  test('that gives an entry twice is told so, and the entry is kept once', async ({ expect }) => {
    const report = await refreshed(await read({ entries: [...entries.slice(0, 15), ...entries.slice(3, 6)], total: 18 }));
    expect(report).toMatchObject({ records: 15, duplicates: 3 });
    expect(report.warnings).toContainEqual('3 entries came more than once');
    expect(await materials()).toHaveLength(15);
  });
});
