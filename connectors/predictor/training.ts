import { Worker } from 'node:worker_threads';
import { InvalidInput } from '../../domain/failures.js';
import type { EnsembleModel } from '../../domain/learning/ensemble.js';
import type { Evaluation } from '../../domain/learning/evaluate.js';
import type { Example } from '../../domain/learning/example.js';
import type { ablation, LearningCurvePoint } from '../../domain/learning/study.js';

/** What the worker thread is to do. Plain values: they are copied into the thread. */
export interface TrainingTask {
  kind: 'train' | 'evaluate' | 'ablation' | 'learning-curve';
  examples: readonly Example[];
  seed: number;
  /** Neural networks in the ensemble; 0 leaves them out. */
  networks: number;
  /** Name of a tensor backend, or `auto`. */
  backend: string;
}

export interface TensorBackend {
  name: string;
  version: string;
  isGpu: boolean;
}

/** What the thread says. `invalid`: what was asked for is wrong, and the message says how. */
export type TrainingMessage =
  | { kind: 'progress'; done: number; note: string }
  | { kind: 'trained'; ensemble: EnsembleModel; backend: TensorBackend }
  | { kind: 'evaluated'; evaluation: Evaluation; backend: TensorBackend }
  | { kind: 'ablated'; ablation: Awaited<ReturnType<typeof ablation>>; backend: TensorBackend }
  | { kind: 'curved'; curve: LearningCurvePoint[]; backend: TensorBackend }
  | { kind: 'failed'; message: string; invalid: boolean; trace: string };

export interface TrainingOptions {
  progress?: (done: number, note: string) => void;
  signal?: AbortSignal;
}

/** Trains an ensemble in a worker thread: the caller's event loop stays free and hears of progress. The same seed gives the same model. */
export async function trainInThread(task: Omit<TrainingTask, 'kind'>, options: TrainingOptions = {}) {
  const message = await inThread({ ...task, kind: 'train' }, options);
  if (message.kind !== 'trained') throw new Error(`the training thread answered "${message.kind}"`);
  return message;
}

/** Leave-one-element-out evaluation, in a worker thread. */
export async function evaluateInThread(task: Omit<TrainingTask, 'kind'>, options: TrainingOptions = {}) {
  const message = await inThread({ ...task, kind: 'evaluate' }, options);
  if (message.kind !== 'evaluated') throw new Error(`the training thread answered "${message.kind}"`);
  return message;
}

/** Errors with parts of the inputs hidden, in a worker thread. */
export async function ablationInThread(task: Omit<TrainingTask, 'kind'>, options: TrainingOptions = {}) {
  const message = await inThread({ ...task, kind: 'ablation' }, options);
  if (message.kind !== 'ablated') throw new Error(`the training thread answered "${message.kind}"`);
  return message;
}

/** Errors with fewer metals to learn from, in a worker thread. */
export async function learningCurveInThread(task: Omit<TrainingTask, 'kind'>, options: TrainingOptions = {}) {
  const message = await inThread({ ...task, kind: 'learning-curve' }, options);
  if (message.kind !== 'curved') throw new Error(`the training thread answered "${message.kind}"`);
  return message;
}

async function inThread(workerData: TrainingTask, { progress, signal }: TrainingOptions): Promise<TrainingMessage> {
  const worker = new Worker(new URL('training-thread.mjs', import.meta.url), { workerData });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<TrainingMessage>((resolve, reject) => {
      worker.on('message', (message: TrainingMessage) => {
        if (message.kind === 'progress') progress?.(message.done, message.note);
        else if (message.kind === 'failed') reject(failure(message));
        else resolve(message);
      });
      worker.on('error', reject);
      worker.on('exit', (code) =>
        reject(signal?.aborted === true ? signal.reason : new Error(`the training thread ended with code ${code}`)),
      );
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** Classes of errors do not survive the way out of a thread; the family is told in words and made anew. */
function failure({ message, invalid, trace }: Extract<TrainingMessage, { kind: 'failed' }>): Error {
  return invalid ? new InvalidInput(message) : new Error(`training failed: ${message}`, { cause: trace });
}
