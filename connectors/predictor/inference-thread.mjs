// @ts-check
// The worker thread's entry: a thread does not inherit the loader of TypeScript sources.
import { register } from 'tsx/esm/api';

register();
await import('./inference-thread.ts');
