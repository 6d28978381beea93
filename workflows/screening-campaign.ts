import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { PreparedCampaign } from '../activities/campaign.js';
import { campaignWorkflowId, shardWorkflowId } from '../domain/campaign.js';
import type { CampaignProgress } from '../domain/progress.js';
import { progressTable } from '../domain/progress-table.js';
import { rootCause } from '../domain/root-cause.js';
import { refreshWorkflowId } from '../domain/source.js';
import type { SourceService } from '../domain/task-queue.js';
import { databaseRefresh } from './database-refresh.js';
import { count, enumerate, score } from './proxies.js';
import { pauseChanged, screeningShard } from './screening-shard.js';
import { attributeKeys, attributes } from './search-attribute.js';

export interface ScreeningCampaignInput {
  campaign: string;
  revision: number;
  /** Databases to read before candidates are enumerated. Absent in histories of version 0.1.0. */
  sources?: { name: string; service: SourceService }[];
  /** Set when the campaign continues as new: where it stands. */
  carried?: { prepared: PreparedCampaign; nextShard: number; paused: boolean; rung?: number; news?: ScanNews[] };
  /** It was started by a refresh of one of its databases, and has been screened before; what to do comes as `sourceRefreshed`. */
  rescreen?: true;
  /** Shards after which to continue as new even if the server does not advise it; for tests. */
  shardsPerRun?: number;
}

export const pauseCampaign = defineUpdate<string>('pauseCampaign');
export const resumeCampaign = defineUpdate<string>('resumeCampaign');
export const cancelCampaign = defineUpdate<string>('cancelCampaign');
/** A database that the campaign follows has a newer scan. */
export const sourceRefreshed = defineSignal<[ScanNews]>('sourceRefreshed');
export const campaignProgress = defineQuery<CampaignProgress | null>('campaignProgress');

interface ScanNews {
  source: string;
  scan: number;
}

/** Shards open at the same time. Candidates inside a shard run at its own limit; two shards keep work flowing while one runs out. */
const openShards = 2;

