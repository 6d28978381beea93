import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../connectors/embedded/port.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../deploy/lab/lab.sh', import.meta.url));

/** Why there can be no cluster of our own here; empty where there can. Installing packages is for the lab's own command, not for a test. */
export function whyNoCluster(): string {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = ['slurmctld', 'slurmd', 'munged', '/usr/sbin/sshd', 'sacct', 'lmp'].filter((name) => !installed(name));
  return missing.length === 0 ? '' : `not installed: ${missing.join(', ')}; deploy/lab/lab.sh up installs them`;
}

function installed(name: string): boolean {
  if (name.startsWith('/')) return existsSync(name);
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}

export interface ClusterOptions {
  /** Further lines of slurm.conf. */
  slurmLines?: string[];
  /** Whether Slurm ends jobs that use more memory than they asked for. */
  memoryEnforced?: boolean;
}

/** A lab of one test file, on ports and with a user of its own, that may be broken at will. */
export class Cluster {
  readonly state: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #user = `peierls-t${process.pid % 100_000}`;

  private constructor(state: string, environment: NodeJS.ProcessEnv) {
    this.state = state;
    this.#environment = { ...environment, PEIERLS_LAB_USER: this.#user };
  }

  static async open({ slurmLines = [], memoryEnforced = false }: ClusterOptions = {}): Promise<Cluster> {
    const state = mkdtempSync(join(tmpdir(), 'peierls-cluster-'));
    const environment: NodeJS.ProcessEnv = {
      ...process.env,
      PEIERLS_LAB_STATE: state,
      // Ended jobs stay in the controller's list, from which they are counted.
      PEIERLS_LAB_SLURM_LINES: ['MinJobAge=7200', ...slurmLines].join('\n'),
      PEIERLS_LAB_MEMORY: memoryEnforced ? 'enforced' : 'shared',
    };
    for (const name of ['SSH', 'JUMP', 'SLURMCTLD', 'SLURMD', 'SLURMDBD', 'SQL'])
      environment[`PEIERLS_LAB_${name}_PORT`] = String(await freePort());
    const cluster = new Cluster(state, environment);
    await cluster.up();
    return cluster;
  }

  /** Starts what does not run. */
  async up(): Promise<void> {
    await run('bash', [script, 'up'], { env: this.#environment });
  }

  async stop(...services: string[]): Promise<void> {
    await run('bash', [script, 'stop', ...services], { env: this.#environment });
  }

  async close(): Promise<void> {
    await run('bash', [script, 'down'], { env: this.#environment });
  }

  get sshPort(): number {
    return Number(this.#environment['PEIERLS_LAB_SSH_PORT']);
  }

  pid(service: string): number {
    return Number(readFileSync(join(this.state, 'run', `${service}.pid`), 'utf8'));
  }

  /** Kills the SSH server with all its sessions. */
  killSshd(): void {
    this.killSessions();
    process.kill(this.pid('sshd'), 'SIGKILL');
  }

  /** Cuts every connection; the server goes on taking new ones. */
  killSessions(): void {
    // With an exit code of 1 where there is no session.
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(this.pid('sshd'))], { encoding: 'utf8' });
    for (const pid of stdout.split('\n').filter(Boolean).map(Number)) process.kill(pid, 'SIGKILL');
  }

  slurm(...command: [string, ...string[]]): string {
    const [program, ...args] = command;
    return execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, SLURM_CONF: join(this.state, 'etc', 'slurm.conf') } });
  }

  /** Jobs younger than `since` by Slurm's own records: name to number of queue entries. */
  queued(since: number): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [, id, name = ''] of this.slurm('squeue', '--noheader', '--states=all', '--format=%i %j').matchAll(/^(\d+) (\S+)$/gm))
      if (Number(id) > since) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  /** Takes the node away (`down` kills what runs, `drain` lets it run and starts nothing), or gives it back. */
  node(state: 'down' | 'drain' | 'resume'): void {
    const name = this.slurm('sinfo', '--noheader', '--format=%n').trim();
    try {
      this.slurm('scontrol', 'update', `nodename=${name}`, `state=${state}`, ...(state === 'resume' ? [] : ['reason=test']));
    } catch (error) {
      // A node that is well cannot be resumed.
      if (state !== 'resume') throw error;
    }
  }

  /** The id of the youngest job. */
  youngest(): number {
    return Math.max(0, ...this.slurm('squeue', '--noheader', '--states=all', '--format=%i').split('\n').map(Number));
  }

  /** Takes every job away. */
  empty(): void {
    this.slurm('scancel', '--user', this.#user);
  }

  /** Jobs that run or wait. */
  alive(): string[] {
    return this.slurm('squeue', '--noheader', '--format=%j').split('\n').filter(Boolean);
  }

  /** `computers.yaml` for this cluster, reached through another port and with other settings where wanted. */
  computers(changes: { port?: number; keepAliveSeconds?: number; workDir?: string; limits?: string; maxQueuedJobs?: number } = {}): string {
    const text = readFileSync(join(this.state, 'computers.yaml'), 'utf8');
    const known = readFileSync(join(this.state, 'known_hosts'), 'utf8');
    // The key of the host behind a proxy is the same.
    const line = known.split('\n').find((it) => it.startsWith(`[127.0.0.1]:${this.sshPort} `));
    if (changes.port !== undefined && !known.includes(`[127.0.0.1]:${changes.port} `))
      appendFileSync(join(this.state, 'known_hosts'), `${line?.replace(`:${this.sshPort}`, `:${changes.port}`)}\n`);
    return text
      .replaceAll(`port: ${this.sshPort}`, `port: ${changes.port ?? this.sshPort}`)
      .replaceAll(
        '      configFile: none\n',
        `      configFile: none\n      connectTimeoutSeconds: 10\n      keepAliveSeconds: ${changes.keepAliveSeconds ?? 2}\n`,
      )
      .replaceAll(/workDir: (\S+)/g, (all, path: string) => `workDir: ${changes.workDir ?? path}`)
      .replaceAll('    codes:\n', `${changes.limits === undefined ? '' : `    limits: ${changes.limits}\n`}    codes:\n`)
      .replaceAll(
        'wallTimeSeconds: 3600 }',
        `wallTimeSeconds: 3600${changes.maxQueuedJobs === undefined ? '' : `, maxQueuedJobs: ${changes.maxQueuedJobs}`} }`,
      );
  }

  log(service: string): string {
    return readFileSync(join(this.state, 'log', `${service}.log`), 'utf8');
  }

  /** Writes a file into the home of the cluster's user. */
  home(name: string, text: string): void {
    writeFileSync(join(this.state, 'home', name), text);
  }
}

/** A way to a port that can be stopped up: bytes neither come nor go, and nobody is told. */
export class FaultyNetwork {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #stuck = false;
  /** Connections made so far. */
  connections = 0;
  port = 0;

  constructor(target: number) {
    this.#server = createServer((near) => {
      this.connections += 1;
      const far = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => void (this.#stuck || to.write(bytes)));
        from.on('close', () => {
          this.#sockets.delete(from);
          if (!this.#stuck) to.destroy();
        });
        from.on('error', () => undefined);
      }
    });
  }

  async open(): Promise<void> {
    this.port = await freePort();
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
  }

  /** Swallows everything from now on. What was connected stays dead afterwards: bytes are missing. */
  swallow(): void {
    this.#stuck = true;
  }

  /** New connections work again; the old ones are cut. */
  heal(): void {
    this.cut();
    this.#stuck = false;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
