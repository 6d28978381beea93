/**
 * `npm run bench:scan`: a database of 150,000 materials (PEIERLS_BENCH_MATERIALS), two in a hundred of them unusable, read through a server that
 * fails two in a hundred requests; worker and store are killed (-9) half-way. Then the unchanged database, and one with a thousandth changed. Counts
 * every record, request and page, and the memory of each process. Writes test/bench/results/scan.json.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { MongoClient, type Db } from 'mongodb';
import { readIfPresent } from '../../connectors/embedded/home.js';
import type { SourceDocument } from '../../connectors/store/source-document.js';
import type { RefreshReport } from '../../domain/refresh.js';
import { FakeMaterialsProject, type Fault } from '../contract/fake-materials-project.js';
import { machine } from './machine.js';

const size = Number(process.env['PEIERLS_BENCH_MATERIALS'] ?? 150_000);
const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'peierls-scan-'));
const faults: Fault[] = ['timeout', 'truncated', 'rate-limited', 'dropped', 'gateway', 'slow-drip'];
const server = await FakeMaterialsProject.open({
  materials: size,
  fault: (number) => (number % 50 === 7 ? faults[Math.floor(number / 50) % faults.length] : undefined),
});
const environment = { ...process.env, ...server.environment, PEIERLS_HOME: home };
const peak = new Map<string, number>();
const killed: string[] = [];

interface Run {
  seconds: number;
  code: number | null;
  report: RefreshReport;
  requests: number;
}

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

async function refresh(during: () => Promise<void> = async () => undefined): Promise<Run> {
  const before = server.requests;
  const began = performance.now();
  const { ended, pid } = peierls('source', 'refresh', 'materials-project', '--json');
  const sampler = setInterval(() => sample(pid), 500);
  await during();
  const { code, out } = await ended;
  clearInterval(sampler);
  const { sources } = JSON.parse(out) as { sources: [RefreshReport] };
  return { seconds: (performance.now() - began) / 1000, code, report: sources[0], requests: server.requests - before };
}

/** Peak resident memory so far, in MB, as the kernel counts it. */
function sample(cli: number | undefined): void {
  const ids = ['worker', 'temporal', 'store'].map((name): [string, string | undefined] => [
    name,
    readIfPresent(join(home, 'run', `${name}.pid`))?.trim(),
  ]);
  for (const [name, pid] of [['cli', String(cli)] as const, ...ids]) {
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

/** Waits for half of the pages, then kills worker and store. */
async function killHalfWay(): Promise<void> {
  for (;;) {
    const source = await database((db) => db.collection<SourceDocument>('sources').findOne({ _id: 'materials-project' }));
    if ((source?.running?.records ?? 0) >= size / 2) break;
    await sleep(250);
  }
  for (const name of ['worker', 'store']) {
    process.kill(Number(readFileSync(join(home, 'run', `${name}.pid`), 'utf8')), 'SIGKILL');
    killed.push(name);
  }
}

async function events(): Promise<number> {
  const { endpoint } = JSON.parse(readFileSync(join(home, 'run', 'temporal.json'), 'utf8')) as { endpoint: { address: string } };
  const connection = await Connection.connect({ address: endpoint.address });
  let total = 0;
  for await (const workflow of new Client({ connection }).workflow.list()) total += workflow.historyLength;
  await connection.close();
  return total;
}

try {
  const loadBefore = loadavg();
  await peierls('up', '--detach').ended;
  const first = await refresh(killHalfWay);
  const history = await events();
  const documents = await database((db) =>
    db
      .collection<{ _id: string; prototype?: string; refused?: string }>('materials')
      .find({}, { projection: { prototype: 1, refused: 1 } })
      .toArray(),
  );
  const stored = {
    documents: documents?.length,
    distinct: new Set(documents?.map(({ _id }) => _id)).size,
    crystals: documents?.filter(({ prototype }) => prototype !== undefined).length,
    refusedWithReason: documents?.filter(({ refused }) => refused !== undefined).length,
  };
  const unchanged = await refresh();
  const changed = Array.from({ length: Math.round(size / 1000) }, (_, index) => index * 1000);
  server.change(changed, { lastUpdated: '2026-06-01T00:00:00Z' });
  server.change([5, 15, 25], { removed: true });
  const incremental = await refresh();
  const result = {
    measuredAt: new Date().toISOString(),
    machine: { ...machine(), loadBefore, loadAfter: loadavg() },
    materials: size,
    killed,
    first,
    stored,
    unchanged,
    incremental,
    answered: Object.fromEntries(server.answered),
    temporalEventsOfFirst: history,
    peakMemoryMb: Object.fromEntries(peak),
    exact: stored.documents === size && stored.distinct === size && first.report.records === size && first.report.duplicates === 0,
  };
  mkdirSync(join(root, 'test', 'bench', 'results'), { recursive: true });
  writeFileSync(join(root, 'test', 'bench', 'results', 'scan.json'), `${JSON.stringify(result, undefined, 1)}\n`);
  process.stdout.write(`${JSON.stringify(result, undefined, 1)}\n`);
  process.exitCode = result.exact ? 0 : 1;
} finally {
  await peierls('down').ended;
  await server.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
