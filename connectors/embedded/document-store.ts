import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { answers, buildWithGo, fromCache, moduleDigest, onPath, resolveBinary, versionOf, type BinaryWay } from './binary.js';
import { binaryCache, readIfPresent, writeAtomically, type Home } from './home.js';
import { demandedPort, earlierPort, portFrom } from './port.js';
import { startService, untilHealthy, type RunningService } from './service.js';

const mongodVersion = '7.0.24';
const ferretVersion = '1.24.2';
const storeModule = fileURLToPath(new URL('../../deploy/embedded/store', import.meta.url));

/** Which program serves the documents; their files on disk are not interchangeable. */
type Engine = 'mongod' | 'ferretdb';

/** Where the embedded store's program may come from, in order of preference. */
export function storeWays(environment: NodeJS.ProcessEnv): (BinaryWay & { engine: Engine })[] {
  const cached = join(binaryCache(environment), `ferretdb-${ferretVersion}-${moduleDigest(storeModule)}`);
  return [
    {
      name: 'mongod on PATH',
      engine: 'mongod',
      remedy: 'Install MongoDB Community (https://www.mongodb.com/docs/manual/installation/) so that `mongod` is on PATH.',
      get: async () => {
        const path = onPath('mongod', environment);
        if (path === undefined) return { reason: 'no `mongod` on PATH' };
        const version = await versionOf(path, ['--version']);
        return 'reason' in version ? version : { path };
      },
    },
    {
      name: 'cached',
      engine: 'ferretdb',
      remedy: `Put mongod on PATH; the cache at ${cached} fills itself after a build.`,
      get: (report) => fromCache(cached, report),
    },
    {
      name: 'official download',
      engine: 'mongod',
      remedy: 'Allow https://fastdl.mongodb.org through the network, and unset PEIERLS_OFFLINE.',
      get: () => download(environment),
    },
    {
      name: 'FerretDB built from Go modules',
      engine: 'ferretdb',
      remedy: 'Install Go 1.24 or newer (https://go.dev/dl) and allow its module proxy.',
      get: async (report) => {
        if (onPath('go', environment) !== undefined)
          report('Building the MongoDB-compatible store (FerretDB) from Go modules, once: this takes 1-2 minutes on two cores.');
        return buildWithGo(storeModule, '.', cached, environment);
      },
    },
  ];
}

/** Starts the embedded store on its folder under the home folder. The engine that made the folder keeps it. */
export async function startStore(home: Home, environment: NodeJS.ProcessEnv, report: (line: string) => void): Promise<RunningService> {
  const folder = join(home.root, 'store');
  const wanted = portFrom(environment, 'PEIERLS_STORE_PORT');
  // The port of last time, if it is free: clients that outlived the server find its successor.
  const lastPort = readIfPresent(join(folder, 'port'));
  const port = wanted === undefined ? await earlierPort(lastPort, 27_117) : await demandedPort(wanted, 'PEIERLS_STORE_PORT');
  mkdirSync(folder, { recursive: true });
  const earlier = readIfPresent(join(folder, 'engine'))?.trim();
  const configured: BinaryWay = {
    name: 'configured URI',
    remedy: 'Set PEIERLS_MONGODB_URI to a MongoDB server that you run.',
    get: async () => ({ reason: 'PEIERLS_MONGODB_URI is not set' }),
  };
  const ways = storeWays(environment).filter((way) => earlier === undefined || way.engine === earlier);
  const { path, way } = await resolveBinary('MongoDB-compatible store', [configured, ...ways], report);
  const engine: Engine = ways.find((candidate) => candidate.name === way)?.engine ?? 'ferretdb';
  writeAtomically(join(folder, 'engine'), `${engine}\n`);
  writeAtomically(join(folder, 'port'), `${port}\n`);
  const data = join(folder, engine);
  mkdirSync(data, { recursive: true });
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const service = startService(home, 'store', {
    file: path,
    args:
      engine === 'mongod'
        ? ['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet']
        : ['-listen', `127.0.0.1:${port}`, '-dir', data],
    environment: { DO_NOT_TRACK: '1' },
    endpoint: { uri, engine },
  });
  await untilHealthy(home, service, () => probeStore(uri), 60);
  return service;
}

/** Succeeds when the store answers a ping. */
export async function probeStore(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2000 });
  try {
    await client.db('peierls').command({ ping: 1 });
  } finally {
    await client.close();
  }
}

async function download(environment: NodeJS.ProcessEnv): Promise<{ path: string } | { reason: string }> {
  if (environment['PEIERLS_OFFLINE'] === '1') return { reason: 'PEIERLS_OFFLINE=1 forbids it' };
  try {
    await answers('https://fastdl.mongodb.org');
    const { MongoBinary } = await import('mongodb-memory-server-core');
    return { path: await MongoBinary.getPath({ version: mongodVersion, downloadDir: binaryCache(environment) }) };
  } catch (error) {
    return { reason: `download failed: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
}
