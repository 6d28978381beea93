/** What a worker registers: one name per workflow type. */
export { calculation } from './calculation.js';
export { campaignPrediction } from './campaign-prediction.js';
export { candidateEvaluation } from './candidate-evaluation.js';
export { computerGuard } from './computer-guard.js';
export { predictorTraining } from './predictor-training.js';
export { notification } from './notification.js';
export { databaseRefresh } from './database-refresh.js';
export { screeningCampaign } from './screening-campaign.js';
export { screeningShard } from './screening-shard.js';
export { trainingCampaign } from './training-campaign.js';
