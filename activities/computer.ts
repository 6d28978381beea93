import { changeComputerBudget, changeCondition, readComputerState, surveyComputer } from '../connectors/store/computer-state.js';
import type { ComputerCondition, ComputerState } from '../domain/computer-state.js';
import type { Dependencies } from './dependencies.js';

/** Activities of `computerGuard`. */
export function computerActivities({ store }: Dependencies) {
  return {
    /** Measures a computer from the attempts in the store. Repeat-safe: it writes figures, no events. */
    async surveyComputer({ computer }: { computer: string }): Promise<ComputerState> {
      return surveyComputer(store, computer);
    },

    /** Holds, drains or opens a computer. Repeat-safe: the same condition again changes nothing. */
    async setComputerCondition(change: { computer: string; condition: ComputerCondition; reason: string }): Promise<ComputerState> {
      return changeCondition(store, change.computer, change.condition, change.reason);
    },

    /** Sets (`coreHours`) or lifts (null) what may be spent on a computer. */
    async setComputerBudget({ computer, coreHours }: { computer: string; coreHours: number | null }): Promise<ComputerState> {
      await changeComputerBudget(store, computer, coreHours ?? undefined);
      return readComputerState(store, computer);
    },
  };
}
