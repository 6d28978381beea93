import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { FakeMaterialsProject } from '../contract/fake-materials-project.js';
import { FakeOptimade, fakeEntry } from '../contract/fake-optimade.js';
import { pages, read, root, shellLines, yamlBlocks } from '../documented-lines.js';
import { campaignText, until, Workplace } from './cli.js';

/** Lines that are not run here, each with what runs it. */
const notHere: Readonly<Record<string, string>> = {
  'npm ci && npm start': '.ci/run begins with npm ci; what npm start starts is started first below, with a smaller campaign',
  'npm ci && npm test': '.ci/run',
  'git pull && npm ci': 'there is nothing to pull; test/replay replays the histories of the version before',
  'npm run train:shipped': 'peierls train, below; the whole library takes minutes',
  'npm run bench:inference && npm run bench:learning && npm run bench:active-learning': 'by hand; test/bench/results holds what they gave',
  'python3 -m venv ~/ase && ~/ase/bin/pip install ase==3.29.0 calorine==4.1': 'test/python-environment.ts, for ase-campaign.test.ts',
  'npx peierls compare ladder': 'needs a rung above potentials, which takes minutes; fidelity-ladder.test.ts climbs one and compares it',
  'npx peierls computer login mycluster': 'asks a person; computer-cli.test.ts types the answer',
  'docker build -f deploy/gpu-worker/Dockerfile -t peierls-gpu-worker .':
    'nobody, as the page says; inference-worker.test.ts runs that worker',
  'docker run --rm --gpus all -e PEIERLS_TEMPORAL_ADDRESS=temporal.example.org:7233 -e PEIERLS_MONGODB_URI=mongodb://store.example.org/ peierls-gpu-worker':
    'nobody, as the page says; inference-worker.test.ts runs that worker',
  'sudo deploy/lab/lab.sh up': '.ci/run, and test/integration/cluster.ts with ports of its own',
  'sudo deploy/lab/lab.sh status': 'lab.sh up ends with it',
  'sudo deploy/lab/lab.sh down': '.ci/run, and test/integration/cluster.ts with ports of its own',
};

/** What a page leaves to the reader, and what the reader has here. Longer ones first: each is replaced wherever it stands. */
const readersOwn = (): [string, string][] => [
  ['https://optimade.example.org/db', `${optimade.url}/v1`],
  ['https://alexandria.icams.rub.de/pbe', `${optimade.url}/v1`],
  ['MP_API_KEY=...', `MP_API_KEY=${materialsProject.environment.MP_API_KEY}`],
  ['mongodb://host/', `mongodb://127.0.0.1:${place.environment['PEIERLS_STORE_PORT']}/`],
  ['host:7233', `127.0.0.1:${place.environment['PEIERLS_TEMPORAL_PORT']}`],
  ['<library.json...>', 'data/library/virtual-metals.json'],
  ['<folder>]', 'my-model'],
  ['[--model ', '--model '],
  ['<folder>', 'my-model'],
  ['<records.json>', 'records.json'],
  ['623329eb', model],
  ['/var/lib/peierls-lab', lab],
  ['/scratch/me/peierls', join(lab, 'work', 'mycluster')],
];

/** Lines that go on until they are interrupted: what they say when they are ready. They end with 0. */
const stayUp: Readonly<Record<string, string>> = {
  'PEIERLS_TEMPORAL_ADDRESS=host:7233 PEIERLS_MONGODB_URI=mongodb://host/ npx peierls worker --inference': 'Working for',
  'PEIERLS_INFERENCE=elsewhere npx peierls up': 'Everything stays up',
};

/** The pages in which others lean on what came before; the rest follows in any order. */
const readingOrder = ['README.md', 'docs/your-cluster.md', 'docs/operating.md', 'docs/ranking.md', 'docs/results.md', 'docs/fidelity.md'];
const ordered = [...readingOrder, ...pages.filter((page) => !readingOrder.includes(page))];
const lines = ordered.flatMap((page) => shellLines(page).map((line) => ({ page, line: line.replaceAll(/\s+/g, ' ') })));

/** The cluster of deploy/lab stands for the reader's. */
const lab = process.env['PEIERLS_LAB_STATE'] ?? '/var/lib/peierls-lab';
const noLab = existsSync(join(lab, 'computers.yaml')) ? '' : 'deploy/lab/lab.sh up has not been run here';
const noPlaneWaves = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'pw.x')))
  ? ''
  : 'there is no pw.x here';

/** What a line needs that is not here; empty where nothing is missing. */
function lacks(line: string): string {
  if (/^ssh |(?:test|--computer) (?:mycluster|lab)/.test(line)) return noLab;
  return line.includes('ladder.yaml') ? noPlaneWaves : '';
}

const place = new Workplace('.peierls');
const me = join(place.folder, 'me');
let materialsProject: FakeMaterialsProject;
let optimade: FakeOptimade;
let chat: Server;
let model = '';

