import type { PointFailure } from '../../domain/point.js';

/**
 * What queue systems write into a job's output when they end it: slurmstepd with and without cgroups (seen with 22.05), the Linux kernel by way
 * of Slurm, the moms of OpenPBS and Torque, LSF's report. Where memory is not held by cgroups, this is the only trace: the job just "failed".
 */
const ends: readonly { reason: PointFailure; words: RegExp }[] = [
  {
    reason: 'out-of-memory',
    words: /exceeded (job|step )?memory limit|oom[-_ ]kill|PBS: job killed: (v?mem|resources_used\.mem) .*exceed|TERM_MEMLIMIT/i,
  },
  { reason: 'out-of-time', words: /DUE TO TIME LIMIT|PBS: job killed: (walltime|cput) .*exceed|TERM_RUNLIMIT/i },
];

/** Why a queue ended a job, in the job's own output, with the line that says so; undefined where it says nothing. */
export function readJobOutput(output: string | undefined): { reason: PointFailure; line: string } | undefined {
  const lines = (output ?? '').split('\n');
  for (const { reason, words } of ends) {
    const line = lines.findLast((it) => words.test(it));
    if (line !== undefined) return { reason, line: line.trim().slice(0, 300) };
  }
  return undefined;
}
