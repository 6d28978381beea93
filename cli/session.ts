import { Client, Connection } from '@temporalio/client';
import {
  ensureDashboard,
  ensureStore,
  ensureTemporal,
  ensureWorker,
  keepServices,
  register,
  unregister,
  type Endpoints,
} from '../connectors/embedded/services.js';
import { findService } from '../connectors/embedded/service.js';
import { openStore, type Store } from '../connectors/store/store.js';
import { readInstallation, type Installation } from '../workers/config.js';
import type { Output } from './output.js';
import { version } from './version.js';

/** A command's hold on the services: those it needs are started, and stopped with the last command that uses them. */
export interface Session {
  readonly installation: Installation;
  readonly output: Output;
  readonly environment: NodeJS.ProcessEnv;
}

/** Runs `work` with the store up. */
export async function withStore<Result>(
  environment: NodeJS.ProcessEnv,
  output: Output,
  work: (store: Store, session: Session) => Promise<Result>,
): Promise<Result> {
  const installation = await readInstallation(environment);
  const session = { installation, output, environment };
  register(installation.home);
  let store: Store | undefined;
  try {
    store = await openStore(await ensureStore(installation.home, environment, output.say));
    return await work(store, session);
  } finally {
    await store?.close();
    await unregister(installation.home);
  }
}

export interface RunningSession extends Session {
  store: Store;
  temporal: Client;
  endpoints: Endpoints;
  /** Address of the dashboard, where the command asked for one. */
  dashboard?: string;
  /** Restarts whatever of ours has died; call it now and then. */
  supervise(): Promise<void>;
}

/** Runs `work` with store and Temporal up, and a worker where `worker` says so. */
export async function withServices<Result>(
  environment: NodeJS.ProcessEnv,
  output: Output,
  options: { worker: boolean; keep?: boolean; dashboard?: boolean },
  work: (session: RunningSession) => Promise<Result>,
): Promise<Result> {
  const installation = await readInstallation(environment);
  const { home } = installation;
  register(home);
  const started = Date.now();
  let open: { store: Store; temporal: Client; connection: Connection; endpoints: Endpoints } | undefined;
  try {
    open = await connect();
    if (options.keep === true) keepServices(home, true);
    if (options.worker) await ensureWorker(home, open.endpoints);
    if (options.worker)
      output.say(
        `Services are up (${((Date.now() - started) / 1000).toFixed(1)} s). Temporal UI: ${open.endpoints.temporal.ui ?? open.endpoints.temporal.address}`,
      );
    let dashboard = options.dashboard === true ? await ensureDashboard(home, open.endpoints, environment, version) : undefined;
    if (dashboard !== undefined) output.say(`Dashboard: ${dashboard}`);
    const session: RunningSession = {
      ...(dashboard !== undefined && { dashboard }),
      installation,
      output,
      environment,
      store: open.store,
      temporal: open.temporal,
      endpoints: open.endpoints,
      supervise: async () => {
        const lost = ['store', 'temporal'].filter((name) => isOurs(name) && findService(home, name) === undefined);
        const workerLost = options.worker && findService(home, 'worker') === undefined;
        const dashboardLost = options.dashboard === true && findService(home, 'dashboard') === undefined;
        if (lost.length === 0 && !workerLost && !dashboardLost) return;
        output.say(
          `${[...lost, ...(workerLost ? ['worker'] : []), ...(dashboardLost ? ['dashboard'] : [])].join(' and ')} stopped unexpectedly; starting again.`,
        );
        if (lost.length > 0) {
          const fresh = await connect();
          await close(open);
          open = fresh;
          Object.assign(session, { store: fresh.store, temporal: fresh.temporal, endpoints: fresh.endpoints });
        }
        if (options.worker && open !== undefined) await ensureWorker(home, open.endpoints);
        if (options.dashboard === true && open !== undefined) {
          const address = await ensureDashboard(home, open.endpoints, environment, version);
          if (address !== dashboard) output.say(`Dashboard: ${address}`);
          dashboard = address;
          Object.assign(session, { dashboard });
        }
      },
    };
    return await work(session);
  } finally {
    await close(open);
    await unregister(home);
  }

  async function connect() {
    const store = await ensureStore(home, environment, output.say);
    const temporal = await ensureTemporal(home, environment, output.say);
    const connection = await Connection.connect({ address: temporal.address });
    return {
      store: await openStore(store),
      temporal: new Client({ connection, namespace: temporal.namespace }),
      connection,
      endpoints: { store, temporal },
    };
  }

  function isOurs(name: string): boolean {
    return environment[name === 'store' ? 'PEIERLS_MONGODB_URI' : 'PEIERLS_TEMPORAL_ADDRESS'] === undefined;
  }
}

async function close(open: { store: Store; connection: Connection } | undefined): Promise<void> {
  await open?.store.close();
  await open?.connection.close();
}
