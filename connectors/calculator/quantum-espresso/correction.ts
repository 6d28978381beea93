import { assertNever } from '../../../domain/assert-never.js';
import type { PwOutcomeName } from './outcome.js';
import type { Numerics } from './settings.js';

/**
 * What a correction does to the set that the point belongs to. `safe`: another way to the same number. `whole-set`: it moves energies or
 * the symmetry of the mesh, so all points have it or none. `forbidden`: it would change the question (geometry), and is never made.
 */
export type CorrectionSafety = 'safe' | 'whole-set' | 'forbidden';

export interface CorrectionRule {
  name: string;
  cures: readonly PwOutcomeName[];
  safety: CorrectionSafety;
  /** Times that it may be made for one point. */
  limit: number;
  /** For the attempt log. */
  says: string;
  /** `undefined` where the settings of a point do not hold what would be changed. */
  edit?: (numerics: Numerics) => Numerics;
}

/**
 * First rule first, as in `PwBaseWorkChain` of aiida-quantumespresso (its order and factors, with `cg` for the older versions that have no
 * ParO). A rule whose limit is reached gives way to the next one; none left means that the failure stands.
 */
export const correctionRules: readonly CorrectionRule[] = [
  {
    name: 'conjugate-gradients',
    cures: ['cholesky', 's-matrix', 'zhegvd', 'qr', 'eigenvectors', 'too-many-bands', 'broyden'],
    safety: 'safe',
    limit: 1,
    says: 'diagonalise with conjugate gradients',
    edit: (numerics) => ({ ...numerics, diagonalization: 'cg' }),
  },
  {
    name: 'slower-mixing',
    cures: ['scf-not-converged', 'charge-wrong', 'broyden'],
    safety: 'safe',
    limit: 2,
    says: 'mix half as much of the new density, with twice as many steps',
    edit: (numerics) => ({ ...numerics, mixingBeta: numerics.mixingBeta / 2, maxElectronicSteps: numerics.maxElectronicSteps * 2 }),
  },
  {
    name: 'local-screening',
    cures: ['scf-not-converged'],
    safety: 'safe',
    limit: 1,
    says: 'mix with local Thomas-Fermi screening',
    edit: (numerics) => ({ ...numerics, mixingMode: 'local-TF' }),
  },
  {
    name: 'more-ionic-steps',
    cures: ['ionic-steps-exhausted', 'relaxation-not-converged'],
    safety: 'safe',
    limit: 2,
    says: 'allow three times as many ionic steps',
    edit: (numerics) => ({ ...numerics, maxIonicSteps: numerics.maxIonicSteps * 3 }),
  },
  {
    name: 'smaller-trust-radius',
    cures: ['bfgs-stuck'],
    safety: 'safe',
    limit: 1,
    says: 'let BFGS make steps ten times smaller',
    edit: (numerics) => ({ ...numerics, trustRadiusMin: numerics.trustRadiusMin / 10 }),
  },
  {
    name: 'larger-cell-factor',
    cures: ['radial-fft'],
    safety: 'safe',
    limit: 2,
    says: 'double cell_factor',
    edit: (numerics) => ({ ...numerics, cellFactor: numerics.cellFactor * 2 }),
  },
  {
    name: 'more-bands',
    cures: ['insufficient-bands'],
    safety: 'whole-set',
    limit: 2,
    says: 'compute 30 % more bands in every point of the set',
    edit: (numerics) => ({ ...numerics, extraBands: numerics.extraBands * 1.3 }),
  },
  {
    name: 'no-symmetry',
    cures: ['not-orthogonal'],
    safety: 'whole-set',
    limit: 1,
    says: 'set calculator.symmetry to none for the whole set',
  },
  { name: 'rattle', cures: ['bfgs-stuck'], safety: 'forbidden', limit: 1, says: 'displace atoms at random' },
  { name: 'strained-start', cures: ['s-matrix', 'cholesky'], safety: 'forbidden', limit: 1, says: 'strain the starting structure' },
];

/** The next correction for an outcome, after those that the point has had already. A forbidden rule is told, never applied. */
export function nextCorrection(outcome: PwOutcomeName, applied: readonly string[]): CorrectionRule | undefined {
  return correctionRules.find((rule) => rule.cures.includes(outcome) && applied.filter((name) => name === rule.name).length < rule.limit);
}

/** The settings of a point after corrections, in the order in which they were made. Names without a rule change nothing. */
export function corrected(numerics: Numerics, applied: readonly string[]): Numerics {
  return applied.reduce((current, name) => {
    const rule = correctionRules.find((one) => one.name === name);
    return rule?.edit === undefined || !mayApply(rule.safety) ? current : rule.edit(current);
  }, numerics);
}

function mayApply(safety: CorrectionSafety): boolean {
  switch (safety) {
    case 'safe':
    case 'whole-set':
      return true;
    case 'forbidden':
      return false;
    default:
      return assertNever(safety);
  }
}
