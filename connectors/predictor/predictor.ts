import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baselineName, predictBaseline } from '../../domain/baseline-predictor.js';
import { dislocationClass, protocolOf } from '../../domain/learning/dislocation-class.js';
import type { Features } from '../../domain/learning/feature.js';
import { learningInput, type LearningInput } from '../../domain/learning/learner.js';
import type { TrainedModel } from '../../domain/learning/model.js';
import type { NetworkModel } from '../../domain/learning/network.js';
import { classFor, groupOf, seenBy } from '../../domain/learning/predict-class.js';
import { predictRecord } from '../../domain/learning/predict-record.js';
import type { Prediction } from '../../domain/prediction.js';
import type { SlipRecord } from '../../domain/slip-record.js';
import { loadModel } from './model-folder.js';

/** Turns checked slip records into predictions. `protocol` is what the record's file says of how it measures. */
export interface Predictor {
  /** For people: which model, and where it is from. */
  readonly description: string;
  /** The model's id, or the name of the baseline. */
  readonly model: string;
  predict(record: SlipRecord, protocol?: string): Prediction;
  /** The same answers for many records, in order, with the networks on whole batches; a record that breaks the predictor gets the error. */
  predictMany(entries: readonly PredictionEntry[], networks?: NetworkRunner): Promise<PredictionAnswer[]>;
}

export interface PredictionEntry {
  record: SlipRecord;
  protocol?: string;
  /** What was seen of this record before, if in the view that the model prefers: nearly all of the time of a prediction goes into them. */
  features?: Features;
}

export type PredictionAnswer = { prediction: Prediction; features?: Features } | { error: string };

/** Mean output of the networks of one model for each input: by a tensor library, or by plain TypeScript. */
export type NetworkRunner = (model: NetworkModel, inputs: readonly LearningInput[]) => Promise<number[]>;

/** The trained model in a folder; classes that it does not know are the baseline's, and outside. */
export function openPredictor(folder: string): Predictor {
  const model = loadModel(folder);
  return ensemblePredictor(model, `ensemble ${model.id} in ${folder}`, true, () => model);
}

/**
 * What campaigns ask: the model in a folder, with the baseline for the classes it does not know. The published library's edge labels (5 to
 * 300 MPa after a 50 K anneal, rough potentials, the narrow prismatic cut) cannot stand beside others': they would put every edge above every
 * smooth screw. Classes of that protocol speak only for records that name it.
 */
export function campaignPredictor(folder: string, description = `ensemble in ${folder}`): Predictor {
  const model = loadModel(folder);
  const { members, classes } = model.ensemble;
  const comparable = { id: model.id, ensemble: { members, classes: classes.filter((it) => !incomparable.has(it.protocol)) } };
  return ensemblePredictor(model, `${description} ${model.id}`, false, (record, ofFile) =>
    incomparable.has(protocolOf(record, ofFile)) ? model : comparable,
  );
}

/** The shipped model: what `predict` without a model asks, and campaigns while no other model is promoted. */
export function defaultPredictor(): Predictor {
  const folder = shippedModel();
  return folder === undefined ? baselinePredictor : campaignPredictor(folder, 'shipped ensemble');
}

const incomparable: ReadonlySet<string> = new Set(['zhaoyj21/PT']);

/** Folder of the shipped model; undefined where none is shipped. */
export function shippedModel(models = fileURLToPath(new URL('../../data/models', import.meta.url))): string | undefined {
  const name = join(models, 'default');
  if (existsSync(name)) return join(models, readFileSync(name, 'utf8').trim());
  return existsSync(models) ? readdirSync(models).map((entry) => join(models, entry))[0] : undefined;
}

const baselinePredictor: Predictor = {
  description: 'closed-form baseline',
  model: baselineName,
  predict: (record) => predictBaseline(record),
  predictMany: async (entries) => entries.map(({ record }) => guarded(() => ({ prediction: predictBaseline(record) }))),
};

function ensemblePredictor(
  { id }: TrainedModel,
  description: string,
  named: boolean,
  chosen: (record: SlipRecord, ofFile: string) => TrainedModel,
): Predictor {
  return {
    description,
    model: id,
    predict: (record, protocol = '') => predictRecord(record, chosen(record, protocol), { protocol, named }),
    predictMany: async (entries, networks) => {
      const prepared = entries.map((entry) => preparedEntry(entry, chosen(entry.record, entry.protocol ?? '')));
      const votes = await networkVotes(prepared, networks);
      return prepared.map((it, index) => {
        if ('error' in it) return it;
        const { record, protocol, model, features } = it;
        const voted = votes[index];
        return guarded(() => ({
          prediction: finite(
            predictRecord(record, model, {
              protocol,
              named,
              ...(features !== undefined && { features }),
              ...(voted !== undefined && { votes: voted }),
            }),
          ),
          ...(features !== undefined && { features }),
        }));
      });
    },
  };
}

interface PreparedEntry {
  record: SlipRecord;
  protocol: string;
  model: TrainedModel;
  /** Absent where the model knows nothing of the class: the baseline needs none. */
  features?: Features;
  group: string;
}

function preparedEntry({ record, protocol = '', features }: PredictionEntry, model: TrainedModel): PreparedEntry | { error: string } {
  return guarded(() => {
    const own = classFor(model.ensemble, dislocationClass(record), protocolOf(record, protocol));
    if (own === undefined) return { record, protocol, model, group: '' };
    return { record, protocol, model, features: seenBy(own, record, features), group: groupOf(own) };
  });
}

/** Votes of the network members for each entry, by member name; one call of the runner for each member. */
async function networkVotes(
  entries: readonly (PreparedEntry | { error: string })[],
  networks: NetworkRunner | undefined,
): Promise<(ReadonlyMap<string, number> | undefined)[]> {
  if (networks === undefined) return [];
  const votes = entries.map(() => new Map<string, number>());
  const inputs = entries.flatMap((entry, index) =>
    'error' in entry || entry.features === undefined ? [] : [{ index, input: learningInput(entry.group, entry.features) }],
  );
  // All entries share their members: the two faces of a predictor differ in classes only.
  const members = entries.flatMap((entry) => ('error' in entry ? [] : [entry.model.ensemble.members]))[0] ?? [];
  for (const { name, model } of members) {
    if (model.kind !== 'network' || inputs.length === 0) continue;
    const means = await networks(
      model,
      inputs.map(({ input }) => input),
    );
    for (const [place, { index }] of inputs.entries()) votes[index]?.set(name, means[place] ?? Number.NaN);
  }
  return votes;
}

/** A NaN would end up in the store, and first in every ranking. */
function finite(prediction: Prediction): Prediction {
  if (![prediction.peierlsMpa, ...prediction.interval90].every(Number.isFinite))
    throw new RangeError(`the prediction of ${prediction.id} is not a number`);
  return prediction;
}

function guarded<Result>(work: () => Result): Result | { error: string } {
  try {
    return work();
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
