import { calculationActivities } from './calculation.js';
import { campaignActivities } from './campaign.js';
import { candidateActivities } from './candidate.js';
import { computerActivities } from './computer.js';
import type { Dependencies } from './dependencies.js';
import { predictionActivities } from './prediction.js';
import { predictorTrainingActivities } from './predictor-training.js';
import { notificationActivities } from './notification.js';
import { rescreenActivities } from './rescreen.js';
import { sourceActivities } from './source.js';
import { trainingActivities } from './training.js';

/** Everything that workflows can ask for, with its dependencies bound. */
export function createActivities(dependencies: Dependencies) {
  return {
    ...campaignActivities(dependencies),
    ...candidateActivities(dependencies),
    ...calculationActivities(dependencies),
    ...computerActivities(dependencies),
    ...predictionActivities(dependencies),
    ...predictorTrainingActivities(dependencies),
    ...notificationActivities(dependencies),
    ...rescreenActivities(dependencies),
    ...sourceActivities(dependencies),
    ...trainingActivities(dependencies),
  };
}

export type Activities = ReturnType<typeof createActivities>;
