import { parentPort, workerData } from 'node:worker_threads';
import { fitEnsemble } from '../../domain/learning/ensemble.js';
import { evaluateEnsemble } from '../../domain/learning/evaluate.js';
import { simpleMembers } from '../../domain/learning/member.js';
import type { TrainingMessage, TrainingTask } from './training.js';

/** Does one task and ends. Fits of milliseconds to seconds run here, so that the thread that asked keeps its rhythm. */
const { kind, examples, seed, networks } = workerData as TrainingTask;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin; the rule means windows
const send = (message: TrainingMessage): void => parentPort?.postMessage(message);

try {
  const members = simpleMembers;
  const options = { seed, members, progress: (done: number, note: string) => send({ kind: 'progress', done, note }) };
  const backend = { name: 'none', version: '-', isGpu: false };
  if (networks > 0) send({ kind: 'progress', done: 0, note: `backend ${backend.name}` });
  if (kind === 'train') send({ kind: 'trained', ensemble: await fitEnsemble(examples, options), backend });
  else send({ kind: 'evaluated', evaluation: await evaluateEnsemble(examples, options), backend });
} catch (error) {
  send({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
