import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { moduleDigest } from '../../connectors/embedded/binary.js';
import { campaignText, Workplace, type Finished } from './cli.js';

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
});
afterEach(() => place.close());

/** What must hold for every refusal: exit code 2, one message on stderr, nothing on stdout, no trace, no hint of our source files. */
const refusal = { code: 2, out: '' };
const messages = ({ err }: Finished): string[] => err.split('\n').filter((line) => line.startsWith('peierls: '));
const traces = ({ err }: Finished): string[] =>
  err.split('\n').filter((line) => /^\s+at .*:\d+/.test(line) || /(TypeError|ZodError|\.ts:\d+)/.test(line));

const files = (content: string) => `name: small\ncandidates:\n  - files: [${content}]\ncalculator: { name: lammps, potential: zhou2004 }\n`;

describe('a campaign that cannot be right is refused with one message', () => {
  test.for<[what: string, text: string, ...words: string[]]>([
    ['an unknown element', campaignText({ elements: 'Cu, Xx' }), 'candidates.0.elements.1', 'Xx', 'line 4'],
    ['an unknown key at the top', campaignText({ extra: 'noSuchKey: 1' }), 'noSuchKey'],
    ['an unknown key inside', campaignText({ extra: 'limits: { attemps: 3 }' }), 'limits', 'attemps'],
    ['malformed YAML', 'name: small\n  candidates: [\n', 'is not YAML'],
    ['text that is no campaign', 'just a sentence\n', '(top)'],
    ['an empty file', '', '(top)'],
    [
      'no source',
      'name: small\ncandidates: []\ncalculator: { name: lammps, potential: zhou2004 }\n',
      'candidates',
      'name at least one source of candidates',
    ],
    [
      'a source that gives nothing',
      'name: small\ncandidates:\n  - { generator: solid-solution, prototypes: [A1], elements: [Cu, W] }\ncalculator: { name: lammps, potential: zhou2004 }\n',
      'candidates',
      'no material at all',
      'sameLattice',
    ],
    ['a negative limit', campaignText({ extra: 'limits: { wallTimeSeconds: -5 }' }), 'limits.wallTimeSeconds', '-5'],
    ['a limit of nothing', campaignText({ extra: 'limits: { concurrentCandidates: 0 }' }), 'limits.concurrentCandidates', '0'],
    ['a limit in words', campaignText({ extra: 'limits: { attempts: three }' }), 'limits.attempts', 'three'],
    ['a name with a slash', campaignText({ name: 'a/b' }), 'name', 'a/b'],
    ['an unknown calculator', campaignText().replace('lammps', 'gromacs'), 'calculator.name', 'gromacs', 'lammps'],
    ['an unknown potential', campaignText().replace('zhou2004', 'zhou1999'), 'zhou1999'],
    [
      'a slip system that its crystals do not have',
      campaignText().replace('protocol: {', `protocol: { slipSystems: ['{112}<111>'],`),
      'protocol.slipSystems',
      '{112}<111>',
    ],
  ])('%s', async ([, text, ...words], { expect }) => {
    const path = place.file('campaign.yaml', text);
    const result = await place.run(['screen', path]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining(path)]);
    expect(words.filter((word) => !result.err.includes(word))).toEqual([]);
    expect(traces(result)).toEqual([]);
    expect(existsSync(place.home)).toBe(false);
  });

  test('that is not there', async ({ expect }) => {
    const result = await place.run(['screen', join(place.folder, 'missing.yaml')]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringMatching(/missing\.yaml: there is no such file.*Check the path/)]);
  });

  test('that is a folder', async ({ expect }) => {
    const result = await place.run(['screen', place.folder]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining(place.folder)]);
  });

  test('that is not UTF-8', async ({ expect }) => {
    const path = place.file('campaign.yaml', Buffer.from(`name: sm\xE5ll\n`, 'latin1'));
    const result = await place.run(['screen', path]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringMatching(/campaign\.yaml: cannot be read.*UTF-8/)]);
  });

  test('on a computer that nobody knows, before anything is started', async ({ expect }) => {
    const path = place.file('campaign.yaml', campaignText({ extra: 'computer: hawk' }));
    const result = await place.run(['screen', path]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringMatching(/campaign\.yaml: computer: .*hawk.*Use one of local/)]);
    expect(readdirSync(place.home).toSorted()).toEqual(['cache', 'log', 'run']);
    expect(readdirSync(join(place.home, 'log'))).toEqual([]);
  });

  test('also when it is only counted', async ({ expect }) => {
    const path = place.file('campaign.yaml', campaignText({ extra: 'noSuchKey: 1' }));
    expect(await place.run(['screen', path, '--dry-run', '--json'])).toMatchObject(refusal);
  });
});

