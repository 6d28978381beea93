import { afterEach, describe, test } from 'vitest';
import { OptimadeClient } from '../../connectors/source/optimade/client.js';
import { optimadeFilter } from '../../connectors/source/optimade/filter.js';
import { Optimade } from '../../connectors/source/optimade/optimade.js';
import type { SourceRecord } from '../../connectors/source/source.js';
import { OptimadeSource } from '../../domain/source.js';
import { FakeOptimade, fakeEntry, type FakeProvider } from './fake-optimade.js';

const opened: FakeOptimade[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

const request = { signal: new AbortController().signal, attempt: 1 };
const many = (count: number) => Array.from({ length: count }, (_, index) => fakeEntry(`cu-${index}`));

async function provider(behaviour: FakeProvider, query: object = {}) {
  const server = await FakeOptimade.open(behaviour);
  opened.push(server);
  const source = new Optimade(new OptimadeClient(server.url), OptimadeSource.parse({ source: 'optimade', url: server.url, ...query }));
  return { server, source };
}

async function scan(source: Optimade, most = 20): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < most; page += 1) {
    const answer = await source.page(cursor, request);
    records.push(...answer.records);
    cursor = answer.next;
    if (cursor === null) return records;
  }
  return records;
}

describe('an OPTIMADE database', () => {
  test.for(['text', 'object', 'relative', 'next_page', 'without-fields'] as const)(
    'is read to its end, whatever the form of its links: %s',
    async (link, { expect }) => {
      const { server, source } = await provider({ entries: many(25), link });
      expect((await scan(source)).map(({ sourceId }) => sourceId)).toEqual(many(25).map(({ id }) => id));
      const pages = server.asked.filter(({ pathname }) => pathname === '/v1/structures');
      expect(pages.map(({ searchParams }) => searchParams.get('response_fields')?.includes('species_at_sites'))).toEqual([
        true,
        true,
        true,
      ]);
    },
  );

  test('ends where a page is empty, though it links on', async ({ expect }) => {
    const { source } = await provider({ entries: many(10), loop: 'on' });
    expect(await scan(source, 5)).toHaveLength(10);
  });

  test('gives structures with licence and address, and keeps what cannot be used with the reason', async ({ expect }) => {
    const { source } = await provider({
      pageLimit: 50,
      entries: [
        fakeEntry('good'),
        fakeEntry('flat', { dimension_types: [1, 1, 0] }),
        fakeEntry('disordered', { structure_features: ['disorder'] }),
        fakeEntry('partial', { species: [{ name: 'Cu', chemical_symbols: ['Cu', 'vacancy'], concentration: [0.5, 0.5] }] }),
        fakeEntry('unknown-lattice', {
          lattice_vectors: [
            [null, null, null],
            [0, 3.6, 0],
            [0, 0, 3.6],
          ],
        }),
        fakeEntry('miscounted', { nsites: 5 }),
        fakeEntry('huge', {
          nsites: 10_000,
          cartesian_site_positions: Array.from({ length: 10_000 }, (_, index) => [index, 0, 0]),
          species_at_sites: Array.from({ length: 10_000 }, () => 'Cu'),
          lattice_vectors: [
            [900, 0, 0],
            [0, 900, 0],
            [0, 0, 900],
          ],
        }),
        fakeEntry(null),
      ],
    });
    const page = await source.page(null, request);
    const reasons = Object.fromEntries(page.records.map(({ sourceId, refused }) => [sourceId, refused]));
    expect(reasons).toEqual({
      good: undefined,
      flat: expect.stringContaining('not periodic in three directions'),
      disordered: expect.stringContaining('not fully described by its atoms'),
      partial: expect.stringContaining('Cu/vacancy has a partial occupancy'),
      'unknown-lattice': expect.stringContaining('the lattice is not finite'),
      miscounted: expect.stringContaining('nsites: there are 4 positions (found 5)'),
      huge: expect.stringContaining('more than 1000 atoms'),
    });
    expect(page.warnings).toEqual(['1 entries without an id were left out']);
    expect(page.records[0]).toMatchObject({
      licence: 'CC-BY-4.0',
      lastUpdated: '2025-05-05T00:00:00Z',
      url: expect.stringMatching(/structures\/good$/),
    });
  });

  test('tells its size and latest change, or that it cannot sort', async ({ expect }) => {
    const sorted = await provider({ entries: many(3) });
    expect(await sorted.source.state(request.signal)).toEqual({
      databaseVersion: '2026.1',
      total: 3,
      newest: '2025-05-05T00:00:00Z',
      warnings: [],
    });
    const unsorted = await provider({ entries: many(3), sortable: false });
    expect(await unsorted.source.state(request.signal)).toMatchObject({ total: 3, newest: null });
  });

  test('is given as much time between requests as it asks for', async ({ expect }) => {
    const { source } = await provider({ entries: many(25), requestDelay: 1.6 });
    await source.page(null, request);
    const began = Date.now();
    await source.page(null, request);
    expect(Date.now() - began).toBeGreaterThan(1400);
  });
});

describe('a refusal of an OPTIMADE database', () => {
  test('of the filter is final and quotes it', async ({ expect }) => {
    const { source } = await provider({ entries: [] }, { filter: 'elements HAS "Al' });
    await expect(source.state(request.signal)).rejects.toThrow(
      /filter: the OPTIMADE provider refused the query \(HTTP 400\): the filter does not parse/,
    );
  });

  test('of so many at a time says which setting', async ({ expect }) => {
    const { source } = await provider({ entries: [] }, { pageLimit: 900 });
    await expect(source.page(null, request)).rejects.toThrow(/Max allowed page_limit is 500.*pageLimit is 900/);
  });

  test('to be one names the address', async ({ expect }) => {
    const { source, server } = await provider({ entries: [], notOptimade: true });
    await expect(source.state(request.signal)).rejects.toThrow(`url: no OPTIMADE database answers there (HTTP 404`);
    await expect(source.state(request.signal)).rejects.toThrow(server.url);
  });

  test('that passes is waited out', async ({ expect }) => {
    const { source } = await provider({
      entries: many(3),
      fault: (page) => (page === 1 ? { status: 503, retryAfter: '1' } : page === 2 ? { status: 500 } : undefined),
    });
    const outcome = (): Promise<unknown> =>
      source.page(null, request).then(
        ({ records }) => records.length,
        (error: Error) => error.name,
      );
    expect(await outcome()).toBe('RateLimited');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await outcome()).toBe('ServiceUnavailable');
    expect(await outcome()).toBe(3);
  });
});

test('filters are written in what every provider must understand', ({ expect }) => {
  const filter = (query: object) => optimadeFilter(OptimadeSource.parse({ source: 'optimade', url: 'https://example.org/v1/', ...query }));
  expect(filter({})).toBeUndefined();
  expect(filter({ elements: ['Al', 'Ni'], excludeElements: ['O'], elementCount: { max: 3 }, sites: { min: 1, max: 8 } })).toBe(
    'elements HAS ALL "Al","Ni" AND NOT (elements HAS ANY "O") AND nelements<=3 AND nsites>=1 AND nsites<=8',
  );
  expect(filter({ chemicalSystems: ['Ni-Al', 'Cu'], filter: '_x_hull<0.1 OR nsites=1' })).toBe(
    '((elements HAS ALL "Al","Ni" AND nelements=2) OR (elements HAS ALL "Cu" AND nelements=1)) AND (_x_hull<0.1 OR nsites=1)',
  );
  expect(OptimadeSource.parse({ source: 'optimade', url: 'https://example.org/db/v1/' }).url).toBe('https://example.org/db');
});
