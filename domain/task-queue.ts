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

/**
 * Services that answer queries for materials, and how often all workers together may start to ask them, per second: OPTIMADE's own clients
 * wait one. Most pages are one request; where one needs more, the process that asks spaces them alike.
 */
export const sourceRates = { 'materials-project': 5, optimade: 1 } as const;
export type SourceService = keyof typeof sourceRates;

/** Questions to one service: a queue of its own, where the server keeps to its rate. */
export function sourceQueue(service: SourceService): string {
  return `peierls-source-${service}`;
}
