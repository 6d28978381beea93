import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidInput } from '../../domain/failures.js';

/** Where an export goes: the file itself, or `name` in a folder that exists, or is written with a slash at its end and then made. Throws `InvalidInput`. */
export function outputPath(output: string, name: string): string {
  const folder = statSync(output, { throwIfNoEntry: false })?.isDirectory() === true || output.endsWith('/');
  const path = folder ? join(output, name) : output;
  if (folder && existsSync(dirname(dirname(path)))) mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(dirname(path)))
    throw new InvalidInput('there is no such folder', {
      file: dirname(path),
      path: '--output',
      remedy: 'Make it first, or choose another',
    });
  return path;
}

/** Writes the pieces beside the file and renames: readers see all of it or what was there before. Returns the bytes. */
export async function writePieces(path: string, pieces: AsyncIterable<string>): Promise<number> {
  const temporary = `${path}.${process.pid}.tmp`;
  let bytes = 0;
  try {
    const file = opened(temporary, path);
    try {
      for await (const piece of pieces) bytes += writeSync(file, piece);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return bytes;
}

function opened(temporary: string, path: string): number {
  try {
    return openSync(temporary, 'w');
  } catch (cause) {
    throw new InvalidInput(`cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      file: path,
      path: '--output',
      remedy: 'Choose a folder that you can write to',
      cause,
    });
  }
}
