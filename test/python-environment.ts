import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { binaryCache } from '../connectors/embedded/home.js';

const run = promisify(execFile);

/** A virtual environment with one package from PyPI in the cache, made once. Returns its folder, or the reason why there is none. */
export async function pythonEnvironment(
  name: string,
  version: string,
  requirement = `${name}==${version}`,
): Promise<{ folder: string } | { reason: string }> {
  const folder = join(dirname(binaryCache(process.env)), `${name}-${version}`);
  if (existsSync(join(folder, 'complete'))) return { folder };
  if (process.env['PEIERLS_OFFLINE'] === '1') return { reason: 'PEIERLS_OFFLINE is set, and it is not in the cache' };
  process.stderr.write(`Installing ${requirement} from PyPI, once.\n`);
  try {
    rmSync(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', requirement], { timeout: 600_000 });
    writeFileSync(join(folder, 'complete'), '');
    return { folder };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { reason: error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error) };
  }
}
