import { executeChild, isCancellation, ParentClosePolicy, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { CandidatePlan, CandidateVerdict } from '../activities/candidate.js';
import type { PlannedCalculation } from '../activities/planned-calculation.js';
import type { CalculationOutcome } from '../domain/calculation.js';
import { calculationWorkflowId } from '../domain/campaign.js';
import { rootCause } from '../domain/root-cause.js';
import { calculation } from './calculation.js';
import { store, wait } from './proxies.js';
import { attributeKeys, attributes } from './search-attribute.js';

export interface CandidateEvaluationInput {
  candidate: string;
  campaign: string;
  formula: string;
  lattice: string;
  /** `later`: whoever started it has the candidate predicted by the inference workers. Absent in workflows that version 0.1.0 started. */
  predictions?: 'later';
}

type Planned = Extract<CandidatePlan, { kind: 'planned' }>;

/** One alloy: relaxation, elastic tensor, then, if the crystal is stable, its gamma surfaces and, for training data, Peierls stresses; the verdict is a value, never an exception. */
export async function candidateEvaluation(input: CandidateEvaluationInput): Promise<CandidateVerdict> {
  const verdict = await evaluate(input);
  upsertSearchAttributes([{ key: attributeKeys.verdict, value: verdict.state }]);
  setCurrentDetails(`**${verdict.state}**: ${verdict.reason}`);
  return verdict;
}

async function evaluate(input: CandidateEvaluationInput): Promise<CandidateVerdict> {
  const { candidate } = input;
  try {
    const plan = await store.planCandidate({ candidate });
    if (plan.kind === 'rejected') return await store.recordVerdict({ candidate, state: 'rejected', reason: plan.reason });
    const relaxation = await answer(input, plan, plan.relaxation);
    if (relaxation.kind === 'completed') {
      const elastic = await answer(input, plan, plan.elastic);
      if (elastic.kind === 'completed' && elastic.finding === undefined)
        await allOrFirstFailure(plan.gamma.map((gamma) => answer(input, plan, gamma)));
      if (elastic.kind === 'completed' && elastic.finding === undefined && plan.dislocations === true) {
        const peierls = await store.planPeierls({ candidate });
        await allOrFirstFailure(peierls.map((stress) => answer(input, plan, stress)));
      }
    }
    return await store.concludeCandidate({ candidate, ...(input.predictions !== undefined && { predictions: input.predictions }) });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return store.recordVerdict({ candidate, state: 'failed', reason: rootCause(error) });
  }
}

/** Like `Promise.all`, but all have come to rest when it fails: a calculation that is being cancelled must still get its job out of the queue. */
async function allOrFirstFailure(works: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The answer to a question: known already, being worked on for another candidate, or ours to work out. */
async function answer(
  input: CandidateEvaluationInput,
  plan: Planned,
  { id, label, outcome }: PlannedCalculation,
): Promise<CalculationOutcome> {
  if (outcome !== null) return outcome;
  setCurrentDetails(`Working on: ${label}`);
  for (;;) {
    try {
      return await executeChild(calculation, {
        workflowId: calculationWorkflowId(id),
        args: [
          {
            calculation: id,
            campaign: input.campaign,
            ...(plan.priority !== undefined && { priority: plan.priority }),
            label: `${input.formula} ${label}`,
            computer: plan.computer,
            wallTimeSeconds: plan.wallTimeSeconds,
            attempts: plan.attempts,
          },
        ],
        // A calculation that loses its candidate must still take its job out of the queue.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `${input.formula}: ${label}`,
        typedSearchAttributes: attributes({
          campaign: input.campaign,
          formula: input.formula,
          lattice: input.lattice,
          computer: plan.computer,
        }),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const shared = await wait.awaitCalculation({ calculation: id });
    if (shared !== null) return shared;
  }
}
