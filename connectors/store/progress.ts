import { campaignComputers } from '../../domain/campaign.js';
import type { ComputerState } from '../../domain/computer-state.js';
import { campaignPace, type CampaignProgress } from '../../domain/progress.js';
import { readComputerState, spentBy } from './computer-state.js';
import type { CandidateDocument, CandidateState } from './document.js';
import { unpack } from './nested-array.js';
import type { Store } from './store.js';

type Counted = Pick<CandidateDocument, '_id' | 'state' | 'calculations' | 'verdict' | 'updatedAt' | 'rung'>;

/**
 * Counts a campaign from its candidates, which are read unless they are given; true at any time, whatever is running or has been killed. Points
 * count once their candidate is concluded.
 */
export async function campaignProgress(store: Store, campaign: string, known?: readonly Counted[]): Promise<CampaignProgress> {
  const document = await store
    .collection('campaigns')
    .findOne({ _id: campaign }, { projection: { definition: 1, state: 1, startedAt: 1, finishedAt: 1, error: 1, budgetCoreHours: 1 } });
  const candidates: readonly Counted[] =
    known ??
    (await store
      .collection('candidates')
      .find({ campaign }, { projection: { state: 1, calculations: 1, verdict: 1, updatedAt: 1, rung: 1 } })
      .toArray());
  const counts = countStates(candidates.filter(({ rung = 0 }) => rung === 0));
  const rungs = rungCounts(candidates);

  const points = { distinct: 0, executed: 0, reused: 0 };
  const jobs = { submitted: 0, distinctAttempts: 0 };
  const calculations = new Map(
    candidates.flatMap((candidate) => candidate.calculations.map((calculation) => [calculation.id, calculation])),
  );
  for (const calculation of calculations.values()) {
    points.distinct += calculation.points;
    if (calculation.reused) points.reused += calculation.points;
    else {
      points.executed += calculation.executed;
      jobs.distinctAttempts += calculation.attempts;
      jobs.submitted += calculation.jobs;
    }
  }
  const names = document === null ? [] : campaignComputers(unpack(document.definition));
  const states = await Promise.all(names.map((name) => readComputerState(store, name)));
  const failed = candidates.filter(({ state }) => state === 'failed').sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  return {
    campaign,
    state: document?.state ?? 'failed',
    counts,
    ...(rungs.length > 0 && { rungs }),
    points,
    jobs,
    startedAt: document?.startedAt ?? null,
    finishedAt: document?.finishedAt ?? null,
    lastFailure: oneLine(document?.error ?? (failed[0]?.verdict === undefined ? null : `${failed[0]._id}: ${failed[0].verdict.reason}`)),
    waitingFor: document?.state === 'running' ? obstacle(states) : null,
    pace: campaignPace(
      candidates.flatMap(({ state, updatedAt }) => (column(state) === 'pending' ? [] : updatedAt)),
      [counts, ...rungs].reduce((sum, { pending }) => sum + pending, 0),
      Date.now(),
    ),
    spending: { coreHours: await spentBy(store, campaign), budgetCoreHours: document?.budgetCoreHours ?? null },
    queues: states.map(({ _id, figures }) => ({ computer: _id, openJobs: figures.open, waitSeconds: figures.queueSeconds })),
  };
}

function countStates(candidates: readonly Pick<CandidateDocument, 'state'>[]): CampaignProgress['counts'] {
  const counts = { candidates: candidates.length, ranked: 0, rejected: 0, failed: 0, pending: 0 };
  for (const { state } of candidates) counts[column(state)] += 1;
  return counts;
}

/** `al/Cu-A1@dft` stands on the rung of that level. */
function rungCounts(candidates: readonly Pick<CandidateDocument, '_id' | 'state' | 'rung'>[]): NonNullable<CampaignProgress['rungs']> {
  const fidelity = (id: string): string => id.slice(id.lastIndexOf('@') + 1);
  const above = candidates.filter(({ rung = 0 }) => rung > 0);
  const levels = new Map(above.map(({ _id, rung = 0 }) => [rung, fidelity(_id)]));
  return [...levels]
    .toSorted(([a], [b]) => a - b)
    .map(([rung, level]) => ({ fidelity: level, ...countStates(above.filter((it) => it.rung === rung)) }));
}

/** Computers of a campaign that take nothing now. */
function obstacle(states: readonly ComputerState[]): string | null {
  const closed = states.filter(({ condition }) => condition !== 'open');
  if (closed.length === 0) return null;
  return oneLine(
    closed
      .map(({ _id, condition, reason }) => `computer ${_id} is ${condition}: ${reason}; go on with "peierls computer resume ${_id}"`)
      .join(' · '),
  );
}

/** Failures are shown in one line of a terminal and one cell of a table. */
function oneLine(text: string | null): string | null {
  return text === null ? null : text.replaceAll(/\s+/g, ' ');
}

function column(state: CandidateState): 'ranked' | 'rejected' | 'failed' | 'pending' {
  return state === 'running' ? 'pending' : state;
}
