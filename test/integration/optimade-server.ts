import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import axios from 'axios';
import { binaryCache } from '../../connectors/embedded/home.js';
import { freePort } from '../../connectors/embedded/port.js';

const run = promisify(execFile);
const version = '1.5.0';

/** Installs the reference server from PyPI into the cache, once. Returns its folder, or the reason why there is none. */
export async function installOptimade(): Promise<{ folder: string } | { reason: string }> {
  const folder = join(dirname(binaryCache(process.env)), `optimade-${version}`);
  if (existsSync(join(folder, 'complete'))) return { folder };
  if (process.env['PEIERLS_OFFLINE'] === '1') return { reason: 'PEIERLS_OFFLINE is set, and it is not in the cache' };
  process.stderr.write(`Installing the OPTIMADE reference server ${version} from PyPI, once.\n`);
  try {
    rmSync(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', `optimade[server]==${version}`], { timeout: 600_000 });
    writeFileSync(join(folder, 'complete'), '');
    return { folder };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { reason: error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error) };
  }
}

export interface OptimadeServer {
  url: string;
  close(): Promise<void>;
}

/**
 * The reference server on a port of this machine, over these structures, or over its own examples: those have no ids unless a configuration
 * says which of their fields is meant.
 */
export async function startOptimade(
  folder: string,
  { pageLimit, structures }: { pageLimit: number; structures?: readonly Record<string, unknown>[] },
): Promise<OptimadeServer> {
  const place = mkdtempSync(join(tmpdir(), 'peierls-optimade-'));
  mkdirSync(place, { recursive: true });
  const config = join(place, 'config.json');
  const lines = join(place, 'structures.jsonl');
  const header = { 'x-optimade': { meta: { api_version: '1.2.0' } } };
  if (structures !== undefined) writeFileSync(lines, [header, ...structures].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const data = structures === undefined ? { insert_test_data: true } : { insert_test_data: false, insert_from_jsonl: lines };
  writeFileSync(config, JSON.stringify({ page_limit: pageLimit, ...data }));
  const port = await freePort();
  const child = spawn(join(folder, 'bin', 'uvicorn'), ['optimade.server.main:app', '--host', '127.0.0.1', '--port', String(port)], {
    cwd: place,
    env: { ...process.env, OPTIMADE_CONFIG_FILE: config },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 120_000;
  while (!(await answers(url))) {
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`the OPTIMADE server did not start (exit code ${child.exitCode})`);
    await sleep(200);
  }
  return {
    url,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(place, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await axios.get(`${url}/v1/info`, { timeout: 2000 })).status === 200;
  } catch {
    // Not up yet.
    return false;
  }
}
