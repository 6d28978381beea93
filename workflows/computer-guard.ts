import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { describeComputer, type ComputerCondition, type ComputerState } from '../domain/computer-state.js';
import { store } from './proxies.js';
import { attributeKeys } from './search-attribute.js';

export interface ComputerGuardInput {
  computer: string;
}

/** Jobs were submitted or a login was refused: look now. */
export const wake = defineSignal('wake');
/** What people ask of a computer: nothing more at all, no new jobs, go on. */
export const holdComputer = defineUpdate<string, [{ reason: string }]>('holdComputer');
export const drainComputer = defineUpdate<string, [{ reason: string }]>('drainComputer');
export const resumeComputer = defineUpdate<string>('resumeComputer');
/** Core hours that may be spent there; null lifts the limit. */
export const budgetComputer = defineUpdate<string, [{ coreHours: number | null }]>('budgetComputer');
export const computerState = defineQuery<ComputerState | null>('computerState');

/** Between two surveys while jobs are open. A day of work costs some ten thousand events, spread over fresh histories. */
const surveyEvery = '30 seconds';

/**
 * One computer, for as long as there is one: measures queue wait, speed and spending from the store, shows them, and takes the commands of
 * operators. What it decides is written to the store, where every worker reads it before touching the computer, so work never depends on
 * this workflow being awake.
 */
export async function computerGuard({ computer }: ComputerGuardInput): Promise<void> {
  let latest: ComputerState | null = null;
  let awake = true;

  const show = (state: ComputerState): ComputerState => {
    latest = state;
    setCurrentDetails(describeComputer(state));
    upsertSearchAttributes([
      { key: attributeKeys.computer, value: computer },
      { key: attributeKeys.phase, value: state.condition },
    ]);
    return state;
  };
  const change = async (wanted: ComputerCondition, reason: string): Promise<string> => {
    const state = show(await store.setComputerCondition({ computer, condition: wanted, reason }));
    awake = true;
    return state.condition === 'open' ? `${computer} is open` : `${computer} is ${state.condition}: ${state.reason}`;
  };

  setHandler(computerState, () => latest);
  setHandler(wake, () => {
    awake = true;
  });
  setHandler(holdComputer, ({ reason }) => change('held', reason));
  setHandler(drainComputer, ({ reason }) => change('draining', reason));
  setHandler(resumeComputer, () => change('open', ''));
  setHandler(
    budgetComputer,
    async ({ coreHours }) => {
      show(await store.setComputerBudget({ computer, coreHours }));
      return coreHours === null ? `${computer} has no limit` : `${computer} may spend ${coreHours} core hours`;
    },
    {
      validator: ({ coreHours }) => {
        if (coreHours !== null && !(coreHours > 0)) throw ApplicationFailure.nonRetryable('core hours must be positive', 'CommandRejected');
      },
    },
  );

  for (;;) {
    awake = false;
    const { figures } = show(await store.surveyComputer({ computer }));
    if (figures.open > 0) await condition(() => awake, surveyEvery);
    else await condition(() => awake);
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof computerGuard>({ computer });
    }
  }
}
