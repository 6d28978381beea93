import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import { InvalidInput } from '../../domain/failures.js';
import { readIfPresent } from './home.js';

const run = promisify(execFile);

/** One way to get a server's program. It returns a path, or the reason why this way is closed. */
export interface BinaryWay {
  readonly name: string;
  /** What the user can do to open this way; shown when all ways are closed. */
  readonly remedy: string;
  get(report: (line: string) => void): Promise<{ path: string } | { reason: string }>;
}

/** Tries the ways in order. Throws `InvalidInput` that lists every way, why it is closed and how to open it. */
export async function resolveBinary(
  what: string,
  ways: readonly BinaryWay[],
  report: (line: string) => void,
): Promise<{ path: string; way: string }> {
  const closed: string[] = [];
  for (const way of ways) {
    const result = await way.get(report);
    if ('path' in result) return { path: result.path, way: way.name };
    closed.push(`  ${way.name}: ${result.reason}\n    remedy: ${way.remedy}`);
  }
  throw new InvalidInput(`no ${what} can be had:\n${closed.join('\n')}`, { remedy: 'Follow one of the remedies above.' });
}

/** The program of that name on PATH, or undefined. */
export function onPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (environment['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Runs `program --version`-like arguments; the first line, or the reason it failed. */
export async function versionOf(path: string, args: string[]): Promise<{ version: string } | { reason: string }> {
  try {
    const { stdout } = await run(path, args, { timeout: 20_000 });
    return { version: stdout.trim().split('\n')[0] ?? '' };
  } catch (error) {
    return { reason: `${path} ${args.join(' ')} failed: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
}

/** A cached program that still is what was put there; a damaged one is removed, so that the next way can replace it. */
export async function fromCache(path: string, report: (line: string) => void): Promise<{ path: string } | { reason: string }> {
  const seal = readIfPresent(`${path}.sha256`)?.trim();
  if (seal === undefined) return { reason: `not in the cache (${path})` };
  if (seal === (await digest(path).catch(() => 'missing'))) return { path };
  report(`The cached program ${path} is damaged (its checksum is not the recorded one); it is removed and will be fetched or built again.`);
  rmSync(path, { force: true });
  rmSync(`${path}.sha256`, { force: true });
  return { reason: `was damaged and has been removed (${path})` };
}

/** Fails fast where a network swallows packets: a download proper may take minutes, its first answer may not. Throws when nothing answers. */
export async function answers(url: string): Promise<void> {
  await axios.head(url, { signal: AbortSignal.timeout(15_000), validateStatus: () => true });
}

/** Moves a finished program into the cache and seals it with its checksum; the seal comes last. */
export async function intoCache(temporary: string, path: string): Promise<void> {
  const seal = await digest(temporary);
  renameSync(temporary, path);
  writeFileSync(`${path}.sha256`, `${seal}\n`);
}

/** A short digest of a Go module of ours, so that a changed module is built anew. */
export function moduleDigest(module: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(module).sort()) hash.update(name).update(readFileSync(join(module, name)));
  return hash.digest('hex').slice(0, 8);
}

/** Builds a Go module of ours. */
export async function buildWithGo(
  module: string,
  target: string,
  output: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ path: string } | { reason: string }> {
  const go = onPath('go', environment);
  if (go === undefined) return { reason: 'no `go` on PATH' };
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await run(go, ['build', '-trimpath', '-o', temporary, target], {
      cwd: module,
      env: { ...environment, CGO_ENABLED: '0' },
      timeout: 30 * 60_000,
      maxBuffer: 1 << 26,
    });
    await intoCache(temporary, output);
    return { path: output };
  } catch (error) {
    rmSync(temporary, { force: true });
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    return { reason: `go build failed: ${detail.trim().split('\n').slice(-2).join(' | ').slice(0, 300)}` };
  }
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
