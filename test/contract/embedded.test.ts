import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { fromCache, intoCache, resolveBinary } from '../../connectors/embedded/binary.js';
import { startStore } from '../../connectors/embedded/document-store.js';
import { openHome, type Home } from '../../connectors/embedded/home.js';
import { demandedPort, freePort, portFrom } from '../../connectors/embedded/port.js';
import { processStart } from '../../connectors/embedded/process-identity.js';
import { findService, startService, stopService, untilHealthy } from '../../connectors/embedded/service.js';
import {
  currentEndpoints,
  ensureStore,
  ensureTemporal,
  keepServices,
  register,
  stopServices,
  unregister,
} from '../../connectors/embedded/services.js';
import { probeTemporal, startTemporal } from '../../connectors/embedded/temporal.js';
import { InvalidInput, ServiceUnavailable } from '../../domain/failures.js';
import { temporaryFolder, until } from './temporary.js';

const run = promisify(execFile);
const folder = temporaryFolder('embedded');
const homes: Home[] = [];
const secondProcess = fileURLToPath(new URL('second-process.ts', import.meta.url));
const quiet = (): void => undefined;

function newHome(name: string): { home: Home; environment: NodeJS.ProcessEnv } {
  const root = join(folder.path, name);
  const home = openHome({ PEIERLS_HOME: root });
  homes.push(home);
  return { home, environment: { ...process.env, PEIERLS_HOME: root } };
}

/** The home whose store runs for the whole file. */
let shared: ReturnType<typeof newHome> | undefined;
const main = (): ReturnType<typeof newHome> => {
  if (shared === undefined) throw new Error('the home is made before the tests');
  return shared;
};

beforeAll(async () => {
  shared = newHome('main');
  shared.environment['PEIERLS_STORE_PORT'] = String(await freePort());
  await ensureStore(shared.home, shared.environment, quiet);
});
afterAll(async () => {
  for (const home of homes) await stopServices(home);
  folder.remove();
});

