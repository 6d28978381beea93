import { readFileSync } from 'node:fs';
import { importComputers, type ImportFormat } from '../../../connectors/computer/import/import.js';
import type { SchedulerKind } from '../../../connectors/computer/import/entry.js';
import type { LeftOut } from '../../../connectors/computer/import/fields.js';
import { computersFile, writeComputers } from '../../../connectors/computer/import/merge.js';
import { InvalidInput, MissingFile, shortened } from '../../../domain/failures.js';
import { computersPath } from '../../../workers/config.js';
import { type Output } from '../../output.js';
import { table } from '../../table.js';

export interface ImportCommandOptions {
  format?: ImportFormat;
  name?: string;
  host?: string;
  workDir?: string;
  scheduler?: SchedulerKind;
  code?: Record<string, string[]>;
  write?: boolean;
}

/** `peierls computer import <file...>`: entries of computers.yaml from files of other tools, and what could not be carried over. */
export async function importComputer(paths: readonly string[], options: ImportCommandOptions, output: Output): Promise<number> {
  const { host, code, write, ...rest } = options;
  const file = computersPath(process.env);
  const { format, computers, hosts } = importComputers(paths.map(readText), {
    ...rest,
    ...(host !== undefined && { choice: host }),
    ...(code !== undefined && { codes: code }),
  });
  if (computers.length === 0) {
    if (write === true)
      throw new InvalidInput('a file of hosts needs a choice', {
        file: paths[0] ?? '',
        path: '--host',
        remedy: 'Choose the host to write with --host.',
      });
    output.result({ format, hosts, computers: {}, left: [], file, written: false }, [
      ...table(
        ['host', 'address', 'user', 'port', 'through'],
        hosts.map((it) => [it.alias, it.host, it.user ?? '(yours)', String(it.port), it.jump ?? '(direct)']),
      ),
      '',
      'Choose one: peierls computer import <file> --host <host> --work-dir <folder there> --scheduler slurm',
    ]);
    return 0;
  }
  const entries = Object.fromEntries(computers.map(({ name, entry }) => [name, entry]));
  const left = computers.flatMap((computer) => computer.left);
  if (write === true) writeComputers(file, entries);
  const names = Object.keys(entries);
  output.result({ format, hosts: [], computers: entries, left, file, written: write === true }, [
    ...computersFile(entries).trimEnd().split('\n'),
    '',
    ...(left.length === 0 ? [] : ['# Not carried over:', ...left.flatMap(leftLines), '']),
    write === true
      ? `# Written to ${file}. Next: peierls computer test ${names[0] ?? ''}`
      : `# Nothing is written; --write adds it to ${file}.`,
  ]);
  return 0;
}

/** Comments, so that the whole output is a computers file. */
function leftLines({ path, value, why, remedy }: LeftOut): string[] {
  const shown = value === null ? '' : ` (${shortened(value)})`;
  return [`#   ${path}${shown}: ${why}.`, ...(remedy === null ? [] : [`#       ${remedy}`])];
}

function readText(file: string): { file: string; text: string } {
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new MissingFile('there is no such file', { file, remedy: 'Check the path.', cause });
    throw new InvalidInput(`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      file,
      remedy: 'It must be a text file.',
      cause,
    });
  }
}
