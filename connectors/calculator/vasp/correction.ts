import { editedBy, nextRule, unchanged, type CorrectionRule } from '../correction.js';
import type { VaspOutcomeName } from './outcome.js';
import type { VaspNumerics } from './settings.js';

type Rule = CorrectionRule<VaspOutcomeName, VaspNumerics>;

const symmetryErrors = [
  'inverse-rotation',
  'primitive-cell',
  'group-operation',
  'density-symmetry',
  'position-map',
  'symmetry-noise',
] as const satisfies readonly VaspOutcomeName[];

/**
 * First rule first: the order of custodian's handlers, with what they do to a set said beside it. Nothing is restarted from the files of a
 * failed run, so that deleting CHGCAR and WAVECAR, which they often do, is always done.
 */
export const correctionRules: readonly Rule[] = [
  {
    name: 'all-bands',
    cures: ['scf-not-converged', 'eddrmm', 'edddav', 'subspace-matrix'],
    safety: 'safe',
    limit: 1,
    says: 'update all bands together (ALGO = All)',
    edit: (numerics) => ({ ...numerics, algo: 'All' }),
  },
  {
    name: 'cautious-mixing',
    cures: ['scf-not-converged'],
    safety: 'safe',
    limit: 1,
    says: 'mix little of the new density (AMIX 0.1, BMIX 0.01), with twice as many steps',
    edit: (numerics) => ({ ...numerics, algo: 'Normal', mixing: 'cautious', maxElectronicSteps: numerics.maxElectronicSteps * 2 }),
  },
  {
    name: 'kerker-mixing',
    cures: ['brmix'],
    safety: 'safe',
    limit: 1,
    says: 'mix without a memory of earlier steps (IMIX = 1)',
    edit: (numerics) => ({ ...numerics, mixing: 'kerker' }),
  },
  {
    name: 'exact-diagonalisation',
    cures: ['zheev', 'edddav'],
    safety: 'safe',
    limit: 1,
    says: 'diagonalise exactly (ALGO = Exact)',
    edit: (numerics) => ({ ...numerics, algo: 'Exact' }),
  },
  {
    name: 'smaller-steps',
    cures: ['zpotrf', 'eddrmm'],
    safety: 'safe',
    limit: 2,
    says: 'move atoms half as far (POTIM)',
    edit: (numerics) => ({ ...numerics, potim: numerics.potim / 2 }),
  },
  {
    name: 'larger-steps',
    cures: ['brions'],
    safety: 'safe',
    limit: 1,
    says: 'move atoms further (POTIM + 0.1)',
    edit: (numerics) => ({ ...numerics, potim: numerics.potim + 0.1 }),
  },
  {
    name: 'quasi-newton',
    cures: ['zbrent', 'brions'],
    safety: 'safe',
    limit: 1,
    says: 'relax with the quasi-Newton method (IBRION = 1)',
    edit: (numerics) => ({ ...numerics, ibrion: 1 }),
  },
  {
    name: 'more-ionic-steps',
    cures: ['relaxation-not-converged'],
    safety: 'safe',
    limit: 2,
    says: 'allow three times as many ionic steps (NSW)',
    edit: (numerics) => ({ ...numerics, maxIonicSteps: numerics.maxIonicSteps * 3 }),
  },
  {
    name: 'long-cell-mixing',
    cures: ['small-mixing'],
    safety: 'safe',
    limit: 1,
    says: 'mix less at long waves (AMIN = 0.01)',
    edit: (numerics) => ({ ...numerics, amin: 0.01 }),
  },
  {
    name: 'fewer-k-groups',
    cures: ['out-of-memory'],
    safety: 'safe',
    limit: 3,
    says: 'compute half as many k-points side by side (KPAR)',
    edit: (numerics) => ({ ...numerics, kpar: Math.max(1, Math.floor(numerics.kpar / 2)) }),
  },
  {
    name: 'tighter-convergence',
    cures: ['zbrent'],
    safety: 'whole-set',
    limit: 1,
    says: 'converge every point of the set ten times as far (EDIFF)',
    edit: (numerics) => ({ ...numerics, convergence: numerics.convergence / 10 }),
  },
  {
    name: 'more-bands',
    cures: ['too-few-bands', 'highest-band-occupied'],
    safety: 'whole-set',
    limit: 3,
    says: 'compute 20 % more bands in every point of the set',
    edit: (numerics) => ({ ...numerics, extraBands: numerics.extraBands * 1.2 }),
  },
  {
    name: 'gaussian-smearing',
    cures: ['tetrahedra'],
    safety: 'whole-set',
    limit: 1,
    says: 'occupy with Gaussian smearing in every point of the set',
    edit: (numerics) => ({ ...numerics, smearing: 'gaussian' }),
  },
  {
    name: 'reciprocal-projectors',
    cures: ['real-space-projectors', 'subspace-matrix'],
    safety: 'whole-set',
    limit: 1,
    says: 'project in reciprocal space in every point of the set (LREAL = .FALSE.)',
    edit: (numerics) => ({ ...numerics, realSpaceProjection: false }),
  },
  {
    name: 'finer-symmetry',
    cures: symmetryErrors,
    safety: 'whole-set',
    limit: 1,
    says: 'find symmetry within 1e-8 in every point of the set (SYMPREC)',
    edit: (numerics) => ({ ...numerics, symprec: 1e-8 }),
  },
  {
    name: 'no-symmetry',
    cures: [...symmetryErrors, 'brmix', 'zpotrf'],
    safety: 'whole-set',
    limit: 1,
    says: 'use no symmetry in any point of the set (ISYM = 0)',
    edit: (numerics) => ({ ...numerics, symmetry: 'time-reversal' }),
  },
  { name: 'strained-start', cures: ['zpotrf'], safety: 'forbidden', limit: 1, says: 'strain the starting structure' },
  { name: 'other-axes', cures: ['triple-product'], safety: 'forbidden', limit: 1, says: 'exchange lattice vectors' },
  { ...unchanged, cures: ['error'], edit: (numerics) => numerics },
];

export function nextCorrection(outcome: VaspOutcomeName, applied: readonly string[], numerics: VaspNumerics): Rule | undefined {
  return nextRule(correctionRules, outcome, applied, numerics);
}

export function corrected(numerics: VaspNumerics, applied: readonly string[]): VaspNumerics {
  return editedBy(correctionRules, numerics, applied);
}
