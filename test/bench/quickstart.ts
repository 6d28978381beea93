/**
 * `npm run bench:quickstart`: times the quickstart campaign on a fresh home, its repeat, and the services' start; records memory of each
 * process, events per candidate and the load of the machine. Writes one JSON document to test/bench/results/quickstart-<engine>.json.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { readIfPresent } from '../../connectors/embedded/home.js';
import { machine } from './machine.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'peierls-bench-'));
const environment = { ...process.env, PEIERLS_HOME: home };
const peak = new Map<string, number>();

interface Run {
  seconds: number;
  code: number | null;
  output: string;
}

function peierls(...args: string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'cli', 'peierls.mjs'), ...args], {
    env: environment,
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  const sampler = setInterval(() => sample(child.pid), 500);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(sampler);
      resolve({ seconds: (performance.now() - began) / 1000, code, output });
    });
  });
}

/** Peak resident memory so far, in MB, as the kernel counts it. */
function sample(cli: number | undefined): void {
  const processes: [string, string | undefined][] = [
    ['cli', String(cli)],
    ...['worker', 'temporal', 'store'].map((name): [string, string | undefined] => [
      name,
      readIfPresent(join(home, 'run', `${name}.pid`))?.trim(),
    ]),
  ];
  for (const [name, pid] of processes) {
    const status = pid === undefined ? undefined : readIfPresent(`/proc/${pid}/status`);
    const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0);
    peak.set(name, Math.max(peak.get(name) ?? 0, Math.round(kilobytes / 1024)));
  }
}

async function events(): Promise<Record<string, { workflows: number; events: number }>> {
  const { endpoint } = JSON.parse(readFileSync(join(home, 'run', 'temporal.json'), 'utf8')) as { endpoint: { address: string } };
  const connection = await Connection.connect({ address: endpoint.address });
  const totals: Record<string, { workflows: number; events: number }> = {};
  for await (const workflow of new Client({ connection }).workflow.list()) {
    const entry = (totals[workflow.type] ??= { workflows: 0, events: 0 });
    entry.workflows += 1;
    entry.events += workflow.historyLength;
  }
  await connection.close();
  return totals;
}

const loadBefore = loadavg();
const first = await peierls('up', '--detach');
const campaign = await peierls('screen', 'deploy/campaigns/quickstart.yaml', '--json');
const history = await events();
const repeat = await peierls('screen', 'deploy/campaigns/quickstart.yaml', '--json');
await peierls('down');
const next = await peierls('up', '--detach');
await peierls('down');
const status = JSON.parse(campaign.output) as {
  counts: { candidates: number };
  points: Record<string, number>;
  jobs: Record<string, number>;
};
const again = JSON.parse(repeat.output) as { points: Record<string, number> };
const doctor = JSON.parse((await peierls('doctor', '--json')).output) as {
  calculators: { name: string; usable: boolean; version: string }[];
};
const engine = doctor.calculators.find(({ usable }) => usable);
const total = Object.values(history).reduce((sum, entry) => sum + entry.events, 0);
const result = {
  measuredAt: new Date().toISOString(),
  machine: { ...machine(), loadBefore, loadAfter: loadavg() },
  engine: `${engine?.name ?? 'none'} ${engine?.version ?? ''}`,
  seconds: { firstStart: first.seconds, campaign: campaign.seconds, repeat: repeat.seconds, nextStart: next.seconds },
  exitCodes: { campaign: campaign.code, repeat: repeat.code },
  counts: status.counts,
  points: status.points,
  jobs: status.jobs,
  pointsOfRepeat: again.points.executed === status.points['executed'] ? 0 : again.points,
  peakMemoryMb: Object.fromEntries(peak),
  events: { perCandidate: total / status.counts.candidates, byWorkflow: history },
};
const folder = join(root, 'test', 'bench', 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, `quickstart-${engine?.name.includes('wasm') === true ? 'wasm' : 'native'}.json`),
  `${JSON.stringify(result, undefined, 1)}\n`,
);
rmSync(home, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(result, undefined, 1)}\n`);