beforeAll(async () => {
  await place.choosePorts();
  materialsProject = await FakeMaterialsProject.open({ materials: 60 });
  optimade = await FakeOptimade.open({ entries: [fakeEntry('cu-1'), fakeEntry('flat', { dimension_types: [1, 1, 0] })] });
  chat = createServer((request, response) => void request.resume().on('end', () => response.end('ok')));
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
  Object.assign(place.environment, materialsProject.environment, {
    HOME: me,
    PATH: `${join(place.folder, 'bin')}:${process.env['PATH']}`,
    // Programs that were downloaded or built are not anew for another home.
    PEIERLS_CACHE: process.env['PEIERLS_CACHE'] ?? join(homedir(), '.cache', 'peierls'),
  });
  writePrograms();
  writeOwnFiles();
  writeSites();
});
afterAll(async () => {
  await place.close();
  await Promise.all([materialsProject.close(), optimade.close(), new Promise((resolve) => chat.close(resolve))]);
});

/** `npx` looks for a package, for a second each time: that it finds ours is npm's word. OpenSSH does not ask HOME where its files are. */
function writePrograms(): void {
  const program = (name: string, text: string): void => chmodSync(place.file(`bin/${name}`, `#!/bin/sh\nexec ${text}\n`), 0o755);
  program('npx', '"$@"');
  program('peierls', `"${process.execPath}" "${join(root, 'cli', 'peierls.mjs')}" "$@"`);
  program('ssh', `/usr/bin/ssh -F "${me}/.ssh/config" "$@"`);
}

/** Files that the pages speak of as the reader's, and small ones in the place of ours that take hours. */
function writeOwnFiles(): void {
  const shown = (page: string, word: string): Record<string, unknown> => {
    const block = yamlBlocks(page).find((text) => text.includes(word));
    if (block === undefined) throw new Error(`${page} shows no file with ${word}`);
    return parse(ours(block)) as Record<string, unknown>;
  };
  const quick = { protocol: { gamma: { grid: [4, 4] } } };
  place.file('campaign.yaml', campaignText({ name: 'first' }));
  const quickstart = [
    { generator: 'pure', elements: ['Cu', 'Ni'] },
    { generator: 'solid-solution', prototypes: ['A1'], elements: ['Cu', 'Ni'], fractions: [0.5] },
  ];
  const calculator = { name: 'lammps', potential: 'zhou2004' };
  place.file('quickstart.yaml', stringify({ name: 'quickstart', candidates: quickstart, calculator, ...quick }));
  place.file('nickel.yaml', stringify({ ...shown('docs/sources.md', 'name: nickel-databases'), ...quick }));
  place.file('prices.yaml', stringify(shown('docs/sources.md', 'unit: USD/kg')));
  place.file('ladder.yaml', stringify({ ...shown('docs/fidelity.md', 'name: ladder'), ...quick }));
  for (const [name, how] of Object.entries({
    potentials: calculator,
    'force-field': { name: 'statics', potential: 'zhou2004' },
    'first-principles': { name: 'lammps', potential: 'cleri-rosato' },
  }))
    place.file(`${name}.yaml`, stringify({ name, candidates: [{ generator: 'pure', elements: ['Cu'] }], calculator: how, ...quick }));
  const training = {
    name: 'virtual-metals',
    metals: [{ generator: 'pure', elements: ['Ni'] }],
    dislocations: [{ slipSystem: '{111}<110>', characters: ['screw'], grid: [6, 6] }],
    calculator: { name: 'statics', potential: 'zhou2004' },
  };
  place.file('deploy/training/virtual-metals.yaml', stringify(training));
  const library = JSON.parse(readFileSync(join(root, 'data/library/virtual-metals.json'), 'utf8')) as { records: LibraryRecord[] };
  const few = library.records.filter(({ potential, composition, lattice, character, slip }) => {
    const refractory = Object.keys(composition).every((symbol) => ['Mo', 'Ta', 'W'].includes(symbol));
    return potential === 'zhou2004' && refractory && lattice === 'bcc' && character === 'screw' && slip.plane === '{110}';
  });
  place.file('data/library/virtual-metals.json', JSON.stringify({ ...library, records: few }));
  for (const file of ['data/transfer/openkim.json', 'data/transfer/other-families.json'])
    place.file(file, readFileSync(join(root, file), 'utf8'));
  place.file('records.json', JSON.stringify({ ...library, records: few.slice(0, 2) }));
  const channel = { kind: 'webhook', name: 'team-chat', url: `http://127.0.0.1:${(chat.address() as AddressInfo).port}/` };
  place.file('.peierls/notifications.yaml', stringify({ channels: [channel] }));
}

interface LibraryRecord {
  potential: string;
  composition: Record<string, number>;
  lattice: string;
  character: string;
  slip: { plane: string };
}

