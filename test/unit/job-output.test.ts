import { describe, it } from 'vitest';
import { readJobOutput } from '../../connectors/bundle/job-output.js';

describe('the output of a job that its queue has ended', () => {
  it.for([
    // Captured from Slurm 22.05 without cgroups (JobAcctGatherParams=OverMemoryKill).
    ['slurmstepd: error: StepId=6.batch exceeded memory limit (1268953088 > 419430400), being killed', 'out-of-memory'],
    // Documented formats.
    ['slurmstepd: error: Detected 1 oom_kill event in StepId=12.batch. Some of the step tasks have been OOM Killed.', 'out-of-memory'],
    ['=>> PBS: job killed: mem 2141236kb exceeded limit 2097152kb', 'out-of-memory'],
    ['TERM_MEMLIMIT: job killed after reaching LSF memory usage limit.', 'out-of-memory'],
    ['slurmstepd: error: *** JOB 2 ON vm CANCELLED AT 2026-11-22T22:30:15 DUE TO TIME LIMIT ***', 'out-of-time'],
    ['=>> PBS: job killed: walltime 62 exceeded limit 60', 'out-of-time'],
    ['TERM_RUNLIMIT: job killed after reaching LSF run time limit.', 'out-of-time'],
  ] as const)('tells why: %s', ([line, reason], { expect }) => {
    expect(readJobOutput(`Loading modules\n${line}\nbye\n`)).toEqual({ reason, line });
  });

  it('that somebody cancelled, or that nobody ended, tells nothing', ({ expect }) => {
    expect(readJobOutput('slurmstepd: error: *** JOB 6 ON vm CANCELLED AT 2026-11-22T22:31:15 ***\n')).toBeUndefined();
    expect(readJobOutput('memory limit of this node: 4000 MB\n')).toBeUndefined();
    expect(readJobOutput(undefined)).toBeUndefined();
  });
});
