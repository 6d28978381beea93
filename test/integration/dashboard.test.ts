import { request } from 'node:http';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { freePort } from '../../connectors/embedded/port.js';
import type { RankingRow } from '../../connectors/store/rank.js';
import type { CampaignProgress } from '../../domain/progress.js';
import type { RefreshReport } from '../../domain/refresh.js';
import { FakeOptimade, fakeEntry } from '../contract/fake-optimade.js';
import { until, Workplace } from './cli.js';

/** Copper in its database; nickel comes, and copper goes, while the campaign stands on it. */
const entries = [fakeEntry('cu-1', { last_modified: '2025-05-05T00:00:00Z' })];
const nickel = fakeEntry('ni-1', {
  chemical_formula_reduced: 'Ni',
  species: [{ name: 'Ni', chemical_symbols: ['Ni'], concentration: [1] }],
  species_at_sites: ['Ni', 'Ni', 'Ni', 'Ni'],
  last_modified: '2026-01-01T00:00:00Z',
});

const place = new Workplace();
let provider: FakeOptimade;
let url = '';
let files = { followed: '', sampled: '' };

beforeAll(async () => {
  provider = await FakeOptimade.open({ entries });
  await place.choosePorts();
  place.environment['PEIERLS_DASHBOARD_PORT'] = String(await freePort());
  url = (await place.json<{ dashboard: string }>('up', '--detach')).dashboard;
  const common = 'calculator: { name: lammps, potential: zhou2004 }\nprotocol: { gamma: { grid: [3, 3] } }\n';
  files = {
    followed: place.file(
      'followed.yaml',
      `name: followed\ndescription: 'Copper <b>&</b> others'\nrescreen: changed\ncandidates:\n  - { source: optimade, url: '${provider.url}' }\n${common}`,
    ),
    sampled: place.file(
      'sampled.yaml',
      `name: sampled\ncandidates:\n  - { generator: composition-grid, prototypes: [A1], elements: [Cu, Ni], divisions: 20 }\nsample: { candidates: 9 }\n${common}`,
    ),
  };
  for (const file of Object.values(files)) {
    const { code, err } = await place.run(['screen', file, '--json']);
    if (code !== 0) throw new Error(`peierls screen exited ${code}: ${err}`);
  }
}, 600_000);
afterAll(async () => {
  await place.close();
  await provider.close();
});

const text = async (path: string): Promise<string> => (await fetch(url + path)).text();
const data = async <Value>(path: string): Promise<Value> => (await fetch(`${url}/api${path}`)).json() as Promise<Value>;

