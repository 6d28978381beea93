/**
 * `npm run bench:rank`: `peierls rank` of 5,000 candidates (PEIERLS_BENCH_CANDIDATES). Writes a finished campaign of that size into an embedded store,
 * with documents as a campaign leaves them (numbers made up from the composition: only their size and shape matter here), and times the command:
 * seconds, processor seconds of command and store, peak memory. Writes test/bench/results/rank.json.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHome, readIfPresent } from '../../connectors/embedded/home.js';
import { ensureStore, keepServices, stopServices } from '../../connectors/embedded/services.js';
import type { AttemptDocument, CandidateDocument } from '../../connectors/store/document.js';
import { candidateDocuments, generatedMaterials } from '../../connectors/store/enumeration.js';
import { pack } from '../../connectors/store/nested-array.js';
import type { RankingRow } from '../../connectors/store/rank.js';
import { insertNew, openStore, type Store } from '../../connectors/store/store.js';
import { Campaign } from '../../domain/campaign.js';
import { gramsPerCm3 } from '../../domain/density.js';
import { elements, ElementSymbol, massU } from '../../domain/element.js';
import { slipSystems } from '../../domain/slip-system.js';
import { machine } from './machine.js';
import { median, writeResult } from './result.js';

const wanted = Number(process.env['PEIERLS_BENCH_CANDIDATES'] ?? 5000);
const rounds = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'peierls-rank-'));
const environment = { ...process.env, PEIERLS_HOME: folder };
const home = openHome(environment);

const definition = Campaign.parse({
  name: 'thousands',
  candidates: [
    {
      generator: 'composition-grid',
      prototypes: ['A1'],
      elements: ['Ag', 'Al', 'Au', 'Cu', 'Ni', 'Pb', 'Pd', 'Pt'],
      components: 3,
      divisions: 10,
    },
    { generator: 'composition-grid', prototypes: ['A2'], elements: ['Fe', 'Mo', 'Ta', 'W'], components: 4, divisions: 20 },
    { generator: 'composition-grid', prototypes: ['A3'], elements: ['Co', 'Mg', 'Ti', 'Zr'], components: 4, divisions: 16 },
  ],
  calculator: { name: 'lammps', potential: 'zhou2004' },
});

async function fill(store: Store): Promise<number> {
  const materials = generatedMaterials(definition);
  const all = candidateDocuments('thousands', 1, materials, '2026-01-01T00:00:00Z').slice(0, wanted);
  const occupants = new Map(materials.map((material) => [material._id, material.occupants?.A ?? {}]));
  await store.collection('campaigns').insertOne({
    _id: 'thousands',
    definition: pack(definition),
    definitionHash: 'thousands',
    revision: 1,
    state: 'done',
    shards: Math.ceil(all.length / 100),
    fileMaterials: [],
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T01:00:00Z',
  });
  const documents = all.map((candidate, index) => concluded(candidate, occupants.get(candidate.material) ?? {}, index));
  for (let start = 0; start < documents.length; start += 500)
    await insertNew(store.collection('candidates'), documents.slice(start, start + 500));
  await insertNew(store.collection('attempts'), documents.slice(0, 500).map(attempt));
  return documents.length;
}

function concluded(candidate: CandidateDocument, composition: Record<string, number>, index: number): CandidateDocument {
  const mean = (of: (symbol: ElementSymbol) => number): number =>
    Object.entries(composition).reduce((sum, [symbol, fraction]) => sum + fraction * of(ElementSymbol.parse(symbol)), 0);
  const volume = mean((symbol) => elements[symbol].atomicVolume ?? 15);
  const a = Math.cbrt(4 * volume);
  const shear = 20 + mean((symbol) => elements[symbol].number);
  const systems = slipSystems(candidate.prototype).filter(({ primary }) => primary);
  const faults = systems.map(({ name }) => ({
    slipSystem: name,
    unstable: 3 * shear + 0.1,
    intrinsic: shear / 3,
    burgersAngstrom: a * 0.7,
  }));
  const predictions = systems.flatMap(({ name }) =>
    (['edge', 'screw'] as const).map((character): CandidateDocument['predictions'][number] => {
      const peierlsMpa = shear * (character === 'edge' ? 1.7 : 11.3);
      return {
        id: `${candidate._id}/${name}/${character}`,
        slipSystem: name,
        character,
        peierlsMpa,
        interval90: [peierlsMpa / 2.7, peierlsMpa * 2.6],
        domain: 'inside',
        domainDistance: 0.321 + (index % 7) / 10,
        uncertainty: { physical: 0.25, system: 0.31, inference: 0.47 },
        predictor: 'ensemble',
        model: 'd7bb53125e60',
        protocol: 'peierls-stress 3',
        belowFloor: false,
        belowFloorProbability: 0.02,
      };
    }),
  );
  const constants = candidate.lattice === 'hcp' ? ['C11', 'C12', 'C13', 'C33', 'C44'] : ['C11', 'C12', 'C44'];
  return {
    ...candidate,
    state: 'ranked',
    fidelity: 'md',
    computer: 'local',
    calculations: ['relaxation', 'elastic-tensor', ...systems.map(() => 'gamma-surface')].map((kind, place) => ({
      id: `${String(index).padStart(8, '0')}${place}`.padEnd(64, '0123456789abcdef'),
      kind,
      label: kind,
      reused: false,
      points: 7,
      executed: 7,
      attempts: 1,
      jobs: 1,
    })),
    verdict: { kind: 'ranked', reason: 'its Peierls stress is predicted' },
    summary: {
      a,
      energyPerAtomEv: -4.2 - index / 1e5,
      bulkGpa: 2 * shear,
      shearGpa: shear,
      youngGpa: 2.6 * shear,
      pugh: 0.5,
      faults,
      warnings: [],
      composition,
      densityGPerCm3: (gramsPerCm3 * massU(composition)) / volume,
      constants: Object.fromEntries(constants.map((name, place) => [name, shear * (3 - place * 0.5)])),
      poisson: 0.3,
    },
    predictions,
    model: 'd7bb53125e60',
  };
}

function attempt({ calculations }: CandidateDocument, index: number): AttemptDocument {
  return {
    _id: `p${String(index).padStart(8, '0')}-1`,
    calculation: calculations[0]?.id ?? '',
    number: 1,
    computer: 'local',
    folder: `/work/p${index}`,
    jobId: String(index),
    state: 'ended',
    campaign: 'thousands',
    cores: 1,
    queueSeconds: 0,
    runSeconds: 10,
    pointsWanted: 7,
    pointsDone: 7,
    submittedAt: '2026-01-01T00:00:00Z',
    endedAt: '2026-01-01T00:00:10Z',
  };
}

interface Run {
  seconds: number;
  cpuSeconds: { command: number; store: number };
  peakMemoryMb: number;
}

/** Runs the command under the shell's clock, which counts the processor time of the whole family. */
async function rank(...args: string[]): Promise<Run & { out: string }> {
  const before = storeCpuSeconds();
  const began = performance.now();
  const command = [
    'TIMEFORMAT="cpu %U %S"; time "$0" "$@"',
    process.execPath,
    join(root, 'cli', 'peierls.mjs'),
    'rank',
    'thousands',
    ...args,
  ];
  const child = spawn('bash', ['-c', ...command], { env: environment, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err, peakMemoryMb] = ['', '', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const watcher = setInterval(() => {
    const own = readIfPresent(`/proc/${child.pid}/task/${child.pid}/children`)?.trim();
    const status = own === undefined ? undefined : readIfPresent(`/proc/${own}/status`);
    peakMemoryMb = Math.max(peakMemoryMb, Math.round(Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0) / 1024));
  }, 100);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(watcher);
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(err) ?? [];
  if (code !== 0 || user === undefined) throw new Error(`peierls rank exited ${code}: ${err}`);
  const seconds = (performance.now() - began) / 1000;
  return { out, seconds, cpuSeconds: { command: Number(user) + Number(system), store: storeCpuSeconds() - before }, peakMemoryMb };
}

function storeId(): string {
  return readFileSync(join(folder, 'run', 'store.pid'), 'utf8').trim();
}

/** A hundredth of a second is the kernel's tick. */
function storeCpuSeconds(): number {
  const fields = readFileSync(`/proc/${storeId()}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

try {
  const store = await openStore(await ensureStore(home, environment, () => undefined));
  const candidates = await fill(store);
  await store.close();
  keepServices(home, true);
  const loadBefore = loadavg();
  const runs: (Run & { out: string })[] = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await rank('--json', '--top', String(candidates)));
  const table = await rank();
  const { ranking } = JSON.parse(runs[0]?.out ?? '') as { ranking: RankingRow[] };
  const exact = ranking.length === candidates && new Set(ranking.map(({ candidate }) => candidate)).size === candidates;
  const storeStatus = readFileSync(`/proc/${storeId()}/status`, 'utf8');
  writeResult('rank', {
    measuredAt: new Date().toISOString(),
    machine: { ...machine(), loadBefore, loadAfter: loadavg() },
    candidates,
    exact,
    /** Of `rank --json` with all rows, medians of the rounds. */
    seconds: median(runs.map(({ seconds }) => seconds)),
    cpuSeconds: {
      command: median(runs.map(({ cpuSeconds }) => cpuSeconds.command)),
      store: median(runs.map(({ cpuSeconds }) => cpuSeconds.store)),
    },
    peakMemoryMb: {
      command: Math.max(...runs.map(({ peakMemoryMb }) => peakMemoryMb)),
      store: Math.round(Number(/VmHWM:\s+(\d+)/.exec(storeStatus)?.[1] ?? 0) / 1024),
    },
    /** Of the table of the first ten. */
    table: { seconds: table.seconds, cpuSeconds: table.cpuSeconds },
  });
  process.exitCode = exact ? 0 : 1;
} finally {
  await stopServices(home);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
