import { createHash } from 'node:crypto';
import type { PredictionAnswer } from '../connectors/predictor/predictor.js';
import type { PredictionDocument } from '../connectors/store/document.js';
import { featureVersion } from '../domain/learning/feature.js';
import { normal90, peierlsFloorMpa, type Prediction } from '../domain/prediction.js';
import type { CandidateRecord } from './candidate-record.js';
import { lnErrorName, type LnErrors } from './interpolation-error.js';

/** A candidate before it is predicted. */
export interface Question {
  key: string;
  candidate: string;
  inputs: string;
  records: CandidateRecord[];
  /** Set where the records are not what a trusted calculation gave: what that adds to the error of ln(Peierls stress), and to which part of it. */
  lnErrors?: LnErrors;
  /** `inference`: they were interpolated. `physical`: a force field computed them. */
  errorPart?: 'inference' | 'physical';
}

/** The answers to a question, those that are none as errors. */
export function predictionDocument(
  campaign: string,
  model: string,
  { key, candidate, inputs, records, lnErrors, errorPart = 'inference' }: Question,
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
      return 'error' in answer || own === undefined
        ? []
        : [{ ...widened(answer.prediction, own, lnErrors, errorPart), slipSystem: own.slipSystem, character: own.character }];
    }),
    errors: answers.flatMap((answer, index) =>
      'error' in answer ? [`${records[index]?.slipSystem ?? ''} ${records[index]?.character ?? ''}: ${answer.error}`] : [],
    ),
    createdAt: new Date().toISOString(),
  };
}

/** A prediction is as uncertain as the predictor, and as its inputs are, added as independent errors. */
function widened(
  prediction: Prediction,
  name: { slipSystem: string; character: string },
  lnErrors: LnErrors | undefined,
  part: 'inference' | 'physical',
): Prediction {
  const error = lnErrors === undefined ? 0 : (lnErrors.get(lnErrorName(name)) ?? lnErrors.get('') ?? Number.NaN);
  if (error === 0) return prediction;
  if (Number.isNaN(error)) return { ...prediction, domain: 'outside', domainDistance: Math.max(2, prediction.domainDistance) };
  const { peierlsMpa, interval90, uncertainty } = prediction;
  const factor = (end: number): number => Math.exp(Math.hypot(Math.log(end / peierlsMpa), normal90 * error));
  const [low, high] = interval90;
  return {
    ...prediction,
    interval90: [Math.max(peierlsFloorMpa, peierlsMpa / factor(low)), peierlsMpa * factor(high)],
    uncertainty: { ...uncertainty, [part]: Math.hypot(uncertainty[part], error) },
  };
}

/** Key of the features of one dislocation; `inputs` stands for the properties. */
export function featureId(inputs: string, { slipSystem, character }: CandidateRecord): string {
  return digest([String(featureVersion), inputs, slipSystem, character]);
}

export function digest(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
