import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import { writeAtomically } from '../connectors/embedded/home.js';
import { InvalidInput } from '../domain/failures.js';
import { readInstallation } from './config.js';
import { errorsOnly } from './log.js';
import { runWorkers } from './worker.js';

/** Entry point of a worker process. Everything it needs comes from the environment; it writes `run/worker.ready` once it polls. */
async function main(): Promise<void> {
  Runtime.install({ logger: errorsOnly, shutdownSignals: [] });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const installation = await readInstallation(process.env);
  const endpoints = {
    temporal: { address: required('PEIERLS_TEMPORAL_ADDRESS'), namespace: process.env['PEIERLS_TEMPORAL_NAMESPACE'] ?? 'default' },
    store: { uri: required('PEIERLS_MONGODB_URI'), database: process.env['PEIERLS_DATABASE'] ?? 'peierls' },
  };
  await runWorkers(installation, endpoints, {
    environment: process.env,
    queues: process.env['PEIERLS_INFERENCE'] === 'elsewhere' ? 'all-but-inference' : 'all',
    stop: stop.signal,
    ready: () => writeAtomically(join(installation.home.run, 'worker.ready'), `${process.pid}\n`),
  });
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new InvalidInput('is not set', { path: name, remedy: 'Start workers with `peierls up`, or set it.' });
  return value;
}

await main();
