import type { ComputerState } from './computer-state.js';
import type { Notification, NotificationsFile } from './notification.js';
import type { CampaignProgress } from './progress.js';
import { describeReport, type RefreshReport } from './refresh.js';

type Thresholds = NotificationsFile['thresholds'];
type Notice = Omit<Notification, 'occurredAt'>;

/** A campaign has ended. `run` tells one end from the next after a retry. */
export function endNotice({ campaign, state, counts, points, lastFailure }: CampaignProgress, run: string): Notice | undefined {
  if (state !== 'done' && state !== 'failed' && state !== 'cancelled') return undefined;
  const sums = `${counts.ranked} of ${counts.candidates} candidates ranked, ${counts.rejected} rejected, ${counts.failed} failed; ${points.executed} points computed, ${points.reused} reused.`;
  const next = {
    done: `peierls rank ${campaign}`,
    failed: `peierls status ${campaign}, then the same peierls screen command again: nothing that was computed is lost.`,
    cancelled: `peierls rank ${campaign} shows what is known; the same peierls screen command goes on.`,
  }[state];
  return {
    key: `campaign/${campaign}/${state}/${run}`,
    kind: `campaign-${state}`,
    campaign,
    subject: `Campaign ${campaign} ${state === 'done' ? 'is done' : state === 'failed' ? 'has failed' : 'was cancelled'}`,
    text: [sums, ...(lastFailure === null ? [] : [`Last failure: ${lastFailure}`]), next].join('\n'),
  };
}

/** Too many of the concluded candidates have failed. Told once a revision. */
export function failureNotice(
  { campaign, counts, lastFailure }: CampaignProgress,
  revision: number,
  thresholds: Thresholds,
): Notice | undefined {
  const concluded = counts.ranked + counts.rejected + counts.failed;
  if (concluded < thresholds.leastCandidates || counts.failed < thresholds.failures * concluded) return undefined;
  return {
    key: `campaign/${campaign}/failure-rate/${revision}`,
    kind: 'failure-rate',
    campaign,
    subject: `Campaign ${campaign}: ${counts.failed} of ${concluded} candidates have failed`,
    text: [
      ...(lastFailure === null ? [] : [`Last failure: ${lastFailure}`]),
      `peierls status ${campaign} --state failed lists them; peierls pause ${campaign} starts no more.`,
    ].join('\n'),
  };
}

/** A computer takes nothing more. Told once for each time that it is held. */
export function heldNotice({ _id, condition, reason, epoch }: ComputerState): Notice | undefined {
  if (condition !== 'held') return undefined;
  return {
    key: `computer/${_id}/held/${epoch}`,
    kind: 'computer-held',
    computer: _id,
    subject: `Computer ${_id} is held`,
    text: `${reason}\nIts calculations wait; nothing is lost. When that is settled: peierls computer resume ${_id}`,
  };
}

/** Budgets that are nearly or wholly spent. Told once for each limit: a raised one counts anew. */
export function budgetNotice(
  owner: { kind: 'computer' | 'campaign'; name: string },
  spentHours: number,
  limitHours: number | undefined,
  thresholds: Thresholds,
): Notice | undefined {
  if (limitHours === undefined || spentHours < limitHours * thresholds.budget) return undefined;
  const over = spentHours >= limitHours;
  const { kind, name } = owner;
  return {
    key: `${kind}/${name}/budget-${over ? 'over' : 'near'}/${limitHours}`,
    kind: over ? 'budget-over' : 'budget-near',
    [kind]: name,
    subject: `${kind === 'computer' ? 'Computer' : 'Campaign'} ${name} has spent ${over ? 'its' : `${Math.round((spentHours / limitHours) * 100)} % of its`} budget`,
    text: `${spentHours.toFixed(2)} of ${limitHours} core hours. ${over ? 'Nothing more is submitted; jobs in the queue end.' : 'When it is spent, nothing more is submitted.'}\nTo allow more: peierls ${kind === 'computer' ? 'computer ' : ''}budget ${name} <core hours>`,
  };
}

/** A refresh has found something. Told once a scan; one that found nothing is nobody's news. */
export function refreshNotice(report: RefreshReport, scan: number): Notice | undefined {
  const { source, added, changed, removed, warnings, examples, rescreened = [] } = report;
  if (added + changed + removed === 0) return undefined;
  const some = (['added', 'changed', 'removed'] as const).flatMap((kind) =>
    examples[kind].length === 0
      ? []
      : [`${kind}: ${examples[kind].slice(0, 5).join(', ')}${examples[kind].length > 5 ? ' and others' : ''}`],
  );
  return {
    key: `source/${source}/changed/${scan}`,
    kind: 'source-changed',
    subject: `${source}: ${added} new, ${changed} changed, ${removed} removed`,
    text: [
      describeReport({ ...report, rescreened: [] }),
      ...some,
      ...rescreened.map(
        (it) => `Campaign ${it.campaign}: ${it.left ?? `${it.added} new and ${it.changed} changed are screened, ${it.removed} are gone`}`,
      ),
      ...warnings.map((warning) => `Warning: ${warning}`),
    ].join('\n'),
  };
}

/** A refresh was given up. Told once for each start: a schedule that fails every night says so every night. */
export function refreshFailureNotice(source: string, error: string, run: string): Notice {
  return {
    key: `source/${source}/failed/${run}`,
    kind: 'source-failed',
    subject: `The refresh of ${source} has failed`,
    text: `${error}\nIts scan stays where it is: peierls source refresh ${source} goes on there.`,
  };
}
