import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../output.js';
import { withServices } from '../session.js';

/** `peierls dashboard`: serves the dashboard until Ctrl-C, or says where it is served already and stays beside it. Starts no worker. */
export function dashboard(output: Output, stop: AbortSignal): Promise<number> {
  return withServices(process.env, output, { worker: false, dashboard: true }, async (session) => {
    output.result({ dashboard: session.dashboard, temporal: session.endpoints.temporal.ui ?? null }, [
      'Ctrl-C ends it, unless `peierls up` serves it.',
    ]);
    while (!stop.aborted) {
      await session.supervise();
      await sleep(2000, undefined, { signal: stop }).catch(() => undefined);
    }
    return 0;
  });
}
