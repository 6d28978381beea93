import { majorSymmetric } from './elastic-tensor.js';
import type { SlipRecord } from './slip-record.js';

/**
 * How wrong a universal machine-learned force field is about what the predictor is given: root mean square of ln(computed/reference) of the 89-element NEP
 * (docs/force-fields.md). Elastic constants: 17 of Al, Cu, Ni, W, Mg against experiment. Gamma surface: unstable faults of Al, Cu, Ni against DFT, Wu, Wang,
 * Wang and Liu, Appl. Surf. Sci. 256, 6345 (2010). Intrinsic faults of a few mJ/m2 are worse still: factors.
 */
export const forceFieldLnErrors = { elastic: 0.27, gamma: 0.25 } as const;

/** Standard errors of ln(elastic constants) and ln(gamma surface). */
export interface InputLnErrors {
  elastic: number;
  gamma: number;
}

/** A record once with each of its inputs taken one error too large and too small: [larger, smaller] of the elastic constants, then of the gamma surface. */
export function withInputErrors(record: SlipRecord, { elastic, gamma }: InputLnErrors): [SlipRecord, SlipRecord][] {
  const stiffer = (factor: number): SlipRecord => ({
    ...record,
    elastic_gpa: majorSymmetric(record.elastic_gpa).map((row) => row.map((value) => value * factor)),
  });
  const higher = (factor: number): SlipRecord => ({
    ...record,
    gamma: { ...record.gamma, mj_per_m2: record.gamma.mj_per_m2.map((row) => row.map((value) => value * factor)) },
  });
  return [
    [stiffer(Math.exp(elastic)), stiffer(Math.exp(-elastic))],
    [higher(Math.exp(gamma)), higher(Math.exp(-gamma))],
  ];
}

/** Error of ln(Peierls stress) that independent errors of the inputs bring, from the stresses at [larger, smaller] of each. */
export function lnErrorOf(pairs: readonly (readonly [larger: number, smaller: number])[]): number {
  return Math.hypot(...pairs.map(([larger, smaller]) => Math.log(larger / smaller) / 2));
}
