import { Worker } from 'node:worker_threads';
import { InvalidInput } from '../../domain/failures.js';
import type { PredictionAnswer, PredictionEntry } from './predictor.js';

export interface InferenceThreadData {
  /** Name of a tensor backend, or `auto`. */
  backend: string;
}

export interface InferenceRequest {
  id: number;
  /** Folder of the model; null for the shipped one. */
  folder: string | null;
  entries: PredictionEntry[];
}

export type InferenceReply =
  | { kind: 'ready'; backend: string; isGpu: boolean; refused: string[] }
  | { kind: 'unusable'; message: string; invalid: boolean }
  | { kind: 'predicted'; id: number; answers: PredictionAnswer[] }
  | { kind: 'failed'; id: number; message: string; invalid: boolean };

type Ready = Extract<InferenceReply, { kind: 'ready' }>;

export interface InferenceOptions {
  /** Threads that predict. One keeps one core busy. */
  threads: number;
  backend: string;
}

/** Records a request: half a second of work, after which cancellation and a dead thread are noticed, and the next thread gets its share. */
const recordsPerRequest = 32;

/**
 * Prediction off the event loop: threads that keep models and tensor libraries warm. Requests wait here until a thread is free, so a caller is
 * held back by what the machine can do. A thread that dies fails its request and is replaced at the next one.
 */
export class InferencePool {
  readonly #options: InferenceOptions;
  readonly #threads: (InferenceThread | undefined)[];
  readonly #waiting: (() => void)[] = [];
  readonly #busy = new Set<number>();
  #closed = false;

  constructor(options: InferenceOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.threads }, () => undefined);
  }

  /** Starts all threads, and has them open their tensor library: the first prediction then takes no longer than the others. */
  async warm(): Promise<Ready[]> {
    return Promise.all(this.#threads.map((_, place) => this.#thread(place).ready));
  }

  /** Answers in order. Throws what `signal` gives when it is aborted, after the requests under way. */
  async predict(folder: string | null, entries: readonly PredictionEntry[], signal?: AbortSignal): Promise<PredictionAnswer[]> {
    const parts: Promise<PredictionAnswer[]>[] = [];
    for (let start = 0; start < entries.length; start += recordsPerRequest)
      parts.push(this.#part(folder, entries.slice(start, start + recordsPerRequest), signal));
    const settled = await Promise.allSettled(parts);
    const failed = settled.find((part) => part.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return settled.flatMap((part) => (part.status === 'fulfilled' ? part.value : []));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.flatMap((thread) => (thread === undefined ? [] : [thread.end()])));
  }

  async #part(folder: string | null, entries: PredictionEntry[], signal?: AbortSignal): Promise<PredictionAnswer[]> {
    const place = await this.#turn();
    try {
      signal?.throwIfAborted();
      const thread = this.#thread(place);
      await thread.ready;
      return await thread.predict(folder, entries);
    } finally {
      this.#busy.delete(place);
      this.#waiting.shift()?.();
    }
  }

  /** Index of a thread that is free from now on until the caller gives it back. */
  async #turn(): Promise<number> {
    for (;;) {
      if (this.#closed) throw new Error('the inference threads are being closed');
      const place = this.#threads.findIndex((_, index) => !this.#busy.has(index));
      if (place >= 0) {
        this.#busy.add(place);
        return place;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #thread(place: number): InferenceThread {
    const known = this.#threads[place];
    const thread = known === undefined || known.dead ? new InferenceThread(this.#options.backend) : known;
    this.#threads[place] = thread;
    return thread;
  }
}

class InferenceThread {
  readonly ready: Promise<Ready>;
  dead = false;
  readonly #worker: Worker;
  readonly #open = new Map<number, { resolve: (answers: PredictionAnswer[]) => void; reject: (error: Error) => void }>();
  #requests = 0;

  constructor(backend: string) {
    this.#worker = new Worker(new URL('inference-thread.mjs', import.meta.url), {
      workerData: { backend } satisfies InferenceThreadData,
      stdout: true,
    });
    this.#worker.unref();
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: InferenceReply) => {
        if (reply.kind === 'ready') resolve(reply);
        else if (reply.kind === 'unusable') lost(failure(reply));
        else this.#settle(reply);
      });
      const lost = (error: Error): void => {
        this.dead = true;
        reject(error);
        for (const { reject: fail } of this.#open.values()) fail(error);
        this.#open.clear();
      };
      this.#worker.on('error', lost);
      this.#worker.on('exit', (code) => lost(new Error(`the inference thread ended with code ${code}`)));
    });
    // Who waits for it hears of it; nobody may be waiting yet.
    this.ready.catch(() => undefined);
  }

  predict(folder: string | null, entries: PredictionEntry[]): Promise<PredictionAnswer[]> {
    this.#requests += 1;
    const request: InferenceRequest = { id: this.#requests, folder, entries };
    this.#worker.ref();
    return new Promise<PredictionAnswer[]>((resolve, reject) => {
      if (this.dead) reject(new Error('the inference thread has ended'));
      this.#open.set(request.id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin; the rule means windows
      this.#worker.postMessage(request);
    }).finally(() => {
      if (this.#open.size === 0) this.#worker.unref();
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Extract<InferenceReply, { id: number }>): void {
    const waiting = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    if (reply.kind === 'predicted') waiting?.resolve(reply.answers);
    else waiting?.reject(failure(reply));
  }
}

/** Classes of errors do not survive the way out of a thread; the family is told in words and made anew. */
function failure({ message, invalid }: { message: string; invalid: boolean }): Error {
  return invalid ? new InvalidInput(message) : new Error(`the inference thread failed: ${message}`);
}
