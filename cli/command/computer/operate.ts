import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { WorkflowIdConflictPolicy } from '@temporalio/common';
import { computerWorkflowId } from '../../../domain/campaign.js';
import { InvalidInput } from '../../../domain/failures.js';
import { rootCause } from '../../../domain/root-cause.js';
import { taskQueues } from '../../../domain/task-queue.js';
import type { computerGuard } from '../../../workflows/computer-guard.js';
import { readInstallation } from '../../../workers/config.js';
import type { Output } from '../../output.js';
import { withServices } from '../../session.js';

export type ComputerOrder =
  | { kind: 'hold' | 'drain'; reason: string }
  | { kind: 'resume' }
  /** Null lifts the limit. */
  | { kind: 'budget'; coreHours: number | null };

/** `peierls computer hold|drain|resume|budget <name>`: validated updates of the computer's guard, which is started where it does not run. */
export async function operateComputer(name: string, order: ComputerOrder, output: Output): Promise<number> {
  const { computers, file } = await readInstallation(process.env);
  if (computers[name] === undefined)
    throw new InvalidInput(`the computer "${name}" is not configured`, { file, remedy: `Use one of ${Object.keys(computers).join(', ')}` });
  return withServices(process.env, output, { worker: true }, async ({ temporal }) => {
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof computerGuard>('computerGuard', {
      workflowId: computerWorkflowId(name),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      taskQueue: taskQueues.main,
      args: [{ computer: name }],
      staticSummary: `computer ${name}`,
    });
    try {
      const answer = await temporal.workflow.executeUpdateWithStart<typeof computerGuard, string, unknown[]>(`${order.kind}Computer`, {
        startWorkflowOperation,
        args: order.kind === 'resume' ? [] : [order.kind === 'budget' ? { coreHours: order.coreHours } : { reason: order.reason }],
      });
      output.result({ computer: name, command: order.kind, answer }, [`Computer ${answer}.`]);
      return 0;
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError)
        throw new InvalidInput(`cannot ${order.kind} ${name}: ${rootCause(error)}`, { cause: error });
      throw error;
    }
  });
}
