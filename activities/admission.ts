import { WorkflowIdConflictPolicy } from '@temporalio/common';
import { changeCondition, readComputerState, spentBy } from '../connectors/store/computer-state.js';
import type { ComputerState } from '../domain/computer-state.js';
import { computerWorkflowId } from '../domain/campaign.js';
import { ComputerHeld, PermissionDenied } from '../domain/failures.js';
import { heldNotice } from '../domain/notice.js';
import { taskQueues } from '../domain/task-queue.js';
import { Notices } from './notices.js';
import type { Dependencies } from './dependencies.js';

/** How old a state of a computer may be that decisions rest on, in milliseconds. */
const freshMs = 2000;
/** Seconds until somebody who was turned away asks again. */
const patienceSeconds = 20;
/** The guard surveys by itself while jobs are open; it need not be woken more often than this, in milliseconds. */
const wakeMs = 30_000;

/** What may be done on a computer now, by the store's word, which all workers share. */
export class Admission {
  readonly #dependencies: Dependencies;
  readonly #states = new Map<string, { readAt: number; state: Promise<ComputerState> }>();
  readonly #epochs = new Map<string, number>();
  readonly #woken = new Map<string, number>();

  readonly #notices: Notices;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#notices = new Notices(dependencies);
  }

  /**
   * Does work on a computer unless it is held. A refusal that no repetition cures (login, host key, work directory) holds the computer for
   * all workers, until an operator resumes it: the calculation waits instead of failing, and the site sees one attempt.
   */
  async on<Value>(computer: string, work: () => Promise<Value>): Promise<Value> {
    const state = await this.#state(computer);
    if (state.condition === 'held') throw held(state);
    if (state.epoch > (this.#epochs.get(computer) ?? 0)) {
      this.#dependencies.computers.get(computer).transport.resume?.();
      this.#epochs.set(computer, state.epoch);
    }
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PermissionDenied)) throw error;
      // Somebody has resumed it meanwhile: the refusal belongs to the time before.
      const now = await readComputerState(this.#dependencies.store, computer);
      if (now.epoch > state.epoch) throw new ComputerHeld(error.message, { retryAfterSeconds: patienceSeconds, cause: error });
      const holding = await changeCondition(this.#dependencies.store, computer, 'held', error.message);
      this.#states.delete(computer);
      await this.#notices.raise(heldNotice(holding));
      await this.wake(computer);
      throw held(holding, error);
    }
  }

  /** Throws `ComputerHeld` unless new jobs of a campaign may be submitted. */
  async toSubmit(computer: string, campaign: string): Promise<void> {
    const state = await this.#state(computer);
    if (state.condition !== 'open') throw held(state);
    const spent = state.figures.coreHours;
    const limit = state.budgetCoreHours ?? this.#dependencies.computers.get(computer).settings.limits.coreHours;
    if (limit !== undefined && spent.total >= limit)
      throw overspent(
        `the computer "${computer}" has spent ${spent.total.toFixed(2)} of its ${limit} core hours`,
        `computer budget ${computer}`,
      );
    const document = await this.#dependencies.store
      .collection('campaigns')
      .findOne({ _id: campaign }, { projection: { budgetCoreHours: 1 } });
    const budget = document?.budgetCoreHours;
    if (budget === undefined) return;
    const hours = await spentBy(this.#dependencies.store, campaign);
    if (hours >= budget)
      throw overspent(`the campaign "${campaign}" has spent ${hours.toFixed(2)} of its ${budget} core hours`, `budget ${campaign}`);
  }

  /** Has the guard of a computer look, starting it where it is not running. At most twice a minute; what it missed it sees with its next survey. */
  async wake(computer: string): Promise<void> {
    const now = Date.now();
    if (now - (this.#woken.get(computer) ?? 0) < wakeMs) return;
    this.#woken.set(computer, now);
    await this.#dependencies.temporal.workflow
      .signalWithStart('computerGuard', {
        workflowId: computerWorkflowId(computer),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        taskQueue: taskQueues.main,
        args: [{ computer }],
        signal: 'wake',
        signalArgs: [],
        staticSummary: `computer ${computer}`,
      })
      // The guard shows and measures; work does not depend on it.
      .catch(() => this.#woken.delete(computer));
  }

  async #state(computer: string): Promise<ComputerState> {
    const known = this.#states.get(computer);
    if (known !== undefined && Date.now() - known.readAt < freshMs) return known.state;
    const state = readComputerState(this.#dependencies.store, computer);
    this.#states.set(computer, { readAt: Date.now(), state });
    state.catch(() => this.#states.delete(computer));
    return state;
  }
}

function held({ _id, condition, reason }: ComputerState, cause?: unknown): ComputerHeld {
  return new ComputerHeld(`the computer "${_id}" is ${condition}: ${reason}. When that is settled: peierls computer resume ${_id}`, {
    retryAfterSeconds: patienceSeconds,
    cause,
  });
}

function overspent(problem: string, remedy: string): ComputerHeld {
  return new ComputerHeld(`${problem}. To allow more: peierls ${remedy} <core hours>`, { retryAfterSeconds: patienceSeconds });
}
