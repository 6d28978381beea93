import { editedBy, nextRule, unchanged, type CorrectionRule } from '../correction.js';
import type { PwOutcomeName } from './outcome.js';
import type { Numerics } from './settings.js';

type Rule = CorrectionRule<PwOutcomeName, Numerics>;

/**
 * First rule first, as in `PwBaseWorkChain` of aiida-quantumespresso (its order and factors, with `cg` for the older versions that have no
 * ParO). A rule whose limit is reached gives way to the next one; none left means that the failure stands.
 */
export const correctionRules: readonly Rule[] = [
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
    says: 'compute every k-point of every point of the set, without symmetry',
    edit: (numerics) => ({ ...numerics, symmetry: 'none' }),
  },
  { name: 'rattle', cures: ['bfgs-stuck'], safety: 'forbidden', limit: 1, says: 'displace atoms at random' },
  { name: 'strained-start', cures: ['s-matrix', 'cholesky'], safety: 'forbidden', limit: 1, says: 'strain the starting structure' },
  { ...unchanged, cures: ['error'], edit: (numerics) => numerics },
];

export function nextCorrection(outcome: PwOutcomeName, applied: readonly string[], numerics: Numerics): Rule | undefined {
  return nextRule(correctionRules, outcome, applied, numerics);
}

export function corrected(numerics: Numerics, applied: readonly string[]): Numerics {
  return editedBy(correctionRules, numerics, applied);
}
