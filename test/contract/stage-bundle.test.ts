import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { stageBundle } from '../../activities/stage-bundle.js';
import type { Calculator } from '../../connectors/calculator/calculator.js';
import type { Computer } from '../../connectors/computer/computer.js';
import { directScheduler } from '../../connectors/scheduler/direct.js';
import { JobMonitor } from '../../connectors/scheduler/job-monitor.js';
import { localTransport } from '../../connectors/transport/local.js';
import { ComputerSettings } from '../../domain/computer.js';
import { InvalidInput } from '../../domain/failures.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { temporaryFolder, until } from './temporary.js';

let folder = { path: '', remove: () => undefined as void };
beforeEach(() => {
  folder = temporaryFolder('stage');
});
afterEach(() => folder.remove());

/** This machine, with a code that runs the shell command in `input`. */
function computer(codes: Record<string, { command: string[] }> = { lammps: { command: ['bash'] } }): Computer {
  const transport = localTransport();
  const scheduler = directScheduler(transport, { slots: 2, lockFolder: join(folder.path, '.slots') });
  const settings = ComputerSettings.parse({ workDir: folder.path, codes });
  return { name: 'here', settings, transport, scheduler, monitor: new JobMonitor(scheduler) };
}

const task = (label: string): PointTask => ({
  label,
  structure: buildPrototype('A1', { A: { Cu: 1 } }),
  periodic: [true, true, true],
  relax: 'none',
});
const waits = (): string => `touch begun; while [ ! -e ${join(folder.path, 'go')} ]; do sleep 0.02; done`;

/** Writes inputs only: what the points compute is of no interest here. */
const fakeCalculator = (command = 'echo done'): Calculator => ({
  name: 'lammps',
  fidelity: 'md',
  cutoffAngstrom: () => undefined,
  fingerprint: () => 'fake',
  describe: () => ({}),
  codeVersion: () => undefined,
  rejects: () => undefined,
  sharedFiles: () => ({ 'potential.eam': 'shared' }),
  writePoint: () => ({ files: { input: `${command}\n` }, args: ['input'], outputs: [] }),
  readPoint: () => ({ kind: 'failed', reason: 'code-error', evidence: '' }),
});

const work = () => join(folder.path, 'work');
const read = (name: string) => readFileSync(join(work(), name), 'utf8');
const stage = (name: string, change: Partial<Parameters<typeof stageBundle>[0]> = {}) =>
  stageBundle({
    computer: computer(),
    calculator: fakeCalculator(),
    request: { name, folder: work() },
    tasks: [task('relax'), task('strain/e1')],
    fresh: true,
    retried: false,
    uncollected: new Set(),
    ...change,
  });
const leave = (point: string, marker: string) =>
  computer().transport.putFiles(join(work(), 'points', point), { finished: marker, stdout: 'old' });

describe('staging a bundle', () => {
  test('writes shared files, inputs and the script', async ({ expect }) => {
    await stage('p1-1');
    expect(read('points/shared/potential.eam')).toBe('shared');
    expect(readdirSync(join(work(), 'points')).toSorted()).toEqual(['relax', 'shared', 'strain_e1']);
    expect(read('p1-1.sh')).toContain('point strain_e1 bash input');
  });

  test('clears what an earlier attempt left of the points that it repeats', async ({ expect }) => {
    await leave('relax', 'p1-1 0 5\n');
    await stage('p1-2', { fresh: false });
    expect(readdirSync(join(work(), 'points/relax'))).toEqual(['input']);
  });

  test('keeps what a cancelled attempt has finished, and nothing else of it', async ({ expect }) => {
    await leave('relax', 'p1-2 0 5\n');
    await leave('strain_e1', 'p1-1 0 5\n');
    await stage('p1-3', { fresh: false, uncollected: new Set(['p1-2']) });
    expect(readdirSync(join(work(), 'points/relax')).toSorted()).toEqual(['finished', 'input', 'stdout']);
    expect(readdirSync(join(work(), 'points/strain_e1'))).toEqual(['input']);
  });

  test('does not take half a marker of a cancelled attempt for a finished point', async ({ expect }) => {
    await leave('relax', 'p1-2 0');
    await stage('p1-3', { fresh: false, uncollected: new Set(['p1-2']) });
    expect(readdirSync(join(work(), 'points/relax'))).toEqual(['input']);
  });

  test('a second time leaves the job alone that the first has queued', async ({ expect }) => {
    const { scheduler, monitor } = computer();
    const request = { name: 'p1-2', folder: work() };
    const calculator = fakeCalculator(waits());
    await stage('p1-2', { fresh: false, calculator });
    await scheduler.submit(request);
    await until(() => existsSync(join(work(), 'points/relax/begun')), Boolean);
    await stage('p1-2', { fresh: false, calculator, retried: true });
    await scheduler.submit(request);
    writeFileSync(join(folder.path, 'go'), '');
    expect(await monitor.wait({ ...request, id: 'p1-2' })).toMatchObject({ verdict: 'completed' });
    expect(read('executions.log')).toBe('p1-2 relax 0\np1-2 strain_e1 0\n');
  });

  test('a second time completes what the first has left half done', async ({ expect }) => {
    await leave('relax', 'p1-1 0 5\n');
    await stage('p1-2', { fresh: false, retried: true });
    expect(readdirSync(join(work(), 'points/relax'))).toEqual(['input']);
    expect(existsSync(join(work(), 'p1-2.sh'))).toBe(true);
  });

  test('for a code that the computer does not have is refused before anything is written', async ({ expect }) => {
    const refused = stage('p1-1', { computer: computer({}) });
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toThrow(/^computers\.here\.codes\.lammps: the computer "here" has no code "lammps"/);
    expect(existsSync(work())).toBe(false);
  });
});
