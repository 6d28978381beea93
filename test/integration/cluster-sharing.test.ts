import { describe, test } from 'vitest';
import { until } from './cli.js';
import { whyNoCluster } from './cluster.js';
import { ClusterBench, unharmed } from './cluster-bench.js';

const why = whyNoCluster();

/* Several campaigns on one computer, and one campaign on several computers. */
describe.skipIf(why !== '')(`campaigns that share clusters${why === '' ? '' : ` (skipped: ${why})`}`, () => {
  const bench = new ClusterBench();
  const mixtures = (name: string, computer: string, concurrentCandidates = 100) =>
    bench.place.start([
      'screen',
      bench.place.file(
        `${name}.yaml`,
        `name: ${name}
computer: ${computer}
candidates:
  - { generator: solid-solution, prototypes: [A1], elements: [Cu, Ag, Au, Ni], fractions: [0.2, 0.4, 0.6, 0.8] }
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
limits: { concurrentCandidates: ${concurrentCandidates} }
`,
      ),
      '--json',
    ]);
  /** Campaigns in the order of their queue entries, by Slurm's ids. */
  const order = async (): Promise<string[]> =>
    ((await bench.place.attempts()) ?? [])
      .filter(({ jobId }) => jobId !== null)
      .toSorted((a, b) => Number(a.jobId) - Number(b.jobId))
      .map(({ campaign }) => campaign ?? '');
  /** Queue entries of others between the first and the last of a campaign. */
  const between = (entries: readonly string[], campaign: string): number =>
    entries.slice(entries.indexOf(campaign), entries.lastIndexOf(campaign)).filter((other) => other !== campaign).length;

  /** When each queue entry was made, in milliseconds. */
  const submissions = (): number[] =>
    [...bench.cluster.slurm('squeue', '--noheader', '--states=all', '--format=%i %V').matchAll(/^(\d+) (\S+)$/gm)]
      .filter(([, id]) => Number(id) > bench.since)
      .map(([, , time = '']) => Date.parse(time))
      .toSorted((a, b) => a - b);

  test('take turns, the urgent one first, and submit no faster than agreed', async ({ expect }) => {
    const perMinute = 40;
    bench.configure({ limits: `{ submitsPerMinute: ${perMinute} }` });
    const big = mixtures('big', 'lab');
    await until(order, (entries) => entries.length >= 5);
    const [even, urgent] = [
      bench.screen({ name: 'even', elements: 'Pd, Pt', extra: 'computer: lab' }),
      bench.screen({ name: 'urgent', elements: 'Al, Pb', extra: 'computer: lab\npriority: 1' }),
    ];
    expect((await bench.concluded(urgent)).counts.ranked).toBe(2);
    expect((await bench.concluded(even)).counts.ranked).toBe(2);
    const entries = await order();
    const times = submissions();
    await bench.place.run(['cancel', 'big']);
    await big.ended;
    expect(bench.cluster.alive()).toEqual([]);
    // Each of their three steps would have had to wait for the 24 candidates of the big campaign, had there been one line for all.
    expect(between(entries, 'urgent')).toBeLessThan(30);
    expect(between(entries, 'even')).toBeLessThan(40);
    const minutes = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 60_000;
    // Two more for the tokens that have gathered before the first.
    expect(times.length - 3).toBeLessThanOrEqual(perMinute * minutes);
  });

  test('send most of their candidates where these are done first', async ({ expect }) => {
    // The same cluster twice, the second time with a code that takes a second longer a point.
    bench.configure({}, (text) => {
      const [head = '', fast = '', slow = ''] = text.split(/^(?=  lab)/m);
      return head + fast + slow.replaceAll('command: [env,', `command: [bash, -c, 'sleep 1; exec "$@"', slow, env,`);
    });
    // Services of their own, so that the store can still be read in the end.
    expect((await bench.place.run(['up', '--detach'])).code).toBe(0);
    const progress = await bench.concluded(mixtures('big', '[lab, lab-jump]', 4));
    expect(bench.counted(progress)).toEqual({ ...unharmed, ranked: 24 });
    const attempts = (await bench.place.attempts()) ?? [];
    const on = (computer: string) => attempts.filter((attempt) => attempt.computer === computer).length;
    expect(on('lab') + on('lab-jump')).toBe(progress.jobs.distinctAttempts);
    expect(on('lab-jump')).toBeGreaterThan(0);
    expect(on('lab')).toBeGreaterThan(2 * on('lab-jump'));
  });
});
