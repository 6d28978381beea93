import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, test } from 'vitest';
import { aseCalculator } from '../../connectors/calculator/ase/ase.js';
import type { TextFiles } from '../../connectors/calculator/calculator.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { deformed } from '../../domain/structure.js';
import { temporaryFolder } from './temporary.js';

/** The system's own Python first: Debian's gpaw is for it alone. */
const pythons = ['/usr/bin/python3', 'python3'];
const python = pythons.find((one) => spawnSync(one, ['-c', 'import gpaw, ase']).status === 0);
if (python === undefined) console.warn('skipping GPAW: no python3 imports gpaw (Debian: apt-get install gpaw gpaw-data)');

const folder = temporaryFolder('gpaw');
afterAll(() => folder.remove());

/** Few k-points and plane waves. What is tested is that numbers arrive where they belong, not that they are converged. */
const calculator = await aseCalculator({
  model: 'gpaw',
  kPointsPerAtom: 200,
  arguments: { mode: { name: 'pw', ecut: 200 }, xc: 'PBE', occupations: { name: 'marzari-vanderbilt', width: 0.5 } },
});

async function run(task: PointTask) {
  const work = join(folder.path, task.label);
  const { files, args, outputs } = calculator.writePoint(task);
  for (const [name, text] of [...Object.entries(files).map(([file, text]) => [join(work, file), text] as const), ...shared(task)]) {
    mkdirSync(join(name, '..'), { recursive: true });
    writeFileSync(name, text);
  }
  const { stdout, stderr } = await promisify(execFile)(python ?? '', args, {
    cwd: work,
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  }).catch((error: { stdout: string; stderr: string }) => error);
  const found = outputs.filter((name) => existsSync(join(work, name))).map((name) => [name, readFileSync(join(work, name), 'utf8')]);
  const texts: TextFiles = { ...Object.fromEntries(found), stdout, stderr };
  return { outcome: calculator.readPoint(task, texts), version: calculator.codeVersion(texts) };
}

function shared(task: PointTask): (readonly [string, string])[] {
  return Object.entries(calculator.sharedFiles(task.structure)).map(([name, text]) => [join(folder.path, 'shared', name), text] as const);
}

describe.skipIf(python === undefined)('GPAW', () => {
  const aluminium = buildPrototype('A1', { A: { Al: 1 } }, { a: 3.9 });
  const squeezed = deformed(aluminium, [
    [0.95, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);

  test('pushes where it is squeezed, for the atoms of the conventional cell', async ({ expect }) => {
    const { outcome, version } = await run({ label: 'squeezed', structure: squeezed, periodic: [true, true, true], relax: 'none' });
    if (outcome.kind === 'failed') throw new Error(outcome.evidence);
    const { stressGpa: [xx = NaN, yy = NaN] = [], energyEv, structure } = outcome.result;
    expect(xx).toBeLessThan(-2);
    expect(xx).toBeLessThan(yy);
    // PBE atomisation energy of Al, 3.4 eV an atom, within what few plane waves leave.
    expect(energyEv / 4).toBeGreaterThan(-5);
    expect(energyEv / 4).toBeLessThan(-2.5);
    expect(structure.sites).toHaveLength(4);
    expect(version).toMatch(/^gpaw \d+/);
  });
});
