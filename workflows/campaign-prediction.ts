import { setCurrentDetails } from '@temporalio/workflow';
import { score, store } from './proxies.js';

export interface CampaignPredictionInput {
  campaign: string;
  /** Null is the shipped model. */
  model: string | null;
}

export interface CampaignPrediction {
  model: string;
  predicted: number;
  reused: number;
  failed: number;
}

/** Candidates an activity: minutes of work, and some hundred batches for the largest campaign. */
const range = 2000;
/** Batches under way at the same time: as many inference workers can share the work. */
const lanes = 4;

/** All candidates of a campaign predicted anew by another model, from the properties and features that the store has. */
export async function campaignPrediction({ campaign, model }: CampaignPredictionInput): Promise<CampaignPrediction> {
  const chosen = await store.chooseCampaignModel({ campaign, model });
  const total: CampaignPrediction = { model: chosen.model, predicted: 0, reused: 0, failed: 0 };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < chosen.candidates) {
      const from = next;
      next += range;
      const done = await score.predictBatch({ campaign, range: { from, to: from + range } });
      total.predicted += done.predicted;
      total.reused += done.reused;
      total.failed += done.failed.length;
      setCurrentDetails(`${total.predicted} of ${chosen.candidates} candidates by ${chosen.model}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return total;
}
