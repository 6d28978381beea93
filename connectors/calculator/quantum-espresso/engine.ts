import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/** The pw.x of this machine. */
export interface PwEngine {
  usable: boolean;
  version?: string;
  reason?: string;
  command: string[];
}

/**
 * One process, one thread: points run side by side instead. The Open MPI settings make a run alone skip its daemon, its networks and a
 * session folder that parallel runs would share (see `lammps/engine.ts`).
 */
const singleProcess = [
  'OMP_NUM_THREADS=1',
  'OMPI_MCA_ess_singleton_isolated=1',
  'OMPI_MCA_orte_create_session_dirs=0',
  'OMPI_MCA_pml=ob1',
  'OMPI_MCA_btl=self',
];

const probeTimeoutMs = 20_000;

/** Whether pw.x is there and answers: `PEIERLS_PW` (a path) or `pw.x` on PATH. Asked in a folder of its own, since pw.x leaves a CRASH file. */
export async function probePw(environment: NodeJS.ProcessEnv = process.env): Promise<PwEngine> {
  const wanted = environment['PEIERLS_PW'] ?? '';
  const program = wanted === '' ? await onPath('pw.x', environment['PATH'] ?? '') : await executable(wanted);
  const command = ['env', ...singleProcess, program ?? 'pw.x'];
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

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const found = await executable(join(folder, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function executable(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
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
