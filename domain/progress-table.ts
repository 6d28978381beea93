import type { CampaignProgress } from './progress.js';

/** The state of a campaign as the Temporal UI shows it: a short Markdown table. */
export function progressTable({ state, counts, points, jobs, lastFailure, waitingFor = null }: CampaignProgress): string {
  const done = counts.candidates - counts.pending;
  return [
    `| | |`,
    `|---|---|`,
    `| state | **${state}** |`,
    `| candidates | ${done} of ${counts.candidates} done: ${counts.ranked} ranked, ${counts.rejected} rejected, ${counts.failed} failed |`,
    `| points | ${points.executed} executed, ${points.reused} reused, ${points.distinct} distinct |`,
    `| jobs | ${jobs.submitted} |`,
    ...(waitingFor === null ? [] : [`| **waiting for** | ${waitingFor.replaceAll('|', '/').slice(0, 500)} |`]),
    ...(lastFailure === null ? [] : [`| last failure | ${lastFailure.replaceAll('|', '/').slice(0, 300)} |`]),
  ].join('\n');
}
