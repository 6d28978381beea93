import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidInput, ServiceUnavailable } from '../../domain/failures.js';
import { probeStore, startStore } from './document-store.js';
import { demandedPort, earlierPort, portFrom } from './port.js';
import { readIfPresent, writeAtomically, type Home } from './home.js';
import { processStart } from './process-identity.js';
import { findService, startService, stopService, untilHealthy, type RunningService } from './service.js';
import { probeTemporal, startTemporal } from './temporal.js';

/** How everything else reaches the servers, embedded or the user's own. */
export interface Endpoints {
  temporal: { address: string; namespace: string; ui: string | undefined; embedded: boolean };
  store: { uri: string; database: string; embedded: boolean };
}

/** The order in which processes depend on each other; they stop in reverse. */
const names = ['store', 'temporal', 'worker', 'dashboard'] as const;

/** What is configured or running now, without starting anything. */
export function currentEndpoints(
  home: Home,
  environment: NodeJS.ProcessEnv,
): { store?: Endpoints['store']; temporal?: Endpoints['temporal'] } {
  const store = findService(home, 'store');
  const temporal = findService(home, 'temporal');
  const uri = environment['PEIERLS_MONGODB_URI'] ?? store?.endpoint['uri'];
  const address = environment['PEIERLS_TEMPORAL_ADDRESS'] ?? temporal?.endpoint['address'];
  return {
    ...(uri !== undefined && {
      store: { uri, database: environment['PEIERLS_DATABASE'] ?? 'peierls', embedded: environment['PEIERLS_MONGODB_URI'] === undefined },
    }),
    ...(address !== undefined && {
      temporal: {
        address,
        namespace: environment['PEIERLS_TEMPORAL_NAMESPACE'] ?? 'default',
        ui:
          environment['PEIERLS_TEMPORAL_UI'] ??
          (environment['PEIERLS_TEMPORAL_ADDRESS'] === undefined ? temporal?.endpoint['ui'] : undefined),
        embedded: environment['PEIERLS_TEMPORAL_ADDRESS'] === undefined,
      },
    }),
  };
}

/** Makes sure that the store answers, starting the embedded one when none is configured. */
export async function ensureStore(home: Home, environment: NodeJS.ProcessEnv, report: (line: string) => void): Promise<Endpoints['store']> {
  const uri = environment['PEIERLS_MONGODB_URI'];
  if (uri !== undefined) await reachable(() => probeStore(uri), 'PEIERLS_MONGODB_URI', uri);
  else
    await ensure(
      home,
      'store',
      (service) => probeStore(service.endpoint['uri'] ?? ''),
      () => startStore(home, environment, report),
    );
  const { store } = currentEndpoints(home, environment);
  if (store === undefined) throw new ServiceUnavailable('the store stopped right after it started');
  return store;
}

