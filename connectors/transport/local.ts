import { spawn } from 'node:child_process';
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
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.signal !== undefined && { signal: options.signal }),
      ...(options.timeoutSeconds !== undefined && { timeout: options.timeoutSeconds * 1000 }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (cause) => reject(new HostUnreachable(`this machine could not run ${file}: ${cause.message}`, { cause })));
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    // A program that does not read its input closes the pipe early; its exit status tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}

async function putFiles(folder: RemotePath, files: Record<string, string>): Promise<void> {
  const folders = new Set(Object.keys(files).map((name) => dirname(inside(folder, name))));
  await Promise.all([...folders].map((path) => mkdir(path, { recursive: true })));
  await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = inside(folder, name);
      const temporary = `${path}.${process.pid}.tmp`;
      await writeFile(temporary, content);
      await rename(temporary, path);
    }),
  );
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

async function remove(folder: RemotePath): Promise<void> {
  if (!isAbsolute(folder) || normalize(folder).split('/').filter(Boolean).length < 2)
    throw new InvalidInput(`refusing to remove ${folder}`, { remedy: 'Only folders below the work directory are removed.' });
  await rm(folder, { recursive: true, force: true });
}

function inside(folder: RemotePath, name: string): string {
  const path = normalize(join(folder, name));
  if (!path.startsWith(`${normalize(folder)}/`)) throw new InvalidInput(`the file name "${name}" leads out of ${folder}`);
  return path;
}