describe('a structure file that cannot be read is refused with one message', () => {
  test.for<[what: string, name: string, content: string | Buffer, ...words: string[]]>([
    ['a malformed CIF', 'bad.cif', 'data_x\nloop_\n_atom_site_label\n_atom_site_fract_x\nCu1 0.0 extra\n', 'bad.cif'],
    ['an empty CIF', 'empty.cif', '', 'empty.cif', 'empty'],
    ['a CIF without a cell', 'cell.cif', 'data_x\n_chemical_formula_sum Cu\n', 'cell.cif'],
    ['a file that is not UTF-8', 'latin.cif', Buffer.from('data_x\n# \xE5\n', 'latin1'), 'latin.cif', 'UTF-8'],
    ['JSON cut short', 'cut.json', '{"lattice": {"matrix": [[', 'cut.json', 'not JSON'],
    ['a format nobody knows', 'notes.txt', 'remember the milk\n', 'notes.txt', 'Known formats'],
  ])('%s', async ([, name, content, ...words], { expect }) => {
    place.file(name, content);
    const path = place.file('campaign.yaml', files(name));
    const result = await place.run(['screen', path]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toHaveLength(1);
    expect(words.filter((word) => !result.err.includes(word))).toEqual([]);
    expect(traces(result)).toEqual([]);
    expect(existsSync(place.home)).toBe(false);
  });

  test('but one that two patterns name is one candidate, and two crystals with one id are two', async ({ expect }) => {
    const poscar = (symbol: string, a: number) => `${symbol}\n${a}\n0 0.5 0.5\n0.5 0 0.5\n0.5 0.5 0\n${symbol}\n1\nDirect\n0 0 0\n`;
    place.file('in/Ni.vasp', poscar('Ni', 3.52));
    place.file('a/same.vasp', poscar('Cu', 3.61));
    place.file('b/same.vasp', poscar('Al', 4.05));
    const path = place.file('campaign.yaml', files(`'in/*', 'in/Ni.vasp', 'a/same.vasp', 'b/same.vasp'`));
    const { code, out, err } = await place.run(['screen', path, '--dry-run', '--json']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ candidates: 3 });
  });

  test('a pattern that nothing matches', async ({ expect }) => {
    const path = place.file('campaign.yaml', files(`'structures/*.cif'`));
    const result = await place.run(['screen', path]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([
      expect.stringMatching(/campaign\.yaml: candidates\[0\]\.files\[0\]: no file matches "structures\/\*\.cif"/),
    ]);
  });
});

describe('wrong usage is refused with one message', () => {
  test.for<[what: string, ...args: string[]]>([
    ['an unknown command', 'no-such-command'],
    ['an unknown option', 'status', '--no-such-option'],
    ['a missing argument', 'rank'],
    ['no rows', 'rank', 'small', '--top', '0'],
    ['a format nobody knows', 'rank', 'small', '--format', 'xlsx'],
    ['records that are not there', 'predict', 'missing.json'],
  ])('%s', async ([, ...args], { expect }) => {
    const result = await place.run(args);
    expect(result).toMatchObject(refusal);
    expect(result.err.trim()).not.toBe('');
    expect(traces(result)).toEqual([]);
    expect(existsSync(place.home)).toBe(false);
  });

  const library = (name: string): string => fileURLToPath(new URL(`../../data/${name}`, import.meta.url));

  test.for<[command: string[]]>([[['train', '--out', 'model']], [['model', 'train']]])(
    '%j: labels from elsewhere of which nothing is learned, before anything is',
    async ([command], { expect }) => {
      const elsewhere = ['--elsewhere', library('transfer/openkim.json')];
      const { code, err } = await place.run([...command, library('library/published-pt.json'), ...elsewhere]);
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringMatching(/openkim\.json: --elsewhere: no label .* of a class and protocol/) as string,
      });
      expect([join(place.folder, 'model'), place.home].filter((path) => existsSync(path))).toEqual([]);
    },
  );

  test('a library from elsewhere that has the name of one that is learned', async ({ expect }) => {
    const same = library('library/published-pt.json');
    const result = await place.run(['model', 'train', same, '--elsewhere', same]);
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringMatching(/two libraries have the same file name .*Rename one of them/)]);
  });

  test('help is no error', async ({ expect }) => {
    expect(await place.run(['--help'])).toMatchObject({ code: 0, err: '' });
    expect(await place.run(['screen', '--help'])).toMatchObject({ code: 0, err: '' });
  });
});

