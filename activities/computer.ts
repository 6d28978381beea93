import { changeComputerBudget, changeCondition, readComputerState, spentBy, surveyComputer } from '../connectors/store/computer-state.js';
import type { ComputerCondition, ComputerState } from '../domain/computer-state.js';
import { budgetNotice, heldNotice } from '../domain/notice.js';
import { Notices } from './notices.js';
import type { Dependencies } from './dependencies.js';

/** Activities of `computerGuard`. */
export function computerActivities(dependencies: Pick<Dependencies, 'store' | 'computers' | 'temporal' | 'notifier'>) {
  const { store, computers } = dependencies;
  const notices = new Notices(dependencies);

  return {
    /** Measures a computer from the attempts in the store, and tells of what people should know. Repeat-safe: it writes figures, no events. */
    async surveyComputer({ computer }: { computer: string }): Promise<ComputerState> {
      const state = await surveyComputer(store, computer);
      await tell(state);
      return state;
    },

    /** Holds, drains or opens a computer. Repeat-safe: the same condition again changes nothing. */
    async setComputerCondition(change: { computer: string; condition: ComputerCondition; reason: string }): Promise<ComputerState> {
      const state = await changeCondition(store, change.computer, change.condition, change.reason);
      await notices.raise(heldNotice(state));
      return state;
    },

    /** Sets (`coreHours`) or lifts (null) what may be spent on a computer. */
    async setComputerBudget({ computer, coreHours }: { computer: string; coreHours: number | null }): Promise<ComputerState> {
      await changeComputerBudget(store, computer, coreHours ?? undefined);
      return readComputerState(store, computer);
    },
  };

  async function tell(state: ComputerState): Promise<void> {
    const { thresholds } = notices;
    if (thresholds === undefined) return;
    await notices.raise(heldNotice(state));
    const configured = computers.names().includes(state._id) ? computers.get(state._id).settings.limits.coreHours : undefined;
    const { coreHours } = state.figures;
    await notices.raise(
      budgetNotice({ kind: 'computer', name: state._id }, coreHours.total, state.budgetCoreHours ?? configured, thresholds),
    );
    for (const { campaign } of coreHours.byCampaign) {
      const document = await store.collection('campaigns').findOne({ _id: campaign }, { projection: { budgetCoreHours: 1 } });
      if (document?.budgetCoreHours === undefined) continue;
      const spent = await spentBy(store, campaign);
      await notices.raise(budgetNotice({ kind: 'campaign', name: campaign }, spent, document.budgetCoreHours, thresholds));
    }
  }
}
