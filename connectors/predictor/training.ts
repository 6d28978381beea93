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

type Work = Omit<TrainingTask, 'kind'>;

/** Trains an ensemble in a worker thread: the caller's event loop stays free and hears of progress. The same seed gives the same model. */
export const trainInThread = (task: Work, options?: TrainingOptions) => answered('trained', { ...task, kind: 'train' }, options);

/** Leave-one-element-out evaluation, in a worker thread. */
export const evaluateInThread = (task: Work, options?: TrainingOptions) => answered('evaluated', { ...task, kind: 'evaluate' }, options);

/** Errors with parts of the inputs hidden, in a worker thread. */
export const ablationInThread = (task: Work, options?: TrainingOptions) => answered('ablated', { ...task, kind: 'ablation' }, options);

/** Errors with fewer metals to learn from, in a worker thread. */
export const learningCurveInThread = (task: Work, options?: TrainingOptions) =>
  answered('curved', { ...task, kind: 'learning-curve' }, options);

type MessageOf<Kind extends TrainingMessage['kind']> = Extract<TrainingMessage, { kind: Kind }>;

async function answered<Kind extends TrainingMessage['kind']>(
  kind: Kind,
  task: TrainingTask,
  options: TrainingOptions = {},
): Promise<MessageOf<Kind>> {
  const message = await inThread(task, options);
  const expected = (it: TrainingMessage): it is MessageOf<Kind> => it.kind === kind;
  if (!expected(message)) throw new Error(`the training thread answered "${message.kind}"`);
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
