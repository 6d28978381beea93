import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
import { until } from './cli.js';
import { whyNoCluster } from './cluster.js';
import { ClusterBench, unharmed } from './cluster-bench.js';

const why = whyNoCluster();

/* Real campaigns over real SSH on a real Slurm of their own, with a fault in the middle. */
describe.skipIf(why !== '')(`a campaign on a cluster${why === '' ? '' : ` (skipped: ${why})`}`, () => {
  const bench = new ClusterBench();
  const progress = () => bench.progress();
  const begun = () => until(progress, (seen) => seen !== undefined && bench.cluster.queued(bench.since).size > 0);
  const midway = () =>
    until(progress, (seen) => seen !== undefined && seen.counts.pending > 0 && bench.cluster.queued(bench.since).size >= 5);

  test('runs through SSH and Slurm, one connection, one queue entry per bundle, and noise in every shell', async ({ expect }) => {
    bench.configure({ port: bench.network.port });
    const before = bench.network.connections;
    expect(await bench.finished(bench.screen())).toEqual(unharmed);
    expect(bench.network.connections - before).toBe(1);
  });

  test('survives the worker being killed between submission and record, again and again', async ({ expect }) => {
    const running = bench.screen();
    await begun();
    let seen = 0;
    for (let round = 0; round < 3; round += 1) {
      await until(
        () => bench.cluster.queued(bench.since).size,
        (size) => size > seen,
      );
      seen = bench.cluster.queued(bench.since).size;
      await bench.place.killUntilNext('worker');
    }
    expect(await bench.finished(running)).toEqual(unharmed);
  });

  test('survives the SSH server being killed with all sessions, and started again', async ({ expect }) => {
    const running = bench.screen();
    await midway();
    bench.cluster.killSshd();
    await sleep(5000);
    await bench.cluster.up();
    expect(await bench.finished(running)).toEqual(unharmed);
  });

  test('survives a network that swallows everything for a minute', async ({ expect }) => {
    bench.configure({ port: bench.network.port });
    const running = bench.screen();
    await midway();
    bench.network.swallow();
    await sleep(60_000);
    bench.network.heal();
    expect(await bench.finished(running)).toEqual(unharmed);
  });

  test('survives the controller of the queue being down for a minute', async ({ expect }) => {
    const running = bench.screen();
    await midway();
    await bench.cluster.stop('slurmctld');
    await sleep(60_000);
    await bench.cluster.up();
    expect(await bench.finished(running)).toEqual(unharmed);
  });

  test('needs no accounting', async ({ expect }) => {
    await bench.cluster.stop('slurmdbd');
    try {
      expect(await bench.finished(bench.screen())).toEqual(unharmed);
    } finally {
      await bench.cluster.up();
    }
  });

  test('submits again what an administrator cancelled and what a failing node lost, and only that', async ({ expect }) => {
    // Slow jobs, so that there is something to cancel.
    bench.configure({}, (text) => text.replaceAll('command: [env,', `command: [bash, -c, 'sleep 0.3; exec "$@"', slow, env,`));
    const running = bench.screen({ elements: 'Cu', extra: 'computer: lab' });
    await until(() => bench.cluster.slurm('squeue', '--noheader', '--states=running', '--format=%i').trim(), Boolean);
    bench.cluster.slurm(
      'scancel',
      bench.cluster.slurm('squeue', '--noheader', '--states=running', '--format=%i').trim().split('\n')[0] ?? '',
    );
    await until(
      () => bench.cluster.alive().length,
      (count) => count > 0,
    );
    await sleep(3000);
    bench.cluster.node('down');
    await sleep(3000);
    bench.cluster.node('resume');
    const { code, out, err } = await running.ended;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { state, counts, jobs } = JSON.parse(out) as CampaignProgress;
    expect({ state, ranked: counts.ranked }).toEqual({ state: 'done', ranked: 1 });
    // Three calculations, one of which at least was submitted twice, under a name of its own each time.
    expect(jobs.distinctAttempts).toBeGreaterThan(3);
    expect(Math.max(...bench.cluster.queued(bench.since).values())).toBe(1);
    expect(bench.cluster.queued(bench.since).size).toBe(jobs.distinctAttempts);
    expect(bench.cluster.alive()).toEqual([]);
  });

  test('does not mind a clock that is an hour off', async ({ expect }) => {
    const skew = bench.place.file('skew.mjs', 'const now = Date.now; Date.now = () => now() + 3_600_000;\n');
    expect(await bench.finished(bench.screen({}, { NODE_OPTIONS: `--import=${skew}` }))).toEqual(unharmed);
  });

  test('holds the computer when our key is refused: one attempt, and then an operator', async ({ expect }) => {
    const authorized = join(bench.cluster.state, 'etc', 'authorized_keys');
    const keys = readFileSync(authorized, 'utf8');
    const running = bench.screen();
    await begun();
    const refusals = () =>
      bench.cluster
        .log('sshd')
        .split('\n')
        .filter((line) => /Connection (closed|reset) by authenticating user/.test(line)).length;
    const before = refusals();
    writeFileSync(authorized, '');
    bench.cluster.killSessions();
    try {
      await until(refusals, (count) => count > before, 120);
      // Time enough for a dozen blind repetitions.
      await sleep(25_000);
      expect(refusals() - before).toBe(1);
      expect((await progress())?.waitingFor).toMatch(/computer lab is held: no login .*peierls computer resume lab/);
      const { computers } = await bench.place.json<{ computers: { name: string; condition: string }[] }>('computer', 'list');
      expect(computers.find(({ name }) => name === 'lab')?.condition).toBe('held');
    } finally {
      writeFileSync(authorized, keys);
    }
    const { code, err } = await bench.place.run(['computer', 'resume', 'lab']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(await bench.finished(running)).toEqual(unharmed);
  });

  test('holds the computer when its host key has changed, and goes on when that is settled', async ({ expect }) => {
    const key = join(bench.cluster.state, 'keys', 'host_ed25519');
    const ours = bench.place.file('known_hosts', readFileSync(join(bench.cluster.state, 'known_hosts')));
    bench.configure({}, (text) => text.replaceAll(/knownHosts: \S+/g, `knownHosts: ${ours}`));
    const running = bench.screen({ elements: 'Cu' });
    await begun();
    rmSync(key);
    bench.cluster.killSshd();
    await bench.cluster.up();
    await until(progress, (seen) => /lab is held: .*host key/.test(seen?.waitingFor ?? ''));
    // The operator has asked the site, and accepts the new key.
    writeFileSync(ours, readFileSync(join(bench.cluster.state, 'known_hosts')));
    const { code, err } = await bench.place.run(['computer', 'resume', 'lab']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(await bench.finished(running)).toEqual({ ...unharmed, ranked: 1 });
  });

  test('waits while the disk of the work directory is full', async ({ expect, skip }) => {
    const disk = `${bench.shared}/disk`;
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=1777', 'tmpfs', disk], { stdio: 'pipe' });
    } catch (error) {
      skip(`no small file system can be mounted here: ${error instanceof Error ? error.message : String(error)}`);
    }
    try {
      writeFileSync(join(disk, 'other-peoples-data'), Buffer.alloc(2_950_000));
      bench.configure({ workDir: `${disk}/work` });
      const running = bench.screen({ elements: 'Cu' });
      await until(progress, (seen) => seen !== undefined && seen.state === 'running');
      await sleep(10_000);
      expect((await progress())?.counts).toMatchObject({ failed: 0, pending: 1 });
      rmSync(join(disk, 'other-peoples-data'));
      expect(await bench.finished(running)).toEqual({ ...unharmed, ranked: 1 });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  test('leaves nothing in the queue when it is cancelled, and queues no more than allowed', async ({ expect }) => {
    bench.configure({ maxQueuedJobs: 3 });
    bench.cluster.node('drain');
    const running = bench.screen();
    await until(
      () => bench.cluster.alive().length,
      (count) => count === 3,
    );
    await sleep(3000);
    expect(bench.cluster.alive()).toHaveLength(3);
    bench.cluster.node('resume');
    await bench.place.run(['cancel', 'small']);
    await running.ended;
    expect(bench.cluster.alive()).toEqual([]);
  });

  test('goes on with two hundred jobs in the queue after the worker was killed', async ({ expect }) => {
    bench.cluster.node('drain');
    const file = bench.place.file(
      'many.yaml',
      `name: small
computer: lab
candidates:
  - generator: solid-solution
    prototypes: [A1]
    elements: [Cu, Ag, Au, Ni, Pd, Pt, Al, Pb]
    fractions: [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
limits: { concurrentCandidates: 100 }
`,
    );
    const running = bench.place.start(['screen', file, '--json']);
    await until(
      () => bench.cluster.alive().length,
      (count) => count >= 190,
      300,
    );
    const waiting = bench.cluster.alive().length;
    bench.place.kill('worker');
    bench.cluster.node('resume');
    await until(
      () =>
        bench.cluster
          .slurm('squeue', '--noheader', '--states=completed', '--format=%i')
          .split('\n')
          .filter((id) => Number(id) > bench.since).length,
      (count) => count >= Math.min(waiting, 80),
      400,
    );
    expect([...bench.cluster.queued(bench.since).values()].filter((times) => times > 1)).toEqual([]);
    await bench.place.run(['cancel', 'small']);
    await running.ended;
    expect(bench.cluster.alive()).toEqual([]);
  });
});
