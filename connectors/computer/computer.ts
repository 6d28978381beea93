import { InvalidInput } from '../../domain/failures.js';
import { assertNever } from '../../domain/assert-never.js';
import type { ComputerSettings } from '../../domain/computer.js';
import { directScheduler } from '../scheduler/direct.js';
import { JobMonitor } from '../scheduler/job-monitor.js';
import { lsfScheduler } from '../scheduler/lsf.js';
import { pbsScheduler } from '../scheduler/pbs.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { sgeScheduler } from '../scheduler/sge.js';
import { slurmScheduler } from '../scheduler/slurm.js';
import { localTransport } from '../transport/local.js';
import { SshConnections } from '../transport/ssh/connections.js';
import { sshTransport } from '../transport/ssh/ssh.js';
import type { Transport } from '../transport/transport.js';

/** A machine with everything needed to run bundles on it. */
export interface Computer {
  readonly name: string;
  readonly settings: ComputerSettings;
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly monitor: JobMonitor;
}

/** The computers of an installation, opened when first used, each once. */
export class ComputerPool {
  readonly #settings: Readonly<Record<string, ComputerSettings>>;
  readonly #open = new Map<string, Computer>();
  readonly #connections: SshConnections;

  /** `environment` is where the secrets are that the settings name; `heldIn` is the folder of connections that `peierls computer login` holds. */
  constructor(
    settings: Readonly<Record<string, ComputerSettings>>,
    environment: NodeJS.ProcessEnv = process.env,
    options: { heldIn?: string } = {},
  ) {
    this.#settings = settings;
    this.#connections = new SshConnections(environment, options);
  }

  names(): string[] {
    return Object.keys(this.#settings);
  }

  /** Throws `InvalidInput` for a name that is not configured. */
  get(name: string): Computer {
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    const settings = this.#settings[name];
    if (settings === undefined)
      throw new InvalidInput(`the computer "${name}" is not configured`, {
        path: 'computer',
        value: name,
        remedy: `Use one of ${this.names().join(', ')}, or add it to computers.yaml.`,
      });
    const computer = openComputer(name, settings, this.#connections);
    this.#open.set(name, computer);
    return computer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((computer) => computer.transport.close()));
    this.#open.clear();
    await this.#connections.close();
  }
}

/** Seconds that a job may leave no trace: network file systems keep what they know of a folder for up to a minute, and here two clients are between. */
const clusterGraceSeconds = 120;

/** Opens one computer over connections that the caller owns. */
export function openComputer(name: string, settings: ComputerSettings, connections: SshConnections): Computer {
  const transport = settings.transport.kind === 'local' ? localTransport() : sshTransport(settings.transport, connections);
  const scheduler = openScheduler(name, settings, transport);
  const monitor = new JobMonitor(scheduler, scheduler.name === 'direct' ? {} : { graceSeconds: clusterGraceSeconds });
  return { name, settings, transport, scheduler, monitor };
}

function openScheduler(name: string, { scheduler, workDir }: ComputerSettings, transport: Transport): Scheduler {
  switch (scheduler.kind) {
    case 'direct':
      return directScheduler(transport, { slots: scheduler.slots, lockFolder: `${workDir}/.slots` });
    case 'slurm':
      return slurmScheduler(transport, scheduler, name);
    case 'pbs':
      return pbsScheduler(transport, scheduler, name);
    case 'sge':
      return sgeScheduler(transport, scheduler, name);
    case 'lsf':
      return lsfScheduler(transport, scheduler, name);
    default:
      return assertNever(scheduler);
  }
}
