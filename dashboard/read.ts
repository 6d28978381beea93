import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import { candidateResults, type CandidateResult } from '../connectors/store/candidate-result.js';
import type {
  AttemptDocument,
  CalculationDocument,
  CampaignDocument,
  CandidateDocument,
  MaterialDocument,
} from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { campaignProgress } from '../connectors/store/progress.js';
import { rankingOf, type RankingRow } from '../connectors/store/rank.js';
import { findAll, type Store } from '../connectors/store/store.js';
import { campaignComputers, type Campaign } from '../domain/campaign.js';
import { openComputerState, type ComputerState } from '../domain/computer-state.js';
import type { CampaignProgress } from '../domain/progress.js';
import type { RefreshReport } from '../domain/refresh.js';
import type { SourceDefinition } from '../domain/source.js';
import { Cached } from './cached.js';

export interface CampaignView {
  progress: CampaignProgress;
  definition: Campaign;
  model: string | null;
  rescreens: NonNullable<CampaignDocument['rescreens']>;
  rows: RankingRow[];
  /** Done, and not in the ranking. */
  others: { candidate: string; formula: string; prototype: string; state: string; reason: string }[];
}

export interface CandidateView {
  candidate: CandidateDocument;
  result: CandidateResult;
  material: MaterialDocument | null;
  calculations: (Pick<CalculationDocument, '_id' | 'kind' | 'state' | 'points' | 'provenance' | 'outcome'> & {
    label: string;
    reused: boolean;
    attempts: AttemptDocument[];
  })[];
}

export interface SourceView {
  name: string;
  query: SourceDefinition;
  report: RefreshReport | null;
  reading: { records: number; total: number | null } | null;
  checkedAt: string | null;
  error: string | null;
  schedule: { paused: boolean; next: string | null; last: string | null; runs: number; missed: number } | null;
}

/** All that pages show, from the store and the schedules of the server. Everything is read through a cache: pages ask again every few seconds. */
export class DashboardReader {
  readonly #store: Store;
  readonly #temporal: Client | undefined;
  readonly #cached = new Cached();

  /** Without a Temporal client there are no schedules to show. */
  constructor(store: Store, temporal?: Client) {
    this.#store = store;
    this.#temporal = temporal;
  }

  /** Campaigns, the latest first. */
  async campaigns(): Promise<CampaignProgress[]> {
    const documents = await this.#cached.get('campaigns', () =>
      this.#store
        .collection('campaigns')
        .find({}, { projection: { state: 1, startedAt: 1, finishedAt: 1, revision: 1 } })
        .toArray(),
    );
    const latest = documents.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    return Promise.all(latest.map((document) => this.progress(document)));
  }

  /** A campaign that has ended is counted once. */
  progress({
    _id,
    revision,
    state,
    finishedAt,
  }: Pick<CampaignDocument, '_id' | 'revision' | 'state' | 'finishedAt'>): Promise<CampaignProgress> {
    const key = `progress ${_id} ${revision} ${state} ${finishedAt ?? ''}`;
    return this.#cached.get(key, () => campaignProgress(this.#store, _id), finishedAt === null ? 2 : 600);
  }

  campaign(name: string): Promise<CampaignView | undefined> {
    return this.#cached.get(`campaign ${name}`, async () => {
      const document = await this.#store.collection('campaigns').findOne({ _id: name });
      if (document === null) return undefined;
      const candidates = await this.#store.collection('candidates').find({ campaign: name }).toArray();
      const rows = rankingOf(candidates);
      const ranked = new Set(rows.map(({ candidate }) => candidate));
      return {
        progress: await this.progress(document),
        definition: unpack(document.definition),
        model: document.model ?? null,
        rescreens: document.rescreens ?? [],
        rows,
        others: candidates
          .filter(({ _id, state }) => !ranked.has(_id) && (state === 'rejected' || state === 'failed'))
          .map(({ _id, formula, prototype, state, verdict }) => ({
            candidate: _id,
            formula,
            prototype,
            state,
            reason: verdict?.reason ?? '',
          }))
          .toSorted((a, b) => (a.candidate < b.candidate ? -1 : 1)),
      };
    });
  }

  candidate(id: string): Promise<CandidateView | undefined> {
    return this.#cached.get(`candidate ${id}`, async () => {
      const candidate = await this.#store.collection('candidates').findOne({ _id: id });
      if (candidate === null) return undefined;
      let result: CandidateResult | undefined;
      for await (const found of candidateResults(this.#store, candidate.campaign, ({ _id }) => _id === id)) result = found;
      if (result === undefined) return undefined;
      const ids = candidate.calculations.map((it) => it.id);
      const documents = await findAll(this.#store.collection('calculations'), ids);
      const attempts = await this.#store
        .collection('attempts')
        .find({ calculation: { $in: ids } })
        .toArray();
      return {
        candidate,
        result,
        material: await this.#store.collection('materials').findOne({ _id: candidate.material }),
        calculations: candidate.calculations.flatMap(({ id: own, label, reused }) => {
          const document = documents.find(({ _id }) => _id === own);
          if (document === undefined) return [];
          const { _id, kind, state, points, provenance, outcome } = document;
          return [
            {
              _id,
              kind,
              state,
              points,
              provenance,
              outcome,
              label,
              reused,
              attempts: attempts.filter(({ calculation }) => calculation === own),
            },
          ];
        }),
      };
    });
  }

  /** Computers that have done something, or that a campaign names. */
  async computers(): Promise<ComputerState[]> {
    return this.#cached.get('computers', async () => {
      const states = await this.#store.collection('computers').find().toArray();
      const campaigns = await this.#store
        .collection('campaigns')
        .find({}, { projection: { definition: 1 } })
        .toArray();
      const named = campaigns.flatMap(({ definition }) => campaignComputers(unpack(definition)));
      const missing = [...new Set(named)].filter((name) => states.every(({ _id }) => _id !== name));
      return [...states, ...missing.map((name) => openComputerState(name, ''))].toSorted((a, b) => (a._id < b._id ? -1 : 1));
    });
  }

  async sources(): Promise<SourceView[]> {
    return this.#cached.get('sources', async () => {
      const documents = await this.#store.collection('sources').find().toArray();
      return Promise.all(
        documents.map(async ({ _id, definition, latest, running, checkedAt, error }) => ({
          name: _id,
          query: unpack(definition),
          report: latest?.report ?? null,
          reading: running === null ? null : { records: running.records, total: running.totalSeen },
          checkedAt,
          error,
          schedule: await this.#schedule(_id),
        })),
      );
    });
  }

  async #schedule(source: string): Promise<SourceView['schedule']> {
    if (this.#temporal === undefined) return null;
    try {
      const { state, info } = await this.#temporal.schedule.getHandle(`refresh/${source}`).describe();
      return {
        paused: state.paused,
        next: state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null),
        last: info.recentActions.at(-1)?.takenAt.toISOString() ?? null,
        runs: info.numActionsTaken,
        missed: info.numActionsMissedCatchupWindow,
      };
    } catch (error) {
      // A source without a schedule is the usual case; a server that is away is seen on every other page.
      if (error instanceof ScheduleNotFoundError) return null;
      return null;
    }
  }
}
