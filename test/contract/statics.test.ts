import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { chooseLammps } from '../../connectors/calculator/lammps/engine.js';
import { installedKimTables } from '../../connectors/calculator/lammps/potential/kim-parameters.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import { staticsCalculator, staticsSession } from '../../connectors/calculator/statics/statics.js';
import type { Calculator } from '../../connectors/calculator/calculator.js';
import { InvalidInput } from '../../domain/failures.js';
import { peierlsPoints } from '../../domain/peierls-stress.js';
import type { PointOutcome, PointResult, PointTask } from '../../domain/point.js';
import { slipSystem } from '../../domain/slip-system.js';
import type { Structure } from '../../domain/structure.js';
import { Bench, crystal, point } from './lammps-bench.js';

describe('points of the statics program', () => {
  let root = '';
  let statics: Calculator;
  let sets = 0;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'peierls-statics-'));
    statics = await staticsCalculator({ potential: 'zhou2004' });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Writes points as a bundle does, `points/shared` beside `points/<n>`, and returns the folder of the bundle. */
  function stage(...tasks: PointTask[]): string {
    const bundle = join(root, String((sets += 1)));
    const write = (place: string, files: Record<string, string>): void => {
      mkdirSync(join(bundle, 'points', place), { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(bundle, 'points', place, name), text);
    };
    write('shared', statics.sharedFiles(tasks[0]?.structure ?? average));
    for (const [index, task] of tasks.entries()) write(String(index), statics.writePoint(task).files);
    return bundle;
  }
  function outcome(task: PointTask): PointOutcome {
    const folder = join(stage(task), 'points', '0');
    execFileSync(process.execPath, statics.writePoint(task).args, { cwd: folder });
    return statics.readPoint(task, { 'result.json': readFileSync(join(folder, 'result.json'), 'utf8') });
  }
  function result(task: PointTask): PointResult {
    const seen = outcome(task);
    if (seen.kind === 'failed') throw new Error(`${seen.reason}: ${seen.evidence}`);
    return seen.result;
  }

  const average = crystal('A1', { A: { Cu: 0.75, Au: 0.25 } }, 3.75);

  test('have the energy, stress and structure that LAMMPS finds for an average atom', async ({ expect }) => {
    const bench = await Bench.open();
    try {
      for (const relax of ['none', 'cell-and-ions'] as const) {
        const task = point(average, relax, { cellFreedom: 'isotropic' });
        const [ours, theirs] = [result(task), await bench.compute(await chooseLammps(), task)];
        // Both interpolate the same functions, on other tables.
        expect(Math.abs(ours.energyEv - theirs.energyEv)).toBeLessThan(1e-5);
        const [xx = 0] = ours.stressGpa ?? [];
        expect(Math.abs(xx - (theirs.stressGpa?.[0] ?? Number.NaN))).toBeLessThan(2e-3);
        expect(Math.abs(ours.structure.lattice[0][0] - theirs.structure.lattice[0][0])).toBeLessThan(1e-4);
      }
    } finally {
      await bench.close();
    }
  });

  /** Relaxes a crystal with `statics` of these settings and with LAMMPS: how far energy and lattice are apart, in units of 1e-5 eV and 1e-4 angstrom. */
  async function difference(
    settings: Parameters<typeof staticsCalculator>[0],
    structure: Structure,
    calculator: Calculator,
    engine?: Awaited<ReturnType<typeof chooseLammps>>,
  ): Promise<number> {
    const bench = await Bench.open();
    try {
      statics = await staticsCalculator(settings);
      const task = point(structure, 'cell-and-ions', { cellFreedom: 'isotropic' });
      const [ours, theirs] = [result(task), await bench.compute(engine ?? (await chooseLammps()), task, calculator)];
      const [energy, lattice] = [ours.energyEv - theirs.energyEv, ours.structure.lattice[0][0] - theirs.structure.lattice[0][0]];
      return Math.max(Math.abs(energy) / 1e-5, Math.abs(lattice) / 1e-4);
    } finally {
      statics = await staticsCalculator({ potential: 'zhou2004' });
      await bench.close();
    }
  }

  test('of a perturbed potential are those that LAMMPS finds with its table', async ({ expect }) => {
    const settings = { potential: 'zhou2004', perturb: { seed: 3, amount: 0.1 } } as const;
    expect(await difference(settings, crystal('A1', { A: { Cu: 1 } }, 3.615), await lammpsCalculator(settings))).toBeLessThan(1);
  });

  test('of a potential file are those that LAMMPS finds with it', async ({ expect }) => {
    const copper = crystal('A1', { A: { Cu: 1 } }, 3.6);
    const [text = ''] = Object.values((await lammpsCalculator({ potential: 'zhou2004' })).sharedFiles(copper));
    const file = join(root, 'Cu.eam.alloy');
    // The species of our own tables are numbered; a user's file names elements.
    writeFileSync(file, text.replace(/^1 Cu_1$/m, '1 Cu'));
    const settings = { file, style: 'eam/alloy' } as const;
    expect(await difference(settings, copper, await lammpsCalculator(settings))).toBeLessThan(1);
  });

  const mishin = 'EAM_Dynamo_MishinFarkasMehl_1999_Al__MO_651801486679_005';
  test('of an OpenKIM model are those that LAMMPS finds through the KIM API', async ({ expect, skip }) => {
    skip(!installedKimTables().includes(mishin), 'the models of OpenKIM (Debian: openkim-models) are not installed here');
    const engine = await chooseLammps();
    const through = await lammpsCalculator({ kim: mishin }, engine).catch((error: unknown) => skip(String(error)));
    expect(await difference({ kim: mishin }, crystal('A1', { A: { Al: 1 } }, 4.03), through, engine)).toBeLessThan(1);
  });

  test('follow a dislocation along the trace that LAMMPS writes', async ({ expect }) => {
    const bench = await Bench.open();
    try {
      const copper = crystal('A1', { A: { Cu: 1 } }, 3.615);
      const elastic = [0, 1, 2, 3, 4, 5].map((i) =>
        [0, 1, 2, 3, 4, 5].map((j) => (i === j ? (i < 3 ? 169.7 : 75.8) : i < 3 && j < 3 ? 122.1 : 0)),
      );
      const [task] = peierlsPoints(copper, slipSystem('A1', '{111}<110>'), 'screw', elastic, [
        { layers: 16, glideLength: 16, rigidLayers: 4 },
      ]).tasks;
      if (task === undefined) throw new Error('no point');
      const [ours, theirs] = [result(task), await bench.compute(await chooseLammps(), task)];
      const [a, b] = [ours.trace, theirs.trace];
      expect(a?.end).toBe(b?.end);
      expect(a?.increments.length).toBe(b?.increments.length);
      // The numerical floor of both (docs/physics-peierls-stress.md).
      for (const [i, { stressMpa }] of (a?.increments ?? []).entries())
        expect(Math.abs(stressMpa - (b?.increments[i]?.stressMpa ?? Number.NaN))).toBeLessThan(0.05);
    } finally {
      await bench.close();
    }
  });

  test('are served one after the other by one process', async ({ expect }) => {
    const tasks = [3.7, 3.8].map((a) => point(crystal('A1', { A: { Cu: 0.75, Au: 0.25 } }, a), 'none'));
    const bundle = stage(...tasks);
    const [program = '', ...args] = staticsSession(process.execPath);
    const session = spawn(program, args, { cwd: bundle, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: session.stdout })[Symbol.asyncIterator]();
    for (const [index, task] of tasks.entries()) {
      const folder = join(bundle, 'points', String(index));
      session.stdin.write(`${folder}\t../shared/peierls_statics.mjs\n`);
      expect((await lines.next()).value).toBe('0');
      expect(statics.readPoint(task, { 'result.json': readFileSync(join(folder, 'result.json'), 'utf8') }).kind).toBe('completed');
    }
    session.stdin.write(`${join(bundle, 'points', 'nothing-here')}\n`);
    expect((await lines.next()).value).toBe('1');
    session.stdin.end();
  });

  test('name what cannot be read, and what cannot be computed', async ({ expect }) => {
    const task = point(average, 'none');
    expect(statics.readPoint(task, {})).toMatchObject({ kind: 'failed', reason: 'output-missing' });
    expect(statics.readPoint(task, { 'result.json': '{"version":"peie' })).toMatchObject({ kind: 'failed', reason: 'output-truncated' });
    expect(outcome(point(crystal('A1', { A: { Cu: 1 } }, 1.4), 'none'))).toMatchObject({ kind: 'failed', reason: 'code-error' });
    const compound: Structure = crystal('L1_2', { A: { Ni: 1 }, B: { Al: 1 } }, 3.57);
    expect(statics.rejects(compound)).toContain('Screen those with lammps');
    expect(statics.rejects(crystal('A1', { A: { Rh: 1 } }, 3.8))).toContain('not Rh');
    await expect(staticsCalculator({ potential: 'none-such' })).rejects.toThrow(InvalidInput);
  });
});
