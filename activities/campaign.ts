import { Context } from '@temporalio/activity';
import { unpack } from '../connectors/store/nested-array.js';
import { candidateDocuments, generatedMaterials, sampledCandidates } from '../connectors/store/enumeration.js';
import { campaignProgress } from '../connectors/store/progress.js';
import { sourceMaterials } from '../connectors/store/campaign-source.js';
import { materialsById } from '../connectors/store/material.js';
import { promote, type PromotedShards } from '../connectors/store/ladder.js';
import { insertNew } from '../connectors/store/store.js';
import type { CampaignRescreen } from '../connectors/store/document.js';
import { rescreen, type ScanNews } from '../connectors/store/rescreen.js';
import { campaignRungs, type Campaign } from '../domain/campaign.js';
import { InvalidInput } from '../domain/failures.js';
import { endNotice, failureNotice } from '../domain/notice.js';
import type { CampaignProgress, CampaignState } from '../domain/progress.js';
import { Notices } from './notices.js';
import type { Dependencies } from './dependencies.js';

export interface CampaignReference {
  campaign: string;
  revision: number;
}

export interface PreparedCampaign {
  shards: number;
  candidates: number;
  concurrentCandidates: number;
  /** Pages of candidates that are interpolated, numbered after the shards; absent where all are simulated. */
  interpolatedPages?: number;
  /** The shard to begin with, where what is before it has been screened; absent where all is to be screened. */
  firstShard?: number;
  /** Rungs of its fidelity ladder above the lowest one; absent where there are none. */
  rungs?: number;
}

export interface ShardCandidate {
  id: string;
  formula: string;
  lattice: string;
}

/** Activities of `screeningCampaign` and `screeningShard`. */
export function campaignActivities(dependencies: Pick<Dependencies, 'store' | 'temporal' | 'notifier' | 'calculators'>) {
  const { store, calculators } = dependencies;
  const notices = new Notices(dependencies);
  return {
    /** Enumerates the candidates. Repeat-safe: documents have natural keys; those of an older revision give way. */
    async prepareCampaign({ campaign, revision }: CampaignReference): Promise<PreparedCampaign> {
      const document = await store.collection('campaigns').findOne({ _id: campaign });
      if (document === null)
        throw new InvalidInput(`the campaign "${campaign}" is not in the store`, { remedy: 'Start it with peierls screen.' });
      const definition = unpack(document.definition);
      const { concurrentCandidates } = definition.limits;
      const ladder = rungsAbove(definition);
      // Refreshes have added to it since it was enumerated: its candidates are those in the store.
      if (document.rescreens !== undefined) {
        const candidates = await store.collection('candidates').countDocuments({ campaign, rung: { $exists: false } });
        return { shards: document.shards, candidates, concurrentCandidates, ...ladder };
      }
      const generated = generatedMaterials(definition);
      await insertNew(store.collection('materials'), generated);
      const fromFiles = await materialsById(store, document.fileMaterials);
      const fromSources = await sourceMaterials(store, document);
      const materials = [...generated, ...fromFiles, ...fromSources];
      const all = candidateDocuments(campaign, revision, materials, new Date().toISOString());
      const candidates = sampledCandidates(all, materials, definition.sample);
      if (candidates.length === 0 && document.sources !== undefined)
        throw new InvalidInput(`nothing in ${document.sources.map(({ name }) => name).join(', ')} is a crystal that can be screened`, {
          path: 'candidates',
          remedy: 'Widen the filters; `peierls source list` says how many entries there are',
        });
      await store.collection('candidates').deleteMany({ campaign, revision: { $lt: revision } });
      for (let start = 0; start < candidates.length; start += 500)
        await insertNew(store.collection('candidates'), candidates.slice(start, start + 500));
      const pages = (candidates.at(-1)?.shard ?? -1) + 1;
      const interpolatedPages = new Set(candidates.flatMap(({ interpolate, shard }) => (interpolate === true ? [shard] : []))).size;
      const shards = pages - interpolatedPages;
      await store.collection('campaigns').updateOne({ _id: campaign }, { $set: { shards: pages } });
      return {
        shards,
        candidates: candidates.length,
        concurrentCandidates,
        ...(interpolatedPages > 0 && { interpolatedPages }),
        ...ladder,
      };
    },

    /** Brings a running campaign to newer scans of its databases. Repeat-safe: see `rescreen`. */
    async rescreenCampaign({
      campaign,
      news,
    }: {
      campaign: string;
      news: ScanNews[];
    }): Promise<PreparedCampaign & { note: CampaignRescreen }> {
      const document = await store.collection('campaigns').findOne({ _id: campaign });
      if (document === null) throw new InvalidInput(`the campaign "${campaign}" is not in the store`);
      const note = await rescreen(store, document, news);
      const [firstShard, shards] = note.shards;
      const definition = unpack(document.definition);
      const { concurrentCandidates } = definition.limits;
      return { shards, firstShard, candidates: note.added + note.changed, concurrentCandidates, ...rungsAbove(definition), note };
    },

    /** Brings the candidates up to a rung that are worth it, once the rung below is done. Repeat-safe: a candidate is on a rung once. */
    async promoteCandidates({ campaign, rung }: { campaign: string; rung: number }): Promise<PromotedShards> {
      const document = await store.collection('campaigns').findOne({ _id: campaign });
      const resolved = document === null ? undefined : campaignRungs(unpack(document.definition))[rung];
      if (resolved?.promote === undefined) throw new InvalidInput(`the campaign "${campaign}" has no rung ${rung}`);
      const { fidelity } = await calculators.get(resolved.calculator);
      return promote(store, { campaign, rung, rule: resolved.promote, fidelity });
    },

    /** The candidates of one shard that still have no verdict, in order. */
    async readShard({ campaign, shard }: { campaign: string; shard: number }): Promise<ShardCandidate[]> {
      const candidates = await store
        .collection('candidates')
        .find({ campaign, shard }, { projection: { formula: 1, lattice: 1, index: 1, state: 1 } })
        .toArray();
      return candidates
        .filter(({ state }) => state === 'pending' || state === 'running')
        .sort((a, b) => a.index - b.index)
        .map(({ _id, formula, lattice }) => ({ id: _id, formula, lattice }));
    },

    /** Counts for the status line of the workflow. */
    async readProgress({ campaign }: { campaign: string }): Promise<CampaignProgress> {
      const progress = await campaignProgress(store, campaign);
      const { thresholds } = notices;
      if (thresholds !== undefined) {
        const document = await store.collection('campaigns').findOne({ _id: campaign }, { projection: { revision: 1 } });
        await notices.raise(failureNotice(progress, document?.revision ?? 0, thresholds));
      }
      return progress;
    },

    /** Records that the campaign changed state, and has its end told. Repeat-safe: it writes the same state again. */
    async recordCampaignState({ campaign, state, error }: { campaign: string; state: CampaignState; error?: string }): Promise<void> {
      const finished = state === 'done' || state === 'cancelled' || state === 'failed';
      await store
        .collection('campaigns')
        .updateOne(
          { _id: campaign },
          { $set: { state, finishedAt: finished ? new Date().toISOString() : null, ...(error !== undefined && { error }) } },
        );
      if (finished && notices.thresholds !== undefined)
        await notices.raise(endNotice(await campaignProgress(store, campaign), Context.current().info.workflowExecution?.runId ?? ''));
    },
  };
}

function rungsAbove({ fidelity = [] }: Campaign): Pick<PreparedCampaign, 'rungs'> {
  return fidelity.length === 0 ? {} : { rungs: fidelity.length };
}
