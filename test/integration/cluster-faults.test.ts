import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
import { campaignText, until, Workplace } from './cli.js';
import { Cluster, FaultyNetwork, whyNoCluster } from './cluster.js';

const why = whyNoCluster();

/*
 * Real campaigns over real SSH on a real Slurm of their own, with a fault in the middle. What is counted comes from three witnesses: the
 * campaign, the logs that jobs leave in their folders (points executed, queue entries), and Slurm's own list of jobs.
 */
describe.skipIf(why !== '')(`a campaign on a cluster${why === '' ? '' : ` (skipped: ${why})`}`, () => {
  let cluster: Cluster;
  let network: FaultyNetwork;
  let place: Workplace;
  /** Jobs up to this id are those of earlier tests. */
  let since = 0;
  let lives = 0;

  beforeAll(async () => {
    cluster = await Cluster.open();
    mkdirSync(`/var/tmp/peierls-cluster-${process.pid}`);
    chmodSync(`/var/tmp/peierls-cluster-${process.pid}`, 0o777);
    // A site as sites are: a banner, a profile that talks, a prompt command that fails.
    cluster.home('.bash_profile', 'echo "Welcome to the cluster"; echo "quota: 12 % used" >&2\n');
    cluster.home('.bashrc', 'echo "modules loaded"; module load nothing 2>&1; false\n');
    network = new FaultyNetwork(cluster.sshPort);
    await network.open();
  }, 240_000);
  afterAll(async () => {
    rmSync(`/var/tmp/peierls-cluster-${process.pid}`, { recursive: true, force: true });
    await network?.close();
    await cluster?.close();
  });
  beforeEach(async () => {
    place = new Workplace();
    await place.choosePorts();
    configure();
    since = cluster.youngest();
  });
  afterEach(() => place.close());

  const configure = (changes: Parameters<Cluster['computers']>[0] = {}, edit = (text: string) => text) => {
    const workDir = `/var/tmp/peierls-cluster-${process.pid}/${(lives += 1)}`;
    place.environment['PEIERLS_COMPUTERS'] = place.file('computers.yaml', edit(cluster.computers({ workDir, ...changes })));
  };
  const elements = 'Cu, Ni, Al, W';
  const screen = (changes: { elements?: string; extra?: string } = {}, environment: NodeJS.ProcessEnv = {}) =>
    place.start(
      [
        'screen',
        place.file('campaign.yaml', campaignText({ elements, extra: 'computer: lab\nlimits: { concurrentCandidates: 4 }', ...changes })),
        '--json',
      ],
      environment,
    );
  const progress = () => place.progress('small');
  const begun = () => until(progress, (seen) => seen !== undefined && cluster.queued(since).size > 0);
  const midway = () => until(progress, (seen) => seen !== undefined && seen.counts.pending > 0 && cluster.queued(since).size >= 5);
  const unharmed = { state: 'done', ranked: 4, lost: 0, twice: 0, queuedTwice: 0, alive: [] };
  /** Nothing lost, nothing done twice, nothing left behind; `before` are the jobs of earlier tests. */
  const counted = ({ state, counts, points, jobs }: CampaignProgress) => ({
    state,
    ranked: counts.ranked,
    lost: counts.pending + counts.failed,
    twice: points.executed - points.distinct,
    queuedTwice: jobs.submitted - jobs.distinctAttempts + [...cluster.queued(since).values()].filter((times) => times > 1).length,
    alive: cluster.alive(),
  });
  const finished = async ({ ended }: ReturnType<typeof screen>) => {
    const { code, out, err } = await ended;
    if (code !== 0) throw new Error(`exit code ${code}: ${err.slice(-2000)}`);
    return counted(JSON.parse(out) as CampaignProgress);
  };

  test('runs through SSH and Slurm, one connection, one queue entry per bundle, and noise in every shell', async ({ expect }) => {
    configure({ port: network.port });
    const before = network.connections;
    expect(await finished(screen())).toEqual(unharmed);
    expect(network.connections - before).toBe(1);
  });

  test('survives the worker being killed between submission and record, again and again', async ({ expect }) => {
    const running = screen();
    await begun();
    let seen = 0;
    for (let round = 0; round < 3; round += 1) {
      await until(
        () => cluster.queued(since).size,
        (size) => size > seen,
      );
      seen = cluster.queued(since).size;
      await place.killUntilNext('worker');
    }
    expect(await finished(running)).toEqual(unharmed);
  });

  test('survives the SSH server being killed with all sessions, and started again', async ({ expect }) => {
    const running = screen();
    await midway();
    cluster.killSshd();
    await sleep(5000);
    await cluster.up();
    expect(await finished(running)).toEqual(unharmed);
  });

  test('survives a network that swallows everything for half a minute', async ({ expect }) => {
    configure({ port: network.port });
    const running = screen();
    await midway();
    network.swallow();
    await sleep(30_000);
    network.heal();
    expect(await finished(running)).toEqual(unharmed);
  });

  test('survives the controller of the queue being down for half a minute', async ({ expect }) => {
    const running = screen();
    await midway();
    await cluster.stop('slurmctld');
    await sleep(30_000);
    await cluster.up();
    expect(await finished(running)).toEqual(unharmed);
  });

  test('needs no accounting', async ({ expect }) => {
    await cluster.stop('slurmdbd');
    try {
      expect(await finished(screen())).toEqual(unharmed);
    } finally {
      await cluster.up();
    }
  });

  test('submits again what an administrator cancelled and what a failing node lost, and only that', async ({ expect }) => {
    // Slow jobs, so that there is something to cancel.
    configure({}, (text) => text.replaceAll('command: [env,', `command: [bash, -c, 'sleep 0.3; exec "$@"', slow, env,`));
    const running = screen({ elements: 'Cu', extra: 'computer: lab' });
    await until(() => cluster.slurm('squeue', '--noheader', '--states=running', '--format=%i').trim(), Boolean);
    cluster.slurm('scancel', cluster.slurm('squeue', '--noheader', '--states=running', '--format=%i').trim().split('\n')[0] ?? '');
    await until(
      () => cluster.alive().length,
      (count) => count > 0,
    );
    await sleep(3000);
    cluster.node('down');
    await sleep(3000);
    cluster.node('resume');
    const { code, out, err } = await running.ended;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { state, counts, jobs } = JSON.parse(out) as CampaignProgress;
    expect({ state, ranked: counts.ranked }).toEqual({ state: 'done', ranked: 1 });
    // Three calculations, one of which at least was submitted twice, under a name of its own each time.
    expect(jobs.distinctAttempts).toBeGreaterThan(3);
    expect(Math.max(...cluster.queued(since).values())).toBe(1);
    expect(cluster.queued(since).size).toBe(jobs.distinctAttempts);
    expect(cluster.alive()).toEqual([]);
  });

  test('does not mind a clock that is an hour off', async ({ expect }) => {
    const skew = place.file('skew.mjs', 'const now = Date.now; Date.now = () => now() + 3_600_000;\n');
    expect(await finished(screen({}, { NODE_OPTIONS: `--import=${skew}` }))).toEqual(unharmed);
  });

  test('holds the computer when our key is refused: one attempt, and then an operator', async ({ expect }) => {
    const authorized = join(cluster.state, 'etc', 'authorized_keys');
    const keys = readFileSync(authorized, 'utf8');
    const running = screen();
    await begun();
    const refusals = () =>
      cluster
        .log('sshd')
        .split('\n')
        .filter((line) => /Connection (closed|reset) by authenticating user/.test(line)).length;
    const before = refusals();
    writeFileSync(authorized, '');
    cluster.killSessions();
    try {
      await until(refusals, (count) => count > before, 120);
      // Time enough for a dozen blind repetitions.
      await sleep(25_000);
      expect(refusals() - before).toBe(1);
      expect((await progress())?.waitingFor).toMatch(/computer lab is held: no login .*peierls computer resume lab/);
    } finally {
      writeFileSync(authorized, keys);
    }
    const { code, err } = await place.run(['computer', 'resume', 'lab']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(await finished(running)).toEqual(unharmed);
  });

  test('holds the computer when its host key has changed, and goes on when that is settled', async ({ expect }) => {
    const key = join(cluster.state, 'keys', 'host_ed25519');
    const ours = place.file('known_hosts', readFileSync(join(cluster.state, 'known_hosts')));
    configure({}, (text) => text.replaceAll(/knownHosts: \S+/g, `knownHosts: ${ours}`));
    const running = screen({ elements: 'Cu' });
    await begun();
    rmSync(key);
    cluster.killSshd();
    await cluster.up();
    await until(progress, (seen) => /lab is held: .*host key/.test(seen?.waitingFor ?? ''));
    // The operator has asked the site, and accepts the new key.
    writeFileSync(ours, readFileSync(join(cluster.state, 'known_hosts')));
    const { code, err } = await place.run(['computer', 'resume', 'lab']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(await finished(running)).toEqual({ ...unharmed, ranked: 1 });
  });

  test('waits while the disk of the work directory is full', async ({ expect, skip }) => {
    const disk = `/var/tmp/peierls-cluster-${process.pid}/disk`;
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=1777', 'tmpfs', disk], { stdio: 'pipe' });
    } catch (error) {
      skip(`no small file system can be mounted here: ${error instanceof Error ? error.message : String(error)}`);
    }
    try {
      writeFileSync(join(disk, 'other-peoples-data'), Buffer.alloc(2_950_000));
      configure({ workDir: `${disk}/work` });
      const running = screen({ elements: 'Cu' });
      await until(progress, (seen) => seen !== undefined && seen.state === 'running');
      await sleep(10_000);
      expect((await progress())?.counts).toMatchObject({ failed: 0, pending: 1 });
      rmSync(join(disk, 'other-peoples-data'));
      expect(await finished(running)).toEqual({ ...unharmed, ranked: 1 });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  test('leaves nothing in the queue when it is cancelled, and queues no more than allowed', async ({ expect }) => {
    configure({ maxQueuedJobs: 3 });
    cluster.node('drain');
    const running = screen();
    await until(
      () => cluster.alive().length,
      (count) => count === 3,
    );
    await sleep(3000);
    expect(cluster.alive()).toHaveLength(3);
    cluster.node('resume');
    await place.run(['cancel', 'small']);
    await running.ended;
    expect(cluster.alive()).toEqual([]);
  });

  test('goes on with two hundred jobs in the queue after the worker was killed', async ({ expect }) => {
    cluster.node('drain');
    const file = place.file(
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
    const running = place.start(['screen', file, '--json']);
    await until(
      () => cluster.alive().length,
      (count) => count >= 190,
      300,
    );
    const waiting = cluster.alive().length;
    place.kill('worker');
    cluster.node('resume');
    await until(
      () =>
        cluster
          .slurm('squeue', '--noheader', '--states=completed', '--format=%i')
          .split('\n')
          .filter((id) => Number(id) > since).length,
      (count) => count >= Math.min(waiting, 80),
      400,
    );
    expect([...cluster.queued(since).values()].filter((times) => times > 1)).toEqual([]);
    await place.run(['cancel', 'small']);
    await running.ended;
    expect(cluster.alive()).toEqual([]);
  });
});
