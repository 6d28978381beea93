import { CommanderError, type Command } from 'commander';
import { program } from '../../cli/program.js';

/** A shell command as words, without redirections and what stands before and after `peierls`; undefined where it is not called. */
export function peierlsArguments(line: string): string[] | undefined {
  const words = [...line.matchAll(/(?:'([^']*)'|"([^"]*)"|([^\s'"]+))/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
  const start = words.findIndex((word) => /^(?:<\()?peierls$/.test(word));
  if (start < 0) return undefined;
  const rest = words.slice(start + 1);
  const end = rest.findIndex((word) => /^(?:[|&;#]|\d?>|&&|\|\|)/.test(word));
  return (end < 0 ? rest : rest.slice(0, end))
    .map((word) => word.replace(/\)$/, '').replaceAll(/^\[(?=-)|(?<=>)\]$/g, ''))
    .filter((word) => !/^(?:\.\.\.|…)$/.test(word));
}

/** Why the real command line refuses these words; undefined where it takes them. Nothing is done. */
export async function refusal(args: readonly string[]): Promise<CommanderError | undefined> {
  disarm(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : error;
    throw error;
  }
}

function disarm(command: Command): void {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined }).exitOverride();
  // Groups such as `computer` show their help; only commands that do something are replaced.
  if (command.commands.length === 0) command.action(() => undefined);
  for (const inner of command.commands) disarm(inner);
}
