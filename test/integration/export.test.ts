import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { RankingRow } from '../../connectors/store/rank.js';
import { readStructureFile } from '../../connectors/source/structure-file/read.js';
import { csvRows } from '../unit/export-fixtures.js';
import { Workplace } from './cli.js';

/** A real campaign: two metals, one ordered compound, one solid solution, and a compound that is elastically unstable. */
const campaign = `name: outputs
candidates:
  - { generator: pure, elements: [Cu, W] }
  - { generator: ordered, prototypes: [L1_2], pairs: [[Ni, Al], [Al, Zr]] }
  - { generator: solid-solution, prototypes: [A1], pairs: [[Cu, Pt]], fractions: [0.5] }
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [6, 6] } }
`;

const place = new Workplace();
beforeAll(async () => {
  await place.choosePorts();
  expect0((await place.run(['up', '--detach'])).code);
  expect0((await place.run(['screen', place.file('outputs.yaml', campaign), '--json'])).code);
}, 300_000);
afterAll(() => place.close());

function expect0(code: number | null): void {
  if (code !== 0) throw new Error(`peierls exited ${code}`);
}

/** Writes an export into the place's folder and returns its text. */
async function exported(format: string, ...args: string[]): Promise<string> {
  const { file } = await place.json<{ file: string }>('export', 'outputs', '--format', format, '--output', `${place.folder}/`, ...args);
  return readFileSync(file, 'utf8');
}

describe('what a campaign has found', () => {
  test('is the same ranking in every format', async ({ expect }) => {
    const { ranking } = await place.json<{ ranking: RankingRow[] }>('rank', 'outputs');
    expect(ranking.map(({ formula }) => formula).toSorted()).toEqual(['AlNi3', 'Cu', 'Cu0.5Pt0.5', 'W']);
    const [header = [], ...rows] = csvRows(await exported('csv'));
    const column = (name: string): string[] => rows.map((row) => row[header.indexOf(name)] ?? '');
    expect(column('formula').slice(0, 4)).toEqual(ranking.map(({ formula }) => formula));
    expect(column('peierlsMpa').slice(0, 4).map(Number)).toEqual(ranking.map(({ peierlsMpa }) => peierlsMpa));
    expect(column('state')).toEqual(['ranked', 'ranked', 'ranked', 'ranked', 'rejected']);
    expect(column('reason').at(-1)).toContain('unstable crystal');
    // Every id leads somewhere.
    const { calculations } = await place.json<{ calculations: { kind: string }[] }>('provenance', column('elasticTensorId')[0] ?? '');
    expect(calculations.map(({ kind }) => kind)).toEqual(['elastic-tensor']);
    const optimade = (await exported('optimade'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { attributes?: Record<string, unknown> });
    expect(optimade.slice(2, 6).map(({ attributes }) => attributes?.['_peierls_stress'])).toEqual(
      ranking.map(({ peierlsMpa }) => peierlsMpa),
    );
  });

  test.for(['cif', 'pymatgen', 'optimade'])('is read back from %s as relaxed crystals, average atoms apart', async (format, { expect }) => {
    const text = await exported(format);
    const name = { cif: 'x.cif', pymatgen: 'x.json', optimade: 'x.jsonl' }[format] ?? '';
    const { structures, rejected } = readStructureFile(name, text);
    expect(structures.map(({ structure }) => Object.keys(structure.species).toSorted().join(''))).toEqual(
      expect.arrayContaining(['W', 'Cu', 'AlNi']),
    );
    expect(rejected.map(({ id }) => id)).toEqual([expect.stringContaining('Cu0.5Pt0.5')]);
    const copper = structures.find(({ structure }) => Object.keys(structure.species).join('') === 'Cu')?.structure;
    // Zhou 2004: a = 3.615 angstrom.
    expect(copper?.lattice[0][0]).toBeCloseTo(3.615, 3);
  });

  test('is screened again from its own CIF: the same crystals', async ({ expect }) => {
    await exported('cif');
    const again = place.file(
      'again.yaml',
      campaign
        .replace('name: outputs', 'name: again')
        .replace(/candidates:[\s\S]*?calculator/, `candidates: [{ files: [outputs.cif] }]\ncalculator`),
    );
    const { code, out } = await place.run(['screen', again, '--dry-run', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ candidates: 4 });
  });

  test('is a report in one file, and a filtered table', async ({ expect }) => {
    const html = await exported('html');
    expect(html).toContain('<title>outputs: alloys by predicted Peierls stress</title>');
    expect(html.match(/class="gamma"/g)).toHaveLength(4);
    expect(html).toContain('unstable crystal');
    expect(html).not.toMatch(/https?:\/\/(?!$)/);
    const { out } = await place.run(['export', 'outputs', '--format', 'csv', '--formula', 'Cu*', '--state', 'ranked']);
    expect(
      csvRows(out)
        .slice(1)
        .map((row) => row[2] ?? '')
        .toSorted(),
    ).toEqual(['Cu', 'Cu0.5Pt0.5']);
    const { candidates } = await place.json<{ candidates: { candidate: string }[] }>('status', 'outputs', '--state', 'rejected');
    expect(candidates.map(({ candidate }) => candidate)).toEqual(['outputs/Al3Zr-L1_2']);
    expect(
      (await place.json<{ ranking: RankingRow[] }>('rank', 'outputs', '--formula', '*Ni*')).ranking.map(({ formula }) => formula),
    ).toEqual(['AlNi3']);
  });

  test('cannot be asked for wrongly: one clear error each', async ({ expect }) => {
    const wrong = [
      { args: ['export', 'nothing', '--format', 'csv'], says: 'there is no campaign "nothing". There are: outputs' },
      { args: ['export', 'outputs', '--format', 'xml'], says: 'Allowed choices are csv, jsonl' },
      { args: ['export', 'outputs', '--format', 'csv', '--output', '/nowhere/x.csv'], says: '/nowhere: --output: there is no such folder' },
      { args: ['export', 'outputs', '--format', 'csv', '--json'], says: '--output' },
      { args: ['status', '--state', 'failed'], says: 'Name the campaign' },
      { args: ['status', 'outputs', '--state', 'lost'], says: 'Allowed choices are pending' },
      { args: ['show', '*Xx*'], says: 'no candidate fits' },
    ];
    for (const { args, says } of wrong) {
      const { code, out, err } = await place.run(args);
      expect([args, code, out, err]).toEqual([args, 2, '', expect.stringContaining(says)]);
    }
  });
});

test('the folder that exports are written to holds them and nothing half written', ({ expect }) => {
  expect(readFileSync(join(place.folder, 'outputs.cif'), 'utf8').startsWith('data_outputs_')).toBe(true);
});
