/**
 * How a computer stands, across all workers: `held` nothing is sent there (a refused login, or an operator's word), `draining` what is queued
 * is waited for and collected and nothing new is submitted.
 */
export type ComputerCondition = 'open' | 'draining' | 'held';

export interface ComputerState {
  /** The computer's name. */
  _id: string;
  condition: ComputerCondition;
  /** Why it is not open, in one line with the remedy. */
  reason: string;
  /** Counts resumptions: a worker that meets a higher one than it knows may try a refused login once more. */
  epoch: number;
  changedAt: string;
  /** Core hours that all campaigns together may spend here; absent means no limit. */
  budgetCoreHours?: number;
  figures: ComputerFigures;
}

/** What the guard has measured from the store's attempts. */
export interface ComputerFigures {
  measuredAt: string;
  /** Jobs submitted and not ended. */
  open: number;
  ended: number;
  /** Median seconds over the latest jobs; null before the first. */
  queueSeconds: number | null;
  runSeconds: number | null;
  turnaroundSeconds: number | null;
  /** Points per job, mean over the latest. */
  pointsPerJob: number | null;
  coreHours: { total: number; byCampaign: { campaign: string; hours: number }[] };
}

export const noFigures: ComputerFigures = {
  measuredAt: '',
  open: 0,
  ended: 0,
  queueSeconds: null,
  runSeconds: null,
  turnaroundSeconds: null,
  pointsPerJob: null,
  coreHours: { total: 0, byCampaign: [] },
};

export function openComputerState(name: string, now: string): ComputerState {
  return { _id: name, condition: 'open', reason: '', epoch: 0, changedAt: now, figures: noFigures };
}

/** One submission, as far as the figures need it. Seconds are by the computer's own clock. */
export interface AttemptUsage {
  campaign: string;
  open: boolean;
  pointsDone: number;
  cores: number;
  endedAt: string | null;
  queueSeconds?: number | undefined;
  runSeconds?: number | undefined;
}

/** Ended jobs that a median is taken over: enough to be steady, few enough to follow a queue through the day. */
const latest = 50;

/** Figures of a computer from its attempts. Running jobs count with the median run time, so that a budget is not overspent by what is under way. */
export function computerFigures(attempts: readonly AttemptUsage[], measuredAt: string): ComputerFigures {
  const ended = attempts.filter(({ open }) => !open).toSorted((a, b) => (b.endedAt ?? '').localeCompare(a.endedAt ?? ''));
  const recent = ended.slice(0, latest);
  const runSeconds = median(recent.flatMap((it) => it.runSeconds ?? []));
  let total = 0;
  const byCampaign = new Map<string, number>();
  for (const { campaign, cores, runSeconds: own, open } of attempts) {
    const hours = ((own ?? (open ? (runSeconds ?? 0) : 0)) * cores) / 3600;
    total += hours;
    byCampaign.set(campaign, (byCampaign.get(campaign) ?? 0) + hours);
  }
  return {
    measuredAt,
    open: attempts.length - ended.length,
    ended: ended.length,
    queueSeconds: median(recent.flatMap((it) => it.queueSeconds ?? [])),
    runSeconds,
    turnaroundSeconds: median(
      recent.flatMap((it) => (it.queueSeconds === undefined || it.runSeconds === undefined ? [] : it.queueSeconds + it.runSeconds)),
    ),
    pointsPerJob: recent.length === 0 ? null : recent.reduce((sum, { pointsDone }) => sum + pointsDone, 0) / recent.length,
    coreHours: { total, byCampaign: [...byCampaign].map(([campaign, hours]) => ({ campaign, hours })) },
  };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

export interface Route {
  name: string;
  condition: ComputerCondition;
  /** Candidates of ours there that have no verdict yet. */
  underWay: number;
  /** Jobs that run at the same time there, as far as its settings tell. */
  width: number;
  turnaroundSeconds: number | null;
}

/**
 * Where the next candidate is done first: the expected time is the turnaround of a job times the jobs before it per place (Little's law).
 * One that has not been measured is tried while it has fewer candidates than places. Computers that take nothing now come last.
 */
export function chooseComputer(routes: readonly Route[]): string | undefined {
  const cost = ({ condition, turnaroundSeconds, underWay, width }: Route): number => {
    const rounds = Math.ceil((underWay + 1) / Math.max(1, width));
    const seconds = turnaroundSeconds ?? (rounds <= 1 ? 0 : unmeasuredSeconds);
    return seconds * rounds + (condition === 'open' ? 0 : takesNothing);
  };
  return routes.toSorted((a, b) => cost(a) - cost(b) || a.underWay - b.underWay)[0]?.name;
}

/** What a full computer counts with before its first job has ended, in seconds. */
const unmeasuredSeconds = 600;
const takesNothing = 1e9;

/** The computer in a few lines of Markdown, as the Temporal UI and `peierls computer list` show it. */
export function describeComputer({ _id, condition, reason, budgetCoreHours, figures, changedAt }: ComputerState): string {
  const seconds = (value: number | null): string => (value === null ? '-' : `${Math.round(value)} s`);
  const { coreHours } = figures;
  const campaigns = coreHours.byCampaign.map(({ campaign, hours }) => `| ${campaign} | ${hours.toFixed(3)} |`);
  return [
    condition === 'open' ? `**open**` : `**${condition}** since ${changedAt}: ${reason}`,
    ...(condition === 'open' ? [] : ['', `To go on: \`peierls computer resume ${_id}\``]),
    '',
    '| | |',
    '|---|---|',
    `| jobs in the queue | ${figures.open} |`,
    `| jobs ended | ${figures.ended} |`,
    `| median wait, run | ${seconds(figures.queueSeconds)}, ${seconds(figures.runSeconds)} |`,
    `| core hours | ${coreHours.total.toFixed(3)}${budgetCoreHours === undefined ? '' : ` of ${budgetCoreHours}`} |`,
    ...(campaigns.length === 0 ? [] : ['', '| campaign | core hours |', '|---|---|', ...campaigns]),
  ].join('\n');
}
