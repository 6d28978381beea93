/**
 * `npm run bench:campaign`: a campaign of some 5,000 solid solutions (PEIERLS_BENCH_DIVISIONS makes it smaller), of which PEIERLS_BENCH_SAMPLE
 * (160) are simulated and the others interpolated and predicted; worker, store and Temporal server are killed (-9) once in mid-simulation and the
 * worker once more in mid-prediction. Counts that nothing is lost or done twice; time of each part, memory of each process, Temporal events per
 * candidate, size of the store. Writes test/bench/results/campaign.json.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { MongoClient, type Db } from 'mongodb';
import { stringify } from 'yaml';
import { readIfPresent } from '../../connectors/embedded/home.js';
import type { CandidateDocument } from '../../connectors/store/document.js';
import type { RankingRow } from '../../connectors/store/rank.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { machine } from './machine.js';
import { writeResult } from './result.js';

const divisions = Number(process.env['PEIERLS_BENCH_DIVISIONS'] ?? 10);
const sample = Number(process.env['PEIERLS_BENCH_SAMPLE'] ?? 160);
const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'peierls-campaign-'));
const environment = { ...process.env, PEIERLS_HOME: home };
const peak = new Map<string, number>();
const services = ['worker', 'temporal', 'store'];
const killed: { names: string[]; concluded: number }[] = [];
const loads: number[] = [];

const campaign = {
  name: 'thousands',
  description: 'Solid solutions of the 16 metals of the Zhou-Johnson-Wadley potential, on grids of compositions.',
  candidates: [
    {
      generator: 'composition-grid',
      prototypes: ['A1'],
      elements: ['Ag', 'Al', 'Au', 'Cu', 'Ni', 'Pb', 'Pd', 'Pt'],
      components: 3,
      divisions,
    },
    { generator: 'composition-grid', prototypes: ['A2'], elements: ['Fe', 'Mo', 'Ta', 'W'], components: 4, divisions: 2 * divisions },
    {
      generator: 'composition-grid',
      prototypes: ['A3'],
      elements: ['Co', 'Mg', 'Ti', 'Zr'],
      components: 4,
      divisions: Math.round(1.6 * divisions),
    },
  ],
  calculator: { name: 'lammps', potential: 'zhou2004' },
  sample: { candidates: sample },
};

function peierls(...args: string[]): { ended: Promise<{ code: number | null; out: string }>; pid: number | undefined } {
  const child = spawn(process.execPath, [join(root, 'cli', 'peierls.mjs'), ...args], {
    env: environment,
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  return { pid: child.pid, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, out }))) };
}

function serviceId(name: string): string | undefined {
  return readIfPresent(join(home, 'run', `${name}.pid`))?.trim();
}

/** Peak resident memory so far, in MB, as the kernel counts it. */
function watch(cli: number | undefined): void {
  loads.push(loadavg()[0] ?? 0);
  for (const [name, pid] of [['cli', String(cli)], ...services.map((name) => [name, serviceId(name)])] as [string, string | undefined][]) {
    const status = pid === undefined ? undefined : readIfPresent(`/proc/${pid}/status`);
    const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0);
    peak.set(name, Math.max(peak.get(name) ?? 0, Math.round(kilobytes / 1024)));
  }
}

async function database<Value>(question: (db: Db) => Promise<Value>): Promise<Value | undefined> {
  const note = readIfPresent(join(home, 'run', 'store.json'));
  if (note === undefined) return undefined;
  const { endpoint } = JSON.parse(note) as { endpoint: { uri: string } };
  const client = new MongoClient(endpoint.uri, { serverSelectionTimeoutMS: 1000 });
  try {
    return await question(client.db('peierls'));
  } catch {
    // Not up yet, or just killed: the caller asks again.
    return undefined;
  } finally {
    await client.close();
  }
}

type Shown = Pick<CandidateDocument, '_id' | 'state' | 'interpolate' | 'updatedAt'> & { predictions: unknown[]; calculations: unknown[] };

function candidates(): Promise<Shown[] | undefined> {
  return database((db) =>
    db
      .collection<Shown>('candidates')
      .find({}, { projection: { structure: 0, summary: 0 } })
      .toArray(),
  );
}

/** Waits until so many of a kind are concluded, then kills. */
async function killAt(least: number, interpolated: boolean, names: string[]): Promise<void> {
  for (;;) {
    const concluded = (await candidates())?.filter(
      ({ state, interpolate, predictions }) => (interpolate === true) === interpolated && (state === 'rejected' || predictions.length > 0),
    );
    if ((concluded?.length ?? 0) >= least) {
      for (const name of names) process.kill(Number(serviceId(name)), 'SIGKILL');
      killed.push({ names, concluded: concluded?.length ?? 0 });
      return;
    }
    await sleep(20_000);
  }
}

