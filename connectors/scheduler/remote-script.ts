import { ReplyNotUnderstood } from '../../domain/failures.js';
import { commandLine } from '../transport/shell.js';
import type { CommandResult } from '../transport/transport.js';

/** A program with arguments. The words `{user}`, `{id}` and `{ids}` stand for shell variables of the script around it. */
export type Command = readonly string[];

/**
 * Shell function for scripts that ask several programs in one round trip. `section queue squeue ...` leaves the program's output in $output,
 * its exit status in $status, and prints
 *
 *     @@peierls stderr queue
 *     (errors)
 *     @@peierls stdout queue
 *     (output)
 *     @@peierls status queue 0
 *
 * A script that asks for several jobs tells their sections apart by $suffix.
 */
export const sectionFunction = `
suffix=
section() {
  local name=$1$suffix both; shift
  both=$( { output=$("$@" </dev/null); status=$?; printf '\\n@@peierls stdout %s\\n%s\\n%s' "$name" "$output" "$status"; } 2>&1 )
  status=\${both##*$'\\n'}; both=\${both%$'\\n'*}
  printf '@@peierls stderr %s\\n%s\\n@@peierls status %s %s\\n' "$name" "$both" "$name" "$status"
  output=\${both#*"@@peierls stdout $name"$'\\n'}
}
user=$(id -un)
`;

/** Last line of such a script: a reply without it was cut short. */
export const endOfScript = "printf '@@peierls end\\n'";

/** `section <name> <command>` with the variables filled in. */
export function sectionLine(name: string, command: Command): string {
  // quote() has put these words between single quotes; the variable stands between two such pieces.
  return `section ${name} ${commandLine(command).replaceAll(/\{(user|id|ids)\}/g, `'"$$$1"'`)}`;
}

/** The sections of a reply by name; those of one name are joined. Throws `ReplyNotUnderstood` when the reply was cut short. */
export function readSections(reply: CommandResult, what: string): Map<string, CommandResult> {
  const sections = new Map<string, CommandResult>();
  let section: CommandResult | undefined;
  let stream: 'stdout' | 'stderr' = 'stdout';
  let complete = false;
  for (const line of reply.stdout.split('\n')) {
    // @@peierls stderr queue | @@peierls stdout queue | @@peierls status queue 1 | @@peierls end
    const mark = /^@@peierls (stdout|stderr|status|end)(?: (\S+))?(?: (\d+))?$/.exec(line);
    if (mark === null) {
      if (section !== undefined && line !== '') section[stream] += `${line}\n`;
    } else if (mark[1] === 'end') complete = true;
    else if (mark[1] === 'status') {
      if (section !== undefined && mark[3] !== '0') section.code = Number(mark[3]);
      section = undefined;
    } else {
      const name = mark[2] ?? '';
      section = sections.get(name) ?? { code: 0, stdout: '', stderr: '' };
      sections.set(name, section);
      stream = mark[1] === 'stderr' ? 'stderr' : 'stdout';
    }
  }
  if (!complete)
    throw new ReplyNotUnderstood(`the reply to ${what} broke off (exit status ${reply.code}): ${reply.stderr.trim().slice(-300)}`);
  return sections;
}
