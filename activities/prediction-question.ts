import { createHash } from 'node:crypto';
import type { PredictionAnswer } from '../connectors/predictor/predictor.js';
import type { PredictionDocument } from '../connectors/store/document.js';
import { featureVersion } from '../domain/learning/feature.js';
import type { CandidateRecord } from './candidate-record.js';

/** A candidate before it is predicted. */
export interface Question {
  key: string;
  candidate: string;
  inputs: string;
  records: CandidateRecord[];
}

/** The answers to a question, those that are none as errors. */
export function predictionDocument(
  campaign: string,
  model: string,
  { key, candidate, inputs, records }: Question,
  answers: readonly PredictionAnswer[],
): PredictionDocument {
  return {
    _id: key,
    candidate,
    campaign,
    model,
    inputs,
    predictions: answers.flatMap((answer, index) => {
      const own = records[index];
      return 'error' in answer || own === undefined ? [] : [{ ...answer.prediction, slipSystem: own.slipSystem, character: own.character }];
    }),
    errors: answers.flatMap((answer, index) =>
      'error' in answer ? [`${records[index]?.slipSystem ?? ''} ${records[index]?.character ?? ''}: ${answer.error}`] : [],
    ),
    createdAt: new Date().toISOString(),
  };
}

/** Key of the features of one dislocation; `inputs` stands for the properties. */
export function featureId(inputs: string, { slipSystem, character }: CandidateRecord): string {
  return digest([String(featureVersion), inputs, slipSystem, character]);
}

export function digest(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
