import type { InferencePool } from '../connectors/predictor/inference.js';
import { lnErrorOf, withInputErrors } from '../domain/force-field-error.js';
import type { ChosenModel } from './campaign-model.js';
import type { CandidateRecord } from './candidate-record.js';
import { lnErrorName, type LnErrors } from './interpolation-error.js';

/** What the known errors of a force field add to the error of ln(Peierls stress), by slip system and character: four predictions for each. */
export async function forceFieldErrors(
  inference: InferencePool,
  model: ChosenModel,
  records: readonly CandidateRecord[],
  signal: AbortSignal,
): Promise<LnErrors> {
  const changed = records.map(({ record }) => withInputErrors(record));
  const answers = await inference.predict(
    model.folder,
    changed.flatMap((pairs) => pairs.flat().map((record) => ({ record }))),
    signal,
  );
  const stress = (index: number): number => {
    const answer = answers[index];
    return answer === undefined || 'error' in answer ? Number.NaN : answer.prediction.peierlsMpa;
  };
  let next = 0;
  return new Map(
    records.map((record, index) => {
      const pairs = (changed[index] ?? []).map((): [number, number] => [stress(next++), stress(next++)]);
      return [lnErrorName(record), lnErrorOf(pairs)];
    }),
  );
}
