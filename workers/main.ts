import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import { writeAtomically } from '../connectors/embedded/home.js';
import { InvalidInput } from '../domain/failures.js';
import { readInstallation } from './config.js';
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
  await runWorkers(installation, endpoints, stop.signal, () =>
    writeAtomically(join(installation.home.run, 'worker.ready'), `${process.pid}\n`),
  );
}

const errorsOnly = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  // The queue of waits has no workflows, on purpose; the SDK thinks it worth a warning.
  warn: (message: string, meta?: Record<string, unknown>) => {
    if (!message.startsWith('No workflows registered')) write('warn', message, meta);
  },
  error: (message: string, meta?: Record<string, unknown>) => write('error', message, meta),
};

function write(level: string, message: string, meta: Record<string, unknown> = {}): void {
  const failure = meta['error'] instanceof Error ? meta['error'].message : '';
  process.stderr.write(
    `${new Date().toISOString()} ${level} ${message} ${textOf(meta['activityType']) ?? textOf(meta['workflowType']) ?? ''} ${failure}\n`,
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new InvalidInput('is not set', { path: name, remedy: 'Start workers with `peierls up`, or set it.' });
  return value;
}

await main();
