export type CampaignState = 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

/** The contract of `peierls status <campaign> --json`. */
export interface CampaignProgress {
  campaign: string;
  state: CampaignState;
  counts: { candidates: number; ranked: number; rejected: number; failed: number; pending: number };
  /** `executed` counts runs, so it exceeds `distinct - reused` only when something was computed twice. */
  points: { distinct: number; executed: number; reused: number };
  jobs: { submitted: number; distinctAttempts: number };
  startedAt: string | null;
  finishedAt: string | null;
  lastFailure: string | null;
  /** Why a running campaign stands still on a computer: held or drained, and what to do. Absent in histories of version 0.1.0. */
  waitingFor?: string | null;
}
