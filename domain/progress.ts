export type CampaignState = 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

/** The contract of `peierls status <campaign> --json`. */
export interface CampaignProgress {
  campaign: string;
  state: CampaignState;
  counts: { candidates: number; ranked: number; rejected: number; failed: number; pending: number };
  /** Candidates that came up the fidelity ladder, by rung; `counts` are those of the lowest. Absent where there is one rung. */
  rungs?: { fidelity: string; candidates: number; ranked: number; rejected: number; failed: number; pending: number }[];
  /** `executed` counts runs, so it exceeds `distinct - reused` only when something was computed twice. */
  points: { distinct: number; executed: number; reused: number };
  jobs: { submitted: number; distinctAttempts: number };
  startedAt: string | null;
  finishedAt: string | null;
  lastFailure: string | null;
  /** Why a running campaign stands still on a computer: held or drained, and what to do. Absent in histories of version 0.1.0. */
  waitingFor?: string | null;
  /** How fast candidates are concluded now, and how long the rest takes at that pace; null before there is one. Absent in histories of 0.1.0. */
  pace?: { candidatesPerHour: number; secondsLeft: number } | null;
  /** Core hours over all computers, as of their latest surveys; the budget is null where there is none. Absent in histories of 0.1.0. */
  spending?: { coreHours: number; budgetCoreHours: number | null };
  /** The campaign's computers: jobs of all campaigns that are open there, and the median wait in the queue. Absent in histories of 0.1.0. */
  queues?: { computer: string; openJobs: number; waitSeconds: number | null }[];
}

/** Conclusions that a pace is taken over: enough to be steady, few enough to follow the last hours. */
const latest = 50;

/**
 * The pace of a campaign from the instants (ISO) at which its candidates were concluded. The time since the last one counts: a campaign
 * that stands still becomes slower. Null for fewer than three.
 */
export function campaignPace(concludedAt: readonly string[], pending: number, now: number): NonNullable<CampaignProgress['pace']> | null {
  const recent = concludedAt
    .map((instant) => Date.parse(instant))
    .toSorted((a, b) => b - a)
    .slice(0, latest);
  const first = recent.at(-1);
  if (first === undefined || recent.length < 3 || now <= first) return null;
  const perSecond = (recent.length - 1) / ((now - first) / 1000);
  return { candidatesPerHour: perSecond * 3600, secondsLeft: pending / perSecond };
}
