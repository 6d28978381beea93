import { existsSync } from 'node:fs';
import { describe, test } from 'vitest';
import { until } from './cli.js';
import { whyNoCluster } from './cluster.js';
import { ClusterBench, unharmed } from './cluster-bench.js';

const why = whyNoCluster();

/* What a site does to jobs: ends those that take too long or too much, takes the node for somebody more important, starts them again. */
describe.skipIf(why !== '')(`jobs on a cluster${why === '' ? '' : ` (skipped: ${why})`}`, () => {
  const bench = new ClusterBench({
    memoryEnforced: true,
    slurmLines: [
      'PreemptType=preempt/partition_prio',
      'PreemptMode=REQUEUE',
      'PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10',
    ],
  });
  /** Has the third point of one calculation do something else before it starts, once. */
  const strike = (command: string) => (text: string) => {
    const once = `if [ "$(cat ../../executions.log 2>/dev/null | wc -l)" = 2 ] && mkdir ${bench.workDir}.struck 2>/dev/null; then ${command}; fi`;
    return text.replaceAll('command: [env,', `command: [bash, -c, '${once}; exec "$@"', struck, env,`);
  };
  const struck = () => until(() => existsSync(`${bench.workDir}.struck`), Boolean);
  /** Takes the whole node for a moment. */
  const preempt = () => bench.cluster.slurm('sbatch', '--partition=urgent', '--ntasks=2', '--output=/dev/null', '--wrap=sleep 3');
  /** How those jobs of this test ended that did not simply complete, as accounting has it. */
  const unusual = () =>
    bench.cluster
      .slurm('sacct', '--allocations', '--noheader', '--parsable2', '--allusers', '--format=JobIDRaw,State')
      .split('\n')
      .map((line) => line.split('|'))
      .filter(([id]) => Number(id) > bench.since)
      .map(([, state = '']) => state)
      .filter((state) => state !== 'COMPLETED');
  const oneMore = { ...unharmed, ranked: 1 };

  test('that are killed at their wall time are submitted again with what is missing', async ({ expect }) => {
    bench.configure({}, strike('sleep 600'));
    const running = bench.screen({ elements: 'Cu', extra: 'computer: lab\nlimits: { wallTimeSeconds: 60 }' });
    expect(await bench.finished(running)).toEqual(oneMore);
    expect(unusual()).toEqual(['TIMEOUT']);
  });

  test('that are killed for their memory are submitted again with what is missing', async ({ expect }) => {
    bench.configure({}, (text) =>
      strike('perl -e "\\$x = 1 x (600 << 20); sleep 600"')(text.replaceAll('partition: debug', 'partition: debug, memoryMb: 400')),
    );
    // Services of their own, so that the store can still be read in the end.
    expect((await bench.place.run(['up', '--detach'])).code).toBe(0);
    expect(await bench.finished(bench.screen({ elements: 'Cu', extra: 'computer: lab' }))).toEqual(oneMore);
    // Without cgroups, Slurm 22.05 itself only knows that the job failed.
    expect(unusual()).toEqual(['FAILED']);
    const told = (await bench.place.attempts())?.map(({ detail }) => detail);
    expect(told).toContainEqual(expect.stringMatching(/out-of-memory: .*exceeded memory limit/));
    const asked = bench.cluster.slurm('sacct', '--allocations', '--noheader', '--allusers', '--format=ReqMem').trim().split(/\s+/);
    expect(asked).toContain('600M');
  });

  test('that die while they write are submitted again, and half a file is no result', async ({ expect }) => {
    bench.configure({}, strike('printf "p" > finished; printf "{" > result.json; kill -9 $PPID; exit 1'));
    expect(await bench.finished(bench.screen({ elements: 'Cu', extra: 'computer: lab' }))).toEqual(oneMore);
    expect(unusual()).toEqual(['FAILED']);
  });

  test('that make room for somebody more important are submitted again', async ({ expect }) => {
    bench.configure({}, strike('sleep 600'));
    const running = bench.screen({ elements: 'Cu', extra: 'computer: lab' });
    await struck();
    preempt();
    expect(await bench.finished(running)).toEqual(oneMore);
    expect(unusual()).toEqual(['PREEMPTED']);
  });

  test('that the site itself starts again keep their id, and nobody submits them twice', async ({ expect }) => {
    bench.configure({}, (text) =>
      strike('sleep 600')(text.replaceAll('partition: debug', "partition: debug, extraLines: ['#SBATCH --requeue']")),
    );
    const running = bench.screen({ elements: 'Cu', extra: 'computer: lab' });
    await struck();
    preempt();
    const progress = await bench.concluded(running);
    expect(bench.counted(progress)).toEqual(oneMore);
    expect(unusual()).toEqual([]);
    // Relaxation, strains and slip vectors: a job each, one of which ran twice.
    expect(progress.jobs).toEqual({ submitted: 3, distinctAttempts: 3 });
  });
});
