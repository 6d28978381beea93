import { duration } from './duration.js';
import type { CampaignProgress } from './progress.js';

/** The state of a campaign as the Temporal UI shows it: a short Markdown table that says what happens, what it costs and what to do. */
export function progressTable(progress: CampaignProgress): string {
  const {
    campaign,
    state,
    counts,
    rungs = [],
    points,
    jobs,
    lastFailure,
    waitingFor = null,
    pace = null,
    spending,
    queues = [],
  } = progress;
  const done = counts.candidates - counts.pending;
  const row = (name: string, text: string): string => `| ${name} | ${text.replaceAll('|', '/').slice(0, 500)} |`;
  return [
    `| | |`,
    `|---|---|`,
    row('state', `**${state}**`),
    row(
      'candidates',
      `${done} of ${counts.candidates} done: ${counts.ranked} ranked, ${counts.rejected} rejected, ${counts.failed} failed`,
    ),
    ...rungs.map((rung) => row(`to ${rung.fidelity}`, rungText(rung))),
    ...(pace === null || state !== 'running'
      ? []
      : [
          row(
            'pace',
            `${pace.candidatesPerHour.toFixed(pace.candidatesPerHour < 10 ? 1 : 0)} candidates an hour, about ${duration(pace.secondsLeft)} left`,
          ),
        ]),
    row('points', `${points.executed} executed, ${points.reused} reused, ${points.distinct} distinct`),
    row('jobs', String(jobs.submitted)),
    ...(state === 'running' ? queues.map((queue) => row(`queue of ${queue.computer}`, queueText(queue))) : []),
    ...(spending === undefined ? [] : [row('core hours', spendingText(spending))]),
    ...(waitingFor === null ? [] : [row('**waiting for**', waitingFor)]),
    ...(lastFailure === null ? [] : [row('last failure', lastFailure)]),
    ...(counts.failed === 0 ? [] : [row('what to do', failureRemedy(campaign, state))]),
  ].join('\n');
}

/** `3 of 5 done: 3 ranked, 0 rejected, 0 failed` */
export function rungText({ candidates, ranked, rejected, failed, pending }: NonNullable<CampaignProgress['rungs']>[number]): string {
  return `${candidates - pending} of ${candidates} promoted done: ${ranked} ranked, ${rejected} rejected, ${failed} failed`;
}

/** `12.34 of 500`: what was spent, and what may be. */
export function spendingText({ coreHours, budgetCoreHours }: NonNullable<CampaignProgress['spending']>): string {
  return `${coreHours.toFixed(2)}${budgetCoreHours === null ? '' : ` of ${budgetCoreHours}`}`;
}

function queueText({ openJobs, waitSeconds }: NonNullable<CampaignProgress['queues']>[number]): string {
  return `${openJobs} jobs open${waitSeconds === null ? '' : `, median wait ${duration(waitSeconds)}`}`;
}

function failureRemedy(campaign: string, state: CampaignProgress['state']): string {
  const list = `\`peierls status ${campaign} --state failed\` lists the failures`;
  return state === 'running' || state === 'paused' ? list : `${list}; \`peierls retry ${campaign}\` tries them again`;
}
