import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { CampaignProgress } from '../../domain/progress.js';
import { campaignText, Workplace } from './cli.js';
import { Cluster, FaultyNetwork, type ClusterOptions } from './cluster.js';

/** What a campaign on a cluster must amount to that nothing befell. */
export const unharmed = { state: 'done', ranked: 4, lost: 0, twice: 0, queuedTwice: 0, alive: [] as string[] };

/**
 * A cluster of one test file, and for each test a home of its own with real campaigns on it. What is counted comes from three witnesses: the
 * campaign, the logs that jobs leave in their folders (points executed, queue entries), and Slurm's own list of jobs.
 */
export class ClusterBench {
  #cluster: Cluster | undefined;
  #network: FaultyNetwork | undefined;
  #place: Workplace | undefined;
  #homes = 0;
  readonly shared = `/var/tmp/peierls-cluster-${process.pid}`;
  /** Jobs up to this id are those of earlier tests. */
  since = 0;

  /** To be called while the tests of a file are collected. */
  constructor(options: ClusterOptions = {}) {
    beforeAll(async () => {
      const cluster = await Cluster.open(options);
      this.#cluster = cluster;
      mkdirSync(this.shared);
      chmodSync(this.shared, 0o777);
      // A site as sites are: a banner, a profile that talks, a prompt command that fails.
      cluster.home('.bash_profile', 'echo "Welcome to the cluster"; echo "quota: 12 % used" >&2\n');
      cluster.home('.bashrc', 'echo "modules loaded"; module load nothing 2>&1; false\n');
      this.#network = new FaultyNetwork(cluster.sshPort);
      await this.#network.open();
    }, 240_000);
    afterAll(async () => {
      rmSync(this.shared, { recursive: true, force: true });
      await this.#network?.close();
      await this.#cluster?.close();
    });
    beforeEach(async () => {
      this.#place = new Workplace();
      await this.#place.choosePorts();
      this.configure();
      this.since = this.cluster.youngest();
    });
    afterEach(async () => {
      await this.#place?.close();
      // Where a test failed half-way, its jobs must not be those of the next one.
      this.cluster.empty();
    });
  }

  get workDir(): string {
    return `${this.shared}/${this.#homes}`;
  }

  get cluster(): Cluster {
    return opened(this.#cluster);
  }

  get network(): FaultyNetwork {
    return opened(this.#network);
  }

  get place(): Workplace {
    return opened(this.#place);
  }

  /** Writes `computers.yaml`, with a work directory that nobody has used. */
  configure(changes: Parameters<Cluster['computers']>[0] = {}, edit = (text: string) => text): void {
    this.#homes += 1;
    const { workDir } = this;
    this.place.environment['PEIERLS_COMPUTERS'] = this.place.file('computers.yaml', edit(this.cluster.computers({ workDir, ...changes })));
  }

  screen(changes: { name?: string; elements?: string; extra?: string } = {}, environment: NodeJS.ProcessEnv = {}) {
    const text = campaignText({ elements: 'Cu, Ni, Al, W', extra: 'computer: lab\nlimits: { concurrentCandidates: 4 }', ...changes });
    return this.place.start(['screen', this.place.file(`${changes.name ?? 'small'}.yaml`, text), '--json'], environment);
  }

  progress(campaign = 'small'): Promise<CampaignProgress | undefined> {
    return this.place.progress(campaign);
  }

  /** Nothing lost, nothing done twice, nothing left behind. */
  counted({ state, counts, points, jobs }: CampaignProgress): typeof unharmed {
    return {
      state,
      ranked: counts.ranked,
      lost: counts.pending + counts.failed,
      twice: points.executed - points.distinct,
      queuedTwice:
        jobs.submitted - jobs.distinctAttempts + [...this.cluster.queued(this.since).values()].filter((times) => times > 1).length,
      alive: this.cluster.alive(),
    };
  }

  async concluded({ ended }: ReturnType<ClusterBench['screen']>): Promise<CampaignProgress> {
    const { code, out, err } = await ended;
    if (code !== 0) throw new Error(`exit code ${code}: ${err.slice(-2000)}`);
    return JSON.parse(out) as CampaignProgress;
  }

  async finished(running: ReturnType<ClusterBench['screen']>): Promise<typeof unharmed> {
    return this.counted(await this.concluded(running));
  }
}

function opened<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the cluster is opened before the tests');
  return value;
}
