import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { predictBaseline } from '../../domain/baseline-predictor.js';
import { predictRecord } from '../../domain/learning/predict-record.js';
import type { Prediction } from '../../domain/prediction.js';
import type { SlipRecord } from '../../domain/slip-record.js';
import { loadModel } from './model-folder.js';

/** Turns a checked slip record into a prediction. `source` names the file of the record, where it may state its protocol. */
export interface Predictor {
  /** The model's id, or the name of the baseline. */
  readonly description: string;
  predict(record: SlipRecord, source?: string): Prediction;
}

/** The trained model in a folder; classes that it does not know are the baseline's, and outside. */
export function openPredictor(folder: string): Predictor {
  const model = loadModel(folder);
  return {
    description: `ensemble ${model.id} in ${folder}`,
    predict: (record, source = '') => predictRecord(record, model, { source, named: true }),
  };
}

/** The shipped model of `data/models`, named in its `default` file, with the baseline for the classes it does not know. */
export function defaultPredictor(): Predictor {
  const folder = shippedModel();
  if (folder === undefined) return { description: 'closed-form baseline', predict: (record) => predictBaseline(record) };
  const model = loadModel(folder);
  return {
    description: `shipped ensemble ${model.id}`,
    predict: (record, source = '') => predictRecord(record, model, { source, named: false }),
  };
}

/** Folder of the shipped model; undefined where none is shipped. */
export function shippedModel(models = fileURLToPath(new URL('../../data/models', import.meta.url))): string | undefined {
  const name = join(models, 'default');
  if (existsSync(name)) return join(models, readFileSync(name, 'utf8').trim());
  return existsSync(models) ? readdirSync(models).map((entry) => join(models, entry))[0] : undefined;
}
