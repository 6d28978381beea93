import { Context } from '@temporalio/activity';
import type { PredictionEntry } from '../connectors/predictor/predictor.js';
import type { CandidateDocument, FeatureDocument, PredictionDocument } from '../connectors/store/document.js';
import { findAll, insertNew, updateEach } from '../connectors/store/store.js';
import { recordsOf } from './candidate-record.js';
import type { ChosenModel } from './campaign-model.js';
import type { Dependencies } from './dependencies.js';
import { digest, featureId, predictionDocument, type Question } from './prediction-question.js';

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

/** Candidates read, predicted and written at a time: what a killed worker loses, and what is held in memory. */
const candidatesAtATime = 50;

/** Activities of the inference queue. */
export function predictionActivities({ store, inference, models }: Dependencies) {
  return {
    /**
     * Predicts the Peierls stresses of concluded candidates and writes them beside their verdicts. Repeat-safe: what this model said of the
     * same properties is found by its key and not worked out again, so a second try goes on where the first one died.
     */
    async predictBatch({ campaign, candidates, range }: PredictBatchInput): Promise<PredictedBatch> {
      const signal = Context.current().cancellationSignal;
      const model = await models.of(campaign);
      const ids = candidates ?? (await rankedIn(campaign, range));
      const result: PredictedBatch = { model: model.id, predicted: 0, reused: 0, failed: [] };
      for (let start = 0; start < ids.length; start += candidatesAtATime) {
        signal.throwIfAborted();
        const page = await predictPage(campaign, model, ids.slice(start, start + candidatesAtATime), signal);
        result.predicted += page.predicted;
        result.reused += page.reused;
        result.failed.push(...page.failed);
      }
      return result;
    },
  };

  async function rankedIn(campaign: string, { from, to } = { from: 0, to: Number.POSITIVE_INFINITY }): Promise<string[]> {
    const all = await store
      .collection('candidates')
      .find({ campaign, state: 'ranked' }, { projection: { index: 1 } })
      .toArray();
    return all.filter(({ index }) => index >= from && index < to).map(({ _id }) => _id);
  }

  async function predictPage(campaign: string, model: ChosenModel, ids: readonly string[], signal: AbortSignal) {
    const documents = (await findAll(store.collection('candidates'), ids)).filter(({ state }) => state === 'ranked');
    const questions = await Promise.all(documents.map((document) => question(document, model.id)));
    const known = await findAll(
      store.collection('predictions'),
      questions.map(({ key }) => key),
    );
    const answered = new Map(known.map((document) => [document._id, document]));
    const open = questions.filter(({ key, inputs }) => answered.get(key)?.inputs !== inputs);
    const fresh = await answers(campaign, model, open, signal);
    await keep(
      fresh,
      known.map(({ _id }) => _id),
    );
    for (const document of fresh) answered.set(document._id, document);
    const results = questions.flatMap(({ key }) => answered.get(key) ?? []);
    await writeToCandidates(results);
    return {
      predicted: results.length,
      reused: questions.length - open.length,
      failed: results.filter(({ predictions }) => predictions.length === 0).map(({ candidate }) => candidate),
    };
  }

  async function question(document: CandidateDocument, model: string): Promise<Question> {
    const properties = await findAll(
      store.collection('properties'),
      document.calculations.filter(({ kind }) => kind !== 'peierls-stress').map(({ id }) => id),
    );
    const ids = properties.map(({ _id }) => _id).toSorted();
    const records = recordsOf(document, properties) ?? [];
    return { key: `${document._id}@${model}`, candidate: document._id, inputs: digest(ids), records };
  }

  /** Inserts are far cheaper than upserts on the embedded store; only answers to other properties are replaced. */
  async function keep(documents: readonly PredictionDocument[], known: readonly string[]): Promise<void> {
    const predictions = store.collection('predictions');
    const stale = documents.filter(({ _id }) => known.includes(_id));
    await insertNew(
      predictions,
      documents.filter(({ _id }) => !known.includes(_id)),
    );
    for (const document of stale) await predictions.replaceOne({ _id: document._id }, document);
  }

  /** Asks the model, with the features that the store has, and keeps the features that are new. */
  async function answers(
    campaign: string,
    model: ChosenModel,
    open: readonly Question[],
    signal: AbortSignal,
  ): Promise<PredictionDocument[]> {
    const asked = open.flatMap(({ records, inputs }) => records.map((it) => ({ ...it, featureId: featureId(inputs, it) })));
    const stored = await findAll(
      store.collection('features'),
      asked.map((it) => it.featureId),
    );
    const features = new Map(stored.map((document) => [document._id, document]));
    const entries = asked.map(({ record, featureId: id }): PredictionEntry => {
      const { lnK, values, surface } = features.get(id) ?? {};
      return lnK === undefined || values === undefined || surface === undefined
        ? { record }
        : { record, features: { lnK, values, surface } };
    });
    const spoken = await inference.predict(model.folder, entries, signal);
    await insertNew(
      store.collection('features'),
      spoken.flatMap((answer, index): FeatureDocument[] => {
        const id = asked[index]?.featureId ?? '';
        return 'error' in answer || answer.features === undefined || features.has(id) ? [] : [{ _id: id, ...answer.features }];
      }),
    );
    let next = 0;
    const documents = open.map((it): PredictionDocument => {
      const own = spoken.slice(next, (next += it.records.length));
      return predictionDocument(campaign, model.id, it, own);
    });
    return documents;
  }

  async function writeToCandidates(results: readonly PredictionDocument[]): Promise<void> {
    if (results.length === 0) return;
    const updatedAt = new Date().toISOString();
    await updateEach(
      store.collection('candidates'),
      results.map(({ candidate, model, predictions, errors }) => ({
        _id: candidate,
        update: {
          $set: {
            predictions,
            model,
            updatedAt,
            ...(predictions.length === 0 && {
              state: 'failed' as const,
              verdict: { kind: 'not-predicted', reason: `no prediction: ${errors[0] ?? 'no slip record'}` },
            }),
          },
        },
      })),
    );
  }
}
