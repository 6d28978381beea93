/** Room in a folder: what the file system has, and what a quota leaves of it. */
export interface Space {
  freeMb: number;
  freeFiles?: number;
  /** Told by `quota` or `lfs quota`; absent where there is none or no such program. */
  quota?: { freeMb?: number; freeFiles?: number; exceeded: boolean };
}

/** Run inside a folder. Each part ends with a line of its own, since any of these programs may be missing or silent. */
export const spaceScript = `
df -Pk . 2>/dev/null | tail -n 1; echo @@files
df -Pi . 2>/dev/null | tail -n 1; echo @@quota
limit=; command -v timeout >/dev/null && limit='timeout 10'
if command -v lfs >/dev/null; then $limit lfs quota -q -u "$(id -un)" . 2>/dev/null; fi
if command -v quota >/dev/null; then $limit quota -w 2>/dev/null; fi
true
`;

/** Reads the output of `spaceScript`; undefined where not even df answered. */
export function parseSpace(text: string): Space | undefined {
  const [blocks = '', rest = ''] = text.split('@@files\n');
  const [files = '', quotas = ''] = rest.split('@@quota\n');
  const free = fourth(blocks);
  if (free === undefined) return undefined;
  const freeFiles = fourth(files);
  const quota = parseQuota(quotas, device(blocks));
  return {
    freeMb: Math.floor(free / 1024),
    // Some file systems count no files: 0 of 0.
    ...(freeFiles !== undefined && !/\s0\s+0\s+0\s/.test(files) && { freeFiles }),
    ...(quota !== undefined && { quota }),
  };
}

/** "/dev/sda1  1000  400  600  40% /home": the number of what is available. */
function fourth(line: string): number | undefined {
  const value = /\s(?:\d+|-)\s+(?:\d+|-)\s+(\d+)\s+(?:\d+%|-)\s/.exec(line)?.[1];
  return value === undefined ? undefined : Number(value);
}

function device(line: string): string {
  return line.trim().split(/\s+/)[0] ?? '';
}

/** "/dev/sda1  1200*  1000  1500  6days  80  0  0": kilobytes used (a star: over quota), quota, limit, grace, then the same for files. */
function parseQuota(text: string, filesystem: string): Space['quota'] {
  const rows = text.split('\n').flatMap((line) => {
    const [, name = '', used, soft = '0', hard = '0', files, softFiles = '0', hardFiles = '0'] =
      /^\s*(\S+)\s+(\d+\*?)\s+(\d+)\s+(\d+)\s+(?:\S+\s+)?(\d+\*?)\s+(\d+)\s+(\d+)/.exec(line) ?? [];
    return used === undefined || files === undefined ? [] : [{ name, used, soft, hard, files, softFiles, hardFiles }];
  });
  // lfs is asked about this very folder and names it "."; quota lists all file systems.
  const row = rows.find(({ name }) => name === '.' || name === filesystem);
  if (row === undefined) return undefined;
  const left = (used: string, soft: string, hard: string): number | undefined => {
    const limit = Number(soft) > 0 ? Number(soft) : Number(hard);
    return limit > 0 ? Math.max(0, limit - Number.parseInt(used, 10)) : undefined;
  };
  const kilobytes = left(row.used, row.soft, row.hard);
  const freeFiles = left(row.files, row.softFiles, row.hardFiles);
  if (kilobytes === undefined && freeFiles === undefined) return undefined;
  return {
    exceeded: row.used.endsWith('*') || row.files.endsWith('*') || kilobytes === 0 || freeFiles === 0,
    ...(kilobytes !== undefined && { freeMb: Math.floor(kilobytes / 1024) }),
    ...(freeFiles !== undefined && { freeFiles }),
  };
}

/** `12.3 GB free, quota leaves 4.0 GB`. */
export function describeSpace({ freeMb, quota }: Space): string {
  const size = (mb: number): string => (mb >= 1024 ? `${(mb / 1024).toFixed(1)} GB` : `${mb} MB`);
  const parts = [`${size(freeMb)} free`];
  if (quota?.freeMb !== undefined) parts.push(`quota leaves ${size(quota.freeMb)}`);
  if (quota?.freeFiles !== undefined) parts.push(`${quota.freeFiles} files more`);
  return parts.join(', ');
}

/** A campaign of a thousand alloys keeps some hundred megabytes and some ten thousand files at a time. */
const enoughMb = 1024;
const enoughFiles = 20_000;

/** Why the room may not be enough, or undefined. */
export function tightness({ freeMb, freeFiles, quota }: Space): string | undefined {
  if (quota?.exceeded === true) return 'the quota is used up';
  if (Math.min(freeMb, quota?.freeMb ?? freeMb) < enoughMb) return 'less than 1 GB is little for a campaign';
  const files = Math.min(freeFiles ?? enoughFiles, quota?.freeFiles ?? enoughFiles);
  return files < enoughFiles ? `${files} more files are few for a campaign` : undefined;
}
