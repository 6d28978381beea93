import { setTimeout as sleep } from 'node:timers/promises';
import { PermissionDenied } from '../../domain/failures.js';
import type { JobHandle, JobReport, Scheduler } from './scheduler.js';

interface Waiter {
  job: JobHandle;
  unknownSince: number | undefined;
  settle: (report: JobReport) => void;
  refuse: (error: Error) => void;
  onReport: (report: JobReport) => void;
}

/** How long a job may leave no trace before it counts as lost: file systems of clusters lag. */
const graceSeconds = 30;

/** Looks into the folders from one query of the queue to the next; they cost the site one short command each, and the queue nothing. */
const looksPerQuery = 4;
const shortestLookSeconds = 0.2;

/**
 * Waits for all jobs of one computer with one query per interval, however many wait. The interval grows while nothing changes and
 * starts over when a job ends or a new one is waited for. In between the folders are looked into, where jobs leave a marker when they end.
 */
export class JobMonitor {
  readonly #scheduler: Scheduler;
  readonly #graceSeconds: number;
  readonly #waiters = new Map<string, Waiter[]>();
  #running = false;
  #interval: number;
  /** Queries made so far; benches and tests read it. */
  queries = 0;

  constructor(scheduler: Scheduler, options: { graceSeconds?: number } = {}) {
    this.#scheduler = scheduler;
    this.#graceSeconds = options.graceSeconds ?? graceSeconds;
    this.#interval = scheduler.cadenceSeconds.first;
  }

  /** Resolves when the job has ended. `onReport` hears every report on the way; an aborted signal rejects. */
  wait(job: JobHandle, options: { signal?: AbortSignal; onReport?: (report: JobReport) => void } = {}): Promise<JobReport> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('the wait was given up'));
      if (signal?.aborted === true) return giveUp();
      const waiter: Waiter = {
        job,
        unknownSince: undefined,
        settle: resolve,
        refuse: reject,
        onReport: options.onReport ?? (() => undefined),
      };
      const waiters = this.#waiters.get(job.name) ?? [];
      waiters.push(waiter);
      this.#waiters.set(job.name, waiters);
      signal?.addEventListener('abort', () => {
        this.#drop(waiter);
        giveUp();
      });
      this.#interval = this.#scheduler.cadenceSeconds.first;
      void this.#loop();
    });
  }

  /** Jobs that somebody waits for. */
  get waiting(): number {
    return this.#waiters.size;
  }

  waitsFor(name: string): boolean {
    return this.#waiters.has(name);
  }

  async #loop(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#waiters.size > 0) {
        await this.#lookUntil(Date.now() + this.#interval * 1000);
        if (this.#waiters.size > 0) await this.#ask();
      }
    } finally {
      this.#running = false;
    }
  }

  /** Sleeps until it is time for the next query, and wakes up now and then to see who has ended. */
  async #lookUntil(time: number): Promise<void> {
    const pauseMs = Math.max(shortestLookSeconds * 1000, (time - Date.now()) / looksPerQuery);
    while (this.#scheduler.ended !== undefined && time - Date.now() > 1.5 * pauseMs) {
      await sleep(pauseMs);
      const jobs = this.#jobs();
      try {
        for (const [name, report] of await this.#scheduler.ended(jobs))
          for (const waiter of this.#waiters.get(name) ?? []) this.#tell(waiter, report);
      } catch {
        // The query that follows meets the same trouble, and knows what to make of it.
        break;
      }
      if (this.#waiters.size === 0) return;
    }
    await sleep(Math.max(0, time - Date.now()));
  }

  #jobs(): JobHandle[] {
    return [...this.#waiters.values()].flatMap((waiters) => waiters.slice(0, 1).map((waiter) => waiter.job));
  }

  async #ask(): Promise<void> {
    const jobs = this.#jobs();
    let reports: Map<string, JobReport>;
    try {
      this.queries += 1;
      reports = await this.#scheduler.report(jobs);
    } catch (error) {
      // Refused for good: every waiter must know, since no later query will be answered either.
      if (error instanceof PermissionDenied) {
        for (const waiter of [...this.#waiters.values()].flat()) this.#refuse(waiter, error);
        return;
      }
      // The queue could not be asked: nothing is known, so nothing has ended. The waiters keep waiting, less often.
      this.#interval = Math.min(this.#interval * 2, this.#scheduler.cadenceSeconds.most);
      return;
    }
    let ended = 0;
    for (const job of jobs) {
      const report = reports.get(job.name) ?? { state: 'unknown' as const };
      for (const waiter of this.#waiters.get(job.name) ?? []) if (this.#tell(waiter, report)) ended += 1;
    }
    this.#interval = ended > 0 ? this.#scheduler.cadenceSeconds.first : Math.min(this.#interval * 1.3, this.#scheduler.cadenceSeconds.most);
  }

  #tell(waiter: Waiter, report: JobReport): boolean {
    waiter.onReport(report);
    if (report.state === 'unknown') {
      waiter.unknownSince ??= Date.now();
      if (Date.now() - waiter.unknownSince < this.#graceSeconds * 1000) return false;
      return this.#settle(waiter, { state: 'done', verdict: 'lost', detail: report.detail ?? `no trace for ${this.#graceSeconds} s` });
    }
    waiter.unknownSince = undefined;
    return report.state === 'done' ? this.#settle(waiter, report) : false;
  }

  #settle(waiter: Waiter, report: JobReport): true {
    this.#drop(waiter);
    waiter.settle(report);
    return true;
  }

  #refuse(waiter: Waiter, error: Error): void {
    this.#drop(waiter);
    waiter.refuse(error);
  }

  #drop(waiter: Waiter): void {
    const rest = (this.#waiters.get(waiter.job.name) ?? []).filter((other) => other !== waiter);
    if (rest.length === 0) this.#waiters.delete(waiter.job.name);
    else this.#waiters.set(waiter.job.name, rest);
  }
}
