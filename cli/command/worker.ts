import { Runtime } from '@temporalio/worker';
import { currentEndpoints } from '../../connectors/embedded/services.js';
import { InvalidInput } from '../../domain/failures.js';
import { readInstallation } from '../../workers/config.js';
import { errorsOnly } from '../../workers/log.js';
import { runWorkers } from '../../workers/worker.js';
import type { Output } from '../output.js';

/** `peierls worker [--inference]`: one more worker process on services that run already, here or elsewhere, in the foreground. */
export async function worker({ inference }: { inference?: boolean }, output: Output, stop: AbortSignal): Promise<number> {
  const installation = await readInstallation(process.env);
  const { store, temporal } = currentEndpoints(installation.home, process.env);
  if (store === undefined || temporal === undefined)
    throw new InvalidInput('no services to work for', {
      path: temporal === undefined ? 'PEIERLS_TEMPORAL_ADDRESS' : 'PEIERLS_MONGODB_URI',
      remedy: 'Name those of another machine with PEIERLS_TEMPORAL_ADDRESS and PEIERLS_MONGODB_URI, or start them here with `peierls up`',
    });
  Runtime.install({ logger: errorsOnly, shutdownSignals: [] });
  const queues = inference === true ? ('inference' as const) : ('all' as const);
  await runWorkers(
    installation,
    { temporal, store },
    {
      environment: process.env,
      queues,
      stop,
      ready: () =>
        output.say(`Working for ${temporal.address} (${queues === 'all' ? 'all queues' : 'predictions only'}). Ctrl-C stops it.`),
    },
  );
  output.result({ worker: queues, stopped: true }, ['Stopped; work under way goes to another worker.']);
  return 0;
}
