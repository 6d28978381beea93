import type { InferencePool } from '../connectors/predictor/inference.js';
import { forceFieldLnErrors, lnErrorOf, withInputErrors, type InputLnErrors } from '../domain/force-field-error.js';
import type { Fidelity } from '../domain/fidelity.js';
import type { ChosenModel } from './campaign-model.js';
import type { CandidateRecord } from './candidate-record.js';
import { lnErrorName, type LnErrors } from './interpolation-error.js';

/**
 * Known errors of what a record is made of: those of a force field, and of the mean over arrangements of atoms. Undefined where there is none.
 */
export function knownErrors({ gammaLnError = 0 }: CandidateRecord, fidelity: Fidelity | undefined): InputLnErrors | undefined {
  const own = fidelity === 'mlff' ? forceFieldLnErrors : { elastic: 0, gamma: 0 };
  const errors = { elastic: own.elastic, gamma: Math.hypot(own.gamma, gammaLnError) };
  return errors.elastic + errors.gamma > 0 ? errors : undefined;
}

/** What known errors of the inputs add to the error of ln(Peierls stress), by slip system and character: four predictions for each. */
export async function inputErrors(
  inference: InferencePool,
  model: ChosenModel,
  records: readonly (CandidateRecord & { errors: InputLnErrors })[],
  signal: AbortSignal,
): Promise<LnErrors> {
  const changed = records.map(({ record, errors }) => withInputErrors(record, errors));
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