describe('an embedded service', () => {
  test('is found by a second process, and not started twice', async ({ expect }) => {
    const { home, environment } = main();
    const { stdout } = await run(process.execPath, ['--import', 'tsx', secondProcess], { env: environment });
    expect(JSON.parse(stdout)).toEqual({ uri: currentEndpoints(home, {}).store?.uri, pid: findService(home, 'store')?.pid });
    expect(readFileSync(join(home.run, 'store.pid'), 'utf8')).toBe(`${findService(home, 'store')?.pid}\n`);
  });

  test('is started once by several commands at the same time', async ({ expect }) => {
    const { home, environment } = newHome('together');
    environment['PEIERLS_STORE_PORT'] = String(await freePort());
    const answers = await Promise.all(
      Array.from({ length: 3 }, () => run(process.execPath, ['--import', 'tsx', secondProcess], { env: environment })),
    );
    expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
    expect(JSON.parse(answers[0]?.stdout ?? '')).toMatchObject({ pid: findService(home, 'store')?.pid });
  });

  test('killed with -9 is noticed, comes back at its address, and has its data', async ({ expect }) => {
    const { home } = main();
    const { PEIERLS_STORE_PORT: _, ...environment } = main().environment;
    const before = findService(home, 'store');
    const first = await MongoClient.connect(before?.endpoint['uri'] ?? '');
    await first.db('kept').collection<{ _id: string }>('facts').insertOne({ _id: 'a' });
    await first.close();
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await until(
      () => findService(home, 'store'),
      (found) => found === undefined,
    );
    expect(existsSync(join(home.run, 'store.pid'))).toBe(false);

    const { uri } = await ensureStore(home, environment, quiet);
    const second = await MongoClient.connect(uri);
    const facts = await second.db('kept').collection('facts').find().toArray();
    await second.close();
    expect(uri).toBe(before?.endpoint['uri']);
    expect(facts).toEqual([{ _id: 'a' }]);
  });

  test('of a process id that now belongs to another process is stale, and its traces are removed', ({ expect }) => {
    const { home } = newHome('stale');
    const note = {
      name: 'store',
      pid: process.pid,
      start: '1',
      endpoint: { uri: 'mongodb://127.0.0.1:1' },
      startedAt: '2026-01-01T00:00:00.000Z',
    };
    writeFileSync(join(home.run, 'store.json'), JSON.stringify(note));
    writeFileSync(join(home.run, 'store.pid'), `${process.pid}\n`);
    expect(findService(home, 'store')).toBeUndefined();
    expect(readdirSync(home.run).filter((name) => name.startsWith('store'))).toEqual([]);
    // Nor may it ever be stopped: it is us.
    expect(processStart(process.pid)).toBeDefined();
  });

  test.for([['{"name":"store","pi'], [''], ['null'], ['[]'], ['{"name":"store","pid":-1,"start":"1","endpoint":{},"startedAt":"x"}']])(
    'with a damaged note is unknown: %j',
    ([text], { expect }) => {
      const { home } = newHome('damaged');
      writeFileSync(join(home.run, 'store.json'), text ?? '');
      expect(findService(home, 'store')).toBeUndefined();
    },
  );

  test('that dies while starting is reported with the end of its log', async ({ expect }) => {
    const { home } = newHome('dies');
    const service = startService(home, 'store', {
      file: 'sh',
      args: ['-c', 'echo no space left on device >&2; sleep 0.2; exit 1'],
      endpoint: {},
    });
    const started = untilHealthy(home, service, () => Promise.reject(new Error('nobody listens')), 30);
    await expect(started).rejects.toThrow(ServiceUnavailable);
    await expect(started).rejects.toThrow(/store stopped while starting.*no space left on device/);
    expect(findService(home, 'store')).toBeUndefined();
  });

  test('that does not end when asked is made to', async ({ expect }) => {
    const { home } = newHome('stubborn');
    const service = startService(home, 'store', {
      file: 'sh',
      args: ['-c', `trap '' TERM; echo ready; while :; do sleep 0.05; done`],
      endpoint: {},
    });
    await until(
      () => readFileSync(join(home.log, 'store.log'), 'utf8'),
      (text) => text.includes('ready'),
    );
    expect(await stopService(home, 'store', 0.3)).toBe(true);
    expect(processStart(service.pid)).toBeUndefined();
  });

  test('is stopped by its last user, and stays when it is to be kept', async ({ expect }) => {
    const { home } = newHome('users');
    const sleeper = () => startService(home, 'worker', { file: 'sleep', args: ['300'], endpoint: {} });
    sleeper();
    register(home);
    const parent = process.ppid;
    writeFileSync(join(home.run, 'users', String(parent)), processStart(parent) ?? '');
    expect(await unregister(home)).toEqual([]);
    rmSync(join(home.run, 'users', String(parent)));
    keepServices(home, true);
    expect(await unregister(home)).toEqual([]);
    keepServices(home, false);
    expect(await unregister(home)).toEqual(['worker']);
    // A command that was killed is no user any more.
    sleeper();
    writeFileSync(join(home.run, 'users', String(process.pid)), '1');
    writeFileSync(join(home.run, 'users', '4194304'), '1');
    register(home);
    expect(await unregister(home)).toEqual(['worker']);
  });
});

describe('the lock on starting a service', () => {
  const lockOf = (name: string): { path: string; start: () => Promise<unknown> } => {
    const { home, environment } = main();
    const path = join(home.run, `${name}.lock`);
    mkdirSync(path);
    return { path, start: () => ensureStore(home, environment, quiet) };
  };

  test('is broken when its owner has died', async ({ expect }) => {
    const { path, start } = lockOf('store');
    writeFileSync(join(path, 'owner'), `${process.pid} 1`);
    await start();
    expect(readdirSync(main().home.run).filter((name) => name.includes('lock'))).toEqual([]);
  });

  test('is broken when its owner died before it wrote its name', async ({ expect }) => {
    const { path, start } = lockOf('store');
    const tenSecondsAgo = Date.now() / 1000 - 10;
    utimesSync(path, tenSecondsAgo, tenSecondsAgo);
    await start();
    expect(existsSync(path)).toBe(false);
  });

  test('is respected while its owner lives', async ({ expect }) => {
    const { path, start } = lockOf('store');
    writeFileSync(join(path, 'owner'), `${process.pid} ${processStart(process.pid)}`);
    let done = false;
    const started = start().then(() => (done = true));
    // Ten rounds of a waiter that looks every 100 ms.
    await until(
      () => Date.now(),
      (
        (begin) => (now: number) =>
          now - begin > 1000
      )(Date.now()),
    );
    expect(done).toBe(false);
    rmSync(path, { recursive: true });
    await started;
  });
});