/** `fetch` names the host itself. */
function statusFor(method: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

describe('the dashboard', () => {
  test('shows what the commands say', async ({ expect }) => {
    const status = await place.json<CampaignProgress>('status', 'sampled');
    const rank = await place.json<{ ranking: RankingRow[] }>('rank', 'sampled');
    const shown = await data<CampaignProgress & { ranking: RankingRow[] }>('/campaigns/sampled');
    expect({ ...shown, ranking: shown.ranking.map(({ candidate }) => candidate) }).toMatchObject({
      counts: status.counts,
      points: status.points,
      state: 'done',
      ranking: rank.ranking.map(({ candidate }) => candidate),
    });
    expect((await data<CampaignProgress[]>('/campaigns')).map(({ campaign }) => campaign).toSorted()).toEqual(['followed', 'sampled']);
    const some = await data<{ ranking: RankingRow[] }>('/campaigns/sampled?formula=Cu*&domain=inside');
    expect(some.ranking.map(({ formula }) => formula.startsWith('Cu'))).not.toContain(false);
  });

  test('leads from a campaign to every candidate and its jobs, without a dead link or anything from elsewhere', async ({ expect }) => {
    const pages = new Map<string, string>();
    const open = ['/'];
    while (open.length > 0) {
      const path = open.pop() ?? '/';
      if (pages.has(path)) continue;
      const reply = await fetch(url + path);
      expect(reply.status, path).toBe(200);
      const body = await reply.text();
      pages.set(path, body);
      if (reply.headers.get('content-type')?.startsWith('text/html') === true)
        open.push(...[...body.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, link = '']) => link));
    }
    expect([...pages.keys()].filter((path) => path.startsWith('/candidates/')).length).toBe(22);
    const hosts = [...pages.values()].flatMap((body) =>
      [...body.matchAll(/(?:href|src|action)="https?:\/\/([^/"]+)/g)].map(([, host]) => host),
    );
    expect(new Set(hosts)).toEqual(new Set([`127.0.0.1:${place.environment['PEIERLS_TEMPORAL_UI_PORT']}`]));
    const copper = pages.get('/candidates/followed/Cu-A1') ?? '';
    expect(copper).toContain('Elastic tensor');
    expect(copper).toContain('class="gamma"');
    expect(copper).toMatch(/p[0-9a-f]{12}-1/);
    expect(copper).toContain(`optimade:${new URL(provider.url).host}:cu-1`);
    expect(copper).toContain('/namespaces/default/workflows/candidate%2Ffollowed%2FCu-A1');
    expect(pages.get('/campaigns/followed')).toContain('Copper &lt;b&gt;&amp;&lt;/b&gt; others');
    expect(pages.get('/computers')).toContain('local');
    expect(pages.get('/sources')).toContain(`optimade-${new URL(provider.url).host.replace(':', '-')}`);
  });

  test('can be read from this machine under its own name only, and changes nothing', async ({ expect }) => {
    const { host } = new URL(url);
    expect(await statusFor('GET', host)).toBe(200);
    expect(await statusFor('GET', 'rebound.example:80')).toBe(403);
    expect(await statusFor('POST', host)).toBe(405);
    expect(await statusFor('DELETE', host)).toBe(405);
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self'/);
  });

  test('says plainly what is not there', async ({ expect }) => {
    const script = encodeURIComponent('<script>alert(1)</script>');
    for (const path of ['/campaigns/nobody', `/candidates/${script}`, '/elsewhere', `/campaigns/${script}`]) {
      const reply = await fetch(url + path);
      expect([path, reply.status, (await reply.text()).includes('<script>alert')]).toEqual([path, 404, false]);
    }
    expect((await fetch(`${url}/api/campaigns/nobody`)).status).toBe(404);
    expect((await fetch(`${url}/%zz`)).status).toBe(400);
    expect((await fetch(`${url}/campaigns/sampled?formula=${'*'.repeat(50)}z&top=-3&lattice=%3Cb%3E`)).status).toBe(200);
  });

  test('is served again at the same address after its death', async ({ expect }) => {
    const before = await text('/');
    place.kill('dashboard');
    const { dashboard } = await place.json<{ dashboard: string }>('up', '--detach');
    expect(dashboard).toBe(url);
    expect((await text('/')).length).toBe(before.length);
  });
});

describe('a campaign that simulates a sample', () => {
  test('ranks the others by interpolation, and says from what', async ({ expect }) => {
    const { ranking } = await place.json<{ ranking: RankingRow[] }>('rank', 'sampled');
    const of = (fidelity: string) => ranking.filter((row) => row.fidelity === fidelity);
    expect([of('md').length, of('interpolated').length]).toEqual([9, 12]);
    const [one] = of('interpolated');
    const shown = await place.json<{ interpolation: { samples: number; nearest: string }; properties: { a: number } }>(
      'show',
      one?.candidate ?? '',
    );
    expect(shown).toMatchObject({ interpolation: { samples: 9, nearest: expect.stringMatching(/^sampled\//) } });
    // Between nickel and copper of this potential.
    expect(shown.properties.a).toBeGreaterThan(3.51);
    expect(shown.properties.a).toBeLessThan(3.62);
  });

  test('can be ranked by another model, and back', async ({ expect }) => {
    const { code, err } = await place.run(['repredict', 'sampled', '--json']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { counts } = await place.json<CampaignProgress>('status', 'sampled');
    expect(counts).toMatchObject({ ranked: 21, failed: 0 });
  });
});

describe('a campaign that follows a database', () => {
  test('screens what a refresh brings, marks what is gone, and says so everywhere', async ({ expect }) => {
    entries.splice(0, 1, nickel);
    const { sources } = await place.json<{ sources: RefreshReport[] }>('source', 'refresh', files.followed);
    expect(sources).toMatchObject([{ added: 1, removed: 1, rescreened: [{ campaign: 'followed', added: 1, changed: 0, removed: 1 }] }]);
    const { ranking } = await until(
      () => place.json<{ ranking: RankingRow[]; state: string }>('rank', 'followed'),
      (it) => it.state === 'done' && it.ranking.length === 2,
      120,
    );
    expect(ranking.map(({ candidate }) => candidate).toSorted()).toEqual(['followed/Cu-A1', 'followed/Ni-A1']);
    expect(await place.json('show', 'followed/Cu-A1')).toMatchObject({ withdrawn: expect.any(String) });
    expect(await text('/sources')).toContain('1 new, 0 changed, 1 gone');
    const again = await place.json<{ sources: RefreshReport[] }>('source', 'refresh', files.followed);
    expect(again.sources[0]?.rescreened).toBeUndefined();
  });
});
