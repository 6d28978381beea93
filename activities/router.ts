import { readComputerState } from '../connectors/store/computer-state.js';
import type { ComputerSettings } from '../domain/computer.js';
import { chooseComputer } from '../domain/computer-state.js';
import type { Dependencies } from './dependencies.js';

/**
 * Sends each candidate of a campaign with several computers to the one that is expected to finish it first. What this process has sent
 * and not seen the end of is kept in memory: a restarted worker starts from the guards' figures, which is all that a good guess needs.
 */
export class Router {
  readonly #dependencies: Dependencies;
  readonly #sent = new Map<string, string>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Throws `InvalidInput` for a computer that is not configured. */
  async route(candidate: string, names: readonly string[]): Promise<string> {
    const { computers, store } = this.#dependencies;
    const settings = names.map((name) => computers.get(name).settings);
    const [only = 'local'] = names;
    if (names.length === 1) return only;
    this.#sent.delete(candidate);
    const states = await Promise.all(names.map((name) => readComputerState(store, name)));
    const chosen = chooseComputer(
      states.map(({ _id, condition, figures }, index) => ({
        name: _id,
        condition,
        underWay: Math.max(figures.open, [...this.#sent.values()].filter((name) => name === _id).length),
        width: widthOf(settings[index]?.scheduler),
        turnaroundSeconds: figures.turnaroundSeconds,
      })),
    );
    this.#sent.set(candidate, chosen ?? only);
    return chosen ?? only;
  }

  release(candidate: string): void {
    this.#sent.delete(candidate);
  }
}

/** Jobs of ours that may run at the same time, where nobody has said how many: as many as a user usually gets at once. */
const usualWidth = 16;

function widthOf(scheduler: ComputerSettings['scheduler'] | undefined): number {
  if (scheduler === undefined) return 1;
  return scheduler.kind === 'direct' ? scheduler.slots : (scheduler.maxQueuedJobs ?? usualWidth);
}