/** A screening run: enumerate, evaluate shard by shard, and say at any time how it stands. Commands from people arrive as updates. */
export async function screeningCampaign(input: ScreeningCampaignInput): Promise<CampaignProgress> {
  const { campaign } = input;
  let paused = input.carried?.paused ?? false;
  let cancelled = false;
  let ending = false;
  let latest: CampaignProgress | null = null;
  const open = new Map<number, ChildWorkflowHandle<typeof screeningShard>>();
  const work = new CancellationScope();

  const setPaused = async (value: boolean): Promise<string> => {
    paused = value;
    await count.recordCampaignState({ campaign, state: value ? 'paused' : 'running' });
    // Histories of 0.1.0 have no such command.
    if (patched('phase-of-pause')) upsertSearchAttributes([{ key: attributeKeys.phase, value: value ? 'paused' : 'screening' }]);
    // A shard that has just ended needs no news, and cannot be told.
    await Promise.allSettled([...open.values()].map((shard) => shard.signal(pauseChanged, { paused: value })));
    await refresh();
    return value ? 'paused: candidates under way finish, no new ones start' : 'running';
  };
  const refresh = async (): Promise<void> => {
    latest = await count.readProgress({ campaign });
    setCurrentDetails(progressTable(latest));
  };
  const news = new Map(input.carried?.news?.map(({ source, scan }) => [source, scan]));
  setHandler(sourceRefreshed, ({ source, scan }) => {
    news.set(source, Math.max(scan, news.get(source) ?? 0));
  });
  setHandler(campaignProgress, () => latest);
  const rejectTooLate = (): void => {
    reject(cancelled, 'the campaign is being cancelled already');
    reject(ending, 'the campaign has ended');
  };
  setHandler(pauseCampaign, () => setPaused(true), {
    validator: () => {
      rejectTooLate();
      reject(paused, 'the campaign is paused already');
    },
  });
  setHandler(resumeCampaign, () => setPaused(false), {
    validator: () => {
      rejectTooLate();
      reject(!paused, 'the campaign is not paused');
    },
  });
  setHandler(
    cancelCampaign,
    () => {
      cancelled = true;
      work.cancel();
      return 'cancelling: jobs are taken out of the queue';
    },
    { validator: rejectTooLate },
  );

  try {
    const again = await work.run(async () => {
      let prepared = input.carried?.prepared ?? (input.rescreen === true ? undefined : await enumerated());
      let next = input.carried?.nextShard;
      let rung = input.carried?.rung;
      await count.recordCampaignState({ campaign, state: paused ? 'paused' : 'running' });
      upsertSearchAttributes([{ key: attributeKeys.phase, value: 'screening' }]);
      for (;;) {
        prepared ??= await newer();
        if (prepared === undefined) return undefined;
        const carried = await climb(prepared, next ?? prepared.firstShard ?? 0, rung);
        if (carried !== undefined) return carried;
        await interpolate(prepared);
        prepared = next = rung = undefined;
      }
    });
    await condition(allHandlersFinished);
    // Commands that came while the last ones were finished.
    if (again !== undefined && cancelled) return await conclude('cancelled');
    if (again !== undefined)
      return await continueAsNew<typeof screeningCampaign>({ ...input, carried: { ...again, paused, ...carriedNews() } });
    const progress = await conclude('done');
    // A refresh ended while the campaign did.
    if (news.size > 0) {
      const { prepared, nextShard } = { prepared: { shards: 0, candidates: 0, concurrentCandidates: 1 }, nextShard: 0 };
      return await continueAsNew<typeof screeningCampaign>({ ...input, carried: { prepared, nextShard, paused: false, ...carriedNews() } });
    }
    return progress;
  } catch (error) {
    if (!isCancellation(error)) {
      if (isContinueAsNew(error)) throw error;
      await conclude('failed', rootCause(error));
      throw ApplicationFailure.nonRetryable(rootCause(error), 'CampaignFailed');
    }
    const progress = await CancellationScope.nonCancellable(() => conclude('cancelled'));
    // Cancelled by our own update: the campaign has ended as asked. Cancelled from outside: say so to whoever did it.
    if (cancelled) return progress;
    throw error;
  }

  async function enumerated(): Promise<PreparedCampaign> {
    await readDatabases();
    return enumerate.prepareCampaign({ campaign, revision: input.revision });
  }

  /** What refreshes have brought since; undefined when there is nothing. */
  async function newer(): Promise<PreparedCampaign | undefined> {
    if (news.size === 0) return undefined;
    const told = [...news].map(([source, scan]) => ({ source, scan }));
    news.clear();
    const { note, ...prepared } = await enumerate.rescreenCampaign({ campaign, news: told });
    setCurrentDetails(
      `after a refresh of ${told.map(({ source }) => source).join(', ')}: ${note.added} new, ${note.changed} changed, ${note.removed} gone`,
    );
    return prepared;
  }

  function carriedNews(): { news?: ScanNews[] } {
    return news.size === 0 ? {} : { news: [...news].map(([source, scan]) => ({ source, scan })) };
  }

  /** Children of the campaign's own: another refresh of the same source may run, and does not disturb. */
  async function readDatabases(): Promise<void> {
    for (const { name, service } of input.sources ?? []) {
      setCurrentDetails(`reading ${name}`);
      await executeChild(databaseRefresh, {
        workflowId: `${campaignWorkflowId(campaign)}/${refreshWorkflowId(name)}`,
        args: [{ source: name, service }],
        staticSummary: `${campaign}: refresh of ${name}`,
        typedSearchAttributes: attributes({ campaign }),
      });
    }
  }

  /** Candidates between those that were simulated; none in campaigns that simulate all. */
  async function interpolate({ shards, interpolatedPages = 0 }: PreparedCampaign): Promise<void> {
    for (let page = 0; page < interpolatedPages; page += 1) {
      await condition(() => !paused);
      await score.interpolatePage.executeWithOptions({ summary: `page ${page + 1} of ${interpolatedPages}` }, [
        { campaign, page: shards + page },
      ]);
      await refresh();
    }
  }

  /** Rung by rung: the shards of one are done before the next is filled from its ranking. */
  async function climb(prepared: PreparedCampaign, first: number, begun = 0): Promise<ScreeningCampaignInput['carried']> {
    const { rungs = 0 } = prepared;
    let rest = await runShards(prepared, first);
    let rung = begun;
    while (rest === undefined && rung < rungs) {
      // Nobody goes up while the campaign is paused: it costs the most.
      await condition(() => !paused);
      rung += 1;
      const { from, to } = await enumerate.promoteCandidates({ campaign, rung });
      rest = await runShards({ ...prepared, shards: to }, from);
    }
    return rest === undefined || rung === 0 ? rest : { ...rest, rung };
  }

  async function runShards(prepared: PreparedCampaign, first: number): Promise<ScreeningCampaignInput['carried']> {
    let next = first;
    let failure: unknown;
    const ticker = new CancellationScope();
    const ticking = ticker.run(tick).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
    const full = (): boolean => workflowInfo().continueAsNewSuggested || next - first >= (input.shardsPerRun ?? Number.POSITIVE_INFINITY);
    try {
      while ((next < prepared.shards && !full()) || open.size > 0) {
        if (next < prepared.shards && open.size < openShards && !full() && failure === undefined) {
          const shard = next;
          const told = paused;
          next += 1;
          const handle = await startChild(screeningShard, {
            workflowId: shardWorkflowId(campaign, shard),
            args: [{ campaign, shard, concurrentCandidates: prepared.concurrentCandidates, paused: told }],
            staticSummary: `${campaign}: shard ${shard + 1} of ${prepared.shards}`,
            typedSearchAttributes: attributes({ campaign }),
          });
          open.set(shard, handle);
          // Paused or resumed while the shard was being started: it was not among those that were told.
          if (paused !== told) await handle.signal(pauseChanged, { paused }).catch(() => undefined);
          void handle
            .result()
            .catch((error: unknown) => {
              failure ??= error;
            })
            .finally(() => open.delete(shard));
          continue;
        }
        const before = open.size;
        await condition(() => open.size < before);
        if (failure !== undefined && open.size === 0) throw failure;
      }
      if (failure !== undefined) throw failure;
    } finally {
      ticker.cancel();
      await ticking;
      // Children of a closed parent would be ended without their clean-up.
      await CancellationScope.nonCancellable(() => condition(() => open.size === 0));
    }
    return next < prepared.shards ? { prepared, nextShard: next, paused } : undefined;
  }

  /** Keeps the details of the Temporal UI current, ever more rarely: a day-long campaign costs a few hundred events. */
  async function tick(): Promise<void> {
    let seconds = 5;
    for (;;) {
      await refresh();
      await sleep(`${Math.round(seconds)} seconds`);
      seconds = Math.min(seconds * 1.25, 300);
    }
  }

  async function conclude(state: 'done' | 'cancelled' | 'failed', error?: string): Promise<CampaignProgress> {
    ending = true;
    await condition(allHandlersFinished);
    await count.recordCampaignState({ campaign, state, ...(error !== undefined && { error }) });
    upsertSearchAttributes([{ key: attributeKeys.phase, value: state }]);
    const progress = await count.readProgress({ campaign });
    latest = progress;
    setCurrentDetails(progressTable(progress));
    return progress;
  }
}

function reject(when: boolean, message: string): void {
  if (when) throw ApplicationFailure.nonRetryable(message, 'CommandRejected');
}

function isContinueAsNew(error: unknown): boolean {
  return error instanceof Error && error.name === 'ContinueAsNew';
}
