import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'vitest';
import { MaterialsProjectClient } from '../../connectors/source/materials-project/client.js';
import { MaterialsProject } from '../../connectors/source/materials-project/materials-project.js';
import type { SourceRecord } from '../../connectors/source/source.js';
import { Invalid, Unavailable } from '../../domain/failures.js';
import { MaterialsProjectSource } from '../../domain/source.js';
import { FakeMaterialsProject, type FakeDatabase } from './fake-materials-project.js';

const opened: FakeMaterialsProject[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function database(options: Partial<FakeDatabase>, filters: object = {}, environment: NodeJS.ProcessEnv = {}) {
  const server = await FakeMaterialsProject.open({ materials: 20, ...options });
  opened.push(server);
  const client = new MaterialsProjectClient({ ...server.environment, ...environment });
  return {
    server,
    client,
    source: new MaterialsProject(client, MaterialsProjectSource.parse({ source: 'materials-project', ...filters })),
  };
}

const request = { signal: new AbortController().signal, attempt: 1 };
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function scan(source: MaterialsProject): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await source.page(cursor, request);
    records.push(...page.records);
    cursor = page.next;
  }
  return records;
}

describe('the Materials Project', () => {
  test('is scanned page by page without a gap or a repeat, one request for 1,000 materials', async ({ expect }) => {
    const { server, source } = await database({ materials: 2500 });
    const records = await scan(source);
    expect(new Set(records.map(({ sourceId }) => sourceId)).size).toBe(2500);
    expect(records).toHaveLength(2500);
    expect(server.requests).toBe(3);
  });

  test('tells its release, its size and its latest change in two requests', async ({ expect }) => {
    const { server, source } = await database({ materials: 30 });
    server.change([4], { lastUpdated: '2026-02-02T00:00:00Z' });
    expect(await source.state(request.signal)).toEqual({
      databaseVersion: '2025.09.25',
      total: 30,
      newest: '2026-02-02T00:00:00Z',
      warnings: [],
    });
    expect(server.requests).toBe(2);
  });

  test('goes on without a release when the heartbeat is refused, and says so', async ({ expect }) => {
    const { source } = await database({ heartbeat: 'forbidden' });
    expect(await source.state(request.signal)).toMatchObject({
      databaseVersion: null,
      total: 20,
      warnings: [expect.stringContaining('heartbeat was refused (HTTP 403)')],
    });
  });

  test('lists ids and dates in the order of its pages', async ({ expect }) => {
    const { source } = await database({ materials: 40 });
    const [page, list] = [await source.page(null, request), await source.listing(null, request)];
    expect(list.entries).toEqual(page.records.map(({ sourceId, lastUpdated }) => ({ sourceId, lastUpdated })));
    expect(list).toMatchObject({ next: null, total: 40 });
  });

  test('gives single materials, also more than fit in one address', async ({ expect }) => {
    const { server, source } = await database({ materials: 300 });
    const ids = Array.from({ length: 250 }, (_, index) => (index % 10 === 9 ? 'mp-nonsense' : `mp-${index + 1}`));
    expect((await source.records(ids, request)).map(({ sourceId }) => sourceId).toSorted()).toEqual(
      ids.filter((id) => id !== 'mp-nonsense').toSorted(),
    );
    expect(server.requests).toBe(3);
  });

  test('keeps what cannot be used, with the material, the place and the reason', async ({ expect }) => {
    const { source } = await database({ materials: 300 });
    const refused = new Map((await scan(source)).flatMap((it) => (it.refused === undefined ? [] : [[it.sourceId, it.refused]])));
    expect(refused.get('mp-14')).toMatch(/mp-14: structure\.sites\[0\]: .* has a partial occupancy \(found 0\.5\)/);
    expect(refused.get('mp-64')).toMatch(/mp-64: structure\.lattice\.matrix: the lattice is not finite/);
    expect(refused.get('mp-114')).toMatch(/mp-114: the database gives no structure/);
    expect(refused.get('mp-164')).toMatch(/left-handed/);
    expect(refused.get('mp-214')).toMatch(/stand in one place/);
    expect(refused.size).toBe(6);
  });

  test('survives a document with nothing in it and a cell of 10,000 atoms', async ({ expect }) => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({ species: [{ element: 'Al', occu: 1 }], abc: [index / 10_000, 0, 0] }));
    const lattice = {
      matrix: [
        [9000, 0, 0],
        [0, 4, 0],
        [0, 0, 4],
      ],
    };
    const { source } = await database({
      materials: 3,
      document: (index) =>
        index === 0
          ? { structure: null, last_updated: null, builder_meta: null, ordering: null, theoretical: null, formula_pretty: null }
          : index === 1
            ? {
                structure: {
                  lattice: {
                    ...lattice,
                    matrix: [
                      [900, 0, 0],
                      [0, 90, 0],
                      [0, 0, 90],
                    ],
                  },
                  sites: many,
                },
              }
            : {
                structure: {
                  lattice: {
                    matrix: [
                      [3, 0, 0],
                      [0, 3, 0],
                      [0, 0, 'NaN'],
                    ],
                  },
                  sites: many.slice(0, 1),
                },
              },
    });
    const reasons = (await scan(source)).map(({ refused }) => refused);
    expect(reasons).toEqual([
      expect.stringContaining('gives no structure'),
      expect.stringMatching(/more than 1000 atoms \(found 10000\)/),
      expect.stringContaining('lattice is not finite'),
    ]);
  });

  test('survives the NaN that Python writes: the material is refused, not the page', async ({ expect }) => {
    const { source } = await database({ materials: 5, rewrite: (text) => text.replace('[[3.', '[[NaN, 0.') });
    const records = await scan(source);
    expect(records.map(({ refused }) => refused !== undefined)).toContain(true);
    expect(records).toHaveLength(5);
  });

  test('takes each filter under the name that the server knows', async ({ expect }) => {
    const { server, source } = await database(
      {},
      {
        elements: ['Al', 'Ni'],
        excludeElements: ['O'],
        chemicalSystems: ['Ni-Al'],
        elementCount: { min: 1, max: 3 },
        sites: { max: 8 },
        energyAboveHullEv: { max: 0.05 },
        theoretical: false,
        magnetic: false,
        crystalSystems: ['Cubic', 'Hexagonal'],
        spaceGroups: [225, 221],
      },
    );
    await source.page(null, request);
    expect(Object.fromEntries(server.asked[0]?.searchParams ?? [])).toMatchObject({
      deprecated: 'false',
      elements: 'Al,Ni',
      exclude_elements: 'O',
      chemsys: 'Al-Ni',
      nelements_min: '1',
      nelements_max: '3',
      nsites_max: '8',
      energy_above_hull_max: '0.05',
      theoretical: 'false',
      ordering: 'NM',
      crystal_system: 'Cubic,Hexagonal',
      spacegroup_number: '225,221',
      _sort_fields: 'material_id',
    });
    expect(server.answered).toEqual(new Map([['summary 200', 1]]));
  });

  test('sets aside materials whose magnetic order nobody knows', async ({ expect }) => {
    const { source } = await database({ materials: 40 }, { magnetic: true });
    const records = await scan(source);
    const excluded = new Map(records.map(({ sourceId, excluded: reason }) => [sourceId, reason]));
    expect(excluded.get('mp-1')).toBe('its magnetic order is not known');
    expect(new Set(excluded.values())).toEqual(new Set([undefined, 'its magnetic order is not known', 'it is not magnetic']));
  });

  test('adds elastic tensors to those that have one, where asked', async ({ expect }) => {
    const { server, source } = await database({ materials: 60 }, { elasticity: true });
    const with_ = (await scan(source)).filter(({ elasticGpa }) => elasticGpa !== undefined);
    expect(with_.length).toBeGreaterThan(5);
    expect(with_[0]?.elasticGpa?.[0]?.[0]).toBe(168);
    expect(server.answered.get('elasticity 200')).toBe(1);
  });

  test('is asked for less at a time after time-outs', async ({ expect }) => {
    const { server, source } = await database({ materials: 1200 });
    for (const attempt of [1, 2, 3, 4, 9]) await source.page(null, { ...request, attempt });
    expect(server.asked.map((url) => url.searchParams.get('_limit'))).toEqual(['1000', '1000', '250', '100', '100']);
  });
});

