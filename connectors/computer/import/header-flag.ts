import type { Fields } from './fields.js';
import { memoryMb, wallTimeSeconds } from './entry.js';

const wordOf = /^#(?:SBATCH|PBS|\$|BSUB)\s+(-{1,2}[A-Za-z][A-Za-z-]*)(?:[=\s]\s*(.*))?$/;

/** Header lines of Slurm that have a setting of ours. */
const slurmSettings: Readonly<Record<string, { setting: string; read: (value: string) => unknown }>> = {
  '--time': { setting: 'wallTimeSeconds', read: wallTimeSeconds },
  '-t': { setting: 'wallTimeSeconds', read: wallTimeSeconds },
  '--account': { setting: 'account', read: String },
  '-A': { setting: 'account', read: String },
  '--partition': { setting: 'partition', read: String },
  '-p': { setting: 'partition', read: String },
  '--qos': { setting: 'qos', read: String },
  '-q': { setting: 'qos', read: String },
  '--mem': { setting: 'memoryMb', read: memoryMb },
  '--nodes': { setting: 'nodes', read: readCount },
  '-N': { setting: 'nodes', read: readCount },
  '--ntasks': { setting: 'tasks', read: readCount },
  '-n': { setting: 'tasks', read: readCount },
};

/** Header lines that we write ourselves, or that would put files elsewhere. */
const ours = new Set(['--job-name', '-J', '--output', '-o', '--error', '-e', '--requeue', '--no-requeue', '-cwd', '-N']);

/** Sorts header lines into settings of ours and lines that are added as they are; what can be neither is told. */
export function takeHeaderLines(fields: Fields, key: string, kind: string): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  const extraLines: string[] = [];
  for (const line of fields.lines(key)) {
    const [, word = '', value = ''] = wordOf.exec(line) ?? [];
    const known = kind === 'slurm' ? slurmSettings[word] : undefined;
    const read = known?.read(value.trim());
    if (known !== undefined && read !== undefined) settings[known.setting] = read;
    else if (kind === 'direct' || !/^#\S/.test(line))
      fields.report(key, line, 'it is no header line of a queue system', 'Lines of shell go into codes.<name>.prepend.');
    else if (ours.has(word)) fields.report(key, line, 'peierls writes this line itself');
    else extraLines.push(line);
  }
  return extraLines.length > 0 ? { ...settings, extraLines } : settings;
}

function readCount(value: string): number | undefined {
  return /^[1-9]\d*$/.test(value) ? Number(value) : undefined;
}