async function events(): Promise<Record<string, { workflows: number; events: number; largest: number }>> {
  const { endpoint } = JSON.parse(readFileSync(join(home, 'run', 'temporal.json'), 'utf8')) as { endpoint: { address: string } };
  const connection = await Connection.connect({ address: endpoint.address });
  const totals: Record<string, { workflows: number; events: number; largest: number }> = {};
  for await (const { type, historyLength } of new Client({ connection }).workflow.list()) {
    const entry = (totals[type] ??= { workflows: 0, events: 0, largest: 0 });
    entry.workflows += 1;
    entry.events += historyLength;
    entry.largest = Math.max(entry.largest, historyLength);
  }
  await connection.close();
  return totals;
}

function folderMb(folder: string): number {
  const bytes = readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
  return Math.round(bytes / 2 ** 20);
}

const seconds = (from: number): number => Math.round((performance.now() - from) / 1000);

try {
  const loadBefore = loadavg();
  const file = join(home, 'thousands.yaml');
  writeFileSync(file, stringify(campaign));
  await peierls('up', '--detach').ended;
  const began = performance.now();
  const run = peierls('screen', file, '--json');
  const watcher = setInterval(() => watch(run.pid), 1000);
  const deaths = killAt(sample / 2, false, services).then(() => killAt(500, true, ['worker']));
  const { code, out } = await run.ended;
  const total = seconds(began);
  clearInterval(watcher);
  await Promise.race([deaths, sleep(1000)]);
  const status = JSON.parse(out) as CampaignProgress;
  const all = (await candidates()) ?? [];
  const ends = (interpolated: boolean): number[] =>
    all.filter(({ interpolate }) => (interpolate === true) === interpolated).map(({ updatedAt }) => Date.parse(updatedAt));
  const simulatedUntil = Math.max(...ends(false));
  const predictionSeconds = (Math.max(...ends(true)) - simulatedUntil) / 1000;
  const history = await events();
  const rankBegan = performance.now();
  const { ranking } = JSON.parse((await peierls('rank', 'thousands', '--json').ended).out) as { ranking: RankingRow[] };
  const rankSeconds = seconds(rankBegan);
  const againBegan = performance.now();
  const again = JSON.parse((await peierls('screen', file, '--json').ended).out) as CampaignProgress;
  const eventCount = Object.values(history).reduce((sum, entry) => sum + entry.events, 0);
  const interpolated = ends(true).length;
  const result = {
    measuredAt: new Date().toISOString(),
    machine: {
      ...machine(),
      loadBefore,
      loadMean: loads.reduce((sum, load) => sum + load, 0) / loads.length,
      loadMost: Math.max(...loads),
    },
    candidates: { all: all.length, simulated: all.length - interpolated, interpolated },
    counts: status.counts,
    killed,
    exitCode: code,
    seconds: {
      total,
      simulation: total - Math.round(predictionSeconds),
      interpolationAndPrediction: Math.round(predictionSeconds),
      rank: rankSeconds,
      repeat: seconds(againBegan),
    },
    candidatesPerSecond: interpolated / predictionSeconds,
    points: status.points,
    jobs: status.jobs,
    pointsOfRepeat: again.points.executed - status.points.executed,
    peakMemoryMb: Object.fromEntries(peak),
    storeMb: folderMb(join(home, 'store')),
    temporalMb: folderMb(join(home, 'temporal')),
    events: { perCandidate: eventCount / all.length, perSimulated: eventCount / (all.length - interpolated), byWorkflow: history },
    ranked: {
      rows: ranking.length,
      distinct: new Set(ranking.map(({ candidate }) => candidate)).size,
      first: ranking
        .slice(0, 3)
        .map(({ candidate, peierlsMpa, interval90, fidelity }) => ({ candidate, peierlsMpa, interval90, fidelity })),
    },
    exact:
      status.counts.pending === 0 &&
      status.counts.candidates === all.length &&
      new Set(all.map(({ _id }) => _id)).size === all.length &&
      ranking.length === status.counts.ranked &&
      status.points.executed === status.points.distinct &&
      status.jobs.submitted === status.jobs.distinctAttempts,
  };
  writeResult('campaign', result);
  process.exitCode = result.exact ? 0 : 1;
} finally {
  await peierls('down').ended;
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
