/** Temporal task queues, by class of work. */
export const taskQueues = {
  /** Workflows and their short activities. */
  main: 'peierls',
  /** Waits; a slot there costs memory only. */
  wait: 'peierls-wait',
} as const;
