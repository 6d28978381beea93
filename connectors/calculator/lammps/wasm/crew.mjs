// @ts-check
import { Worker } from 'node:worker_threads';

/**
 * @typedef {{ cwd: string, args: string[], limitSeconds: number, print: (text: string) => void, finish: (code: number, complaint?: string) => void, move: () => void }} Job
 * @typedef {{ worker: Worker, job: Job | undefined, timer: NodeJS.Timeout | undefined, points: number, ready: boolean }} Member
 */

/** An instance whose memory grew this far is replaced: WebAssembly memory never shrinks. It starts with 256 MB, mostly untouched. */
const maxHeapBytes = 768 * 1024 * 1024;

/** More would not start either (no memory, a broken installation): the pool ends, and its clients say where the reason is. */
const maxStillborn = 3;

/** Worker threads with a LAMMPS each, and the queue in front of them. A broken, hung or bloated one is replaced, never repaired. */
export class Crew {
  /** @param {{ module: WebAssembly.Module, glue: string }} code @param {number} size */
  constructor(code, size) {
    this.code = code;
    this.size = size;
    /** @type {Member[]} */
    this.members = [];
    /** @type {Job[]} */
    this.queue = [];
    this.points = 0;
    this.recycled = 0;
    this.closed = false;
    /** Instances in a row that died before their first job. */
    this.stillborn = 0;
    for (let i = 0; i < size; i++) this.hire();
  }

  get running() {
    return this.members.filter((member) => member.job !== undefined).length;
  }

  /** @param {Job} job */
  submit(job) {
    this.queue.push(job);
    this.assign();
  }

  /** Forgets a job whose client has gone; if it runs, its instance goes too. @param {Job} job */
  cancel(job) {
    this.queue = this.queue.filter((queued) => queued !== job);
    const member = this.members.find((candidate) => candidate.job === job);
    if (member !== undefined) this.replace(member);
  }

  async close() {
    this.closed = true;
    await Promise.all(this.members.map((member) => member.worker.terminate()));
  }

  hire() {
    const worker = new Worker(new URL('instance.mjs', import.meta.url), { workerData: this.code });
    /** @type {Member} */
    const member = { worker, job: undefined, timer: undefined, points: 0, ready: false };
    this.members.push(member);
    worker.on('message', (/** @type {import('./instance.mjs').Report} */ report) => this.hear(member, report));
    worker.on('error', (cause) => this.lose(member, `the LAMMPS instance died: ${cause.message}`));
    worker.on('exit', () => this.lose(member, 'the LAMMPS instance ended'));
  }

  /** @param {Member} member @param {import('./instance.mjs').Report} report */
  hear(member, report) {
    if ('ready' in report) {
      member.ready = true;
      this.stillborn = 0;
      this.assign();
    } else if ('stdout' in report) {
      member.job?.print(report.stdout);
    } else {
      const { job } = member;
      clearTimeout(member.timer);
      member.job = undefined;
      member.points++;
      this.points++;
      // After an error LAMMPS has memory of unknown state; a new instance costs a tenth of a second.
      if (report.done !== 0 || report.heapBytes > maxHeapBytes) this.replace(member);
      job?.finish(report.done);
      this.assign();
    }
  }

  assign() {
    for (const member of this.members) {
      if (!member.ready || member.job !== undefined) continue;
      const job = this.queue.shift();
      if (job === undefined) return;
      member.job = job;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
      member.worker.postMessage({ cwd: job.cwd, args: job.args });
      member.timer = setTimeout(() => {
        this.replace(member);
        job.finish(124, `stopped at the time limit of ${job.limitSeconds} s`);
      }, job.limitSeconds * 1000);
    }
  }

  /** @param {Member} member @param {string} complaint */
  lose(member, complaint) {
    const { job } = member;
    if (!this.members.includes(member)) return;
    if (!member.ready && ++this.stillborn >= maxStillborn)
      throw new Error(`${this.stillborn} instances in a row did not start: ${complaint}`);
    this.replace(member);
    job?.finish(1, complaint);
  }

  /** @param {Member} member */
  replace(member) {
    clearTimeout(member.timer);
    member.job = undefined;
    this.members = this.members.filter((other) => other !== member);
    void member.worker.terminate();
    if (this.closed) return;
    this.recycled++;
    this.hire();
  }
}
