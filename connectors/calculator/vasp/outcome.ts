import type { PointFailure } from '../../../domain/point.js';

/** A way in which a run of VASP ends. Names are those of custodian's handlers where it has one, since users know them. */
export interface VaspOutcome {
  name: string;
  /** What the workflow is told. */
  reason: PointFailure;
  /** Text in stdout, stderr or OUTCAR; absent for what only numbers show. */
  signature?: RegExp;
}

/** Every outcome that announces itself, the most telling first: of several signatures in one output, the first in this table counts. */
export const vaspOutcomes = [
  { name: 'potcar-folder', reason: 'code-error', signature: /peierls: potcar-folder: .*/ },
  { name: 'potcar-missing', reason: 'code-error', signature: /peierls: potcar-missing: .*/ },
  { name: 'potcar-unreadable', reason: 'code-error', signature: /peierls: potcar-unreadable: .*|Error reading item .* from file POTCAR/ },
  { name: 'potcar-element', reason: 'code-error', signature: /peierls: potcar-element: .*/ },
  { name: 'potcar-other', reason: 'code-error', signature: /peierls: potcar-other: .*/ },
  { name: 'cutoff-too-low', reason: 'code-error', signature: /peierls: cutoff-too-low: .*/ },
  {
    name: 'out-of-memory',
    reason: 'out-of-memory',
    signature: /oom-kill|Out of memory|[Cc]annot allocate memory|Allocation would exceed memory limit|insufficient virtual memory/,
  },
  { name: 'out-of-walltime', reason: 'out-of-time', signature: /peierls: stopped: .*|(?:soft|hard) stop encountered!/ },
  { name: 'licence', reason: 'code-error', signature: /VASP licen[cs]e|licen[cs]e.*(?:expired|not found)/i },
  { name: 'triple-product', reason: 'code-error', signature: /ERROR: the triple product of the basis vectors/ },
  {
    name: 'inverse-rotation',
    reason: 'code-error',
    signature: /inverse of rotation matrix was not found \(increase SYMPREC\)|rotation matrix was not found/,
  },
  { name: 'primitive-cell', reason: 'code-error', signature: /internal error in subroutine PRICEL/ },
  { name: 'group-operation', reason: 'code-error', signature: /internal error in subroutine SGRCON/ },
  { name: 'density-symmetry', reason: 'code-error', signature: /internal error in subroutine RHOSYG/ },
  { name: 'position-map', reason: 'code-error', signature: /POSMAP internal error|internal error in subroutine POSMAP/ },
  { name: 'symmetry-noise', reason: 'code-error', signature: /determination of the symmetry of your systems shows a strong/ },
  { name: 'tetrahedra', reason: 'code-error', signature: /Tetrahedron method fails|DENTET|TETIRR/ },
  { name: 'too-few-bands', reason: 'code-error', signature: /TOO FEW BANDS|number of bands is not sufficient/ },
  { name: 'real-space-projectors', reason: 'code-error', signature: /ERROR RSPHER|REAL_OPT(?:LAY)?: internal ERROR|nicht konvergent/ },
  { name: 'subspace-matrix', reason: 'not-converged', signature: /Sub-Space-Matrix is not hermitian/ },
  { name: 'eddrmm', reason: 'not-converged', signature: /WARNING in EDDRMM: call to ZHEGV failed/ },
  { name: 'edddav', reason: 'not-converged', signature: /Error EDDDAV: Call to ZHEGV failed/ },
  { name: 'brmix', reason: 'not-converged', signature: /BRMIX: very serious problems/ },
  { name: 'zpotrf', reason: 'code-error', signature: /LAPACK: Routine ZPOTRF(?: ZTRTRI)? failed/ },
  { name: 'zheev', reason: 'code-error', signature: /ERROR EDDIAG: Call to routine ZHEEV failed/ },
  { name: 'zbrent', reason: 'not-converged', signature: /ZBRENT: (?:fatal|can't locate minimum).*/ },
  { name: 'brions', reason: 'not-converged', signature: /BRIONS problems: POTIM should be increased/ },
  { name: 'small-mixing', reason: 'not-converged', signature: /One of the lattice vectors is very long \(>50 A\), but AMIN/ },
  {
    name: 'error',
    reason: 'code-error',
    signature:
      /I REFUSE TO CONTINUE WITH THIS SICK JOB|forrtl: severe|VERY BAD NEWS!|internal error in(?: subroutine)?|Segmentation fault|SIGSEGV|^\s*\|?\s*(?:Fatal )?[Ee][Rr][Rr][Oo][Rr]\b.*/m,
  },
] as const satisfies readonly VaspOutcome[];

/** Outcomes that no text announces. */
export const silentOutcomes = {
  outputMissing: { name: 'output-missing', reason: 'output-missing' },
  interrupted: { name: 'interrupted', reason: 'output-truncated' },
  incomplete: { name: 'output-incomplete', reason: 'output-truncated' },
  notANumber: { name: 'not-a-number', reason: 'not-a-number' },
  scfNotConverged: { name: 'scf-not-converged', reason: 'not-converged' },
  highestBandOccupied: { name: 'highest-band-occupied', reason: 'not-converged' },
  relaxationNotConverged: { name: 'relaxation-not-converged', reason: 'not-converged' },
  stressLeft: { name: 'stress-left', reason: 'not-converged' },
  wrongStructure: { name: 'wrong-structure', reason: 'atoms-lost' },
  collapsed: { name: 'atoms-collapsed', reason: 'atoms-lost' },
  momentLost: { name: 'moment-lost', reason: 'moment-lost' },
  wrongVersion: { name: 'wrong-version', reason: 'code-error' },
} as const satisfies Record<string, VaspOutcome>;

export type VaspOutcomeName = (typeof vaspOutcomes)[number]['name'] | (typeof silentOutcomes)[keyof typeof silentOutcomes]['name'];

/** The first outcome of the table that has left its signature, with the words that show it. */
export function announcedOutcome(text: string): { outcome: VaspOutcome; line: string } | undefined {
  for (const outcome of vaspOutcomes) {
    const match = outcome.signature.exec(text);
    if (match === null) continue;
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1).split('\n')[0] ?? match[0];
    return { outcome, line: line.replaceAll(/^[\s|]+|[\s|]+$/g, '') };
  }
  return undefined;
}
