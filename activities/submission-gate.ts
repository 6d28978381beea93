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
  /** Jobs that are, or may be, in a queue while nobody waits for them yet: per computer, until when by name. */
  readonly #places = new Map<string, Map<string, number>>();

  /** Runs the submission of a job once there is room. Throws `SchedulerBusy` when there is none for a while. */
  async pass<Value>(computer: Computer, job: string, submit: () => Promise<Value>): Promise<Value> {
    const { scheduler } = computer.settings;
    const most = scheduler.kind === 'direct' ? undefined : scheduler.maxQueuedJobs;
    if (most === undefined) return submit();
    const places = this.#placesOf(computer.name);
    const deadline = Date.now() + patienceMs;
    while (queued(computer, places) >= most) {
      if (Date.now() > deadline)
        throw new SchedulerBusy(`"${computer.name}" has ${most} of our jobs in its queue already (maxQueuedJobs)`, {
          retryAfterSeconds: 1,
        });
      await sleep(lookMs, undefined, { signal: Context.current().cancellationSignal });
    }
    places.set(job, Infinity);
    try {
      const submitted = await submit();
      places.set(job, Date.now() + settlingMs);
      return submitted;
    } catch (error) {
      places.delete(job);
      throw error;
    }
  }

  #placesOf(computer: string): Map<string, number> {
    const known = this.#places.get(computer);
    if (known !== undefined) return known;
    const places = new Map<string, number>();
    this.#places.set(computer, places);
    return places;
  }
}

function queued({ monitor }: Computer, places: Map<string, number>): number {
  for (const [job, until] of places) if (monitor.waitsFor(job) || until < Date.now()) places.delete(job);
  return monitor.waiting + places.size;
}
