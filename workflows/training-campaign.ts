import type { CampaignProgress } from '../domain/progress.js';
import { screeningCampaign, type ScreeningCampaignInput } from './screening-campaign.js';

/**
 * Training data: the order of events is that of a screening, with the Peierls stresses of each metal after its gamma surfaces (the plan of a
 * candidate says so). A type of its own, so that operators tell the two apart. It versions with `screeningCampaign`.
 */
export async function trainingCampaign(input: ScreeningCampaignInput): Promise<CampaignProgress> {
  return screeningCampaign(input);
}
