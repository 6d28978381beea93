import { candidateEvaluation as real, type CandidateEvaluationInput } from '../../workflows/candidate-evaluation.js';
import { store } from '../../workflows/proxies.js';

export { calculation } from '../../workflows/calculation.js';

/** What a careless change looks like: one more command before those that running candidates have recorded. */
export async function candidateEvaluation(input: CandidateEvaluationInput): Promise<unknown> {
  await store.readProgress({ campaign: input.campaign });
  return real(input);
}
