import { Worker } from 'node:worker_threads';
import { baselineName } from '../../domain/baseline-predictor.js';
import { ensembleName } from '../../domain/learning/predict-record.js';
import { shippedModel } from './predictor.js';
import type { TensorBackendReport } from './tensor/backend.js';

/** Something that can turn slip records into Peierls stresses, or train what does, on this machine. */
export interface PredictorBackend {
  name: string;
  usable: boolean;
  isGpu: boolean;
  /** Why it is refused, or what it is good for. */
  reason: string;
}

/** Predictors first, then the tensor libraries that can train networks here, each with the reason where it is refused. */
export async function probeBackends(): Promise<PredictorBackend[]> {
  const model = shippedModel();
  return [
    { name: baselineName, usable: true, isGpu: false, reason: 'closed formula with an empirical interval; needs no tensor library' },
    {
      name: ensembleName,
      usable: true,
      isGpu: false,
      reason:
        model === undefined
          ? 'for models of your own: peierls predict --model <folder>; none is shipped'
          : 'trained ensemble in plain TypeScript; a shipped model is there',
    },
    ...(await probeTensorBackends()),
  ];
}

/** In a thread of its own, so that a library that blocks or fails while it loads leaves ours alone. */
async function probeTensorBackends(): Promise<TensorBackendReport[]> {
  const worker = new Worker(new URL('tensor/probe-thread.mjs', import.meta.url), { stdout: true, stderr: true });
  try {
    return await new Promise<TensorBackendReport[]>((resolve) => {
      const failed = (reason: string): void => resolve([{ name: 'tensor libraries', usable: false, isGpu: false, reason }]);
      worker.on('message', resolve);
      worker.on('error', (error) => failed(`probing them failed: ${error.message}`));
      worker.on('exit', (code) => failed(`probing them ended with code ${code}`));
    });
  } finally {
    await worker.terminate();
  }
}
