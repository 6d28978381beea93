// @ts-check
// A thread does not inherit the loader of TypeScript sources.
import { parentPort } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { tryBackends } = await import('./backend.ts');
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin; the rule means windows
parentPort?.postMessage(await tryBackends());
