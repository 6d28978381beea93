import { setTimeout as sleep } from 'node:timers/promises';
import { campaignProgress } from '../connectors/store/progress.js';
import type { CampaignProgress } from '../domain/progress.js';
import { duration } from './output.js';
import type { RunningSession } from './session.js';

/** Watches a campaign until it ends or `stop` is aborted, with a line every few seconds (a moving one on a terminal). */
export async function follow(session: RunningSession, campaign: string, stop: AbortSignal): Promise<CampaignProgress> {
  const terminal = process.stdout.isTTY && !session.output.json;
  const started = Date.now();
  let said = '';
  let first: number | undefined;
  for (let turn = 0; ; turn += 1) {
    await session.supervise();
    const progress = await campaignProgress(session.store, campaign);
    const done = progress.counts.candidates - progress.counts.pending;
    first ??= done;
    const line = progressLine(progress, done - first, (Date.now() - started) / 1000);
    if (terminal) process.stdout.write(`\r\u001b[2K${line}`);
    else if (line !== said && turn % 5 === 0) session.output.say(line);
    said = line;
    const ended = progress.state !== 'running' && progress.state !== 'paused';
    if (ended || stop.aborted) {
      if (terminal) process.stdout.write('\n');
      return progress;
    }
    await sleep(1000, undefined, { signal: stop }).catch(() => undefined);
  }
}

function progressLine({ state, counts, points }: CampaignProgress, doneSince: number, seconds: number): string {
  const done = counts.candidates - counts.pending;
  const rate = doneSince / Math.max(seconds, 1);
  const eta = rate > 0 && counts.pending > 0 ? `, about ${duration(counts.pending / rate)} left` : '';
  const speed = rate > 0 ? `, ${(rate * 60).toFixed(0)} a minute` : '';
  const outcome = `${counts.ranked} ranked, ${counts.rejected} rejected, ${counts.failed} failed`;
  return `${state}: ${done} of ${counts.candidates} candidates (${outcome}); ${points.executed} points executed, ${points.reused} reused${speed}${eta}`;
}
