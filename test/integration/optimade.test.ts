import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { RefreshReport } from '../../domain/refresh.js';
import { fakeEntry } from '../contract/fake-optimade.js';
import { Workplace } from './cli.js';
import { installOptimade, startOptimade, type OptimadeServer } from './optimade-server.js';

const installed = await installOptimade();
if ('reason' in installed) process.stderr.write(`Skipped: tests with the OPTIMADE reference server (${installed.reason})\n`);

/** Fourteen fcc elements, three of which nobody could screen. */
const structures = ['Ag', 'Al', 'Au', 'Ca', 'Ce', 'Cu', 'Ir', 'Ni', 'Pb', 'Pd', 'Pt', 'Rh', 'Sr', 'Yb'].map((symbol, index) =>
  fakeEntry(`fcc-${symbol}`, {
    elements: [symbol],
    nelements: 1,
    elements_ratios: [1],
    chemical_formula_descriptive: symbol,
    chemical_formula_reduced: symbol,
    chemical_formula_anonymous: 'A',
    nperiodic_dimensions: 3,
    immutable_id: `immutable-${index}`,
    species: [
      { name: symbol, chemical_symbols: index === 3 ? [symbol, 'vacancy'] : [symbol], concentration: index === 3 ? [0.9, 0.1] : [1] },
    ],
    species_at_sites: [symbol, symbol, symbol, symbol],
    ...(index === 4 && { structure_features: ['disorder'] }),
    ...(index === 12 && { dimension_types: [1, 1, 0], nperiodic_dimensions: 2 }),
    last_modified: `2025-05-${String(index + 10)}T00:00:00Z`,
  }),
);

describe.skipIf('reason' in installed)('the OPTIMADE reference server', () => {
  let place: Workplace;
  let good: OptimadeServer;
  let nameless: OptimadeServer;
  beforeAll(async () => {
    if ('reason' in installed) return;
    good = await startOptimade(installed.folder, { pageLimit: 5, structures });
    nameless = await startOptimade(installed.folder, { pageLimit: 5 });
  });
  afterAll(async () => {
    await good?.close();
    await nameless?.close();
  });
  beforeEach(() => {
    place = new Workplace();
  });
  afterEach(() => place.close());

  const refresh = async (...args: string[]): Promise<RefreshReport> => {
    const { sources } = await place.json<{ sources: [RefreshReport] }>('source', 'refresh', ...args);
    return sources[0];
  };

  test('is read page by page, matched, and left alone when nothing has changed', async ({ expect }) => {
    const whole = { mode: 'full', records: 14, usable: 11, added: 14, duplicates: 0, pages: 3, warnings: [] };
    const file = place.file(
      'campaign.yaml',
      `name: c\ncandidates:\n  - { source: optimade, url: ${good.url}/v1, pageLimit: 5 }\ncalculator: { name: lammps, potential: zhou2004 }\n`,
    );
    expect(await refresh(file)).toMatchObject(whole);
    expect(await refresh(file)).toMatchObject({ mode: 'unchanged', records: 14 });
    const filter = 'elements HAS ANY "Ag","Ca","Ni" AND nelements<=3';
    expect(await refresh(good.url, '--filter', filter)).toMatchObject({ mode: 'full', records: 3, usable: 2 });
  });

  test('is screened from a campaign file', async ({ expect }) => {
    const file = place.file(
      'campaign.yaml',
      `name: silver
candidates:
  - { source: optimade, url: ${good.url}, elements: [Ag], elementCount: { max: 1 } }
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
`,
    );
    const { code, out, err } = await place.run(['screen', file, '--json']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ counts: { candidates: 1, ranked: 1 } });
    expect(await place.json('show', 'silver/Ag-A1')).toMatchObject({
      material: { _id: `optimade:${new URL(good.url).host}:fcc-Ag`, provenance: { lastUpdated: expect.stringMatching(/^2025-05-10/) } },
    });
  });

  test('refuses a filter that it cannot parse, or with a field that it has not, and we say which', async ({ expect }) => {
    const { code, out, err } = await place.run(['source', 'refresh', good.url, '--filter', 'elements HAS HAS "Ag"']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/peierls: filter: the OPTIMADE provider refused the query \(HTTP 400\).*elements HAS HAS/);
    const unknown = await place.run(['source', 'refresh', good.url, '--filter', 'colour="red"']);
    expect(unknown).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/peierls: filter: the OPTIMADE provider refused .*colour/),
    });
  });

  test('over crystals that are none of ours ends the campaign with the reason', async ({ expect }) => {
    const file = place.file(
      'campaign.yaml',
      `name: none\ncandidates:\n  - { source: optimade, url: ${good.url}, elements: [Sr] }\ncalculator: { name: lammps, potential: zhou2004 }\n`,
    );
    const { code, out } = await place.run(['screen', file, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      state: 'failed',
      lastFailure: expect.stringMatching(/is a crystal that can be screened.*Widen the filters/),
    });
  });

  test('whose entries have no ids gives nothing, and a warning', async ({ expect }) => {
    const report = await refresh(nameless.url);
    expect(report.records).toBe(0);
    expect(report.warnings.join('\n')).toMatch(/entries without an id were left out/);
  });
});
