import { parentPort, workerData } from 'node:worker_threads';
import { assertNever } from '../../domain/assert-never.js';
import { Invalid } from '../../domain/failures.js';
import { fitEnsemble } from '../../domain/learning/ensemble.js';
import { evaluateEnsemble } from '../../domain/learning/evaluate.js';
import { fineViews, simpleMembers } from '../../domain/learning/member.js';
import { ablation, learningCurve } from '../../domain/learning/study.js';
import { openBackend } from './tensor/backend.js';
import { networkMember } from './tensor/network.js';
import type { TrainingMessage, TrainingTask } from './training.js';

/** Does one task and ends. Fits of milliseconds to seconds run here, so that the thread that asked keeps its rhythm. */
const { kind, examples, seed, networks, backend } = workerData as TrainingTask;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin; the rule means windows
const send = (message: TrainingMessage): void => parentPort?.postMessage(message);

try {
  const tensors = networks > 0 ? await openBackend(backend) : undefined;
  const members = tensors === undefined ? simpleMembers : [...simpleMembers, fineViews(networkMember(tensors.tf, networks))];
  const options = { seed, members, progress: (done: number, note: string) => send({ kind: 'progress', done, note }) };
  const used =
    tensors === undefined
      ? { name: 'plain TypeScript', version: process.version, isGpu: false }
      : { name: tensors.name, version: tensors.version, isGpu: tensors.isGpu };
  const beside = members.slice(simpleMembers.length);
  switch (kind) {
    case 'train':
      send({ kind: 'trained', ensemble: await fitEnsemble(examples, options), backend: used });
      break;
    case 'evaluate':
      send({ kind: 'evaluated', evaluation: await evaluateEnsemble(examples, { ...options, beside }), backend: used });
      break;
    case 'ablation':
      send({ kind: 'ablated', ablation: await ablation(examples, { ...options, beside }), backend: used });
      break;
    case 'learning-curve':
      send({ kind: 'curved', curve: await learningCurve(examples, { ...options, beside }), backend: used });
      break;
    default:
      assertNever(kind);
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  send({ kind: 'failed', message, invalid: error instanceof Invalid, trace: error instanceof Error ? (error.stack ?? '') : '' });
}
