import { WorkflowUpdateFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { campaignWorkflowId } from '../../domain/campaign.js';
import { InvalidInput } from '../../domain/failures.js';
import { rootCause } from '../../domain/root-cause.js';
import type { Output } from '../output.js';
import { withServices } from '../session.js';

const updates = { pause: 'pauseCampaign', resume: 'resumeCampaign', cancel: 'cancelCampaign' } as const;

/** `peierls pause|resume|cancel <campaign>`: validated updates of the campaign's workflow. */
export function operate(command: keyof typeof updates, campaign: string, output: Output): Promise<number> {
  return withServices(process.env, output, { worker: true }, async ({ temporal }) => {
    const handle = temporal.workflow.getHandle(campaignWorkflowId(campaign));
    try {
      const answer = await handle.executeUpdate<string, []>(updates[command]);
      if (command === 'cancel') await handle.result().catch(() => undefined);
      output.result({ campaign, command, answer }, [`Campaign ${campaign}: ${command === 'cancel' ? 'cancelled' : answer}.`]);
      return 0;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        throw new InvalidInput(`the campaign "${campaign}" is not running`, { remedy: 'peierls status lists the campaigns', cause: error });
      if (error instanceof WorkflowUpdateFailedError)
        throw new InvalidInput(`cannot ${command} ${campaign}: ${rootCause(error)}`, { cause: error });
      throw error;
    }
  });
}
