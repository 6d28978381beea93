/**
 * `npm run bench:dispatch`: 200 tiny jobs (2 KB in, 2 KB out) through our SSH transport and Slurm connector on a lab cluster of its own, one by
 * one and in bundles of 20, against the floor: a plain sbatch loop and wait on the login host, same Slurm, same run. Needs root and the lab's
 * packages. Five rounds, of which
 * medians count. Writes test/bench/results/dispatch.json. What Temporal and the store cost on top is in bench:quickstart.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { bundleScript } from '../../connectors/bundle/script.js';
import { ComputerPool, type Computer } from '../../connectors/computer/computer.js';
import { ComputersFile } from '../../domain/computer.js';
import { Cluster, FaultyNetwork, whyNoCluster } from '../integration/cluster.js';
import { machine } from './machine.js';

const jobs = Number(process.env['PEIERLS_BENCH_JOBS'] ?? 200);
const bundle = 20;
/** Floor and ours in turn: the machine may have other work, which comes and goes. */
const rounds = Number(process.env['PEIERLS_BENCH_ROUNDS'] ?? 5);

const why = whyNoCluster();
if (why !== '') throw new Error(`no cluster can be had here: ${why}`);
// Slurm believes in more cores than there are: what is measured is the way there and back, not the work.
process.env['PEIERLS_LAB_CPUS'] ??= '32';
const cluster = await Cluster.open();
const network = new FaultyNetwork(cluster.sshPort);
await network.open();
const { computers } = ComputersFile.parse(parse(cluster.computers({ port: network.port, keepAliveSeconds: 30 })));
const pool = new ComputerPool(computers);
const lab = pool.get('lab');
/** As many on the way at once as a worker has. */
const atOnce = lab.settings.limits.concurrentSubmissions;
const input = 'x'.repeat(2047);
/** The point's work: answer with 2 KB and the time of its end. */
const work = 'cat input > output; date +%s%N > ended';

try {
  const load = loadavg();
  const all = [];
  for (let round = 0; round < rounds; round += 1) {
    const floor = await measured(floorRun);
    const single = await measured(() => dispatchRun(`s${round}`, 1));
    const bundled = await measured(() => dispatchRun(`b${round}`, bundle));
    all.push({
      floor,
      single: { ...single, ratioToFloor: single.pointsPerMinute / floor.jobsPerMinute },
      bundled: { ...bundled, pointsPerJob: bundle, ratioToFloor: bundled.pointsPerMinute / floor.jobsPerMinute },
    });
  }
  const result = {
    measuredAt: new Date().toISOString(),
    machine: { ...machine(), loadBefore: load, loadAfter: loadavg() },
    jobs,
    atOnce,
    /** Medians of the rounds, each number by itself. */
    floor: medians(all.map(({ floor }) => floor)),
    single: medians(all.map(({ single }) => single)),
    bundled: medians(all.map(({ bundled }) => bundled)),
    ratios: all.map(({ single, bundled }) => ({ single: single.ratioToFloor, bundled: bundled.ratioToFloor })),
    sshConnections: network.connections,
    residentMb: Math.round(process.memoryUsage.rss() / 1e6),
  };
  const folder = join(fileURLToPath(new URL('.', import.meta.url)), 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'dispatch.json'), `${JSON.stringify(result, undefined, 1)}\n`);
  process.stdout.write(`${JSON.stringify(result, undefined, 1)}\n`);
} finally {
  await pool.close();
  await network.close();
  await cluster.close();
}
process.exit(0);

/** What a run costs the whole machine, for which other work hardly matters: processes started, and what was asked of Slurm's controller. */
async function measured<Run extends object>(run: () => Promise<Run>) {
  cluster.slurm('sdiag', '--reset');
  const before = processesStarted();
  const result = await run();
  const processesPerPoint = (processesStarted() - before) / jobs;
  const asked = cluster.slurm('sdiag');
  const count = (kind: RegExp): number => [...asked.matchAll(kind)].reduce((sum, [, number]) => sum + Number(number), 0);
  return {
    ...result,
    processesPerPoint,
    // "REQUEST_JOB_USER_INFO ( 2039) count:27 ave_time:1295": squeue by user, by id, by state.
    controllerQueriesPerPoint: count(/REQUEST_JOB_(?:USER_)?INFO\w*\s+\([ \d]+\)\s+count:(\d+)/g) / jobs,
  };
}

