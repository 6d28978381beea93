import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { RankingRow } from '../../connectors/store/rank.js';
import type { Comparison } from '../../domain/comparison.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { pythonEnvironment } from '../python-environment.js';
import { Workplace } from './cli.js';

const installed = await pythonEnvironment('ase', '3.29.0');

/** Effective-medium theory stands for a force field: what matters here is that it is another calculator, with other numbers. */
const campaign = (name: string, most: number) => `name: ${name}
candidates:
  - { generator: pure, elements: [Al, Cu, Ni, W] }
calculator: { name: lammps, potential: zhou2004 }
fidelity:
  - calculator: { name: ase, model: emt, fidelity: mlff, requires: { ase: '3.29.0' } }
    protocol: { gamma: { grid: [4, 4] } }
    promote: { top: 2, probability: 0.5, most: ${most} }
protocol: { gamma: { grid: [4, 4] } }
`;

type Ranked = CampaignProgress & { ranking: RankingRow[] };
interface Planned {
  cost: { fidelity: string; candidates: number; coreHoursPerCandidate: number | null; coreHours: number | null; basis: string }[];
}
interface Shown {
  rungs: { candidate: string; fidelity: string; state: string; promotedFor: string | null; summary: { a: number } | null }[];
}

describe.skipIf('reason' in installed)(`a fidelity ladder${'reason' in installed ? ` (skipped: ${installed.reason})` : ''}`, () => {
  const place = new Workplace();
  beforeAll(async () => {
    await place.choosePorts();
    if ('folder' in installed) place.environment['PEIERLS_ASE_PYTHON'] = join(installed.folder, 'bin', 'python3');
  });
  afterAll(() => place.close());

  test('knows no cost before anything has run, and starts no store for the question', async ({ expect }) => {
    const { cost } = await place.json<Planned>('screen', place.file('ladder.yaml', campaign('ladder', 2)), '--dry-run');
    expect(cost.map(({ fidelity, candidates, coreHours }) => [fidelity, candidates, coreHours])).toEqual([
      ['md', 4, null],
      ['mlff', 2, null],
    ]);
    expect(cost[0]?.basis).toBe('lammps has never run such points here');
  });

  test('stops where it is told, and computes nothing twice when it goes on', async ({ expect }) => {
    const file = place.file('ladder.yaml', campaign('ladder', 2));
    const low = await place.json<Ranked>('screen', file, '--fidelity', 'md');
    expect(low.rungs).toBeUndefined();
    expect(low.ranking.map(({ fidelity }) => fidelity)).toEqual(['md', 'md', 'md', 'md']);
    const strongest = low.ranking.slice(0, 2).map(({ candidate }) => candidate);
    expect(strongest).toContain('ladder/W-A2');

    // W is beyond effective-medium theory: it goes up as promising, is rejected there, and keeps its place from below.
    const { code, out } = await place.run(['screen', file, '--json']);
    const high = JSON.parse(out) as Ranked;
    expect(code).toBe(0);
    expect(high.counts).toMatchObject({ candidates: 4, ranked: 4 });
    expect(high.rungs).toEqual([{ fidelity: 'mlff', candidates: 2, ranked: 1, rejected: 1, failed: 0, pending: 0 }]);
    const [other = ''] = strongest.filter((candidate) => candidate !== 'ladder/W-A2');
    expect(Object.fromEntries(high.ranking.map(({ candidate, fidelity }) => [candidate, fidelity]))).toMatchObject({
      'ladder/W-A2': 'md',
      [`${other}@mlff`]: 'mlff',
    });
    expect(high.ranking).toHaveLength(4);
    // The points of the lower rung were there.
    expect(high.points.reused).toBe(low.points.distinct);

    const { rungs } = await place.json<Shown>('show', other);
    expect(rungs.map(({ candidate, fidelity, state, promotedFor }) => [candidate, fidelity, state, promotedFor])).toEqual([
      [other, 'md', 'ranked', null],
      [`${other}@mlff`, 'mlff', 'ranked', 'promising'],
    ]);
    expect(rungs[0]?.summary?.a).not.toBe(rungs[1]?.summary?.a);
    const { out: lines } = await place.run(['rank', 'ladder']);
    expect(lines).toContain('ladder/W-A2@mlff: rejected');
  });

  test('predicts the cost of further candidates from what has run', async ({ expect }) => {
    const file = place.file('more.yaml', campaign('more', 1).replace('[Al, Cu, Ni, W]', '[Ag, Au, Pd]'));
    const { cost } = await place.json<Planned>('screen', file, '--dry-run');
    expect(cost.map(({ fidelity, candidates }) => [fidelity, candidates])).toEqual([
      ['md', 3],
      ['mlff', 1],
    ]);
    for (const { coreHoursPerCandidate, basis } of cost) {
      expect(basis).toMatch(/^recorded runs \(same (settings|calculator)\): /);
      // Some thirty points of a fraction of a second to some seconds each.
      expect(coreHoursPerCandidate).toBeGreaterThan(1e-5);
      expect(coreHoursPerCandidate).toBeLessThan(1);
    }
  });

  test('is compared level by level, as table, report and plot', async ({ expect }) => {
    const { levels, rows, summary } = await place.json<Comparison>('compare', 'ladder');
    expect(levels).toEqual(['md lammps zhou2004', 'mlff ase emt']);
    expect(rows.map(({ quantity }) => quantity)).toEqual(
      expect.arrayContaining(['a (angstrom)', 'C11 (GPa)', 'usf {111}<110> (mJ/m2)', 'tau_P (MPa)']),
    );
    expect(Math.abs(summary.find(({ quantity }) => quantity === 'a (angstrom)')?.mean ?? 1)).toBeLessThan(0.05);
    const page = join(place.folder, 'comparison.html');
    expect(await place.run(['compare', 'ladder', '--format', 'html', '-o', page])).toMatchObject({ code: 0 });
    expect(readFileSync(page, 'utf8')).toContain('<svg');
    const { out } = await place.run(['compare', 'ladder', '--format', 'markdown']);
    expect(out).toMatch(/^\| quantity \| level \| crystals \|/m);
    const refused = await place.run(['compare', 'nobody']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain('there is no campaign "nobody"');
  });

  test('that does not rise, or has no such rung, is refused before anything starts', async ({ expect }) => {
    const flat = place.file('flat.yaml', campaign('flat', 1).replace('fidelity: mlff, ', 'fidelity: md, '));
    const first = await place.run(['screen', flat, '--dry-run']);
    expect(first).toMatchObject({ code: 2 });
    expect(first.err).toContain('fidelity[0].calculator: this rung is md, and the one below it is md');
    const second = await place.run(['screen', place.file('ladder.yaml', campaign('ladder', 2)), '--fidelity', 'dft']);
    expect(second).toMatchObject({ code: 2 });
    expect(second.err).toContain('the campaign computes nothing by dft: its rungs are md, mlff');
  });
});
