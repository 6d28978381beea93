import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, test } from 'vitest';
import type { Calculator, TextFiles } from '../../connectors/calculator/calculator.js';
import { probePw } from '../../connectors/calculator/quantum-espresso/engine.js';
import { quantumEspressoCalculator } from '../../connectors/calculator/quantum-espresso/quantum-espresso.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { deformed } from '../../domain/structure.js';
import { temporaryFolder } from './temporary.js';

/** Al, LDA: few k-points and a low cutoff. What is tested is that numbers arrive where they belong, not that they are converged. */
const settings = { functional: 'LDA', cutoffRy: { wavefunctions: 16 }, kPointsPerAtom: 300, smearingRy: 0.07 };
const engine = await probePw();
const calculator = engine.usable ? await quantumEspressoCalculator(settings).catch((error: unknown) => String(error)) : undefined;
const reason = engine.usable ? (typeof calculator === 'string' ? calculator : undefined) : engine.reason;
if (reason !== undefined) console.warn(`skipping pw.x: ${reason}`);

const folder = temporaryFolder('pw');
afterAll(() => folder.remove());

const aluminium = buildPrototype('A1', { A: { Al: 1 } }, { a: 3.98 });
const squeezed = deformed(aluminium, [
  [1, 0, 0],
  [0, 0.95, 0],
  [0, 0, 1],
]);
const task = (label: string, changes: Partial<PointTask> = {}): PointTask => ({
  label,
  structure: aluminium,
  periodic: [true, true, true],
  relax: 'none',
  ...changes,
});

