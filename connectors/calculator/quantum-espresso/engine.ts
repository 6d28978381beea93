import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executable, programOnPath, singleProcess } from '../native-program.js';

/** The pw.x of this machine. */
export interface PwEngine {
  usable: boolean;
  version?: string;
  reason?: string;
  command: string[];
}

/** One thread: points run side by side instead. */
const alone = ['OMP_NUM_THREADS=1', ...singleProcess];

const probeTimeoutMs = 20_000;

/** Whether pw.x is there and answers: `PEIERLS_PW` (a path) or `pw.x` on PATH. Asked in a folder of its own, since pw.x leaves a CRASH file. */
export async function probePw(environment: NodeJS.ProcessEnv = process.env): Promise<PwEngine> {
  const wanted = environment['PEIERLS_PW'] ?? '';
  const program = wanted === '' ? await programOnPath(['pw.x'], environment['PATH'] ?? '') : await executable(wanted);
  const command = ['env', ...alone, program ?? 'pw.x'];
  if (program === undefined)
    return { usable: false, reason: wanted === '' ? 'pw.x is not on PATH' : `PEIERLS_PW: ${wanted} is not an executable file`, command };
  const folder = await mkdtemp(join(tmpdir(), 'peierls-pw-'));
  try {
    const text = await firstWords(command, folder);
    const version = /Program PWSCF v\.?\s*(\S+) starts/.exec(text)?.[1];
    if (version === undefined) return { usable: false, reason: `${program} does not answer like pw.x: ${text.slice(0, 200)}`, command };
    return { usable: true, version, command };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With an empty input pw.x says who it is and stops. */
function firstWords([program = '', ...args]: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [...args, '-in', '/dev/null'], { cwd, timeout: probeTimeoutMs }, (error, stdout) =>
      resolve(stdout === '' ? (error?.message ?? '') : stdout),
    );
  });
}
