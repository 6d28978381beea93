import { campaignProgress } from '../../connectors/store/progress.js';
import { campaignCandidates, ranking } from '../../connectors/store/rank.js';
import { assertNever } from '../../domain/assert-never.js';
import { campaignComputers } from '../../domain/campaign.js';
import { InvalidInput } from '../../domain/failures.js';
import type { Fidelity } from '../../domain/fidelity.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { loadCampaign, type LoadedCampaign } from '../campaign-file.js';
import { dryRun } from '../dry-run.js';
import { follow } from '../follow.js';
import { duration } from '../../domain/duration.js';
import { type Output } from '../output.js';
import { rankingLines } from '../print-ranking.js';
import { withServices, type RunningSession } from '../session.js';
import { startCampaign, type Started } from '../start-campaign.js';
import { readInstallation } from '../../workers/config.js';

export interface ScreenOptions {
  follow: boolean;
  dryRun?: boolean;
  computer?: string;
  /** The highest rung of the fidelity ladder to climb. Default: all of the file. */
  fidelity?: Fidelity;
  top: number;
}

/** `peierls screen <campaign.yaml>`. Resolves to the exit code. */
export async function screen(file: string, options: ScreenOptions, output: Output, stop: AbortSignal): Promise<number> {
  const { computer, fidelity } = options;
  const loaded = await loadCampaign(file, computer === undefined ? {} : { computer }, fidelity);
  if (options.dryRun === true) return dryRun(loaded, output);
  await requireComputer(file, loaded);
  return withServices(process.env, output, { worker: true, keep: !options.follow }, (session) =>
    screenWith(session, file, loaded, options, stop),
  );
}

/** Starts or finds the campaign, follows it, prints the ranking. */
export async function screenWith(
  session: RunningSession,
  file: string,
  loaded: LoadedCampaign,
  options: ScreenOptions,
  stop: AbortSignal,
): Promise<number> {
  const { output } = session;
  const name = loaded.definition.name;
  const how = await startCampaign(session.store, session.temporal, loaded);
  output.say(announcement(how, name, loaded));
  if (!options.follow) {
    output.say(`Services stay up. See "peierls status ${name}" and "peierls rank ${name}"; "peierls down" stops everything.`);
    output.result(await campaignProgress(session.store, name), []);
    return 0;
  }
  const began = Date.now();
  const progress = await follow(session, name, stop);
  if (progress.state === 'running' || progress.state === 'paused') {
    output.say(
      `Interrupted. Nothing is lost: "peierls screen ${file}" goes on where it stopped; "peierls rank ${name}" shows what is known so far.`,
    );
    return 130;
  }
  if (how !== 'finished-before') output.say(`Finished in ${duration((Date.now() - began) / 1000)}.`);
  await report(session, progress, options.top);
  return exitCode(progress);
}

async function report({ store, output }: RunningSession, progress: CampaignProgress, top: number): Promise<void> {
  const candidates = await campaignCandidates(store, progress.campaign);
  const rows = ranking(candidates);
  output.result({ ...progress, ranking: output.json ? rows : [] }, rankingLines(progress, candidates, top, { rows, paint: output.paint }));
}

/** 0 done, 3 partly done, 1 failed, 130 cancelled. */
export function exitCode({ state, counts, rungs = [] }: CampaignProgress): number {
  if (state === 'failed') return 1;
  if (state === 'cancelled') return 130;
  return [counts, ...rungs].some(({ failed }) => failed > 0) ? 3 : 0;
}

function announcement(how: Started, name: string, { definition }: LoadedCampaign): string {
  switch (how) {
    case 'started':
      return `Campaign ${name} started on computer ${campaignComputers(definition).join(', ')}.`;
    case 'attached':
      return `Campaign ${name} is running already; following it.`;
    case 'resumed':
      return `Campaign ${name} resumed where it stopped.`;
    case 'changed':
      return `Campaign ${name} started anew with the changed file; calculations that both have in common are reused.`;
    case 'finished-before':
      return `Campaign ${name} has finished before; nothing is computed again.`;
    default:
      return assertNever(how);
  }
}

/** Looked up before anything is started. */
export async function requireComputer(file: string, { definition }: LoadedCampaign): Promise<void> {
  const { computers } = await readInstallation(process.env);
  const unknown = campaignComputers(definition).find((name) => computers[name] === undefined);
  if (unknown === undefined) return;
  throw new InvalidInput(`the computer "${unknown}" is not configured`, {
    file,
    path: 'computer',
    remedy: `Use one of ${Object.keys(computers).join(', ')}, or add it to computers.yaml`,
  });
}
