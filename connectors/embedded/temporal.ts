import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import axios from 'axios';
import { Connection } from '@temporalio/client';
import { searchAttributeNames } from '../../domain/search-attribute.js';
import { answers, buildWithGo, fromCache, intoCache, onPath, resolveBinary, versionOf, type BinaryWay } from './binary.js';
import { binaryCache, readIfPresent, writeAtomically, type Home } from './home.js';
import { demandedPort, earlierPort, freePort, portFrom } from './port.js';
import { startService, untilHealthy, type RunningService } from './service.js';

const run = promisify(execFile);

/** CLI 1.5.1 carries server 1.29.1: the newest that `go build` can make from published modules. */
const cliVersion = '1.5.1';

/** Where the embedded server's program may come from, in order of preference. */
export function temporalWays(environment: NodeJS.ProcessEnv): BinaryWay[] {
  const cached = join(binaryCache(environment), `temporal-${cliVersion}`);
  return [
    {
      name: 'temporal on PATH',
      remedy: 'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH.',
      get: async () => {
        const path = onPath('temporal', environment);
        if (path === undefined) return { reason: 'no `temporal` on PATH' };
        const version = await versionOf(path, ['--version']);
        return 'reason' in version ? version : { path };
      },
    },
    {
      name: 'cached',
      remedy: `Put a Temporal CLI on PATH; the cache at ${cached} fills itself after a download or build.`,
      get: (report) => fromCache(cached, report),
    },
    {
      name: 'official download',
      remedy: 'Allow https://temporal.download through the network, and unset PEIERLS_OFFLINE.',
      get: (report) => download(cached, environment, report),
    },
    {
      name: 'built from Go modules',
      remedy: 'Install Go 1.24 or newer (https://go.dev/dl) and allow its module proxy.',
      get: async (report) => {
        if (onPath('go', environment) !== undefined)
          report('Building the Temporal server from Go modules, once: this takes 3-7 minutes on two cores.');
        return buildWithGo(
          fileURLToPath(new URL('../../deploy/embedded/temporal', import.meta.url)),
          'github.com/temporalio/cli/cmd/temporal',
          cached,
          environment,
        );
      },
    },
  ];
}

/** Starts the embedded Temporal server with its Web UI on a SQLite file under the home folder. */
export async function startTemporal(home: Home, environment: NodeJS.ProcessEnv, report: (line: string) => void): Promise<RunningService> {
  const configured: BinaryWay = {
    name: 'configured address',
    remedy: 'Set PEIERLS_TEMPORAL_ADDRESS to host:port of a Temporal server that you run.',
    get: async () => ({ reason: 'PEIERLS_TEMPORAL_ADDRESS is not set' }),
  };
  const folder = join(home.root, 'temporal');
  const wantedPort = portFrom(environment, 'PEIERLS_TEMPORAL_PORT');
  const wantedUi = portFrom(environment, 'PEIERLS_TEMPORAL_UI_PORT');
  // The port of last time, if it is free: workers that outlived the server find its successor.
  const lastPort = readIfPresent(join(folder, 'port'));
  const port = wantedPort === undefined ? await earlierPort(lastPort, 7233) : await demandedPort(wantedPort, 'PEIERLS_TEMPORAL_PORT');
  const uiPort = wantedUi === undefined ? await freePort(8233) : await demandedPort(wantedUi, 'PEIERLS_TEMPORAL_UI_PORT');
  const { path } = await resolveBinary('Temporal server', [configured, ...temporalWays(environment)], report);
  mkdirSync(folder, { recursive: true });
  writeAtomically(join(folder, 'port'), `${port}\n`);
  const service = startService(home, 'temporal', {
    file: path,
    args: ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)].concat(
      ['--db-filename', join(folder, 'temporal.db'), '--log-level', 'warn'],
      // Priority and fairness between campaigns are off by default on this server.
      ['--dynamic-config-value', 'matching.enableFairness=true'],
      Object.values(searchAttributeNames).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ),
    endpoint: { address: `127.0.0.1:${port}`, ui: `http://127.0.0.1:${uiPort}` },
  });
  await untilHealthy(home, service, () => probeTemporal(`127.0.0.1:${port}`), 90);
  return service;
}

/** Succeeds when the server answers and its default namespace is ready. */
export async function probeTemporal(address: string, namespace = 'default'): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2000 });
  try {
    await connection.withDeadline(Date.now() + 3000, () => connection.workflowService.describeNamespace({ namespace }));
  } finally {
    await connection.close();
  }
}

async function download(
  target: string,
  environment: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<{ path: string } | { reason: string }> {
  if (environment['PEIERLS_OFFLINE'] === '1') return { reason: 'PEIERLS_OFFLINE=1 forbids it' };
  const platform = { linux: 'linux', darwin: 'darwin' }[process.platform as string];
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  if (platform === undefined || architecture === undefined) return { reason: `no official build for ${process.platform}/${process.arch}` };
  const url = `https://temporal.download/cli/archive/v${cliVersion}?platform=${platform}&arch=${architecture}`;
  const folder = `${target}.${process.pid}.download`;
  try {
    await answers(url);
    const reply = await axios.get<ArrayBuffer>(url, {
      responseType: 'arraybuffer',
      timeout: 300_000,
      signal: AbortSignal.timeout(300_000),
    });
    report(`Downloaded the Temporal CLI ${cliVersion}.`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cli.tar.gz'), Buffer.from(reply.data));
    await run('tar', ['-xzf', 'cli.tar.gz'], { cwd: folder });
    chmodSync(join(folder, 'temporal'), 0o755);
    await intoCache(join(folder, 'temporal'), target);
    return { path: target };
  } catch (error) {
    return { reason: `download failed: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