/** Since the machine was started. "processes 12345" in /proc/stat. */
function processesStarted(): number {
  return Number(/^processes (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
}

function medians(runs: readonly Record<string, number | undefined>[]): Record<string, number> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = runs.map((run) => run[name] ?? NaN).toSorted((a, b) => a - b);
      return [name, values[Math.floor(values.length / 2)] ?? NaN];
    }),
  );
}

/** On the login host itself: a loop of sbatch, then a wait for the last job. One command of ours, so SSH costs nothing. */
async function floorRun(): Promise<{ seconds: number; jobsPerMinute: number }> {
  const folder = `${lab.settings.workDir}/floor`;
  const script = `set -e
mkdir -p "$1"; cd "$1"
for i in $(seq ${jobs}); do mkdir -p $i; printf %s "$2" > $i/input; printf '#!/bin/bash\\ncd "%s" && { %s; }\\n' "$1/$i" "$3" > $i/job.sh; done
start=$EPOCHREALTIME
for i in $(seq ${jobs}); do sbatch --parsable --output=/dev/null "$i/job.sh" > /dev/null; done
while [ "$(ls -d */ended 2>/dev/null | wc -l)" -lt ${jobs} ]; do sleep 0.1; done
echo "$start $EPOCHREALTIME"`;
  const { code, stdout, stderr } = await lab.transport.exec(['bash', '-c', script, 'floor', folder, input, work], { timeoutSeconds: 600 });
  if (code !== 0) throw new Error(stderr);
  const [start = NaN, end = NaN] = stdout.trim().split(' ').map(Number);
  await lab.transport.remove(folder);
  return { seconds: end - start, jobsPerMinute: (jobs / (end - start)) * 60 };
}

/** Every job from staging to collected result. */
async function dispatchRun(name: string, perJob: number) {
  const queries = lab.monitor.queries;
  const delays: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const names = Array.from({ length: jobs / perJob }, (_, index) => `b${name}${began.toFixed(0).slice(-6)}-${index + 1}`);
  const submitting = names.values();
  const ends: Promise<void>[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const job of submitting) ends.push(collected(lab, await submitted(lab, job, perJob), perJob, delays));
    }),
  );
  await Promise.all(ends);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  delays.sort((a, b) => a - b);
  return {
    seconds,
    jobs: names.length,
    pointsPerMinute: (jobs / seconds) * 60,
    cpuSecondsPerJob: (user + system) / 1e6 / names.length,
    queueQueriesPerJob: (lab.monitor.queries - queries) / names.length,
    medianSecondsFromEndToResult: delays[Math.floor(delays.length / 2)],
  };
}

async function submitted(computer: Computer, name: string, perJob: number) {
  const request = { name, folder: `${computer.settings.workDir}/${name}`, wallTimeSeconds: 600 };
  const points = Array.from({ length: perJob }, (_, index) => ({ folder: `p${index}`, args: [work] }));
  const script = bundleScript({
    attempt: name,
    command: ['sh', '-c'],
    preamble: computer.scheduler.preamble(request),
    points,
    wallTimeSeconds: 600,
  });
  await computer.transport.putFiles(request.folder, {
    ...Object.fromEntries(points.map(({ folder }) => [`points/${folder}/input`, input])),
    [`${name}.sh`]: script,
  });
  return { ...request, id: await computer.scheduler.submit(request) };
}

async function collected(computer: Computer, job: Awaited<ReturnType<typeof submitted>>, perJob: number, delays: number[]): Promise<void> {
  const { verdict } = await computer.monitor.wait(job);
  const names = Array.from({ length: perJob }, (_, index) => [`points/p${index}/output`, `points/p${index}/ended`]).flat();
  const files = await computer.transport.getFiles(job.folder, names);
  for (let index = 0; index < perJob; index += 1)
    if (files[`points/p${index}/output`] !== input) throw new Error(`${job.name}: ${verdict}, point ${index} has no result`);
  delays.push(Date.now() / 1000 - Number(files[`points/p${perJob - 1}/ended`]) / 1e9);
}
