import type { JobRequest } from './scheduler.js';

/** `1-02:03:04`, `02:03:04`: hours never above 23 when days are told apart. */
export function clock(seconds: number, options: { days: boolean }): string {
  const whole = Math.ceil(seconds);
  const days = options.days ? Math.floor(whole / 86_400) : 0;
  const parts = [Math.floor((whole - days * 86_400) / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return days > 0 ? `${days}-${text}` : text;
}

/** Processes of a job on each of its nodes. */
export function tasksPerNode({ nodes, tasks }: { nodes: number; tasks: number }): number {
  return Math.ceil(tasks / nodes);
}

/** Memory of a job per node, in MB; undefined leaves it to the site. */
export function memoryOf({ memoryMb }: { memoryMb?: number | undefined }, { memoryFactor = 1 }: JobRequest): number | undefined {
  return memoryMb === undefined ? undefined : Math.ceil(memoryMb * memoryFactor);
}

/** Header lines from fields that may be absent. */
export function present(lines: readonly (string | false | undefined)[]): string[] {
  return lines.filter((line): line is string => typeof line === 'string');
}
