import { setCurrentDetails } from '@temporalio/workflow';
import type { TrainedPredictor, TrainPredictorInput } from '../activities/predictor-training.js';
import { learn, store } from './proxies.js';

export interface PredictorTrainingInput extends TrainPredictorInput {
  /** Make it the model of new campaigns. */
  promote: boolean;
}

/** A predictor from libraries to the registry. Its id is the hash of its inputs: the same training never runs twice at a time. */
export async function predictorTraining({ promote, ...input }: PredictorTrainingInput): Promise<TrainedPredictor> {
  const { files, elsewhere = [] } = input;
  const widened = elsewhere.length > 0 ? `, intervals widened by ${elsewhere.join(', ')}` : '';
  setCurrentDetails(`Training on ${files.join(', ')}${widened}, seed ${input.seed}, ${input.networks} networks`);
  const trained = await learn.trainPredictor(input);
  if (promote) await store.promotePredictor({ model: trained.model, reason: 'asked for with its training' });
  setCurrentDetails(
    `**${trained.model}**: ${trained.rows} rows, ${trained.classes} classes, ${trained.seconds} s on ${trained.backend}${promote ? ', promoted' : ''}`,
  );
  return trained;
}
