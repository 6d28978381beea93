import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { HostUnreachable, InvalidInput } from '../../domain/failures.js';
import type { CommandOptions, CommandResult, RemotePath, Transport } from './transport.js';

/** This machine, through the same verbs as a cluster. */
export function localTransport(): Transport {
  return { exec, putFiles, getFiles, remove, close: async () => undefined };
}

function exec(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, ...args] = command;
  if (file === undefined) throw new InvalidInput('an empty command cannot be run');
  const { cwd, signal, stdin = '', timeoutSeconds } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortReason(signal));
    // A process group of its own, so that a time limit or a cancellation ends the children of a command too.
    const child = spawn(file, args, { ...(cwd !== undefined && { cwd }), detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const limit = timeoutSeconds === undefined ? undefined : setTimeout(() => endGroup(child.pid), timeoutSeconds * 1000);
    const onAbort = (): void => endGroup(child.pid);
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void): void => {
      clearTimeout(limit);
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted === true) reject(abortReason(signal));
      else finish();
    };
    child.on('error', (cause: NodeJS.ErrnoException) =>
      settle(() => {
        const code = shellCode(cause.code);
        if (code === undefined) reject(new HostUnreachable(`this machine could not run ${file}: ${cause.message}`, { cause }));
        else resolve({ code, stdout, stderr: `${file}: ${cause.message}` });
      }),
    );
    child.on('close', (code) => settle(() => resolve({ code: code ?? -1, stdout, stderr })));
    // A program that does not read its input closes the pipe early; its exit status tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

/** A program or working directory that is not there, or may not be used, has the exit code that a shell gives it: the machine was reached. */
function shellCode(code: string | undefined): number | undefined {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 127;
  return code === 'EACCES' ? 126 : undefined;
}

function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('the command was given up');
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function putFiles(folder: RemotePath, files: Record<string, string>): Promise<void> {
  const folders = new Set(Object.keys(files).map((name) => dirname(inside(folder, name))));
  await Promise.all([...folders].map((path) => mkdir(path, { recursive: true })));
  const write = async ([name, content]: [string, string]): Promise<void> => {
    const path = inside(folder, name);
    // Two deliveries of one request may write the same file at the same time.
    const temporary = `${path}.${randomUUID()}.tmp`;
    await writeFile(temporary, content);
    await rename(temporary, path);
  };
  const own = ([name]: [string, string]): boolean => dirname(inside(folder, name)) === normalize(`${folder}/.`);
  await Promise.all(Object.entries(files).flatMap((file) => (own(file) ? [] : [write(file)])));
  await Promise.all(Object.entries(files).flatMap((file) => (own(file) ? [write(file)] : [])));
}

async function getFiles(folder: RemotePath, names: readonly string[]): Promise<Record<string, string>> {
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        return [[name, await readFile(inside(folder, name), 'utf8')]] as const;
      } catch (error) {
        if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(found.flat());
}

async function remove(...folders: RemotePath[]): Promise<void> {
  for (const folder of folders)
    if (!isAbsolute(folder) || normalize(folder).split('/').filter(Boolean).length < 2)
      throw new InvalidInput(`refusing to remove ${folder}`, { remedy: 'Only folders below the work directory are removed.' });
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

function inside(folder: RemotePath, name: string): string {
  const path = normalize(join(folder, name));
  if (!path.startsWith(`${normalize(folder)}/`)) throw new InvalidInput(`the file name "${name}" leads out of ${folder}`);
  return path;
}
