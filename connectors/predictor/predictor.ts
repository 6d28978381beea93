import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { predictBaseline } from '../../domain/baseline-predictor.js';
import { protocolOf } from '../../domain/learning/dislocation-class.js';
import { predictRecord } from '../../domain/learning/predict-record.js';
import type { Prediction } from '../../domain/prediction.js';
import type { SlipRecord } from '../../domain/slip-record.js';
import { loadModel } from './model-folder.js';

/** Turns a checked slip record into a prediction. `protocol` is what the record's file says of how it measures. */
export interface Predictor {
  /** The model's id, or the name of the baseline. */
  readonly description: string;
  predict(record: SlipRecord, protocol?: string): Prediction;
}

/** The trained model in a folder; classes that it does not know are the baseline's, and outside. */
export function openPredictor(folder: string): Predictor {
  const model = loadModel(folder);
  return {
    description: `ensemble ${model.id} in ${folder}`,
    predict: (record, protocol = '') => predictRecord(record, model, { protocol, named: true }),
  };
}

/**
 * The shipped model, with the baseline for the classes it does not know: what `predict` without a model and campaigns ask. The published library's
 * edge labels (5 to 300 MPa after a 50 K anneal, rough potentials, the narrow prismatic cut) cannot stand beside others': they would put
 * every edge above every smooth screw. Its classes speak only for records that name that protocol.
 */
export function defaultPredictor(): Predictor {
  const folder = shippedModel();
  if (folder === undefined) return { description: 'closed-form baseline', predict: (record) => predictBaseline(record) };
  const model = loadModel(folder);
  const { members, classes } = model.ensemble;
  const comparable = { id: model.id, ensemble: { members, classes: classes.filter((it) => !incomparable.has(it.protocol)) } };
  return {
    description: `shipped ensemble ${model.id}`,
    predict: (record, ofFile = '') => {
      const chosen = incomparable.has(protocolOf(record, ofFile)) ? model : comparable;
      return predictRecord(record, chosen, { protocol: ofFile, named: false });
    },
  };
}

const incomparable: ReadonlySet<string> = new Set(['zhaoyj21/PT']);

/** Folder of the shipped model; undefined where none is shipped. */
export function shippedModel(models = fileURLToPath(new URL('../../data/models', import.meta.url))): string | undefined {
  const name = join(models, 'default');
  if (existsSync(name)) return join(models, readFileSync(name, 'utf8').trim());
  return existsSync(models) ? readdirSync(models).map((entry) => join(models, entry))[0] : undefined;
}
