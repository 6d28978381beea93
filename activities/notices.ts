import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { eventsWith, noteEvent } from '../connectors/store/notification.js';
import { notificationWorkflowId, wants, type Notification, type NotificationsFile } from '../domain/notification.js';
import type { Store } from '../connectors/store/store.js';
import { taskQueues } from '../domain/task-queue.js';
import type { Dependencies } from './dependencies.js';

/** Notices events and has them told. Nothing here may harm the work that it watches: what fails is left to the next look. */
export class Notices {
  readonly #dependencies: Pick<Dependencies, 'store' | 'temporal' | 'notifier'>;
  /** Keys that this process has seen through, so that a look every few seconds costs nothing. */
  readonly #settled = new Set<string>();

  constructor(dependencies: Pick<Dependencies, 'store' | 'temporal' | 'notifier'>) {
    this.#dependencies = dependencies;
  }

  get thresholds(): NotificationsFile['thresholds'] | undefined {
    return this.#dependencies.notifier?.settings.thresholds;
  }

  /** Tells of an event once, however often it is noticed: it is noted by its key, then a workflow named after it delivers it. */
  async raise(notice: Omit<Notification, 'occurredAt'> | undefined): Promise<void> {
    const { notifier, store, temporal } = this.#dependencies;
    if (notice === undefined || notifier === undefined || this.#settled.has(notice.key)) return;
    const channels = notifier.settings.channels.filter((channel) => wants(channel, notice)).map(({ name }) => name);
    if (channels.length === 0) return;
    try {
      await noteEvent(store, { ...notice, occurredAt: new Date().toISOString() }, channels);
      await startDelivery(temporal, notice.key, notice.subject);
      this.#settled.add(notice.key);
    } catch (error) {
      process.stderr.write(
        `${new Date().toISOString()} warn not told of ${notice.key} yet: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
  }
}

/** Starts what was noted but not started, because a worker or server died in between. */
export async function resumeDeliveries(store: Store, temporal: Client): Promise<void> {
  try {
    for (const { _id, subject } of await eventsWith(store, ['pending'])) await startDelivery(temporal, _id, subject);
  } catch (error) {
    // The next worker looks again.
    process.stderr.write(
      `${new Date().toISOString()} warn notifications not resumed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

/** Starts the delivery of an event; one that runs or has succeeded is left alone, one that has failed is tried again. */
export async function startDelivery(temporal: Client, key: string, subject: string): Promise<void> {
  try {
    await temporal.workflow.start('notification', {
      workflowId: notificationWorkflowId(key),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      taskQueue: taskQueues.main,
      args: [{ key }],
      staticSummary: subject.slice(0, 200),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
