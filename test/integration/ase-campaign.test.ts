import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
import type { RankingRow } from '../../connectors/store/rank.js';
import { pythonEnvironment } from '../python-environment.js';
import { Workplace } from './cli.js';

const installed = await pythonEnvironment('ase', '3.29.0');

describe.skipIf('reason' in installed)(`a campaign through ASE${'reason' in installed ? ` (skipped: ${installed.reason})` : ''}`, () => {
  let place: Workplace;
  beforeEach(async () => {
    place = new Workplace();
    await place.choosePorts();
    if ('folder' in installed) place.environment['PEIERLS_ASE_PYTHON'] = join(installed.folder, 'bin', 'python3');
  });
  afterEach(() => place.close());

  test('goes from candidates to a ranking, rejects what the model does not know, and says what it is', async ({ expect }) => {
    const file = place.file(
      'emt.yaml',
      `name: emt
candidates:
  - { generator: pure, elements: [Al, Cu, W] }
  - { generator: sqs, prototypes: [A1], compositions: [{ Cu: 0.75, Au: 0.25 }], atoms: 8 }
calculator: { name: ase, model: emt, requires: { ase: '3.29.0' } }
protocol: { gamma: { grid: [4, 4] } }
`,
    );
    const { code, out, err } = await place.run(['screen', file, '--json']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { counts, points, jobs, ranking } = JSON.parse(out) as CampaignProgress & { ranking: RankingRow[] };
    expect(counts).toMatchObject({ ranked: 3, rejected: 1, failed: 0 });
    expect(points.executed).toBe(points.distinct);
    expect(jobs.submitted).toBe(jobs.distinctAttempts);
    expect(ranking.map(({ fidelity }) => fidelity)).toEqual(['md', 'md', 'md']);
    // Effective-medium theory puts copper's lattice constant at 3.59 angstrom (Jacobsen, Stoltze and Norskov, Surf. Sci. 366, 394 (1996)).
    expect(ranking.find(({ formula }) => formula === 'Cu')?.a).toBeCloseTo(3.59, 2);
    // Between Cu and Au, 4.06 in this theory: Vegard's law gives 3.71.
    expect(ranking.find(({ formula }) => formula === 'Au0.25Cu0.75')?.a).toBeCloseTo(3.71, 1);
  });
});