/** Runs an input in a folder beside `shared/`, as a bundle does. */
async function execute(label: string, text: string, shared = (calculator as Calculator).sharedFiles(aluminium)): Promise<TextFiles> {
  const work = join(folder.path, label);
  write(join(work, 'pw.in'), text);
  for (const [name, content] of Object.entries(shared)) write(join(folder.path, 'shared', name), content);
  const [program = '', ...rest] = engine.command;
  const { stdout, stderr } = await promisify(execFile)(program, [...rest, '-in', 'pw.in'], { cwd: work }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  const names = ['pw.save/data-file-schema.xml', 'CRASH'].filter((name) => existsSync(join(work, name)));
  return { stdout, stderr, ...Object.fromEntries(names.map((name) => [name, readFileSync(join(work, name), 'utf8')])) };
}

/** Runs a point as a bundle does, in the wrapper and with `stdout` in its folder, and tells what input pw.x had in the end. */
async function wrapped(point: PointTask) {
  const opened = calculator as Calculator;
  const work = join(folder.path, point.label);
  const { files, wrapper = [], args, outputs } = opened.writePoint(point);
  for (const [name, text] of Object.entries(files)) write(join(work, name), text);
  for (const [name, text] of Object.entries(opened.sharedFiles(aluminium))) write(join(work, '..', 'shared', name), text);
  await promisify(execFile)('sh', ['-c', '"$@" > stdout 2> stderr', 'sh', ...wrapper, ...engine.command, ...args], { cwd: work });
  const names = ['stdout', 'stderr', ...outputs].filter((name) => existsSync(join(work, name)));
  const outcome = opened.readPoint(point, Object.fromEntries(names.map((name) => [name, readFileSync(join(work, name), 'utf8')])));
  if (outcome.kind === 'failed') throw new Error(outcome.evidence);
  return { result: outcome.result, input: readFileSync(join(work, 'pw.in'), 'utf8') };
}

async function result(point: PointTask, opened = calculator as Calculator) {
  const outputs = await execute(point.label, opened.writePoint(point).files['pw.in'] ?? '', opened.sharedFiles(point.structure));
  const outcome = opened.readPoint(point, outputs);
  if (outcome.kind === 'failed') throw new Error(outcome.evidence);
  return outcome.result;
}

describe.skipIf(reason !== undefined)('pw.x', () => {
  test('relaxes a cell to zero stress, still cubic', async ({ expect }) => {
    const { structure, stressGpa } = await result(task('relax', { relax: 'cell-and-ions', cellFreedom: 'isotropic' }));
    // LDA with this pseudopotential: 3.956 angstrom converged (docs/first-principles.md).
    expect(structure.lattice[0][0]).toBeGreaterThan(3.9);
    expect(structure.lattice[0][0]).toBeLessThan(4.0);
    for (const [i, value] of structure.lattice.flat().entries()) expect(value).toBeCloseTo(i % 4 === 0 ? structure.lattice[0][0] : 0, 9);
    expect(Math.max(...(stressGpa ?? [NaN]).map(Math.abs))).toBeLessThan(0.5);
  });

  test('pushes where it is squeezed, in the axes of the task', async ({ expect }) => {
    const { stressGpa: [xx, yy, zz, yz, xz, xy] = [] } = await result(task('squeezed', { structure: squeezed, relax: 'ions' }));
    expect(yy).toBeLessThan(-3);
    expect(yy).toBeLessThan((xx ?? NaN) - 1);
    expect(zz).toBeCloseTo(xx ?? NaN, 3);
    for (const shear of [yz, xz, xy]) expect(shear).toBeCloseTo(0, 3);
  });

  test('gives the same with and without symmetry, since the mesh carries it', async ({ expect }) => {
    const none = await quantumEspressoCalculator({ ...settings, symmetry: 'none' });
    const [one, other] = [
      await result(task('symmetric', { structure: squeezed })),
      await result(task('none', { structure: squeezed }), none),
    ];
    // 1e-9 Ry an atom is asked for.
    expect(Math.abs(one.energyEv - other.energyEv)).toBeLessThan(1e-6);
    for (const [i, value] of (one.stressGpa ?? []).entries()) expect(Math.abs(value - (other.stressGpa?.[i] ?? NaN))).toBeLessThan(2e-3);
  });

  test('tells the band gap of what is no metal, and none of a metal', async ({ expect }) => {
    // LDA: MgO with the order of CsCl, an insulator like the one with that of NaCl. 3.1 eV here.
    const files = { Mg: 'Mg.pz-n-vbc.UPF', O: 'O.pz-rrkjus.UPF' };
    const opened = await quantumEspressoCalculator({
      ...settings,
      files,
      cutoffRy: { wavefunctions: 25, density: 200 },
      smearingRy: 0.02,
      finalStressToleranceGpa: 5,
    });
    const relaxation = { relax: 'cell-and-ions', cellFreedom: 'isotropic' } as const;
    const oxide = buildPrototype('B2', { A: { Mg: 1 }, B: { O: 1 } }, { a: 2.65 });
    const { bandGapEv = Number.NaN } = await result(task('oxide', { structure: oxide, ...relaxation }), opened);
    expect(bandGapEv).toBeGreaterThan(1);
    expect(bandGapEv).toBeLessThan(6);
    expect((await result(task('metal', relaxation))).bandGapEv).toBeUndefined();
  });

  test('starts a strained crystal from the density of the one before it, and from atoms where that is none', async ({ expect }) => {
    const strain = (yy: number) =>
      deformed(aluminium, [
        [1, 0, 0],
        [0, 1 + yy, 0],
        [0, 0, 1],
      ]);
    const point = (label: string, yy: number) => task(label, { structure: strain(yy), relax: 'ions', meshLattice: aluminium.lattice });
    const alone = await result(point('alone', -0.01));
    const first = await wrapped(point('set/first', 0.01));
    expect(first.input).not.toContain('startingpot');
    const second = await wrapped(point('set/second', -0.01));
    expect(second.input).toContain("startingpot = 'file'");
    // 1e-9 Ry an atom is asked for.
    expect(Math.abs(second.result.energyEv - alone.energyEv)).toBeLessThan(1e-6);
    for (const [i, value] of (alone.stressGpa ?? []).entries())
      expect(Math.abs(value - (second.result.stressGpa?.[i] ?? NaN))).toBeLessThan(2e-3);
    expect(existsSync(join(folder.path, 'set/second/pw.save/wfc1.dat'))).toBe(false);

    write(join(folder.path, 'set/density/charge-density.dat'), 'half of a file');
    const third = await wrapped(point('set/third', -0.01));
    expect(third.input).not.toContain('startingpot');
    expect(Math.abs(third.result.energyEv - alone.energyEv)).toBeLessThan(1e-6);
  });

  test('that does not converge names its correction, and converges with it', async ({ expect }) => {
    const short = await quantumEspressoCalculator({ ...settings, maxElectronicSteps: 3 });
    const point = task('short');
    const first = await execute('short', short.writePoint(point).files['pw.in'] ?? '');
    expect(short.readPoint(point, first)).toMatchObject({ kind: 'failed', reason: 'not-converged' });
    expect(short.correction?.(point, first, [])).toMatchObject({ name: 'slower-mixing', safety: 'safe' });
    const applied = ['slower-mixing', 'slower-mixing'];
    const second = await execute('short', short.writePoint(point, applied).files['pw.in'] ?? '');
    expect(short.readPoint(point, second).kind).toBe('completed');
  });

  test('that refuses its input is an outcome with its message', async ({ expect }) => {
    const outputs = await execute('refused', '&CONTROL\n  nonsense = 1\n/\n');
    expect((calculator as Calculator).readPoint(task('refused'), outputs)).toMatchObject({ kind: 'failed', reason: 'code-error' });
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