/** What other programs say of the reader's clusters, and two computers of which the pages speak as known. */
function writeSites(): void {
  const data = join(root, 'test/unit/data/computer');
  for (const [file, from] of [
    ['computer-setup.yml', 'aiida-setup.yml'],
    ['computer-configure.yml', 'aiida-configure.yml'],
    ['code.yml', 'aiida-code.yml'],
    ['me/.jfremote/project.yaml', 'jobflow-remote.yaml'],
    ['machine.json', 'dpdispatcher-machine.json'],
    ['resources.json', 'dpdispatcher-resources.json'],
  ] as const) {
    mkdirSync(dirname(join(place.folder, file)), { recursive: true });
    copyFileSync(join(data, from), join(place.folder, file));
  }
  const local = { transport: { kind: 'local' }, scheduler: { kind: 'direct' }, workDir: join(place.folder, 'hawk') };
  const known = noLab === '' ? (parse(readFileSync(join(lab, 'computers.yaml'), 'utf8')) as Computers).computers : {};
  const { lab: there } = known;
  place.file('.peierls/computers.yaml', stringify({ computers: { ...known, hawk: there ?? local } }));
  const transport = there?.transport ?? {};
  place.file(
    'me/.ssh/config',
    `Host mycluster
  HostName 127.0.0.1
  Port ${transport.port ?? 22}
  User ${transport.user ?? 'nobody'}
  IdentityFile ${transport.identityFiles?.[0] ?? 'none'}
  UserKnownHostsFile ${transport.knownHosts ?? '/dev/null'}
  IdentitiesOnly yes
`,
  );
}

interface Computers {
  computers: Record<
    string,
    { transport: { port?: number; user?: string; identityFiles?: string[]; knownHosts?: string }; scheduler: object }
  >;
}

function ours(text: string): string {
  return readersOwn().reduce((done, [placeholder, value]) => done.replaceAll(placeholder, value), text);
}

/** What must have been done before a line, where the page says so in words. */
const before: Readonly<Record<string, () => Promise<void>>> = {
  'npx peierls compare potentials force-field first-principles --format html -o comparison.html': async () => {
    for (const name of ['potentials', 'force-field', 'first-principles']) await screened(`${name}.yaml`);
  },
  'peierls model promote 623329eb && peierls model rollback': async () => {
    const { models } = await place.json<{ models: { model: string; origin: string }[] }>('model', 'list');
    model = models.find(({ origin }) => origin !== 'shipped')?.model ?? '';
  },
  // A queue is asked every half minute unless the entry says otherwise, which is written by hand like modules.
  'npx peierls computer test mycluster': async () => {
    const file = join(place.home, 'computers.yaml');
    const { computers } = parse(readFileSync(file, 'utf8')) as Computers;
    const entry = computers['mycluster'];
    if (entry === undefined) throw new Error('mycluster was not imported');
    writeFileSync(
      file,
      stringify({ computers: { ...computers, mycluster: { ...entry, scheduler: { ...entry.scheduler, pollSeconds: 1 } } } }),
    );
  },
};

async function screened(...args: string[]): Promise<void> {
  const { code, err } = await place.run(['screen', ...args]);
  if (code !== 0) throw new Error(`peierls screen ${args.join(' ')}: ${err}`);
}

/** Runs a line in a shell; one that stays up is interrupted as soon as it says that it is ready. */
async function execute(command: string, ready?: string): Promise<{ code: number | null; said: string }> {
  const { PEIERLS_HOME: _home, ...env } = place.environment;
  const child = spawn('bash', ['-c', command], { cwd: place.folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (ready !== undefined) {
    await until(
      () => said,
      (text) => text.includes(ready) || child.exitCode !== null,
    );
    process.kill(-(child.pid ?? 0), 'SIGINT');
  }
  return { code: await ended, said };
}

test('every line of the pages is run here, or says what runs it', ({ expect }) => {
  const all = new Set(lines.map(({ line }) => line));
  expect(all.size).toBeGreaterThan(50);
  for (const line of [...Object.keys(notHere), ...Object.keys(stayUp), ...Object.keys(before)]) expect(all).toContain(line);
});

test('npm start: a campaign, its ranking, and Ctrl-C', async ({ expect }) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const start = scripts.start.replace('node cli/peierls.mjs', 'peierls').replace('deploy/campaigns/', '');
  const { code, said } = await execute(start, 'Everything stays up');
  expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/^ +3 +\w+ +A1 /m) as string });
});

const here = lines.filter(({ line }) => notHere[line] === undefined);
describe.each([...new Set(here.map(({ page }) => page))])('%s', (page) => {
  const exported: string[] = [];

  test.for(here.filter((it) => it.page === page))('$line', async ({ line }, { expect, skip }) => {
    skip(lacks(line) !== '', lacks(line));
    await before[line]?.();
    if (line.startsWith('export ')) exported.push(ours(line));
    const { code, said } = await execute([...exported, ours(line)].join('\n'), stayUp[line]);
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  });
});

test('no page has a block of commands that is not marked as such', ({ expect }) => {
  const unmarked = pages.filter((page) => /```\n(?:npx |npm |sudo |peierls |PEIERLS_)/.test(read(page)));
  expect(unmarked).toEqual([]);
});
