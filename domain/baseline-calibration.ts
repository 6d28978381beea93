import type { PredictionUncertainty } from './prediction.js';
import type { SlipPlane } from './slip-plane.js';
import type { SlipRecord } from './slip-record.js';

/** How the closed form relates to atomistic Peierls stresses: ln(tau/K) = bias + exponent * ln(tau_JD/K), for one kind of dislocation. */
export interface BaselineCalibration {
  exponent: number;
  bias: number;
  /** 5 % and 95 % quantiles of what remains, ln units. */
  residual: readonly [number, number];
  /** Values of ln(tau_JD/K) that were seen. */
  seen: readonly [number, number];
  uncertainty: PredictionUncertainty;
  /** The kind itself was seen; otherwise the row is borrowed and every record of that kind is outside. */
  measured: boolean;
}

/**
 * Two data sets of molecular statics: P, the published library (zhaoyj21/PT, MIT; edge; 63 potentials) and V, average-atom mixtures of the
 * Zhou 2004 EAM in a periodic array (133 virtual metals, 24 layers, labels below 0.01 MPa raised to it).
 * exponent: least-squares slope within a data set, averaged, kept in 0..1. That it vanishes for edges says that the closed form knows
 *   little more about them than their energy factor, rank correlation 0.17 (bcc) and 0.28 (fcc) with P.
 * bias: median, both data sets counting alike. residual: pooled quantiles times 1 + 1/sqrt(n), because few rows understate their tails.
 * uncertainty.physical: spread of potentials of one element in P (0.35, the same from published labels, where P has none);
 *   system: half the distance of the two data sets, or the scatter with cell size and protocol (0.2 to 0.3) where there is only one;
 *   inference: the rest. The fcc edges of P (5 to 58 MPa) and V (at the floor) differ by a factor of 800, the honest state of that number.
 */
const measured: Record<string, Omit<BaselineCalibration, 'measured'>> = {
  // P 33, V 89
  'fcc {111} edge': {
    exponent: 0.04,
    bias: -11.46,
    residual: [-4.3, 4.3],
    seen: [-19.4, -5.4],
    uncertainty: { physical: 0.44, system: 3.4, inference: 0.2 },
  },
  // V 88
  'fcc {111} screw': {
    exponent: 1,
    bias: -5.79,
    residual: [-2.7, 2.8],
    seen: [-8.7, -4.1],
    uncertainty: { physical: 0.35, system: 0.2, inference: 1.4 },
  },
  // P 16, V 21
  'bcc {110} edge': {
    exponent: 0.09,
    bias: -7.77,
    residual: [-4.7, 2.55],
    seen: [-29.4, -11],
    uncertainty: { physical: 0.48, system: 1.3, inference: 1.2 },
  },
  // V 21
  'bcc {110} screw': {
    exponent: 0,
    bias: -3.94,
    residual: [-1.15, 0.45],
    seen: [-4.8, -1.3],
    uncertainty: { physical: 0.35, system: 0.3, inference: 0.42 },
  },
  // P 14, all on the narrow cut, where dislocations do not glide
  'hcp {10-10} narrow edge': {
    exponent: 0.03,
    bias: -5.49,
    residual: [-0.42, 0.42],
    seen: [-7.6, -3.4],
    uncertainty: { physical: 0.19, system: 0.3, inference: 0.15 },
  },
  // V 22
  'hcp {0001} screw': {
    exponent: 1,
    bias: -6.53,
    residual: [-2.35, 2.05],
    seen: [-6, -4.8],
    uncertainty: { physical: 0.35, system: 0.3, inference: 1.2 },
  },
};

/** Glide on the wide prismatic cut is about ten times easier than the narrow labels say; between that and the narrow value lies 2.3. */
const widePrism: BaselineCalibration = {
  exponent: 0.03,
  bias: -5.49 - Math.LN10,
  residual: [-2.8, 2.8],
  seen: [-7.5, -3.5],
  measured: false,
  uncertainty: { physical: 0.19, system: 1.2, inference: 1.2 },
};

/** A kind nobody measured: between a hundred-thousandth and a hundredth of K, as every kind above. */
const unknown: BaselineCalibration = {
  exponent: 0,
  bias: -8.5,
  residual: [-4.5, 4.5],
  seen: [-30, 0],
  measured: false,
  uncertainty: { physical: 0.4, system: 1.5, inference: 2.5 },
};

/** Kinds that take the row of their nearest relative. */
const borrowed: Record<string, string> = {
  'bcc {112} edge': 'bcc {110} edge',
  'bcc {112} screw': 'bcc {110} screw',
  'hcp {0001} edge': 'fcc {111} edge',
};

/** The calibration of a record's lattice, plane and character. A prismatic plane without a word on its cut counts as the wide one. */
export function calibrationOf(record: SlipRecord, plane: SlipPlane): BaselineCalibration {
  const prismatic = plane.family === '{10-10}';
  if (prismatic && record.character === 'edge' && !record.slip.plane.includes('narrow')) return widePrism;
  const kind = `${record.lattice} ${plane.family}${prismatic ? ' narrow' : ''} ${record.character}`;
  const own = measured[kind];
  if (own !== undefined) return { ...own, measured: true };
  const relative = measured[borrowed[kind] ?? ''];
  return relative === undefined ? unknown : { ...relative, measured: false };
}