describe('ports', () => {
  test('in use are refused with the setting and what to do', async ({ expect }) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { home, environment } = newHome('port');
    await expect(demandedPort(port, 'PEIERLS_STORE_PORT')).rejects.toThrow(InvalidInput);
    const store = startStore(home, { ...environment, PEIERLS_STORE_PORT: String(port) }, quiet);
    await expect(store).rejects.toThrow(InvalidInput);
    await expect(store).rejects.toThrow(`PEIERLS_STORE_PORT: port ${port} is in use by another process`);
    await expect(startTemporal(home, { ...environment, PEIERLS_TEMPORAL_PORT: String(port) }, quiet)).rejects.toThrow(
      `PEIERLS_TEMPORAL_PORT: port ${port} is in use`,
    );
    await expect(startTemporal(home, { ...environment, PEIERLS_TEMPORAL_UI_PORT: String(port) }, quiet)).rejects.toThrow(
      `PEIERLS_TEMPORAL_UI_PORT: port ${port} is in use`,
    );
    expect(await freePort(port)).not.toBe(port);
    expect(readdirSync(home.root).toSorted()).toEqual(['cache', 'log', 'run']);
    server.close();
  });

  test.for(['0', '65536', '-1', '27017.5', 'http', '1e99'])('that are none are refused: %s', (text, { expect }) => {
    expect(() => portFrom({ PEIERLS_STORE_PORT: text }, 'PEIERLS_STORE_PORT')).toThrow(InvalidInput);
  });

  test('that are not set are left to us', ({ expect }) => {
    expect(portFrom({}, 'PEIERLS_STORE_PORT')).toBeUndefined();
    expect(portFrom({ PEIERLS_STORE_PORT: '' }, 'PEIERLS_STORE_PORT')).toBeUndefined();
  });
});

describe('the home folder', () => {
  test('that cannot be written is refused with the setting and what to do', ({ expect }) => {
    const file = join(folder.path, 'a-file');
    writeFileSync(file, '');
    expect(() => openHome({ PEIERLS_HOME: join(file, 'below') })).toThrow(InvalidInput);
    expect(() => openHome({ PEIERLS_HOME: join(file, 'below') })).toThrow(
      /^PEIERLS_HOME: the data folder .*a-file\/below cannot be written.*Set PEIERLS_HOME/,
    );
    expect(() => openHome({ PEIERLS_HOME: file })).toThrow(InvalidInput);
  });

  test.runIf(process.getuid?.() !== 0)('that is read-only is refused', ({ expect }) => {
    const path = join(folder.path, 'read-only');
    mkdirSync(path, { mode: 0o500 });
    expect(() => openHome({ PEIERLS_HOME: path })).toThrow(InvalidInput);
  });
});

