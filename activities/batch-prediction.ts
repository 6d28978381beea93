import type { InferencePool } from '../connectors/predictor/inference.js';
import type { PredictionEntry } from '../connectors/predictor/predictor.js';
import type { CandidateDocument, FeatureDocument, PredictionDocument } from '../connectors/store/document.js';
import { findAll, insertNew, updateEach, type Store } from '../connectors/store/store.js';
import { candidateRecords, recordsOf } from './candidate-record.js';
import type { ChosenModel } from './campaign-model.js';
import type { Dependencies } from './dependencies.js';
import type { Families } from './interpolation.js';
import { inputErrors, knownErrors } from './input-error.js';
import { InterpolationErrors } from './interpolation-error.js';
import { digest, featureId, predictionDocument, type Question } from './prediction-question.js';

/** Candidates read, predicted and written at a time: what a killed worker loses, and what is held in memory. */
export const candidatesAtATime = 50;

/** Predicts ranked candidates, from what their calculations gave or from what an interpolation says. */
export class BatchPrediction {
  readonly #store: Store;
  readonly #inference: InferencePool;
  readonly #families: Families;
  readonly #errors: InterpolationErrors;

  constructor({ store, inference }: Pick<Dependencies, 'store' | 'inference'>, families: Families) {
    this.#store = store;
    this.#inference = inference;
    this.#families = families;
    this.#errors = new InterpolationErrors(inference);
  }

  async page(campaign: string, model: ChosenModel, ids: readonly string[], signal: AbortSignal) {
    const documents = (await findAll(this.#store.collection('candidates'), ids)).filter(({ state }) => state === 'ranked');
    const questions = await Promise.all(documents.map((document) => this.#question(document, model, signal)));
    const known = await findAll(
      this.#store.collection('predictions'),
      questions.map(({ key }) => key),
    );
    const answered = new Map(known.map((document) => [document._id, document]));
    const open = questions.filter(({ key, inputs }) => answered.get(key)?.inputs !== inputs);
    const fresh = await this.#answers(campaign, model, await this.#withInputErrors(open, documents, model, signal), signal);
    await this.#keep(
      fresh,
      known.map(({ _id }) => _id),
    );
    for (const document of fresh) answered.set(document._id, document);
    const results = questions.flatMap(({ key }) => answered.get(key) ?? []);
    await this.#writeToCandidates(results);
    return {
      predicted: results.length,
      reused: questions.length - open.length,
      failed: results.filter(({ predictions }) => predictions.length === 0).map(({ candidate }) => candidate),
    };
  }

  async #question(document: CandidateDocument, model: ChosenModel, signal: AbortSignal): Promise<Question> {
    const key = `${document._id}@${model.id}`;
    if (document.interpolate === true) {
      const found = await this.#interpolated(document);
      if (found === undefined) return { key, candidate: document._id, inputs: '', records: [] };
      const lnErrors = await this.#errors.of(found.family, model, signal);
      return { key, candidate: document._id, inputs: digest([found.family.digest, document._id]), records: found.records, lnErrors };
    }
    const properties = await findAll(
      this.#store.collection('properties'),
      document.calculations.filter(({ kind }) => kind !== 'peierls-stress').map(({ id }) => id),
    );
    const ids = properties.map(({ _id }) => _id).toSorted();
    const records = recordsOf(document, properties) ?? [];
    return { key, candidate: document._id, inputs: digest(ids), records };
  }

  /** Known errors of what was computed belong to the interval: those of force fields, and of means over arrangements of atoms. */
  async #withInputErrors(
    questions: readonly Question[],
    documents: readonly CandidateDocument[],
    model: ChosenModel,
    signal: AbortSignal,
  ): Promise<Question[]> {
    const fidelities = new Map(documents.map(({ _id, fidelity }) => [_id, fidelity]));
    return Promise.all(
      questions.map(async (question) => {
        if (question.lnErrors !== undefined) return question;
        const records = question.records.flatMap((record) => {
          const errors = knownErrors(record, fidelities.get(question.candidate));
          return errors === undefined ? [] : [{ ...record, errors }];
        });
        if (records.length === 0) return question;
        const lnErrors = await inputErrors(this.#inference, model, records, signal);
        return { ...question, lnErrors: new Map([['', 0], ...lnErrors]), errorPart: 'physical' as const };
      }),
    );
  }

  async #interpolated({ _id, campaign, revision, prototype, composition, ...names }: CandidateDocument) {
    const family = await this.#families.of(campaign, revision, prototype);
    if (family === undefined || composition === undefined) return undefined;
    const { relaxation, elastic, surfaces } = family.at(composition);
    return { family, records: candidateRecords({ _id, prototype, ...names }, relaxation, elastic, surfaces).records };
  }

  /** Inserts are far cheaper than upserts on the embedded store; only answers to other properties are replaced. */
  async #keep(documents: readonly PredictionDocument[], known: readonly string[]): Promise<void> {
    const predictions = this.#store.collection('predictions');
    const stale = documents.filter(({ _id }) => known.includes(_id));
    await insertNew(
      predictions,
      documents.filter(({ _id }) => !known.includes(_id)),
    );
    for (const document of stale) await predictions.replaceOne({ _id: document._id }, document);
  }

  /** Asks the model, with the features that the store has, and keeps the features that are new. */
  async #answers(campaign: string, model: ChosenModel, open: readonly Question[], signal: AbortSignal): Promise<PredictionDocument[]> {
    const asked = open.flatMap(({ records, inputs }) => records.map((it) => ({ ...it, featureId: featureId(inputs, it) })));
    const stored = await findAll(
      this.#store.collection('features'),
      asked.map((it) => it.featureId),
    );
    const features = new Map(stored.map((document) => [document._id, document]));
    const entries = asked.map(({ record, featureId: id }): PredictionEntry => {
      const known = features.get(id);
      if (known === undefined) return { record };
      const { _id, ...found } = known;
      return { record, features: found };
    });
    const spoken = await this.#inference.predict(model.folder, entries, signal);
    await insertNew(
      this.#store.collection('features'),
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

  async #writeToCandidates(results: readonly PredictionDocument[]): Promise<void> {
    if (results.length === 0) return;
    const updatedAt = new Date().toISOString();
    await updateEach(
      this.#store.collection('candidates'),
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
