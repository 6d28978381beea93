import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { freePort } from '../../connectors/embedded/port.js';
import { processStart } from '../../connectors/embedded/process-identity.js';
import type { AttemptDocument } from '../../connectors/store/document.js';
import { campaignProgress } from '../../connectors/store/progress.js';
import type { Store } from '../../connectors/store/store.js';
import type { CampaignProgress } from '../../domain/progress.js';

const program = fileURLToPath(new URL('../../cli/peierls.mjs', import.meta.url));

export interface Finished {
  code: number | null;
  out: string;
  err: string;
}

/** A folder with a home in it, and the real command line run there as a user would. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'peierls-cli-'));
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();

  constructor(home = 'home') {
    this.home = join(this.folder, home);
    this.environment = { ...process.env, PEIERLS_HOME: this.home };
  }

  /** Writes a file beside the home and returns its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** Ports that no other test uses, kept for every later command. */
  async choosePorts(): Promise<void> {
    for (const setting of ['PEIERLS_STORE_PORT', 'PEIERLS_TEMPORAL_PORT', 'PEIERLS_TEMPORAL_UI_PORT'])
      this.environment[setting] = String(await freePort());
  }

  start(args: readonly string[], changes: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Finished> } {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...this.environment, ...changes },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    const finished: Finished = { code: null, out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (finished.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (finished.err += text));
    const ended = new Promise<Finished>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#children.delete(child);
        resolve({ ...finished, code });
      });
    });
    return { child, ended };
  }

  run(args: readonly string[], changes: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return this.start(args, changes).ended;
  }

  async json<Value>(...args: string[]): Promise<Value> {
    const { code, out, err } = await this.run([...args, '--json']);
    if (code !== 0) throw new Error(`peierls ${args.join(' ')} exited ${code}: ${err}`);
    return JSON.parse(out) as Value;
  }

  /** How a campaign stands, read behind the back of the command line, which would start what is down; undefined while nobody can tell. */
  progress(campaign: string): Promise<CampaignProgress | undefined> {
    return this.read(async (store) => {
      const progress = await campaignProgress(store, campaign);
      return progress.counts.candidates === 0 ? undefined : progress;
    });
  }

  /** Every attempt so far with its campaign and computer; undefined while nobody can tell. */
  attempts(): Promise<AttemptDocument[] | undefined> {
    return this.read((store) => store.collection('attempts').find().toArray());
  }

  /** Reads the store behind the back of the command line; undefined while nobody answers. */
  async read<Value>(question: (store: Store) => Promise<Value>): Promise<Value | undefined> {
    const client = new MongoClient(`mongodb://127.0.0.1:${this.environment['PEIERLS_STORE_PORT']}/?directConnection=true`, {
      serverSelectionTimeoutMS: 500,
    });
    try {
      const db = client.db('peierls');
      return await question({ db, collection: (name) => db.collection(name), close: () => client.close() });
    } catch {
      // Not up yet, or just killed: the caller asks again.
      return undefined;
    } finally {
      await client.close();
    }
  }

  /** The id of a process of ours, while it lives. */
  pid(name: 'store' | 'temporal' | 'worker' | 'dashboard'): number | undefined {
    const note = join(this.home, 'run', `${name}.json`);
    if (!existsSync(note)) return undefined;
    const { pid, start } = JSON.parse(readFileSync(note, 'utf8')) as { pid: number; start: string };
    return processStart(pid) === start ? pid : undefined;
  }

  kill(name: 'store' | 'temporal' | 'worker' | 'dashboard'): number {
    const pid = this.pid(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Kills a process once it runs, and waits until its successor does: for a moment, the dead one still looks alive. */
  async killUntilNext(name: 'store' | 'temporal' | 'worker' | 'dashboard'): Promise<void> {
    await until(
      () => this.pid(name),
      (pid) => pid !== undefined,
    );
    const killed = this.kill(name);
    await until(
      () => this.pid(name),
      (pid) => pid !== undefined && pid !== killed,
    );
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all([...this.#children].map((child) => new Promise((resolve) => child.once('close', resolve))));
    if (existsSync(join(this.home, 'run'))) await this.run(['down']);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Asks again until the answer holds, and returns it. */
export async function until<Value>(read: () => Value | Promise<Value>, holds: (value: Value) => boolean, seconds = 120): Promise<Value> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still ${JSON.stringify(value)?.slice(0, 2000)}`);
    await sleep(50);
  }
}

/** A campaign file with these changes; small enough for a test, with a real potential. */
export function campaignText(changes: { name?: string; elements?: string; extra?: string } = {}): string {
  return `name: ${changes.name ?? 'small'}
candidates:
  - generator: pure
    elements: [${changes.elements ?? 'Cu'}]
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [4, 4] } }
${changes.extra ?? ''}
`;
}
