/** Temporal task queues, by class of work. */
export const taskQueues = {
  /** Workflows and their short activities. */
  main: 'peierls',
  /** Waits; a slot there costs memory only. */
  wait: 'peierls-wait',
  /** Predictions in batches: worker processes of their own may serve it, on machines with a graphics processor for instance. */
  inference: 'peierls-inference',
} as const;

/** Submissions to one computer: where their rate is limited, and where priority and fairness between campaigns are decided. */
export function submissionQueue(computer: string): string {
  return `peierls-submit-${computer}`;
}
