import { setTimeout as sleep } from 'node:timers/promises';
import { campaignProgress } from '../connectors/store/progress.js';
import { Invalid, ServiceUnavailable } from '../domain/failures.js';
import type { CampaignProgress } from '../domain/progress.js';
import { duration } from '../domain/duration.js';
import type { RunningSession } from './session.js';
import { isRunning } from './start-campaign.js';

/** Watches a campaign until it ends or `stop` is aborted, with a line every few seconds or, for large campaigns, minutes (a moving one on a terminal). */
export async function follow(session: RunningSession, campaign: string, stop: AbortSignal): Promise<CampaignProgress> {
  const terminal = process.stdout.isTTY && !session.output.json;
  const started = Date.now();
  let said = '';
  let saidAt = 0;
  let first: number | undefined;
  for (let turn = 0; ; turn += 1) {
    const began = performance.now();
    const progress = await look(session, campaign, stop);
    const cost = performance.now() - began;
    const done = progress.counts.candidates - progress.counts.pending;
    first ??= done;
    const line = progressLine(progress, done - first, (Date.now() - started) / 1000);
    if (terminal) process.stdout.write(`\r\u001b[2K${line}`);
    else if (line !== said && Date.now() - saidAt >= 5000) {
      session.output.say(line);
      saidAt = Date.now();
    }
    said = line;
    const ended = progress.state !== 'running' && progress.state !== 'paused';
    if (ended || stop.aborted) {
      if (terminal) process.stdout.write('\n');
      return progress;
    }
    if (turn % 20 === 19) await requireWorkflow(session, campaign);
    // Counting thousands of candidates keeps the embedded store busy for a second: the campaign has the better use for it.
    await sleep(Math.max(1000, 10 * cost), undefined, { signal: stop }).catch(() => undefined);
  }
}

/** A server that dies during a look is started again before the next one; only after a minute of failures is the watch given up. */
async function look(session: RunningSession, campaign: string, stop: AbortSignal): Promise<CampaignProgress> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await session.supervise();
      return await campaignProgress(session.store, campaign);
    } catch (error) {
      if (error instanceof Invalid || stop.aborted || Date.now() > deadline) throw error;
      await sleep(500, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

/** The store may say "running" for ever if somebody ended the workflow behind its back. */
async function requireWorkflow({ store, temporal }: RunningSession, campaign: string): Promise<void> {
  // Temporal restarting is the business of the next look.
  if (await isRunning(temporal, campaign).catch(() => true)) return;
  const { state } = await campaignProgress(store, campaign);
  if (state !== 'running' && state !== 'paused') return;
  throw new ServiceUnavailable(
    `the workflow of campaign ${campaign} was ended from outside; "peierls screen" with its file goes on where it stopped`,
  );
}

function progressLine(
  { state, counts, rungs = [], points, waitingFor = null }: CampaignProgress,
  doneSince: number,
  seconds: number,
): string {
  const done = counts.candidates - counts.pending;
  const rate = doneSince / Math.max(seconds, 1);
  const eta = rate > 0 && counts.pending > 0 ? `, about ${duration(counts.pending / rate)} left` : '';
  const speed = rate > 0 ? `, ${(rate * 60).toFixed(0)} a minute` : '';
  const outcome = `${counts.ranked} ranked, ${counts.rejected} rejected, ${counts.failed} failed`;
  return `${state}: ${done} of ${counts.candidates} candidates (${outcome}); ${points.executed} points executed, ${points.reused} reused${rungs.map(({ fidelity, candidates, pending }) => `, ${candidates - pending} of ${candidates} at ${fidelity}`).join('')}${speed}${eta}${waitingFor === null ? '' : `. Waiting: ${waitingFor}`}`;
}
