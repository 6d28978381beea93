import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Calculator, TextFiles } from '../../connectors/calculator/calculator.js';
import { chooseLammps, type LammpsEngine } from '../../connectors/calculator/lammps/engine.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import { codeVersion } from '../../connectors/calculator/lammps/output.js';
import type { PointOutcome, PointResult, PointTask } from '../../domain/point.js';
import { buildPrototype, type PrototypeName } from '../../domain/prototype.js';
import type { Structure } from '../../domain/structure.js';

/** What the two files of LAMMPS contract tests share: running points as the wrapper of a bundle does, with a pool of their own. */

export const wasm = await chooseLammps({ ...process.env, PEIERLS_LAMMPS: 'wasm' });
export const zhou = await lammpsCalculator({ potential: 'zhou2004' });

/** A folder and a pool of one test file: nobody else's points are disturbed by the faults it causes. */
export class Bench {
  readonly root: string;
  readonly socket: string;
  private readonly environment: NodeJS.ProcessEnv;
  private sets = 0;

  private constructor(root: string) {
    this.root = root;
    this.socket = join(root, 'pool.sock');
    this.environment = { ...process.env, PEIERLS_LAMMPS_POOL: this.socket, PEIERLS_LAMMPS_IDLE_SECONDS: '20' };
  }

  static async open(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), 'peierls-lammps-')));
  }

  async close(): Promise<void> {
    await this.stopPool();
    await rm(this.root, { recursive: true, force: true });
  }

  /** Prepares a point's folder beside its `shared/`. */
  async prepare(calculator: Calculator, task: PointTask): Promise<{ folder: string; args: string[]; outputs: string[] }> {
    const set = join(this.root, `set-${this.sets++}`);
    const folder = join(set, 'point');
    await mkdir(folder, { recursive: true });
    await mkdir(join(set, 'shared'));
    const { files, args, outputs } = calculator.writePoint(task);
    const write = (place: string, texts: TextFiles) =>
      Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(place, name), text)));
    await write(join(set, 'shared'), calculator.sharedFiles(task.structure));
    await write(folder, files);
    return { folder, args, outputs };
  }

  launch(engine: LammpsEngine, args: readonly string[], cwd: string, extra: NodeJS.ProcessEnv = {}) {
    const [program = '', ...leading] = engine.command;
    return spawn(program, [...leading, ...args], { cwd, env: { ...this.environment, ...extra } });
  }

  async execute(
    engine: LammpsEngine,
    calculator: Calculator,
    task: PointTask,
  ): Promise<{ outcome: PointOutcome; version: string | undefined }> {
    const { folder, args, outputs } = await this.prepare(calculator, task);
    const run = await finished(this.launch(engine, args, folder));
    const files: TextFiles = { stdout: run.stdout, stderr: run.stderr };
    for (const name of outputs) if (existsSync(join(folder, name))) files[name] = await readFile(join(folder, name), 'utf8');
    return { outcome: calculator.readPoint(task, files), version: codeVersion(files) };
  }

  async compute(engine: LammpsEngine, task: PointTask, calculator = zhou): Promise<PointResult> {
    const { outcome } = await this.execute(engine, calculator, task);
    if (outcome.kind === 'failed') throw new Error(`${task.label}: ${outcome.reason}\n${outcome.evidence}`);
    return outcome.result;
  }

  async poolStatus(): Promise<PoolStatus | undefined> {
    const run = await finished(this.launch(wasm, ['--pool-status'], this.root));
    return run.code === 0 ? (JSON.parse(run.stdout) as PoolStatus) : undefined;
  }

  async stopPool(): Promise<void> {
    const status = await this.poolStatus();
    if (status === undefined) return;
    process.kill(status.pid, 'SIGTERM');
    await until(
      () => this.poolStatus(),
      (now) => now === undefined,
    );
  }
}

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface PoolStatus {
  pid: number;
  instances: number;
  running: number;
  points: number;
  recycled: number;
}

export async function finished(child: ReturnType<Bench['launch']>): Promise<Run> {
  const run: Run = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (run.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (run.stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...run, code };
}

export async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)}`);
  }
}

export const crystal = (name: PrototypeName, occupants: Parameters<typeof buildPrototype>[1], a: number, c?: number): Structure =>
  buildPrototype(name, occupants, c === undefined ? { a } : { a, c });
export const point = (structure: Structure, relax: PointTask['relax'], changes: Partial<PointTask> = {}): PointTask => ({
  label: 'point',
  structure,
  periodic: [true, true, true],
  relax,
  ...changes,
});
