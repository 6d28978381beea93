import type { PointFailure } from '../../../domain/point.js';

/** A way in which a run of pw.x ends. `code` is that of aiida-quantumespresso's parser, whose users know it. */
export interface PwOutcome {
  code: number;
  name: string;
  /** What the workflow is told. */
  reason: PointFailure;
  /** Text that pw.x, its CRASH file or the operating system leaves; the last line that matches is the evidence. Absent for what only numbers show. */
  signature?: RegExp;
}

/** Every outcome with a name of its own, the most telling first: of several signatures in one output, the first in this table counts. */
export const pwOutcomes = [
  {
    code: 110,
    name: 'out-of-memory',
    reason: 'out-of-memory',
    signature:
      /oom-kill|Out of memory|cannot allocate|Cannot allocate memory|allocation (?:failed|would exceed)|error allocating|insufficient virtual memory/,
  },
  { code: 400, name: 'out-of-walltime', reason: 'out-of-time', signature: /Maximum CPU time exceeded/ },
  { code: 461, name: 'negative-exact-exchange', reason: 'code-error', signature: /dexx is negative/ },
  { code: 360, name: 'not-a-lattice-vector', reason: 'code-error', signature: /probably because G_par is NOT a reciprocal lattice vector/ },
  { code: 481, name: 'too-many-pools', reason: 'code-error', signature: /some nodes have no k-points/ },
  { code: 462, name: 'cholesky', reason: 'not-converged', signature: /problems computing cholesky/ },
  { code: 464, name: 's-matrix', reason: 'not-converged', signature: /S matrix not positive definite/ },
  { code: 465, name: 'zhegvd', reason: 'not-converged', signature: /zhegvd failed/ },
  { code: 466, name: 'qr', reason: 'not-converged', signature: /\[Q, R\] = qr\(X, 0\) failed/ },
  { code: 467, name: 'eigenvectors', reason: 'not-converged', signature: /eigenvectors failed to converge/ },
  { code: 463, name: 'too-many-bands', reason: 'not-converged', signature: /too many bands are not converged/ },
  { code: 468, name: 'broyden', reason: 'not-converged', signature: /Error in routine\s+broyden/ },
  { code: 541, name: 'not-orthogonal', reason: 'code-error', signature: /not orthogonal operation/ },
  {
    code: 542,
    name: 'radial-fft',
    reason: 'code-error',
    signature: /Not enough space allocated for radial FFT: try restarting with a larger cell_factor/,
  },
  { code: 531, name: 'charge-wrong', reason: 'code-error', signature: /charge is wrong/ },
  { code: 520, name: 'bfgs-stuck', reason: 'not-converged', signature: /history already reset at previous step: stopping/ },
  { code: 410, name: 'scf-not-converged', reason: 'not-converged', signature: /convergence NOT achieved after/ },
  { code: 502, name: 'ionic-steps-exhausted', reason: 'not-converged', signature: /The maximum number of steps has been reached/ },
  {
    code: 340,
    name: 'pseudopotential-unreadable',
    reason: 'code-error',
    signature: /Error in routine\s+(?:readpp|read_upf|upf_ctl)|from\s+(?:readpp|read_upf)/,
  },
  { code: 300, name: 'error', reason: 'code-error', signature: /Error in routine\s+\S+|^\s*from\s+\S+\s+: error #/m },
] as const satisfies readonly PwOutcome[];

/** Outcomes that no text announces. */
export const silentOutcomes = {
  insufficientBands: { code: 0, name: 'insufficient-bands', reason: 'not-converged' },
  notANumber: { code: 301, name: 'not-a-number', reason: 'not-a-number' },
  outputMissing: { code: 302, name: 'output-missing', reason: 'output-missing' },
  interrupted: { code: 312, name: 'interrupted', reason: 'output-truncated' },
  xmlUnreadable: { code: 321, name: 'output-incomplete', reason: 'output-truncated' },
  relaxationNotConverged: { code: 500, name: 'relaxation-not-converged', reason: 'not-converged' },
  stressLeft: { code: 501, name: 'stress-left', reason: 'not-converged' },
  wrongStructure: { code: 503, name: 'wrong-structure', reason: 'atoms-lost' },
  momentLost: { code: 505, name: 'moment-lost', reason: 'moment-lost' },
  wrongVersion: { code: 506, name: 'wrong-version', reason: 'code-error' },
  collapsed: { code: 504, name: 'atoms-collapsed', reason: 'atoms-lost' },
} as const satisfies Record<string, PwOutcome>;

export type PwOutcomeName = (typeof pwOutcomes)[number]['name'] | (typeof silentOutcomes)[keyof typeof silentOutcomes]['name'];

/** The first outcome of the table that has left its signature, with the line that holds it. */
export function announcedOutcome(text: string): { outcome: PwOutcome; line: string } | undefined {
  for (const outcome of pwOutcomes) {
    const match = outcome.signature.exec(text);
    if (match === null) continue;
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1).split('\n')[0] ?? match[0];
    return { outcome, line: line.trim() };
  }
  return undefined;
}
