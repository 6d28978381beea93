import { InvalidInput } from '../../../domain/failures.js';
import { commandLine, quote } from '../shell.js';

/** What a login shell may take as one command: Linux allows 128 KiB for an argument. */
const longestCommand = 120_000;

/**
 * Text for the login shell that runs a command between marks, since login shells and their profiles talk:
 *
 *     (banner, "module loaded", ...) <mark>:begin:<process group>\n (the command's own output) <mark>:end:<exit status>\n (logout noise)
 *
 * The marks are built at the far end, so that a shell that echoes its commands does not show them too early.
 */
export function remoteCommand(command: readonly string[], mark: string, options: { cwd?: string; loginShell?: boolean } = {}): string {
  if (command.length === 0) throw new InvalidInput('an empty command cannot be run');
  const change = options.cwd === undefined ? '' : `cd -- ${quote(options.cwd)} && `;
  const script = [
    `printf '%s:begin:%s\\n' ${mark} $$`,
    `printf '%s:begin:\\n' ${mark} >&2`,
    `${change}${commandLine(command)}`,
    `printf '%s:end:%s\\n' ${mark} $?`,
    `printf '%s:end:\\n' ${mark} >&2`,
  ].join('; ');
  const text = `exec ${options.loginShell === true ? 'bash -l' : '/bin/sh'} -c ${quote(onOneLine(script))}`;
  if (text.length > longestCommand)
    throw new InvalidInput(
      `a command of ${text.length} characters is too long for a login shell (${command.slice(0, 2).join(' ').slice(0, 80)}...)`,
      {
        remedy: 'Give long lists as its input.',
      },
    );
  return text;
}

/** Line ends and exclamation marks inside quotes mean something to csh, which some sites still give: they travel as octal numbers. */
function onOneLine(script: string): string {
  if (!/[\n!]/.test(script)) return script;
  const encoded = script.replaceAll(/[\n!'"\\$`]/g, (character) => `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `eval "$(printf %b "${encoded}")"`;
}

export interface Marked {
  /** Process group of the command, for ending it; absent until it has begun. */
  processGroup?: number;
  /** Absent until the command has ended. */
  code?: number;
  output: Buffer;
}

/** Cuts what lies between the marks out of a stream. A command that has not ended has no code, and its output so far. */
export function readMarked(stream: Buffer, mark: string): Marked {
  const begin = Buffer.from(`${mark}:begin:`);
  const start = stream.indexOf(begin);
  const lineEnd = start < 0 ? -1 : stream.indexOf('\n', start);
  if (lineEnd < 0) return { output: Buffer.alloc(0) };
  const processGroup = Number(stream.toString('latin1', start + begin.length, lineEnd));
  const end = stream.lastIndexOf(`${mark}:end:`);
  const output = stream.subarray(lineEnd + 1, end < 0 ? undefined : end);
  if (end < 0) return { processGroup, output };
  const code = Number.parseInt(stream.toString('latin1', end + mark.length + 5), 10);
  return { processGroup, output, ...(Number.isInteger(code) && { code }) };
}