/** Makes sure that Temporal answers, starting the embedded server when none is configured. */
export async function ensureTemporal(
  home: Home,
  environment: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<Endpoints['temporal']> {
  const address = environment['PEIERLS_TEMPORAL_ADDRESS'];
  if (address !== undefined)
    await reachable(() => probeTemporal(address, environment['PEIERLS_TEMPORAL_NAMESPACE']), 'PEIERLS_TEMPORAL_ADDRESS', address);
  else
    await ensure(
      home,
      'temporal',
      (service) => probeTemporal(service.endpoint['address'] ?? ''),
      () => startTemporal(home, environment, report),
    );
  const { temporal } = currentEndpoints(home, environment);
  if (temporal === undefined) throw new ServiceUnavailable('the Temporal server stopped right after it started');
  return temporal;
}

/** Makes sure that a worker process runs, on these endpoints. It writes `run/worker.ready` once it polls. */
export async function ensureWorker(home: Home, endpoints: Endpoints, timeoutSeconds = 120): Promise<RunningService> {
  const endpoint = { temporal: endpoints.temporal.address, store: endpoints.store.uri };
  const ready = async (service: RunningService): Promise<void> => {
    if (readIfPresent(join(home.run, 'worker.ready'))?.trim() !== String(service.pid))
      throw new ServiceUnavailable('the worker is not ready yet');
  };
  const start = async (): Promise<RunningService> => {
    const service = startService(home, 'worker', {
      file: process.execPath,
      // The loader by its path: a bare name would be looked for in the user's folder.
      args: [
        '--import',
        pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
        fileURLToPath(new URL('../../workers/main.ts', import.meta.url)),
      ],
      environment: {
        PEIERLS_HOME: home.root,
        PEIERLS_TEMPORAL_ADDRESS: endpoints.temporal.address,
        PEIERLS_TEMPORAL_NAMESPACE: endpoints.temporal.namespace,
        PEIERLS_MONGODB_URI: endpoints.store.uri,
        PEIERLS_DATABASE: endpoints.store.database,
      },
      endpoint,
    });
    await untilHealthy(home, service, () => ready(service), timeoutSeconds);
    return service;
  };
  const worker = await ensure(home, 'worker', ready, start);
  if (worker.endpoint['temporal'] === endpoint.temporal && worker.endpoint['store'] === endpoint.store) return worker;
  // A server had to come back at another address: this worker would look for it at the old one for ever.
  await stopService(home, 'worker');
  return ensure(home, 'worker', ready, start);
}

/** Makes sure that the dashboard is served, on these endpoints, and returns its address. It writes `run/dashboard.ready` once it answers. */
export async function ensureDashboard(home: Home, endpoints: Endpoints, environment: NodeJS.ProcessEnv, version: string): Promise<string> {
  const { temporal, store } = endpoints;
  const ready = async (service: RunningService): Promise<void> => {
    if (readIfPresent(join(home.run, 'dashboard.ready'))?.trim() !== String(service.pid))
      throw new ServiceUnavailable('the dashboard is not ready yet');
  };
  const start = async (): Promise<RunningService> => {
    const wanted = portFrom(environment, 'PEIERLS_DASHBOARD_PORT');
    // The port of last time, if it is free: a browser that was left open finds it again.
    const file = join(home.root, 'dashboard.port');
    const port = wanted === undefined ? await earlierPort(readIfPresent(file), 8280) : await demandedPort(wanted, 'PEIERLS_DASHBOARD_PORT');
    writeAtomically(file, `${port}\n`);
    const service = startService(home, 'dashboard', {
      file: process.execPath,
      args: [
        '--import',
        pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
        fileURLToPath(new URL('../../dashboard/main.ts', import.meta.url)),
        version,
      ],
      environment: {
        PEIERLS_HOME: home.root,
        PEIERLS_TEMPORAL_ADDRESS: temporal.address,
        PEIERLS_TEMPORAL_NAMESPACE: temporal.namespace,
        PEIERLS_TEMPORAL_UI: temporal.ui,
        PEIERLS_MONGODB_URI: store.uri,
        PEIERLS_DATABASE: store.database,
        PEIERLS_DASHBOARD_PORT: String(port),
      },
      endpoint: { url: `http://127.0.0.1:${port}`, temporal: temporal.address, store: store.uri },
    });
    await untilHealthy(home, service, () => ready(service), 60);
    return service;
  };
  const running = await ensure(home, 'dashboard', ready, start);
  if (running.endpoint['temporal'] === temporal.address && running.endpoint['store'] === store.uri) return running.endpoint['url'] ?? '';
  // A server had to come back at another address.
  await stopService(home, 'dashboard');
  return (await ensure(home, 'dashboard', ready, start)).endpoint['url'] ?? '';
}

/** Stops what we started, workers first. Returns the names of what was running. */
export async function stopServices(home: Home): Promise<string[]> {
  const stopped: string[] = [];
  for (const name of names.toReversed()) if (await stopService(home, name)) stopped.push(name);
  return stopped;
}

/** Says that this process uses the services; they are stopped by the last user unless they are kept. */
export function register(home: Home): void {
  const folder = join(home.run, 'users');
  mkdirSync(folder, { recursive: true });
  writeAtomically(join(folder, String(process.pid)), processStart(process.pid) ?? '');
}

/** The opposite of `register`: stops the services when nobody else uses them and `keepServices` was not called. */
export async function unregister(home: Home): Promise<string[]> {
  rmSync(join(home.run, 'users', String(process.pid)), { force: true });
  if (otherUsers(home) > 0 || readIfPresent(join(home.run, 'keep')) !== undefined) return [];
  return stopServices(home);
}

/** After `up --detach` services stay until `down`. */
export function keepServices(home: Home, keep: boolean): void {
  if (keep) writeAtomically(join(home.run, 'keep'), '');
  else rmSync(join(home.run, 'keep'), { force: true });
}

function otherUsers(home: Home): number {
  const folder = join(home.run, 'users');
  mkdirSync(folder, { recursive: true });
  const alive = readdirSync(folder).filter(
    (name) => /^\d+$/.test(name) && processStart(Number(name)) === readIfPresent(join(folder, name)),
  );
  return alive.length;
}

/** Adopts the healthy process of that name or starts it; concurrent commands start it once. */
async function ensure(
  home: Home,
  name: string,
  probe: (service: RunningService) => Promise<void>,
  start: () => Promise<RunningService>,
): Promise<RunningService> {
  const release = await lock(join(home.run, `${name}.lock`));
  try {
    const running = findService(home, name);
    if (running === undefined) return await start();
    await untilHealthy(home, running, () => probe(running), 90);
    return running;
  } finally {
    release();
  }
}

/** A folder is the lock (making one is atomic); it names its owner, so that a dead owner's lock is broken. */
async function lock(path: string): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(path);
      writeAtomically(join(path, 'owner'), `${process.pid} ${processStart(process.pid) ?? ''}`);
      return () => rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      await sleep(100);
      const owner = readIfPresent(join(path, 'owner'));
      if (isDead(path, owner)) breakLock(path, owner);
    }
  }
}

/** The owner is gone, or died before it could write its name: that takes a millisecond, so a lock of seconds without a name is nobody's. */
function isDead(path: string, owner: string | undefined): boolean {
  if (owner === undefined) return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 5000;
  const [pid, start] = owner.split(' ');
  return processStart(Number(pid)) !== start;
}

/** By rename, so that of several processes that saw the dead owner one breaks the lock, and none breaks that of the next owner. */
function breakLock(path: string, owner: string | undefined): void {
  const aside = `${path}.${process.pid}.broken`;
  try {
    renameSync(path, aside);
    if (readIfPresent(join(aside, 'owner')) === owner) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, path);
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTEMPTY'))) throw error;
  }
}

async function reachable(probe: () => Promise<void>, setting: string, value: string): Promise<void> {
  try {
    await probe();
  } catch (cause) {
    throw new InvalidInput(`nothing answers at ${value}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      path: setting,
      value,
      remedy: `Start that server, correct ${setting}, or unset it to use the embedded one.`,
    });
  }
}
