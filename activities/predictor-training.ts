import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { readTrainingLibraries } from '../connectors/predictor/library.js';
import { trainIntoFolder } from '../connectors/predictor/model-training.js';
import { promoteModel, registerModel } from '../connectors/store/model-registry.js';
import { readOutputs } from '../connectors/store/output.js';
import { InvalidInput } from '../domain/failures.js';
import type { Dependencies } from './dependencies.js';

export interface TrainPredictorInput {
  /** Key among the outputs of the library files, by name; they may be longer than a message. */
  libraries: string;
  /** Their order: the first one that measured a class sets its default protocol. */
  files: string[];
  /** Those of them that only widen the intervals: labels by other families of potentials. Absent without such. */
  elsewhere?: string[];
  seed: number;
  networks: number;
}

export interface TrainedPredictor {
  model: string;
  rows: number;
  classes: number;
  seconds: number;
  backend: string;
}

/** Activities of `predictorTraining` and `campaignPrediction`. */
export function predictorTrainingActivities({ store, models, tensorBackend }: Dependencies) {
  return {
    /** Trains in a thread and keeps the model with its card. Repeat-safe: the same inputs give the same model, which is kept once. */
    async trainPredictor({ libraries, files, elsewhere = [], seed, networks }: TrainPredictorInput): Promise<TrainedPredictor> {
      const started = performance.now();
      const texts = await readOutputs(store, libraries);
      const handedIn = (file: string): { file: string; text: string } => {
        const text = texts[file];
        if (text === undefined) throw new InvalidInput('this library is not among those that were handed in', { file });
        return { file, text };
      };
      const learned = await readTrainingLibraries(files.map(handedIn));
      const widening = await readTrainingLibraries(elsewhere.map(handedIn));
      const folder = mkdtempSync(join(tmpdir(), 'peierls-model-'));
      try {
        const { model, classes, backend, seconds } = await trainIntoFolder(
          folder,
          { libraries: learned, elsewhere: widening, seed, networks, backend: tensorBackend, started },
          { signal: Context.current().cancellationSignal },
        );
        await registerModel(store, { id: model, folder, origin: 'trained' });
        const rows = learned.reduce((sum, { examples }) => sum + examples.length, 0);
        return { model, rows, classes: classes.length, seconds, backend: backend.name };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },

    /** Makes a model that of new campaigns. Repeated, it is promoted once more and nothing else changes. */
    async promotePredictor({ model, reason }: { model: string; reason: string }): Promise<void> {
      await promoteModel(store, model, reason);
    },

    /** Gives a campaign another model (null: the shipped one); its candidates are then predicted anew in ranges of their index. */
    async chooseCampaignModel({
      campaign,
      model,
    }: {
      campaign: string;
      model: string | null;
    }): Promise<{ model: string; candidates: number }> {
      const chosen = await models.open(model);
      const { matchedCount } = await store.collection('campaigns').updateOne({ _id: campaign }, { $set: { model: chosen.id } });
      if (matchedCount === 0) throw new InvalidInput(`the campaign "${campaign}" is not in the store`);
      return { model: chosen.id, candidates: await store.collection('candidates').countDocuments({ campaign }) };
    },
  };
}
