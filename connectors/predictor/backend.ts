import { baselineName } from '../../domain/baseline-predictor.js';

/** Something that can turn slip records into Peierls stresses on this machine. */
export interface PredictorBackend {
  name: string;
  usable: boolean;
  isGpu: boolean;
  /** Why it is refused, or what it is good for. */
  reason: string;
}

/** What may predict here. The trained ensemble and its tensor backends are not part of this version, and the list says so. */
export async function probeBackends(): Promise<PredictorBackend[]> {
  return [
    { name: baselineName, usable: true, isGpu: false, reason: 'closed formula with an empirical interval; needs no tensor library' },
    { name: 'tfjs-node-gpu', usable: false, isGpu: true, reason: 'this version of peierls ships no trained ensemble that could run on it' },
  ];
}