describe('an installation that cannot work is refused with one message', () => {
  const screen = (changes: NodeJS.ProcessEnv) => place.run(['screen', place.file('campaign.yaml', campaignText())], changes);

  test('a port in use', async ({ expect }) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const result = await screen({ PEIERLS_STORE_PORT: String(port) });
    server.close();
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining(`PEIERLS_STORE_PORT: port ${port} is in use by another process`)]);
    expect(existsSync(join(place.home, 'store'))).toBe(false);
  });

  test('a port that is none', async ({ expect }) => {
    const result = await screen({ PEIERLS_STORE_PORT: 'http' });
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining('PEIERLS_STORE_PORT: "http" is not a port')]);
  });

  test('a data folder that cannot be written', async ({ expect }) => {
    // A path below a regular file: not even root can make it.
    const result = await screen({ PEIERLS_HOME: join(place.file('a-file', ''), 'below') });
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([
      expect.stringMatching(/PEIERLS_HOME: the data folder .*a-file\/below cannot be written.*Set PEIERLS_HOME/),
    ]);
  });

  test('a damaged server program that nothing can replace', async ({ expect }) => {
    const cache = join(place.folder, 'cache');
    const bin = join(cache, 'bin');
    mkdirSync(bin, { recursive: true });
    const store = `ferretdb-1.24.2-${moduleDigest(fileURLToPath(new URL('../../deploy/embedded/store', import.meta.url)))}`;
    writeFileSync(join(bin, store), 'half a program');
    writeFileSync(join(bin, `${store}.sha256`), `${'0'.repeat(64)}\n`);
    const result = await screen({ PEIERLS_CACHE: cache, PEIERLS_OFFLINE: '1', PATH: '/usr/bin:/bin' });
    expect(result.code).toBe(2);
    expect(messages(result)).toHaveLength(1);
    expect(result.err).toContain('remedy: ');
    expect(result.out.match(/is damaged/g)).toHaveLength(1);
    expect(readdirSync(bin)).toEqual([]);
    expect(traces(result)).toEqual([]);
  });

  test('a folder for server programs that cannot be made', async ({ expect }) => {
    const result = await screen({ PEIERLS_CACHE: join(place.file('a-file', ''), 'below') });
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining('PEIERLS_CACHE')]);
  });

  test.for<[what: string, text: string, ...words: string[]]>([
    ['malformed YAML', 'computers: [', 'is not YAML'],
    ['an unknown key', 'computers: { hawk: { workDir: /scratch, noSuchKey: 1 } }\n', 'noSuchKey'],
    ['a relative work directory', 'computers: { hawk: { workDir: scratch } }\n', 'workDir must be an absolute path'],
  ])('computers.yaml with %s', async ([, text, ...words], { expect }) => {
    const file = place.file('computers.yaml', text);
    const result = await screen({ PEIERLS_COMPUTERS: file });
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining(file)]);
    expect(words.filter((word) => !result.err.includes(word))).toEqual([]);
  });

  test.for<[what: string, text: string, ...words: string[]]>([
    ['malformed YAML', 'channels: [', 'is not YAML'],
    [
      'a secret instead of its variable',
      "channels: [{ kind: webhook, name: chat, urlEnv: 'https://hooks.example/T0/B0' }]\n",
      'channels.0.urlEnv',
      'never the secret itself',
    ],
    [
      'an unknown event',
      "channels: [{ kind: webhook, name: chat, url: 'https://hooks.example/', events: [lunch] }]\n",
      'channels.0.events.0',
    ],
  ])('notifications.yaml with %s', async ([, text, ...words], { expect }) => {
    const file = place.file('notifications.yaml', text);
    const result = await screen({ PEIERLS_NOTIFICATIONS: file });
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringContaining(file)]);
    expect(words.filter((word) => !result.err.includes(word))).toEqual([]);
  });

  test('a configured server that does not answer', async ({ expect }) => {
    const result = await screen({ PEIERLS_MONGODB_URI: 'mongodb://127.0.0.1:9/' });
    expect(result).toMatchObject(refusal);
    expect(messages(result)).toEqual([expect.stringMatching(/PEIERLS_MONGODB_URI: nothing answers at mongodb:\/\/127\.0\.0\.1:9\//)]);
  });
});