describe('a refusal of the Materials Project', () => {
  test('for want of a key comes before any request', async ({ expect }) => {
    expect(() => new MaterialsProjectClient({})).toThrow(
      /MP_API_KEY: the Materials Project needs a key.*next-gen\.materialsproject\.org\/api/,
    );
  });

  test('of the key is final, and the key is in no message', async ({ expect }) => {
    const { source } = await database({}, {}, { MP_API_KEY: 'revoked-secret' });
    const error = await failureOf(source.page(null, request));
    expect(error).toBeInstanceOf(Invalid);
    expect(error).toMatchObject({
      name: 'PermissionDenied',
      message: expect.stringMatching(/MP_API_KEY.*refused the key \(HTTP 401: Invalid/),
    });
    expect(JSON.stringify(error)).not.toContain('revoked-secret');
  });

  test('to be the Materials Project at all names the setting', async ({ expect }) => {
    const { client, server } = await database({}, {}, {});
    const elsewhere = new MaterialsProjectClient({ MP_API_KEY: 'x', MP_API_ENDPOINT: `${server.environment.MP_API_ENDPOINT}/nowhere` });
    await expect(elsewhere.databaseVersion(request.signal)).rejects.toThrow(
      /MP_API_ENDPOINT: no Materials Project interface answers there/,
    );
    expect(() => new MaterialsProjectClient({ MP_API_KEY: 'x', MP_API_ENDPOINT: 'materialsproject' })).toThrow(
      /MP_API_ENDPOINT: this is no address/,
    );
    await expect(client.documents('nothing', {}, request.signal)).rejects.toThrow(/no Route matched/);
  });

  test('that sends us elsewhere is not followed: the key would go along', async ({ expect }) => {
    const { server } = await database({});
    const elsewhere = createServer((_, response) => response.writeHead(302, { location: server.environment.MP_API_ENDPOINT }).end());
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    const client = new MaterialsProjectClient({ MP_API_KEY: 'x', MP_API_ENDPOINT: `http://127.0.0.1:${port}` });
    await expect(client.documents('summary', {}, request.signal)).rejects.toThrow(/MP_API_ENDPOINT: no Materials Project .*HTTP 302/);
    elsewhere.closeAllConnections();
    elsewhere.close();
    expect(server.requests).toBe(0);
  });

  test('of an unknown parameter or a bad value names it', async ({ expect }) => {
    const { client } = await database({});
    const unknown = await failureOf(client.documents('summary', { num_elements: '3' }, request.signal));
    expect(unknown).toMatchObject({ name: 'InvalidInput', message: expect.stringContaining('cannot be used: num_elements') });
    const invalid = await failureOf(client.documents('summary', { elements: 'Al,'.repeat(30) }, request.signal));
    expect(invalid).toMatchObject({ name: 'InvalidInput', message: expect.stringContaining('elements: ensure this value has at most 60') });
    const large = await failureOf(client.documents('summary', { _limit: '1001' }, request.signal));
    expect(large).toMatchObject({ name: 'InvalidInput', message: expect.stringContaining('max limit is 1000') });
  });
});

describe('trouble on the way to the Materials Project is waited out', () => {
  test('for as long as it asks, without another request meanwhile', async ({ expect }) => {
    const { server, source } = await database({ fault: () => 'rate-limited' });
    expect(await failureOf(source.page(null, request))).toMatchObject({ name: 'RateLimited', retryAfterSeconds: 1 });
    expect(await failureOf(source.page(null, request))).toMatchObject({ name: 'RateLimited' });
    expect(server.requests).toBe(1);
  });

  test('for minutes when it has blocked us', async ({ expect }) => {
    const { source } = await database({ fault: () => 'blocked' });
    expect(await failureOf(source.page(null, request))).toMatchObject({ name: 'RateLimited', retryAfterSeconds: 300 });
  });

  test.for(['timeout', 'gateway', 'truncated', 'slow-drip', 'html', 'dropped'] as const)(
    'when the answer is %s',
    async (fault, { expect }) => {
      const { source } = await database({ fault: (number) => (number === 1 ? fault : undefined) });
      expect(await failureOf(source.page(null, request))).toBeInstanceOf(Unavailable);
      expect((await source.page(null, request)).records).toHaveLength(20);
    },
  );

  test('when nobody is there', async ({ expect }) => {
    const client = new MaterialsProjectClient({ MP_API_KEY: 'x', MP_API_ENDPOINT: 'http://127.0.0.1:9' });
    expect(await failureOf(client.databaseVersion(request.signal))).toMatchObject({
      name: 'ServiceUnavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('and given up at once when cancelled', async ({ expect }) => {
    const { source } = await database({ fault: () => 'slow-drip' });
    const stop = new AbortController();
    const asked = failureOf(source.page(null, { signal: stop.signal, attempt: 1 }));
    stop.abort();
    expect(await asked).toMatchObject({ name: 'AbortError' });
  });
});
