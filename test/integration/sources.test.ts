import { afterEach, beforeEach, describe, test } from 'vitest';
import type { SourceDocument } from '../../connectors/store/source-document.js';
import type { RefreshReport } from '../../domain/refresh.js';
import { FakeMaterialsProject, type Fault, type FakeDatabase } from '../contract/fake-materials-project.js';
import { FakeOptimade, fakeEntry } from '../contract/fake-optimade.js';
import { until, Workplace } from './cli.js';

let place: Workplace;
const servers: { close(): Promise<void> }[] = [];
beforeEach(() => {
  place = new Workplace();
});
afterEach(async () => {
  await place.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function materialsProject(database: FakeDatabase): Promise<FakeMaterialsProject> {
  const server = await FakeMaterialsProject.open(database);
  servers.push(server);
  Object.assign(place.environment, server.environment);
  return server;
}

const source = (name: string) => place.read(({ db }) => db.collection<SourceDocument>('sources').findOne({ _id: name }));

describe('a scan of a database', () => {
  test('goes on where it was when worker and store are killed, through faults of the service, and keeps each material once', async ({
    expect,
  }) => {
    const faults: Fault[] = ['timeout', 'truncated', 'rate-limited', 'dropped', 'gateway'];
    const server = await materialsProject({
      materials: 5000,
      fault: (number) => (number % 3 === 0 ? faults[(number / 3) % faults.length] : undefined),
    });
    await place.choosePorts();
    const { ended } = place.start(['source', 'refresh', 'materials-project', '--json']);
    await until(
      () => source('materials-project'),
      (document) => (document?.running?.page ?? 0) >= 2,
    );
    place.kill('worker');
    place.kill('store');
    const { code, out, err } = await ended;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { sources } = JSON.parse(out) as { sources: RefreshReport[] };
    expect(sources).toMatchObject([{ mode: 'full', records: 5000, added: 5000, duplicates: 0, warnings: [] }]);
    // Five pages of 1,000, and more where one that had failed twice was asked for in smaller pieces.
    expect(sources[0]?.pages).toBeGreaterThanOrEqual(5);
    expect(sources[0]?.pages).toBeLessThanOrEqual(8);
    await place.run(['up', '--detach']);
    const ids = await until(
      () =>
        place.read(({ db }) =>
          db
            .collection<{ _id: string }>('materials')
            .find({}, { projection: { _id: 1 } })
            .toArray(),
        ),
      (found) => found !== undefined,
    );
    expect(new Set(ids?.map(({ _id }) => _id)).size).toBe(5000);
    expect(ids).toHaveLength(5000);

    // A second look at the same database: two requests.
    const before = server.requests;
    const again = await place.json<{ sources: RefreshReport[] }>('source', 'refresh', 'materials-project');
    expect(again.sources).toMatchObject([{ mode: 'unchanged', records: 5000 }]);
    expect(server.requests - before).toBeLessThanOrEqual(5000 / 1000 + 2);
    const { sources: listed } = await place.json<{ sources: { name: string; records: number; state: string }[] }>('source', 'list');
    expect(listed).toMatchObject([{ name: 'materials-project', records: 5000, state: 'idle' }]);
  });

  test('is made at set times until it is told otherwise', async ({ expect }) => {
    await materialsProject({ materials: 20 });
    await place.run(['up', '--detach']);
    const create = (...more: string[]) =>
      place.run(['schedule', 'create', 'materials-project', '--cron', '* * * * *', '--jitter', '1s', ...more]);
    expect(await create('--json')).toMatchObject({ code: 0 });
    expect(await create()).toMatchObject({ code: 2, err: expect.stringContaining('has a schedule already') });
    const list = () =>
      place.json<{ schedules: { source: string; paused: boolean; runs: number; next: string | null }[] }>('schedule', 'list');
    expect((await list()).schedules).toMatchObject([{ source: 'materials-project', paused: false, next: expect.any(String) }]);
    await until(list, ({ schedules }) => (schedules[0]?.runs ?? 0) > 0, 150);
    const found = await until(
      () => place.json<{ sources: { records: number | null }[] }>('source', 'list'),
      ({ sources }) => sources[0]?.records === 20,
    );
    expect(found.sources).toHaveLength(1);
    const before = (await list()).schedules[0]?.runs ?? 0;
    expect(
      await place.run(['schedule', 'backfill', 'materials-project', '--from', '2026-01-01', '--to', '2026-01-01T00:03:00Z']),
    ).toMatchObject({
      code: 0,
    });
    await until(list, ({ schedules }) => (schedules[0]?.runs ?? 0) > before, 60);
    expect(await place.run(['schedule', 'backfill', 'materials-project', '--from', 'yesterday'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--from'),
    });
    expect(await place.run(['schedule', 'pause', 'materials-project'])).toMatchObject({ code: 0 });
    expect((await list()).schedules).toMatchObject([{ paused: true, next: null }]);
    expect(await place.run(['schedule', 'resume', 'materials-project'])).toMatchObject({ code: 0 });
    expect(await place.run(['schedule', 'delete', 'materials-project'])).toMatchObject({ code: 0 });
    expect((await list()).schedules).toEqual([]);
    expect(await place.run(['schedule', 'delete', 'materials-project'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no schedule'),
    });
  });
});

describe('a campaign over databases', () => {
  test('screens what they hold, one candidate for a crystal that several have, and tells where it comes from', async ({ expect }) => {
    await materialsProject({ materials: 300 });
    const provider = await FakeOptimade.open({
      entries: [fakeEntry('cu-1'), fakeEntry('cu-2'), fakeEntry('flat', { dimension_types: [1, 1, 0] })],
    });
    servers.push(provider);
    const file = place.file(
      'campaign.yaml',
      `name: databases
candidates:
  - { generator: pure, elements: [Cu] }
  - { source: materials-project, chemicalSystems: [Ni, Pd], elasticity: true }
  - { source: optimade, url: '${provider.url}/v1' }
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
`,
    );
    const planned = await place.json<{ candidates: number; sources: { total: number; usable: number }[] }>('screen', file, '--dry-run');
    expect(planned.sources).toMatchObject([{ usable: expect.any(Number) }, { total: 3, usable: 2 }]);
    const { code, out, err } = await place.run(['screen', file, '--json']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { counts, ranking } = JSON.parse(out) as {
      counts: { candidates: number; ranked: number; rejected: number };
      ranking: { candidate: string }[];
    };
    expect(counts.candidates).toBe(planned.candidates);
    expect(ranking.map(({ candidate }) => candidate)).toEqual(
      expect.arrayContaining(['databases/Cu-A1', 'databases/Ni-A1', 'databases/Pd-A1']),
    );
    const host = new URL(provider.url).host;
    expect(await place.json('show', 'databases/Cu-A1')).toMatchObject({
      material: { _id: 'generator:Cu-A1' },
      sameAs: [
        { _id: `optimade:${host}:cu-1`, provenance: { licence: 'CC-BY-4.0', lastUpdated: '2025-05-05T00:00:00Z' } },
        { _id: `optimade:${host}:cu-2` },
      ],
    });
    expect(await place.json('show', 'databases/Ni-A1')).toMatchObject({
      material: { _id: expect.stringMatching(/^materials-project:mp-/), reference: { passed: expect.any(Boolean), axes: 'ieee' } },
    });
    const { sources: listed } = await place.json<{ sources: { name: string }[] }>('source', 'list');
    expect(listed.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, '')).toSorted()).toEqual([
      'materials-project',
      `optimade-${host.replace(':', '-')}`,
    ]);
    // The same file again: nothing is asked, nothing is computed.
    const asked = provider.asked.length;
    expect(await place.run(['screen', file])).toMatchObject({ code: 0, out: expect.stringContaining('has finished before') });
    expect(provider.asked).toHaveLength(asked);
  });
});

describe('what cannot be right is refused before anything is written', () => {
  const campaign = (line: string) => `name: c\ncandidates:\n  - ${line}\ncalculator: { name: lammps, potential: zhou2004 }\n`;

  test.for<[what: string, line: string, ...words: string[]]>([
    ['an unknown filter', '{ source: materials-project, num_elements: 3 }', 'candidates.0', 'num_elements', 'line 3'],
    ['an unknown source', '{ source: materials-projekt }', 'candidates.0.source'],
    [
      'bounds the wrong way round',
      '{ source: materials-project, sites: { min: 5, max: 2 } }',
      'candidates.0.sites',
      'min must not exceed max',
    ],
    ['an address that is none', '{ source: optimade, url: example.org }', 'candidates.0.url', 'http://'],
    ['no key', '{ source: materials-project }', 'MP_API_KEY', 'next-gen.materialsproject.org/api'],
  ])('%s', async ([, line, ...words], { expect }) => {
    const { code, out, err } = await place.run(['screen', place.file('c.yaml', campaign(line)), '--dry-run'], { MP_API_KEY: '' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(words.filter((word) => !err.includes(word))).toEqual([]);
    expect(err.split('\n').filter((text) => /^\s+at /.test(text))).toEqual([]);
  });

  test('a revoked key, a wrong endpoint, a host that is not there, a database that is none', async ({ expect }) => {
    await materialsProject({ materials: 5 });
    const provider = await FakeOptimade.open({ entries: [], notOptimade: true });
    servers.push(provider);
    const refresh = (what: string, changes: NodeJS.ProcessEnv = {}) => place.run(['source', 'refresh', what], changes);
    const results = await Promise.all([
      refresh('materials-project', { MP_API_KEY: 'revoked' }),
      refresh('materials-project', { MP_API_ENDPOINT: `${place.environment['MP_API_ENDPOINT']}/v9` }),
      refresh('materials-project', { MP_API_ENDPOINT: 'http://127.0.0.1:9' }),
      refresh(provider.url),
      refresh('http://127.0.0.1:9/optimade'),
    ]);
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(results.map(({ err }) => err.trim())).toEqual([
      expect.stringMatching(/MP_API_KEY: the Materials Project refused the key \(HTTP 401/),
      expect.stringMatching(/MP_API_ENDPOINT: no Materials Project interface answers there/),
      expect.stringMatching(/MP_API_ENDPOINT: .*cannot be reached.*ECONNREFUSED/),
      expect.stringMatching(/url: no OPTIMADE database answers there \(HTTP 404/),
      expect.stringMatching(/url: .*cannot be reached.*ECONNREFUSED/),
    ]);
  });

  test('a source that nobody knows, and times that never come', async ({ expect }) => {
    await materialsProject({ materials: 5 });
    expect(await place.run(['source', 'refresh', 'nomad'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no source "nomad"'),
    });
    const schedule = await place.run(['schedule', 'create', 'materials-project', '--cron', '0 25 * * *']);
    expect(schedule).toMatchObject({ code: 2, err: expect.stringMatching(/--cron: .*hour: 25 \(found "0 25 \* \* \*"\)/) });
  });
});
