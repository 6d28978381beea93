import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { freePort } from '../../connectors/embedded/port.js';
import { pythonEnvironment } from '../python-environment.js';

/** The reference server in an environment of its own. Returns its folder, or the reason why there is none. */
export const installOptimade = () => pythonEnvironment('optimade', '1.5.0', 'optimade[server]==1.5.0');

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
