import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { resumeDeliveries } from '../activities/notices.js';
import { createActivities } from '../activities/activities.js';
import { CampaignModels } from '../activities/campaign-model.js';
import { failureInterceptor } from '../activities/failure-interceptor.js';
import { heartbeatInterceptor } from '../activities/heartbeat-interceptor.js';
import { CalculatorPool } from '../connectors/calculator/open.js';
import { ComputerPool } from '../connectors/computer/computer.js';
import { heldConnections } from '../connectors/embedded/home.js';
import { defaultPredictor } from '../connectors/predictor/predictor.js';
import { Notifier } from '../connectors/notifier/notifier.js';
import { SourcePool } from '../connectors/source/open.js';
import { openStore } from '../connectors/store/store.js';
import { sourceQueue, sourceRates, submissionQueue, taskQueues, type SourceService } from '../domain/task-queue.js';
import { workflowBundle } from './bundle.js';
import { inferencePool, inferenceWorker } from './inference.js';
import type { Installation } from './config.js';

export interface WorkerEndpoints {
  temporal: { address: string; namespace: string };
  store: { uri: string; database: string };
}

export interface WorkerRun {
  environment: NodeJS.ProcessEnv;
  /** `all` of our task queues, or those that a machine of its own does not serve, or that one alone. */
  queues: 'all' | 'all-but-inference' | 'inference';
  stop: AbortSignal;
  /** Called once they poll. */
  ready: () => void;
}

/** Runs workers for our task queues until `stop` is aborted. */
export async function runWorkers(
  installation: Installation,
  endpoints: WorkerEndpoints,
  { environment, queues, stop, ready }: WorkerRun,
): Promise<void> {
  const { address, namespace } = endpoints.temporal;
  const [connection, clientConnection, store, bundle] = await Promise.all([
    NativeConnection.connect({ address }),
    Connection.connect({ address }),
    openStore(endpoints.store),
    queues === 'inference' ? undefined : workflowBundle(installation.home),
  ]);
  const computers = new ComputerPool(installation.computers, environment, { heldIn: heldConnections(installation.home) });
  const inference = inferencePool(environment, queues === 'inference');
  const predictor = defaultPredictor();
  const temporal = new Client({ connection: clientConnection, namespace });
  const activities = createActivities({
    store,
    computers,
    calculators: new CalculatorPool(),
    sources: new SourcePool(environment),
    predictor,
    inference,
    models: new CampaignModels(store, predictor, installation.home.cache),
    tensorBackend: environment['PEIERLS_TENSOR_BACKEND'] ?? 'auto',
    temporal,
    notifier: installation.notifications === undefined ? undefined : new Notifier(installation.notifications, environment),
  });
  const common = {
    connection,
    namespace,
    activities,
    interceptors: { activity: [failureInterceptor, heartbeatInterceptor] },
    identity: `peierls-worker-${process.pid}`,
  };
  const workers = await Promise.all([
    ...(queues === 'inference' ? [] : otherWorkers()),
    ...(queues === 'all-but-inference' ? [] : [inferenceWorker(common)]),
  ]);
  // Alone it starts warm, and says at once that a backend it was told to use cannot be; beside others it starts when first asked.
  if (queues === 'inference') await inference.warm();
  const runs = workers.map((worker) => worker.run());
  stop.addEventListener('abort', () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  ready();
  try {
    await Promise.all([...runs, resumeDeliveries(store, temporal)]);
  } finally {
    await Promise.all([inference.close(), computers.close(), store.close(), connection.close(), clientConnection.close()]);
  }

  function otherWorkers(): Promise<Worker>[] {
    return [
      // Sixteen activities keep two cores and a store busy; more would only queue up inside this process.
      Worker.create({
        ...common,
        taskQueue: taskQueues.main,
        ...(bundle !== undefined && { workflowBundle: bundle }),
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
      // Several at a time only while one of them waits for the store; the rate is the service's and kept by the server.
      ...Object.entries(sourceRates).map(([service, perSecond]) =>
        Worker.create({
          ...common,
          taskQueue: sourceQueue(service as SourceService),
          maxConcurrentActivityTaskExecutions: 2,
          maxTaskQueueActivitiesPerSecond: perSecond,
        }),
      ),
    ];
  }
}
