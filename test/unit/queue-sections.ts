import { readFileSync } from 'node:fs';
import type { CommandResult } from '../../connectors/transport/transport.js';
import type { Command } from '../../connectors/scheduler/remote-script.js';

/** A reply of a queue system from `data/queue`. */
export function captured(name: string): string {
  return readFileSync(new URL(`data/queue/${name}`, import.meta.url), 'utf8');
}

export function reply(stdout: string, options: { code?: number; stderr?: string } = {}): CommandResult {
  return { code: options.code ?? 0, stdout, stderr: options.stderr ?? '' };
}

/** What a script prints that asks several programs. */
export function sections(all: Record<string, { stdout?: string; stderr?: string; code?: number }>): CommandResult {
  const parts = Object.entries(all).map(
    ([name, { stdout = '', stderr = '', code = 0 }]) =>
      `@@peierls stderr ${name}\n${stderr}\n@@peierls stdout ${name}\n${stdout}\n@@peierls status ${name} ${code}\n`,
  );
  return reply(`${parts.join('')}@@peierls end\n`);
}

export const request = { name: 'p0123456789ab-1', folder: '/scratch/me/work/ab/abcdef', wallTimeSeconds: 93_784 };

export function job(id: string, name = `pjob${id}-1`) {
  return { id, name, folder: `/scratch/me/work/ab/${name}` };
}

export function words(command: Command): string {
  return command.join(' ');
}
