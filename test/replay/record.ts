import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { resolveBinary } from '../../connectors/embedded/binary.js';
import { temporalWays } from '../../connectors/embedded/temporal.js';
import {
  calculationWorkflowId,
  campaignPredictionWorkflowId,
  campaignWorkflowId,
  candidateWorkflowId,
  computerWorkflowId,
  shardWorkflowId,
} from '../../domain/campaign.js';
import { notificationWorkflowId } from '../../domain/notification.js';
import { refreshWorkflowId } from '../../domain/source.js';
import { FakeMaterialsProject } from '../contract/fake-materials-project.js';

// Records one history per workflow type from a real tiny campaign; run once per release:  npx tsx test/replay/record.ts
const version = '0.1.0';
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'peierls-record-'));
const cli = fileURLToPath(new URL('../../cli/peierls.mjs', import.meta.url));
const database = await FakeMaterialsProject.open({ materials: 1500 });
const environment = { ...process.env, PEIERLS_HOME: home, ...database.environment };
const peierls = (...args: string[]) => run(process.execPath, [cli, ...args], { env: environment });

const campaign = `
name: replay
candidates:
  - generator: pure
    elements: [Cu, Ni]
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
limits: { concurrentCandidates: 1 }
`;

const databases = `
name: replay-sources
rescreen: changed
candidates:
  - { source: materials-project, chemicalSystems: [Ni], spaceGroups: [225] }
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
`;

const sampled = `
name: replay-sample
candidates:
  - { generator: composition-grid, prototypes: [A1], elements: [Cu, Ni] }
calculator: { name: lammps, potential: zhou2004 }
protocol: { gamma: { grid: [3, 3] } }
sample: { candidates: 8 }
`;

const training = `
name: replay-training
metals:
  - generator: pure
    elements: [Ni]
dislocations:
  - { slipSystem: '{111}<110>', characters: [screw], grid: [6, 6] }
calculator: { name: lammps, potential: zhou2004 }
`;

/** Takes every notification. */
const receiver = createServer((_, response) => response.end());
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const { port } = receiver.address() as AddressInfo;
writeFileSync(join(home, 'notifications.yaml'), `channels: [{ kind: webhook, name: chat, url: 'http://127.0.0.1:${port}/' }]\n`);

/** Names to record, for instance `training-campaign`; all by default. */
const wanted = process.argv.slice(2);

try {
  const file = join(home, 'replay.yaml');
  writeFileSync(file, campaign);
  await peierls('screen', file, '--no-follow', '--json');
  await peierls('pause', 'replay');
  await peierls('resume', 'replay');
  await until(async () => (JSON.parse((await peierls('status', 'replay', '--json')).stdout) as { state: string }).state === 'done');
  const shown = JSON.parse((await peierls('show', 'replay/Cu-A1', '--json')).stdout) as { calculations: { _id: string; kind: string }[] };
  const elastic = shown.calculations.find(({ kind }) => kind === 'elastic-tensor')?._id ?? '';
  const { endpoint } = JSON.parse(readFileSync(join(home, 'run', 'temporal.json'), 'utf8')) as { endpoint: { address: string } };
  const { path: temporal } = await resolveBinary('Temporal server', temporalWays(process.env), () => undefined);
  const noticed = async () =>
    (
      JSON.parse((await peierls('notify', 'list', '--json')).stdout) as {
        notifications: { _id: string; deliveries: { chat: { state: string } } }[];
      }
    ).notifications;
  await until(async () => (await noticed())[0]?.deliveries.chat.state === 'delivered');
  const [told] = await noticed();
  let modelWorkflow = '';
  // Minutes that few recordings need.
  if (wanted.length === 0 || wanted.some((name) => /training|prediction/.test(name))) {
    const trainingFile = join(home, 'replay-training.yaml');
    writeFileSync(trainingFile, training);
    await peierls('library', 'build', trainingFile, '--out', join(home, 'library.json'));
    const published = fileURLToPath(new URL('../../data/library/published-pt.json', import.meta.url));
    const model = await peierls('model', 'train', published, '--networks', '0', '--promote', '--json');
    modelWorkflow = (JSON.parse(model.stdout) as { workflow: string }).workflow;
    await peierls('repredict', 'replay');
  }
  await peierls('source', 'refresh', 'materials-project');
  const databasesFile = join(home, 'replay-sources.yaml');
  writeFileSync(databasesFile, databases);
  await peierls('screen', databasesFile);
  database.change(
    Array.from({ length: 1500 }, (_, index) => index),
    { lastUpdated: '2026-06-01T00:00:00Z' },
  );
  const refreshed = JSON.parse((await peierls('source', 'refresh', databasesFile, '--json')).stdout) as { sources: { source: string }[] };
  await until(async () => (JSON.parse((await peierls('status', 'replay-sources', '--json')).stdout) as { state: string }).state === 'done');
  const sampledFile = join(home, 'replay-sample.yaml');
  writeFileSync(sampledFile, sampled);
  await peierls('screen', sampledFile);
  for (const [name, workflowId] of [
    ['screening-campaign', campaignWorkflowId('replay')],
    ['screening-campaign-sources', campaignWorkflowId('replay-sources')],
    // The run that a refresh has started.
    ['screening-campaign-rescreen', campaignWorkflowId('replay-sources')],
    ['screening-campaign-sample', campaignWorkflowId('replay-sample')],
    ['database-refresh-follow-up', refreshWorkflowId(refreshed.sources[0]?.source ?? '')],
    ['screening-shard', shardWorkflowId('replay', 0)],
    // Those without the word were recorded before predictions had a queue of their own, and must go on replaying.
    ['screening-shard-inference', shardWorkflowId('replay', 0)],
    ['candidate-evaluation-inference', candidateWorkflowId('replay/Cu-A1')],
    ['predictor-training', modelWorkflow],
    ['campaign-prediction', campaignPredictionWorkflowId('replay')],
    ['candidate-evaluation', candidateWorkflowId('replay/Cu-A1')],
    ['calculation', calculationWorkflowId(elastic)],
    ['computer-guard', computerWorkflowId('local')],
    ['notification', notificationWorkflowId(told?._id ?? '')],
    ['training-campaign', campaignWorkflowId('replay-training')],
    ['database-refresh', refreshWorkflowId('materials-project')],
    ['candidate-evaluation-training', candidateWorkflowId('replay-training/Ni-A1')],
  ] as const) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const { stdout } = await run(
      temporal,
      ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json', '--address', endpoint.address],
      { maxBuffer: 1 << 28 },
    );
    const text = JSON.stringify(anonymous(JSON.parse(stdout)), undefined, 1);
    writeFileSync(fileURLToPath(new URL(`data/${name}-${version}.json`, import.meta.url)), `${text}\n`);
    process.stdout.write(`${name}: ${text.length} bytes\n`);
  }
} finally {
  await peierls('down');
  receiver.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
}

/** Without who and where: identities hold host names and process ids, sticky queues too. */
function anonymous(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anonymous);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, scrub(key, inner)]));
}

function scrub(key: string, value: unknown): unknown {
  if (key === 'identity') return 'someone';
  if (key === 'name' && typeof value === 'string' && /-[0-9a-f]{32}$/.test(value)) return 'sticky';
  return anonymous(value);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(500);
}
