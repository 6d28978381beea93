import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { openHome, writeAtomically } from '../connectors/embedded/home.js';
import { openStore } from '../connectors/store/store.js';
import { InvalidInput } from '../domain/failures.js';
import { DashboardReader } from './read.js';
import { serveDashboard } from './server.js';

/** Entry point of the dashboard's process. Everything it needs comes from the environment, and its version from the command line; it writes `run/dashboard.ready` once it answers. */
async function main(): Promise<void> {
  const home = openHome(process.env);
  const store = await openStore({ uri: required('PEIERLS_MONGODB_URI'), database: required('PEIERLS_DATABASE') });
  // Lazily: a Temporal server that is away costs the schedules, not the pages.
  const connection = Connection.lazy({ address: required('PEIERLS_TEMPORAL_ADDRESS') });
  const namespace = process.env['PEIERLS_TEMPORAL_NAMESPACE'] ?? 'default';
  const dashboard = await serveDashboard(
    new DashboardReader(store, new Client({ connection, namespace })),
    { temporal: { ui: process.env['PEIERLS_TEMPORAL_UI'], namespace }, version: process.argv[2] ?? '' },
    Number(required('PEIERLS_DASHBOARD_PORT')),
  );
  const stop = (): void => {
    void Promise.all([dashboard.close(), store.close(), connection.close()]).finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  writeAtomically(join(home.run, 'dashboard.ready'), `${process.pid}\n`);
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new InvalidInput('is not set', { path: name, remedy: 'Start the dashboard with `peierls up` or `peierls dashboard`' });
  return value;
}

await main();
