import type { z } from 'zod';
import { ComputersFile, type ComputerSettings } from '../../../domain/computer.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { Fields, LeftOut } from './fields.js';

/** An entry as a person would write it: without what is the default. */
export type ComputerEntry = z.input<typeof ComputerSettings>;
export type SchedulerKind = ComputerSettings['scheduler']['kind'];

export interface ImportedComputer {
  name: string;
  entry: ComputerEntry;
  left: LeftOut[];
}

/** What a person adds to what the files say. */
export interface ImportOptions {
  /** Name of the computer. Default: as in the files, or made of the host's. */
  name?: string;
  workDir?: string;
  scheduler?: SchedulerKind;
  /** Which of several hosts, workers or sections. */
  choice?: string;
  /** Commands of codes by the name of the calculator. Default: those that the files tell of. */
  codes?: Readonly<Record<string, string[]>>;
}

/** A computer being put together. Undefined fields are left out. */
export interface Draft {
  file: string;
  name: string;
  transport: Record<string, unknown>;
  scheduler: Record<string, unknown>;
  workDir: string | undefined;
  codes: Record<string, string[]>;
  prepend: string[];
  left: LeftOut[];
}

/** Completes a draft and checks it by our own schema. Throws `InvalidInput` when something is missing that no file says. */
export function finish(draft: Draft, options: ImportOptions): ImportedComputer {
  const { file, left } = draft;
  const name = options.name ?? computerName(draft.name);
  const workDir = options.workDir ?? draft.workDir;
  if (workDir === undefined)
    throw new InvalidInput('the folder for work directories is not known', {
      file,
      path: `computers.${name}.workDir`,
      remedy: 'Name one on a scratch file system with --work-dir.',
    });
  if (!workDir.startsWith('/'))
    throw new InvalidInput('the folder for work directories must be an absolute path', {
      file,
      path: `computers.${name}.workDir`,
      value: workDir,
      remedy: 'Name one with --work-dir.',
    });
  const codes = { ...draft.codes, ...options.codes };
  const prepend = draft.prepend.length > 0 ? { prepend: draft.prepend } : {};
  if (draft.prepend.length > 0 && Object.keys(codes).length === 0)
    left.push({
      file,
      path: 'lines before the code',
      value: draft.prepend,
      why: 'they belong to a code, and the files name none',
      remedy: 'Name one, for instance --code lammps=lmp, or put them into codes.<name>.prepend by hand.',
    });
  const scheduler =
    options.scheduler === undefined || options.scheduler === draft.scheduler['kind'] ? draft.scheduler : { kind: options.scheduler };
  const entry = {
    transport: defined(draft.transport),
    scheduler: defined(scheduler),
    workDir: workDir.length > 1 ? workDir.replace(/\/+$/, '') : workDir,
    ...(Object.keys(codes).length > 0 && {
      codes: Object.fromEntries(Object.entries(codes).map(([code, command]) => [code, { command, ...prepend }])),
    }),
  };
  const parsed = ComputersFile.safeParse({ computers: { [name]: entry } });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidInput(`what the file says makes no valid computer: ${issue?.message ?? ''}`, {
      file,
      path: (issue?.path ?? []).join('.'),
      value: (issue?.path ?? []).reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], {
        computers: { [name]: entry },
      }),
      remedy: 'Correct the file, or give --name, --work-dir or --scheduler.',
    });
  }
  return { name, entry: entry as ComputerEntry, left };
}

/** `login.hpc.example.org` as a name: letters, digits, `_` and `-`. */
export function computerName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^[-_]+|-+$/g, '') || 'cluster';
}

/** `PEIERLS_HPC1_PASSWORD` */
export function variableName(computer: string, what: string): string {
  return `PEIERLS_${computerName(computer).replaceAll('-', '_').toUpperCase()}_${what}`;
}

export function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** `24:00:00`, `1-12:00:00`, `90` (minutes, as Slurm reads a lone number), or seconds as a number. Undefined for anything else. */
export function wallTimeSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.round(value);
  if (typeof value !== 'string') return undefined;
  const [, days, hours, minutes, seconds] = /^(?:(\d+)-)?(?:(\d+):)??(\d+)(?::(\d+))?$/.exec(value.trim()) ?? [];
  if (minutes === undefined) return undefined;
  if (days !== undefined) {
    // 1-12, 1-12:30, 1-12:30:15: days, then hours first.
    const parts = (value.trim().split('-')[1] ?? '').split(':').map(Number);
    return Number(days) * 86_400 + (parts[0] ?? 0) * 3600 + (parts[1] ?? 0) * 60 + (parts[2] ?? 0);
  }
  return Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
}

/** `4000`, `4000M`, `16G`, `1T` in MB, as Slurm reads them. Undefined for anything else. */
export function memoryMb(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.round(value);
  const [, amount, unit = 'M'] = /^(\d+(?:\.\d+)?)\s*([KMGT])?i?B?$/i.exec(typeof value === 'string' ? value.trim() : '') ?? [];
  if (amount === undefined) return undefined;
  const factor = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 }[unit.toUpperCase()] ?? 1;
  return Math.max(1, Math.round(Number(amount) * factor));
}

/** `ssh -W %h:%p me@gate -p 2222`: a command that only forwards is a jump host. Undefined for others. */
export function jumpOfProxyCommand(command: string): string | undefined {
  const words = command.trim().split(/\s+/);
  if (!/(^|\/)ssh$/.test(words[0] ?? '') || !/(^|\s)-W\s*\[?%h\]?:%p(\s|$)/.test(command)) return undefined;
  let host: string | undefined;
  let port: string | undefined;
  for (let index = 1; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '-W') index += 1;
    else if (word === '-p') port = words[(index += 1)];
    else if (word === '-q' || word.startsWith('-W')) continue;
    else if (word.startsWith('-') || host !== undefined) return undefined;
    else host = word;
  }
  return host === undefined ? undefined : `${host}${port === undefined ? '' : `:${port}`}`;
}

/** The proxy command of a file as a jump host, or told as left out. */
export function takeProxyCommand(fields: Fields, key: string): string | undefined {
  const command = fields.text(key);
  if (command === undefined) return undefined;
  const jump = jumpOfProxyCommand(command);
  if (jump === undefined)
    fields.report(key, command, 'connections through a program are not supported', 'Name the host on the way in transport.jump.');
  return jump;
}
