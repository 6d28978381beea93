import { InvalidInput } from '../../domain/failures.js';
import type { ComputerSettings } from '../../domain/computer.js';
import { directScheduler } from '../scheduler/direct.js';
import { JobMonitor } from '../scheduler/job-monitor.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { localTransport } from '../transport/local.js';
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

  constructor(settings: Readonly<Record<string, ComputerSettings>>) {
    this.#settings = settings;
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
    const computer = openComputer(name, settings);
    this.#open.set(name, computer);
    return computer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((computer) => computer.transport.close()));
    this.#open.clear();
  }
}

function openComputer(name: string, settings: ComputerSettings): Computer {
  const transport = localTransport();
  const scheduler = directScheduler(transport, { slots: settings.scheduler.slots, lockFolder: `${settings.workDir}/.slots` });
  return { name, settings, transport, scheduler, monitor: new JobMonitor(scheduler) };
}
