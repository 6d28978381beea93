import { Context } from '@temporalio/activity';
import type { CandidateDocument } from '../connectors/store/document.js';
import { updateEach } from '../connectors/store/store.js';
import { BatchPrediction, candidatesAtATime } from './batch-prediction.js';
import { judgeProperties } from './candidate-summary.js';
import type { ChosenModel } from './campaign-model.js';
import type { Dependencies } from './dependencies.js';
import { leastSamples } from '../domain/composition-sample.js';
import { Families } from './interpolation.js';

export interface PredictBatchInput {
  campaign: string;
  /** Keys of candidates, up to some thousands. */
  candidates?: string[];
  /** Instead: all ranked candidates with an index from `from` up to but without `to`. */
  range?: { from: number; to: number };
}

export interface PredictedBatch {
  /** Who spoke. */
  model: string;
  predicted: number;
  /** Of these, how many the store had from this model already. */
  reused: number;
  /** Candidates that ended without any prediction; they count as failed. */
  failed: string[];
}

/** Activities of the inference queue. */
export function predictionActivities(dependencies: Dependencies) {
  const { store, models } = dependencies;
  const families = new Families(store);
  const batch = new BatchPrediction(dependencies, families);

  return {
    /**
     * Predicts the Peierls stresses of concluded candidates and writes them beside their verdicts. Repeat-safe: what this model said of the
     * same properties is found by its key and not worked out again, so a second try goes on where the first one died.
     */
    async predictBatch({ campaign, candidates, range }: PredictBatchInput): Promise<PredictedBatch> {
      const signal = Context.current().cancellationSignal;
      const model = await models.of(campaign);
      const ids = candidates ?? (await rankedIn(campaign, range));
      return predicted(campaign, model, ids, signal);
    },

    /**
     * Judges a page of candidates that are not simulated, by properties interpolated between those that are, and predicts them. Repeat-safe: a second
     * try takes those that have no prediction yet.
     */
    async interpolatePage({ campaign, page }: { campaign: string; page: number }): Promise<PredictedBatch> {
      const signal = Context.current().cancellationSignal;
      const model = await models.of(campaign);
      const all = await store.collection('candidates').find({ campaign, shard: page }).toArray();
      const open = all.filter(
        ({ interpolate, state, predictions }) =>
          interpolate === true && (state === 'pending' || state === 'running' || (state === 'ranked' && predictions.length === 0)),
      );
      // Candidates that are retried may stand on samples that have been.
      families.forget();
      const ranked: string[] = [];
      const changes: { _id: string; update: { $set: Partial<CandidateDocument> } }[] = [];
      for (const candidate of open) {
        signal.throwIfAborted();
        const conclusion = await interpolated(candidate);
        if (conclusion.state === 'ranked') ranked.push(candidate._id);
        changes.push({ _id: candidate._id, update: { $set: { ...conclusion, updatedAt: new Date().toISOString() } } });
      }
      await updateEach(store.collection('candidates'), changes);
      return predicted(campaign, model, ranked, signal);
    },
  };

  async function predicted(campaign: string, model: ChosenModel, ids: readonly string[], signal: AbortSignal): Promise<PredictedBatch> {
    const result: PredictedBatch = { model: model.id, predicted: 0, reused: 0, failed: [] };
    for (let start = 0; start < ids.length; start += candidatesAtATime) {
      signal.throwIfAborted();
      const page = await batch.page(campaign, model, ids.slice(start, start + candidatesAtATime), signal);
      result.predicted += page.predicted;
      result.reused += page.reused;
      result.failed.push(...page.failed);
    }
    return result;
  }

  async function interpolated(candidate: CandidateDocument) {
    const { campaign, revision, prototype, composition = {} } = candidate;
    const family = await families.of(campaign, revision, prototype);
    if (family === undefined) {
      const reason = `fewer than ${leastSamples} simulated ${prototype} solid solutions have a result: nothing to interpolate between`;
      return { state: 'failed' as const, verdict: { kind: 'no-samples', reason }, predictions: [] };
    }
    const { records: _records, ...conclusion } = judgeProperties(candidate, family.at(composition));
    const { candidate: nearest, distance } = family.nearest(composition);
    return {
      ...conclusion,
      verdict: {
        ...conclusion.verdict,
        reason: `interpolated between ${family.samples.length} simulated candidates: ${conclusion.verdict.reason}`,
      },
      interpolation: { samples: family.samples.length, digest: family.digest, nearest, distance },
    };
  }

  async function rankedIn(campaign: string, { from, to } = { from: 0, to: Number.POSITIVE_INFINITY }): Promise<string[]> {
    const all = await store
      .collection('candidates')
      .find({ campaign, state: 'ranked' }, { projection: { index: 1 } })
      .toArray();
    return all.filter(({ index }) => index >= from && index < to).map(({ _id }) => _id);
  }
}
