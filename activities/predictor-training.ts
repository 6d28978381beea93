import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { allExamples, readLibrary } from '../connectors/predictor/library.js';
import { modelCard } from '../connectors/predictor/model-card.js';
import { saveModel } from '../connectors/predictor/model-folder.js';
import { trainInThread } from '../connectors/predictor/training.js';
import { promoteModel, registerModel } from '../connectors/store/model-registry.js';
import { readOutputs } from '../connectors/store/output.js';
import { InvalidInput } from '../domain/failures.js';
import type { Dependencies } from './dependencies.js';

export interface TrainPredictorInput {
  /** Key among the outputs of the library files, by name; they may be longer than a message. */
  libraries: string;
  /** Their order: the first one that measured a class sets its default protocol. */
  files: string[];
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
    async trainPredictor({ libraries, files, seed, networks }: TrainPredictorInput): Promise<TrainedPredictor> {
      const started = performance.now();
      const texts = await readOutputs(store, libraries);
      const read = files.map((file) => {
        const text = texts[file];
        if (text === undefined) throw new InvalidInput('this library is not among those that were handed in', { file });
        return readLibrary(file, text);
      });
      const { ensemble, backend } = await trainInThread(
        { examples: allExamples(read), seed, networks, backend: tensorBackend },
        { signal: Context.current().cancellationSignal },
      );
      const seconds = (performance.now() - started) / 1000;
      const folder = mkdtempSync(join(tmpdir(), 'peierls-model-'));
      try {
        const { id } = saveModel(folder, ensemble, (model) => modelCard(model, { libraries: read, ensemble, backend, seed, seconds }));
        await registerModel(store, { id, folder, origin: 'trained' });
        const rows = read.reduce((sum, { examples }) => sum + examples.length, 0);
        return { model: id, rows, classes: ensemble.classes.length, seconds: Math.round(seconds), backend: backend.name };
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
