import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Computer } from '../connectors/computer/computer.js';
import { SchedulerBusy } from '../domain/failures.js';

/** A submission waits this long inside its slot, so that it keeps its turn; then it stands in line again. */
const patienceMs = 240_000;
const lookMs = 500;
/** Between a submission and the wait for its job, generously. */
const settlingMs = 10_000;

/** Keeps this process from filling a queue beyond `maxQueuedJobs`; the submission script, which asks the queue itself, is the second guard. */
export class SubmissionGate {
  readonly #passing = new Map<string, number>();

  /** Runs a submission once there is room. Throws `SchedulerBusy` when there is none for a while. */
  async pass<Value>(computer: Computer, submit: () => Promise<Value>): Promise<Value> {
    const { scheduler } = computer.settings;
    const most = scheduler.kind === 'direct' ? undefined : scheduler.maxQueuedJobs;
    if (most === undefined) return submit();
    const passing = (): number => this.#passing.get(computer.name) ?? 0;
    const deadline = Date.now() + patienceMs;
    while (computer.monitor.waiting + passing() >= most) {
      if (Date.now() > deadline)
        throw new SchedulerBusy(`"${computer.name}" has ${most} of our jobs in its queue already (maxQueuedJobs)`, {
          retryAfterSeconds: 1,
        });
      await sleep(lookMs, undefined, { signal: Context.current().cancellationSignal });
    }
    this.#passing.set(computer.name, passing() + 1);
    try {
      return await submit();
    } finally {
      // The job counts as waited for only from the next activity on: its place is kept until then.
      setTimeout(() => this.#passing.set(computer.name, passing() - 1), settlingMs).unref();
    }
  }
}