describe('a cached program', () => {
  const cachedAt = (name: string): string => join(folder.path, `cache-${name}`, 'program');

  test('is used while it is what was put there', async ({ expect }) => {
    const path = cachedAt('whole');
    mkdirSync(join(path, '..'));
    writeFileSync(`${path}.tmp`, 'program');
    await intoCache(`${path}.tmp`, path);
    expect(readFileSync(`${path}.sha256`, 'utf8').trim()).toBe(createHash('sha256').update('program').digest('hex'));
    expect(await fromCache(path, quiet)).toEqual({ path });
  });

  test.for([
    ['changed', (path: string) => writeFileSync(path, 'progrbm')],
    ['cut short', (path: string) => writeFileSync(path, '')],
    ['missing', (path: string) => rmSync(path)],
  ] as const)('that is %s is removed with one message', async ([name, damage], { expect }) => {
    const path = cachedAt(name);
    mkdirSync(join(path, '..'));
    writeFileSync(`${path}.tmp`, 'program');
    await intoCache(`${path}.tmp`, path);
    damage(path);
    const lines: string[] = [];
    expect(await fromCache(path, (line) => lines.push(line))).toMatchObject({ reason: expect.stringContaining('damaged') as string });
    expect(lines).toEqual([expect.stringContaining(path)]);
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  test('that is damaged, where nothing can replace it, ends in one list of remedies', async ({ expect }) => {
    const { home, environment } = newHome('no-program');
    const cache = join(folder.path, 'damaged-cache');
    const closed = { ...environment, PATH: '/nonexistent', PEIERLS_CACHE: cache, PEIERLS_OFFLINE: '1' };
    const bin = join(cache, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'temporal-1.5.1'), 'half a program');
    writeFileSync(join(bin, 'temporal-1.5.1.sha256'), `${'0'.repeat(64)}\n`);
    const lines: string[] = [];
    const started = startTemporal(home, closed, (line) => lines.push(line));
    await expect(started).rejects.toThrow(InvalidInput);
    await expect(started).rejects.toThrow(
      /configured address: .*temporal on PATH: .*cached: was damaged and has been removed.*official download: PEIERLS_OFFLINE=1 forbids it.*built from Go modules: no `go` on PATH/s,
    );
    expect(lines).toHaveLength(1);
    expect(readdirSync(bin)).toEqual([]);
    expect(findService(home, 'temporal')).toBeUndefined();
  });

  test('comes from the first way that is open', async ({ expect }) => {
    const closed = { name: 'first', remedy: 'Install it.', get: async () => ({ reason: 'not here' }) };
    const open = { name: 'second', remedy: '', get: async () => ({ path: '/bin/true' }) };
    const never = { name: 'third', remedy: '', get: () => Promise.reject(new Error('must not be asked')) };
    expect(await resolveBinary('server', [closed, open, never], quiet)).toEqual({ path: '/bin/true', way: 'second' });
    await expect(resolveBinary('server', [closed], quiet)).rejects.toThrow(
      /no server can be had:\n {2}first: not here\n {4}remedy: Install it\./,
    );
  });
});

describe('servers of the user', () => {
  test('that do not answer are named with their setting', async ({ expect }) => {
    const { home, environment } = newHome('configured');
    const port = await freePort();
    await expect(ensureStore(home, { ...environment, PEIERLS_MONGODB_URI: `mongodb://127.0.0.1:${port}` }, quiet)).rejects.toThrow(
      /^PEIERLS_MONGODB_URI: nothing answers/,
    );
    await expect(ensureTemporal(home, { ...environment, PEIERLS_TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, quiet)).rejects.toThrow(
      /^PEIERLS_TEMPORAL_ADDRESS: nothing answers/,
    );
  });

  test('are used as they are, and nothing is started', async ({ expect }) => {
    const { home, environment } = newHome('other');
    const uri = currentEndpoints(main().home, {}).store?.uri ?? '';
    expect(await ensureStore(home, { ...environment, PEIERLS_MONGODB_URI: uri, PEIERLS_DATABASE: 'mine' }, quiet)).toEqual({
      uri,
      database: 'mine',
      embedded: false,
    });
    expect(findService(home, 'store')).toBeUndefined();
  });
});

describe('the embedded Temporal server', () => {
  test('answers, is adopted by the next command, and stops when asked', async ({ expect }) => {
    const { home, environment } = newHome('temporal');
    const ports = { PEIERLS_TEMPORAL_PORT: String(await freePort()), PEIERLS_TEMPORAL_UI_PORT: String(await freePort()) };
    const first = await ensureTemporal(home, { ...environment, ...ports }, quiet);
    const second = await ensureTemporal(home, environment, quiet);
    await probeTemporal(first.address);
    expect(second).toEqual(first);
    expect(await stopServices(home)).toEqual(['temporal']);
    await expect(probeTemporal(first.address)).rejects.toThrow();
  });
});
