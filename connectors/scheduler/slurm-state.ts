import type { Evidence } from './queue.js';

const verdicts = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TIMEOUT: 'out-of-time',
  DEADLINE: 'out-of-time',
  OUT_OF_MEMORY: 'out-of-memory',
  NODE_FAIL: 'node-failure',
  BOOT_FAIL: 'node-failure',
  // Without requeueing, a preempted job is over through no fault of its own, as with a failed node.
  PREEMPTED: 'node-failure',
  REVOKED: 'lost',
} as const;

const alive: Readonly<Record<string, Evidence['state']>> = {
  PENDING: 'queued',
  CONFIGURING: 'queued',
  REQUEUED: 'queued',
  REQUEUE_FED: 'queued',
  RUNNING: 'running',
  COMPLETING: 'running',
  RESIZING: 'running',
  SIGNALING: 'running',
  STAGE_OUT: 'running',
  SUSPENDED: 'suspended',
  STOPPED: 'suspended',
  REQUEUE_HOLD: 'held',
  SPECIAL_EXIT: 'held',
  RESV_DEL_HOLD: 'held',
};

/** State words may be cut off with a plus sign ("CANCELLED+", "OUT_OF_ME+"): a beginning that fits one verdict stands for it. */
export function readState(word: string, told: { reason: string; exit?: number | undefined; signal?: number | undefined }): Evidence {
  const state = word.replace(/\+$/, '');
  const living = alive[state];
  const detail = [state, told.reason].filter((part) => part !== '' && part !== 'None').join(': ');
  if (living !== undefined) return { state: living === 'queued' && /held/i.test(told.reason) ? 'held' : living, detail };
  const [, verdict] = Object.entries(verdicts).find(([name]) => (word.endsWith('+') ? name.startsWith(state) : name === state)) ?? [];
  if (verdict === undefined) return { state: 'queued', detail: `${detail} (a state we do not know)` };
  const signal = told.signal !== undefined && told.signal > 0 ? `, signal ${told.signal}` : '';
  return { state: 'done', verdict, detail: `${detail}${signal}`, ...(told.exit !== undefined && { exitCode: told.exit }) };
}
