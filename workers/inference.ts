import { availableParallelism } from 'node:os';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { InferencePool } from '../connectors/predictor/inference.js';
import { InvalidInput } from '../domain/failures.js';
import { taskQueues } from '../domain/task-queue.js';

/**
 * Threads that predict: PEIERLS_INFERENCE_THREADS, else one beside the other workers of a machine, which have simulations to run, and all
 * cores where nothing else is done.
 */
export function inferencePool(environment: NodeJS.ProcessEnv, alone: boolean): InferencePool {
  const text = environment['PEIERLS_INFERENCE_THREADS'];
  const threads = text === undefined || text === '' ? (alone ? availableParallelism() : 1) : Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new InvalidInput('it must be a whole number from 1 to 256', {
      path: 'PEIERLS_INFERENCE_THREADS',
      value: text,
      remedy: 'Correct it or unset it',
    });
  return new InferencePool({ threads, backend: environment['PEIERLS_TENSOR_BACKEND'] ?? 'auto' });
}

/**
 * The worker of the inference queue. Two batches at a time: one is read from the store and written to it while the other is predicted; a third
 * stays with the server, for another worker to take.
 */
export function inferenceWorker(
  common: Pick<WorkerOptions, 'connection' | 'namespace' | 'activities' | 'interceptors' | 'identity'>,
): Promise<Worker> {
  return Worker.create({ ...common, taskQueue: taskQueues.inference, maxConcurrentActivityTaskExecutions: 2 });
}
