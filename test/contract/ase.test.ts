import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { aseCalculator, driverFile } from '../../connectors/calculator/ase/ase.js';
import { probeAse } from '../../connectors/calculator/ase/engine.js';
import type { Calculator } from '../../connectors/calculator/calculator.js';
import { InvalidInput } from '../../domain/failures.js';
import type { PointOutcome, PointResult, PointTask } from '../../domain/point.js';
import { deformed, volume, type Structure } from '../../domain/structure.js';
import { pythonEnvironment } from '../python-environment.js';
import { crystal, point } from './lammps-bench.js';

const installed = await pythonEnvironment('ase', '3.29.0');
if ('reason' in installed) console.warn(`skipping ASE: ${installed.reason}`);
const python = 'folder' in installed ? join(installed.folder, 'bin', 'python3') : '';

describe.skipIf(python === '')('points through ASE', () => {
  let root = '';
  let emt: Calculator;
  let sets = 0;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'peierls-ase-'));
    emt = await aseCalculator({ model: 'emt' });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Writes points as a bundle does, and returns their folders. */
  function stage(calculator: Calculator, ...tasks: PointTask[]): string[] {
    const set = join(root, String((sets += 1)));
    const write = (place: string, files: Record<string, string>): void => {
      mkdirSync(join(set, place), { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(set, place, name), text);
    };
    write('shared', calculator.sharedFiles(tasks[0]?.structure ?? copper));
    return tasks.map((task, index) => {
      write(String(index), calculator.writePoint(task).files);
      return join(set, String(index));
    });
  }
  const read = (calculator: Calculator, task: PointTask, folder: string): PointOutcome =>
    calculator.readPoint(
      task,
      existsSync(join(folder, 'result.json')) ? { 'result.json': readFileSync(join(folder, 'result.json'), 'utf8') } : {},
    );
  function outcome(calculator: Calculator, task: PointTask): PointOutcome {
    const [folder = ''] = stage(calculator, task);
    try {
      execFileSync(python, calculator.writePoint(task).args, { cwd: folder, stdio: 'pipe' });
    } catch {
      // The driver says what went wrong in its result.
    }
    return read(calculator, task, folder);
  }
  function result(calculator: Calculator, task: PointTask): PointResult {
    const seen = outcome(calculator, task);
    if (seen.kind === 'failed') throw new Error(`${seen.reason}: ${seen.evidence}`);
    return seen.result;
  }

  const copper = crystal('A1', { A: { Cu: 1 } }, 3.6);

  test('find the lattice constant of effective-medium copper, and no stress there', ({ expect }) => {
    const relaxed = result(emt, point(copper, 'cell-and-ions', { cellFreedom: 'isotropic' }));
    const [[a], [, b], [, , c]] = relaxed.structure.lattice;
    // 3.59 angstrom: Jacobsen, Stoltze and Norskov, Surf. Sci. 366, 394 (1996), whose parameters ASE has.
    expect(a).toBeCloseTo(3.59, 2);
    expect([b, c]).toEqual([a, a]);
    expect(Math.max(...(relaxed.stressGpa ?? [1]).map(Math.abs))).toBeLessThan(0.01);
    expect(relaxed.structure.sites.map(({ position }) => position)).toEqual(
      copper.sites.map(({ position }) => position.map((value) => expect.closeTo(value, 10) as number)),
    );
  });

  test('tell stress as the derivative of energy by strain: squeezed crystals push', ({ expect }) => {
    const squeezed = crystal('A1', { A: { Cu: 1 } }, 3.5);
    const step = 1e-4;
    const strained = (e: number): PointResult =>
      result(
        emt,
        point(
          deformed(squeezed, [
            [1 + e, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ]),
          'none',
        ),
      );
    const [xx = 0] = result(emt, point(squeezed, 'none')).stressGpa ?? [];
    // 1 eV per cubic angstrom is 160.2177 GPa.
    const slope = ((strained(step).energyEv - strained(-step).energyEv) / (2 * step) / volume(squeezed)) * 160.2177;
    expect(xx).toBeLessThan(-5);
    expect(xx).toBeCloseTo(slope, 2);
  });

  test('keep the two equal axes of a hexagonal cell equal', ({ expect }) => {
    const { structure } = result(emt, point(crystal('A3', { A: { Cu: 1 } }, 2.5, 4.3), 'cell-and-ions', { cellFreedom: 'uniaxial' }));
    const [first, second, third] = structure.lattice.map((row) => Math.hypot(...row));
    expect(second).toBeCloseTo(first ?? 0, 8);
    expect((third ?? 0) / (first ?? 1)).toBeGreaterThan(1.6);
    expect((third ?? 0) / (first ?? 1)).toBeLessThan(1.66);
  });

  test('move the atoms of a slab along its normal only', ({ expect }) => {
    const slab: Structure = {
      lattice: [
        [3.6, 0, 0],
        [0, 3.6, 0],
        [0, 0, 24],
      ],
      sites: [0, 1, 2, 3].map((layer) => ({ species: 'Cu', position: [(layer % 2) / 2, 0.1, 0.3 + layer * 0.08] })),
      species: { Cu: { Cu: 1 } },
    };
    const task = point(slab, 'ions-along-z', { periodic: [true, true, false] });
    const relaxed = result(emt, task);
    expect(relaxed.stressGpa).toBeUndefined();
    expect(relaxed.maxForceEvPerAngstrom).toBeLessThan(0.002);
    for (const [index, { position }] of relaxed.structure.sites.entries()) {
      expect(position.slice(0, 2)).toEqual(slab.sites[index]?.position.slice(0, 2).map((value) => expect.closeTo(value, 10) as number));
    }
    expect(relaxed.structure.sites[0]?.position[2]).not.toBeCloseTo(0.3, 4);
  });

  test('give the same numbers from one process for many', async ({ expect }) => {
    const tasks = [point(copper, 'none'), point(crystal('A1', { A: { Al: 1 } }, 4), 'none')];
    const folders = stage(emt, ...tasks);
    const session = spawn(python, [join(folders[0] ?? '', '..', 'shared', driverFile), '--serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface(session.stdout)[Symbol.asyncIterator]();
    for (const folder of folders) {
      session.stdin.write(`${folder}\t../shared/${driverFile}\n`);
      expect((await answers.next()).value).toBe('0');
    }
    session.stdin.end();
    for (const [index, task] of tasks.entries()) expect(read(emt, task, folders[index] ?? '')).toEqual(outcome(emt, task));
  });

  test.for([
    ['an element that the model does not know', { model: 'emt', elements: ['Fe'] }, 'code-error', /No EMT-potential for Fe/],
    [
      'a package that is not there',
      { model: 'nowhere.at:All' },
      'code-error',
      /nowhere\.at:All cannot be used with .*No module named 'nowhere'/,
    ],
    [
      'another version of a package',
      { model: 'emt', requires: { ase: '1.0.0' } },
      'code-error',
      /ase is 3\.29\.0 here; the campaign requires 1\.0\.0/,
    ],
    [
      'a model file that is not there',
      { model: 'nep', file: { path: '/nowhere/nep.txt', sha256: 'a'.repeat(64) } },
      'code-error',
      /nep\.txt cannot be read here/,
    ],
    [
      'another model file than was meant',
      { model: 'nep', file: { path: '/etc/hostname', sha256: 'a'.repeat(64) } },
      'code-error',
      /hostname has the sha256 [0-9a-f]{64}; the campaign says aaa/,
    ],
    ['too few steps', { model: 'emt', elements: ['Cu'], maxIonicSteps: 1 }, 'not-converged', /the largest force is still/],
  ] as const)('fail with the reason for %s', async ([, settings, reason, evidence], { expect }) => {
    const element = 'elements' in settings ? settings.elements[0] : 'Cu';
    const crooked: Structure = { ...crystal('A1', { A: { [element]: 1 } }, 3.6) };
    const [first, ...rest] = crooked.sites;
    const task = point({ ...crooked, sites: [{ species: first?.species ?? '', position: [0.05, 0, 0] }, ...rest] }, 'ions');
    const seen = outcome(await aseCalculator(settings), task);
    expect(seen).toMatchObject({ kind: 'failed', reason });
    expect(seen.kind === 'failed' && seen.evidence).toMatch(evidence);
  });

  test('are offered by a machine whose Python has ASE', async ({ expect }) => {
    expect(await probeAse({ PEIERLS_ASE_PYTHON: python })).toMatchObject({ usable: true, version: '3.29.0' });
    expect(await probeAse({ PEIERLS_ASE_PYTHON: '/nowhere/python3' })).toMatchObject({
      usable: false,
      reason: expect.stringMatching(/nowhere/) as string,
    });
  });
});

describe('the ase calculator', () => {
  const nep = { model: 'nep', file: { path: '/models/nep89.txt', sha256: '0'.repeat(64) } };
  const copper = crystal('A1', { A: { Cu: 1 } }, 3.6);

  test.for([
    [{ model: 'vasp' }, /nep, mace, chgnet, sevennet, emt, gpaw, or package.module:Class/],
    [{ model: 'nep', file: { path: '/x', sha256: '12' } }, /64 hexadecimal digits/],
    [{ model: 'emt', cutoff: 4 }, /cutoff/],
    [{ model: 'emt', elements: ['Xx'] }, /elements|element/i],
  ] as const)('refuses %j', async ([settings, message], { expect }) => {
    const refused = aseCalculator(settings);
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toThrow(message);
  });

  test('rejects average atoms, and elements that its model does not know', async ({ expect }) => {
    const emt = await aseCalculator({ model: 'emt' });
    expect(emt.rejects(copper)).toBeUndefined();
    expect(emt.rejects(crystal('A2', { A: { W: 1 } }, 3.2))).toMatch(/emt has no parameters for W; it knows Al, Cu/);
    expect(emt.rejects(crystal('A1', { A: { Cu: 0.5, Ni: 0.5 } }, 3.6))).toMatch(/average atom/);
  });

  test('tells calculations apart by all that changes their numbers', async ({ expect }) => {
    const settings = [
      nep,
      { ...nep, file: { ...nep.file, sha256: '1'.repeat(64) } },
      { ...nep, requires: { calorine: '4.1' } },
      { ...nep, arguments: { label: 'x' } },
      { ...nep, forceToleranceEvPerAngstrom: 0.01 },
      { model: 'gpaw', kPointsPerAtom: 1000 },
      { model: 'gpaw', kPointsPerAtom: 2000 },
    ];
    const prints = await Promise.all(settings.map(async (one) => (await aseCalculator(one)).fingerprint(copper)));
    expect(new Set(prints).size).toBe(settings.length);
    // Where the file lies does not.
    const elsewhere = await aseCalculator({ ...nep, file: { ...nep.file, path: '/other/nep89.txt' } });
    expect(elsewhere.fingerprint(copper)).toBe(prints[0]);
  });

  test('gives GPAW one mesh for all members of a set', async ({ expect }) => {
    const gpaw = await aseCalculator({ model: 'gpaw', kPointsPerAtom: 4000, arguments: { mode: { name: 'pw', ecut: 350 }, xc: 'PBE' } });
    const mesh = (structure: Structure, meshLattice?: Structure['lattice']): unknown => {
      const text = gpaw.writePoint(point(structure, 'none', meshLattice === undefined ? {} : { meshLattice })).files['task.json'] ?? '';
      return (JSON.parse(text) as { mesh: unknown }).mesh;
    };
    const sheared = deformed(copper, [
      [1, 0.5, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(gpaw.fidelity).toBe('dft');
    // 4000 k-points in the primitive cell of one atom.
    expect(mesh(copper)).toEqual([16, 16, 16]);
    expect(mesh(sheared)).not.toEqual([16, 16, 16]);
    expect(mesh(sheared, copper.lattice)).toEqual([16, 16, 16]);
  });

  test.for([
    ['nothing', undefined, 'output-missing'],
    ['half a result', '{"energyEv": -1.0, "latt', 'output-truncated'],
    ['somebody else’s result', '{"energy": 1}', 'output-truncated'],
    [
      'a cell that has collapsed',
      JSON.stringify(
        finished({
          lattice: [
            [1.2, 0, 0],
            [0, 1.2, 0],
            [0, 0, 1.2],
          ],
        }),
      ),
      'atoms-lost',
    ],
    ['fewer atoms', JSON.stringify(finished({ positions: [[0, 0, 0]] })), 'atoms-lost'],
    ['a relaxation that did not end', JSON.stringify(finished({ converged: false })), 'not-converged'],
    ['no stress', JSON.stringify(finished({ stressGpa: undefined })), 'output-truncated'],
    ['memory that ran out', '{"failed": "out-of-memory", "evidence": "MemoryError"}', 'out-of-memory'],
  ] as const)('names what is wrong with %s', async ([, text, reason], { expect }) => {
    const seen = (await aseCalculator(nep)).readPoint(
      point(copper, 'none'),
      text === undefined ? { stderr: 'Killed' } : { 'result.json': text },
    );
    expect(seen).toMatchObject({ kind: 'failed', reason });
  });

  function finished(changes: Record<string, unknown>) {
    return {
      energyEv: -14,
      stressGpa: [0, 0, 0, 0, 0, 0],
      lattice: copper.lattice,
      positions: copper.sites.map(({ position }) => position),
      maxForceEvPerAngstrom: 0,
      converged: true,
      code: 'calorine 4.1, ase 3.29.0',
      ...changes,
    };
  }
});
