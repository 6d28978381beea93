/** What a ranking needs to know of a prediction. */
export interface RankablePrediction {
  slipSystem: string;
  character: 'edge' | 'screw';
  peierlsMpa: number;
}

/**
 * The dislocation that sets a crystal's strength: on each slip system the character that is hardest to move (a loop must drag it along),
 * and of the systems the easiest. Undefined without predictions.
 */
export function controlling<Prediction extends RankablePrediction>(predictions: readonly Prediction[]): Prediction | undefined {
  const hardest = new Map<string, Prediction>();
  for (const prediction of predictions) {
    const current = hardest.get(prediction.slipSystem);
    if (current === undefined || prediction.peierlsMpa > current.peierlsMpa) hardest.set(prediction.slipSystem, prediction);
  }
  return [...hardest.values()].sort((a, b) => a.peierlsMpa - b.peierlsMpa)[0];
}
