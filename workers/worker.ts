import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { resumeDeliveries } from '../activities/notices.js';
import { createActivities } from '../activities/activities.js';
import { failureInterceptor } from '../activities/failure-interceptor.js';
import { heartbeatInterceptor } from '../activities/heartbeat-interceptor.js';
import { CalculatorPool } from '../connectors/calculator/open.js';
import { ComputerPool } from '../connectors/computer/computer.js';
import { heldConnections } from '../connectors/embedded/home.js';
import { defaultPredictor } from '../connectors/predictor/predictor.js';
import { Notifier } from '../connectors/notifier/notifier.js';
import { openStore } from '../connectors/store/store.js';
import { submissionQueue, taskQueues } from '../domain/task-queue.js';
import { workflowBundle } from './bundle.js';
import type { Installation } from './config.js';

export interface WorkerEndpoints {
  temporal: { address: string; namespace: string };
  store: { uri: string; database: string };
}

/** Runs workers for all our task queues until `stop` is aborted. `ready` is called once they poll. */
export async function runWorkers(
  installation: Installation,
  endpoints: WorkerEndpoints,
  stop: AbortSignal,
  ready: () => void,
): Promise<void> {
  const { address, namespace } = endpoints.temporal;
  const [connection, clientConnection, store, bundle] = await Promise.all([
    NativeConnection.connect({ address }),
    Connection.connect({ address }),
    openStore(endpoints.store),
    workflowBundle(installation.home),
  ]);
  const computers = new ComputerPool(installation.computers, process.env, { heldIn: heldConnections(installation.home) });
  const temporal = new Client({ connection: clientConnection, namespace });
  const activities = createActivities({
    store,
    computers,
    calculators: new CalculatorPool(),
    predictor: defaultPredictor(),
    temporal,
    notifier: installation.notifications === undefined ? undefined : new Notifier(installation.notifications, process.env),
  });
  const common = {
    connection,
    namespace,
    activities,
    interceptors: { activity: [failureInterceptor, heartbeatInterceptor] },
    identity: `peierls-worker-${process.pid}`,
  };
  const workers = await Promise.all([
    // Sixteen activities keep two cores and a store busy; more would only queue up inside this process.
    Worker.create({
      ...common,
      taskQueue: taskQueues.main,
      workflowBundle: bundle,
      maxConcurrentActivityTaskExecutions: 16,
      maxCachedWorkflows: 500,
    }),
    // A wait is a promise and a heartbeat: two thousand of them cost 33 calls a second.
    Worker.create({ ...common, taskQueue: taskQueues.wait, maxConcurrentActivityTaskExecutions: 2000 }),
    ...Object.entries(installation.computers).map(([name, { limits }]) =>
      Worker.create({
        ...common,
        taskQueue: submissionQueue(name),
        maxConcurrentActivityTaskExecutions: limits.concurrentSubmissions,
        // Kept by the server, for all workers together.
        ...(limits.submitsPerMinute !== undefined && { maxTaskQueueActivitiesPerSecond: limits.submitsPerMinute / 60 }),
      }),
    ),
  ]);
  const runs = workers.map((worker) => worker.run());
  stop.addEventListener('abort', () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  ready();
  try {
    await Promise.all([...runs, resumeDeliveries(store, temporal)]);
  } finally {
    await Promise.all([computers.close(), store.close(), connection.close(), clientConnection.close()]);
  }
}
