import { parentPort, workerData } from 'node:worker_threads';
import { Invalid } from '../../domain/failures.js';
import type { InferenceReply, InferenceRequest, InferenceThreadData } from './inference.js';
import { campaignPredictor, defaultPredictor, type NetworkRunner, type Predictor } from './predictor.js';
import { openBackend, type OpenedBackend } from './tensor/backend.js';
import { tensorRunner } from './tensor/network-runner.js';

/** Lives as long as its worker process; keeps every model that it was asked for, and the tensor library warm. */
const { backend: wanted } = workerData as InferenceThreadData;
const models = new Map<string, Predictor>();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin; the rule means windows
const send = (message: InferenceReply): void => parentPort?.postMessage(message);

try {
  const { opened, refused } = await tensors();
  const networks = opened === undefined ? undefined : tensorRunner(opened.tf);
  send({ kind: 'ready', backend: opened?.name ?? 'plain TypeScript', isGpu: opened?.isGpu ?? false, refused });
  parentPort?.on('message', (request: InferenceRequest) => void answer(request, networks));
} catch (error) {
  send({ kind: 'unusable', message: messageOf(error), invalid: error instanceof Invalid });
}

async function answer({ id, folder, entries }: InferenceRequest, networks: NetworkRunner | undefined): Promise<void> {
  try {
    send({ kind: 'predicted', id, answers: await predictor(folder).predictMany(entries, networks) });
  } catch (error) {
    send({ kind: 'failed', id, message: messageOf(error), invalid: error instanceof Invalid });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Models never change under their id, and folders are named by it. */
function predictor(folder: string | null): Predictor {
  const key = folder ?? '';
  const known = models.get(key) ?? (folder === null ? defaultPredictor() : campaignPredictor(folder));
  models.set(key, known);
  return known;
}

/**
 * `auto` takes a graphics processor and nothing less: elsewhere the networks are a hundredth of a prediction's time, and a tensor library
 * costs 100 MB and a start of its own. A backend that is named must work, or the thread ends with the reason.
 */
async function tensors(): Promise<{ opened?: OpenedBackend; refused: string[] }> {
  if (wanted !== 'auto') return { opened: await openBackend(wanted), refused: [] };
  const refused: string[] = [];
  for (const name of ['tfjs-node-gpu', 'webgpu']) {
    try {
      const opened = await openBackend(name);
      if (opened.isGpu) return { opened, refused };
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { refused };
}
