import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidInput } from '../../domain/failures.js';

/** Where everything that peierls remembers lives. Delete it and the past is forgotten, nothing else breaks. */
export interface Home {
  readonly root: string;
  /** One `<name>.pid` and `<name>.json` per process that we started. */
  readonly run: string;
  readonly log: string;
  /** Derived files that may be deleted at any time. */
  readonly cache: string;
}

/** Opens (and creates) the home folder: `PEIERLS_HOME`, else `.peierls` in the working directory. Throws `InvalidInput` when it cannot be written. */
export function openHome(environment: NodeJS.ProcessEnv): Home {
  // Set to nothing it is not set: the working directory itself must not fill with our folders.
  const root = resolve(environment['PEIERLS_HOME'] || '.peierls');
  const home = { root, run: join(root, 'run'), log: join(root, 'log'), cache: join(root, 'cache') };
  try {
    for (const folder of Object.values(home)) mkdirSync(folder, { recursive: true });
    for (const folder of Object.values(home)) accessSync(folder, constants.W_OK);
    writeAtomically(join(home.run, '.writable'), '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInput(`the data folder ${root} cannot be written: ${reason}`, {
      path: 'PEIERLS_HOME',
      value: root,
      remedy: 'Set PEIERLS_HOME to a folder that you can write to.',
    });
  }
  return home;
}

/** Folder with the sockets of connections that `peierls computer login` holds. */
export function heldConnections({ run }: Home): string {
  return join(run, 'ssh');
}

/** Where servers that were downloaded or built are kept: outside any checkout, shared by all homes. */
export function binaryCache(environment: NodeJS.ProcessEnv): string {
  const base = environment['PEIERLS_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'peierls');
  const folder = join(base, 'bin');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInput(`the folder for servers ${folder} cannot be made: ${reason}`, {
      path: 'PEIERLS_CACHE',
      value: base,
      remedy: 'Set PEIERLS_CACHE to a folder that you can write to.',
      cause,
    });
  }
  return folder;
}

/** Readers see the old content or the new, never half of it. */
export function writeAtomically(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** The file's text, or undefined when there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
