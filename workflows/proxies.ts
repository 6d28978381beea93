import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.js';
import { sourceQueue, submissionQueue, taskQueues, type SourceService } from '../domain/task-queue.js';

/**
 * One proxy per class of work. Failures of the family "invalid" are not retried (the failure interceptor says so); those of the family
 * "unavailable" are retried for ever, ever more slowly: a store or cluster that is down for a night must not cost a campaign.
 */
const patient = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '2 minutes' } as const;

/** All work that may take over a minute beats (`heartbeat-interceptor.ts`): half a minute of silence means that the worker is gone. */
const beating = { heartbeatTimeout: '30 seconds' } as const;

/** Reads and writes of a few documents. Half a minute is fifty times what they take; longer means the worker died. */
export const store = proxyActivities<Activities>({ startToCloseTimeout: '30 seconds', retry: patient });

/** Reads of all candidates of a campaign. The embedded store takes a second for some thousand of them, and more on a busy machine. */
export const count = proxyActivities<Activities>({ startToCloseTimeout: '10 minutes', ...beating, retry: patient });

/** Enumerating a large campaign writes tens of thousands of documents, and computes their structures in between: beats may be late. */
export const enumerate = proxyActivities<Activities>({ startToCloseTimeout: '1 hour', heartbeatTimeout: '1 minute', retry: patient });

/**
 * A try that is under way when its calculation is cancelled runs to its end: a job queued behind the back of the clean-up would never be
 * taken out of the queue, and results that are coming in are worth having. Between tries the cancellation takes effect at once.
 */
const uninterrupted = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, ...beating, retry: patient } as const;

/**
 * Staging and queueing a bundle: a few files and one command, but through a login node that may be slow. Each computer has a queue of its own,
 * where the server keeps to its rate and hands out turns: by priority first, then evenly among campaigns.
 */
export function submitTo(computer: string, campaign: string | undefined, priority: number | undefined) {
  return proxyActivities<Activities>({
    taskQueue: submissionQueue(computer),
    startToCloseTimeout: '10 minutes',
    ...(campaign !== undefined && { priority: { priorityKey: priority ?? 3, fairnessKey: campaign.slice(0, 64) } }),
    ...uninterrupted,
  });
}

/** Fetching and parsing the outputs of a bundle. */
export const collect = proxyActivities<Activities>({ startToCloseTimeout: '20 minutes', ...uninterrupted });

/**
 * Telling people. A request takes seconds and is cut off in less than a minute; a receiver may be down for a weekend, and is asked every ten
 * minutes then. What has not been told after three days is of no use any more.
 */
export const deliver = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '3 days',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

/** Waiting for jobs and for calculations of others: on a queue of its own, since a wait holds a slot and does nothing. */
export const wait = proxyActivities<Activities>({
  taskQueue: taskQueues.wait,
  startToCloseTimeout: '30 days',
  ...beating,
  retry: { ...patient, maximumInterval: '10 seconds' },
});

/** Training a predictor: minutes to hours of one core; a second try starts from the beginning. */
export const learn = proxyActivities<Activities>({
  taskQueue: taskQueues.inference,
  startToCloseTimeout: '2 days',
  ...beating,
  retry: patient,
});

/**
 * Predictions: some tens of milliseconds of a core for each slip system and character, so minutes for thousands of candidates. A worker that is
 * gone is noticed in a minute; another one goes on with what is not yet written.
 */
export const score = proxyActivities<Activities>({
  taskQueue: taskQueues.inference,
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '1 minute',
  retry: patient,
});
/**
 * Pages of databases. One takes seconds, or minutes where a slow line brings structures by the thousand; a service that asks us to stay away
 * says for how long. Each has a queue of its own, where the server keeps to its rate for all workers together.
 */
export function askDatabase(service: SourceService) {
  return proxyActivities<Activities>({ taskQueue: sourceQueue(service), startToCloseTimeout: '30 minutes', ...beating, retry: patient });
}
