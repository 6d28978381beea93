import { keepServices, stopServices } from '../../connectors/embedded/services.js';
import { findService } from '../../connectors/embedded/service.js';
import { openHome } from '../../connectors/embedded/home.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadCampaign } from '../campaign-file.js';
import type { Output } from '../output.js';
import { withServices } from '../session.js';
import { requireComputer, screenWith } from './screen.js';

export interface UpOptions {
  detach?: boolean;
  screen?: string;
  exit?: boolean;
  top: number;
}

/** `peierls up`: services and workers in the foreground until Ctrl-C, or left running with `--detach`. `--screen` runs a campaign first. */
export async function up(options: UpOptions, output: Output, stop: AbortSignal): Promise<number> {
  const loaded = options.screen === undefined ? undefined : await loadCampaign(options.screen, {});
  if (options.screen !== undefined && loaded !== undefined) await requireComputer(options.screen, loaded);
  return withServices(process.env, output, { worker: true, keep: options.detach === true, dashboard: true }, async (session) => {
    const { temporal, store } = session.endpoints;
    output.say(`Store: ${store.uri} (database ${store.database})`);
    let code = 0;
    if (options.screen !== undefined && loaded !== undefined)
      code = await screenWith(session, options.screen, loaded, { follow: true, top: options.top }, stop);
    if (options.exit === true || stop.aborted) return code;
    if (options.detach === true) {
      output.result({ temporal, store, dashboard: session.dashboard }, [`Services stay up; "peierls down" stops them.`]);
      return code;
    }
    output.say(
      `Everything stays up: results at ${session.dashboard ?? '-'}, workflows at ${temporal.ui ?? temporal.address}. Ctrl-C stops the services; nothing is lost.`,
    );
    while (!stop.aborted) {
      await session.supervise();
      await sleep(2000, undefined, { signal: stop }).catch(() => undefined);
    }
    return code;
  });
}

/** `peierls down`: stops whatever we started, workers first. */
export async function down(output: Output): Promise<number> {
  const home = openHome(process.env);
  keepServices(home, false);
  const running = ['dashboard', 'worker', 'temporal', 'store'].filter((name) => findService(home, name) !== undefined);
  const stopped = await stopServices(home);
  output.result({ stopped }, [running.length === 0 ? 'Nothing was running.' : `Stopped: ${stopped.join(', ')}.`]);
  return 0;
}
