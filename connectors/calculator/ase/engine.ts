import { execFile } from 'node:child_process';
import { executable, programOnPath } from '../native-program.js';
import { driverFile } from './ase.js';

/** The Python with ASE of this machine. */
export interface AseEngine {
  usable: boolean;
  version?: string;
  reason?: string;
  command: string[];
  session: string[];
}

const probeTimeoutMs = 20_000;

/** Whether a Python with ASE is there: `PEIERLS_ASE_PYTHON` (a path, for instance that of a virtual environment) or `python3` on PATH. */
export async function probeAse(environment: NodeJS.ProcessEnv = process.env): Promise<AseEngine> {
  const wanted = environment['PEIERLS_ASE_PYTHON'] ?? '';
  const program = wanted === '' ? await programOnPath(['python3'], environment['PATH'] ?? '') : await executable(wanted);
  const command = ['env', 'OMP_NUM_THREADS=1', program ?? 'python3'];
  const engine = { command, session: [...command, `points/shared/${driverFile}`, '--serve'] };
  if (program === undefined) {
    const reason = wanted === '' ? 'python3 is not on PATH' : `PEIERLS_ASE_PYTHON: ${wanted} is not an executable file`;
    return { ...engine, usable: false, reason };
  }
  const answer = await firstWords(command);
  const version = /^ase (\S+)$/m.exec(answer)?.[1];
  if (version !== undefined) return { ...engine, usable: true, version };
  const reason = /No module named 'ase'/.test(answer)
    ? `${program} has no package ase (pip install ase, and a model: docs/force-fields.md)`
    : `${program} does not answer: ${answer.slice(-200)}`;
  return { ...engine, usable: false, reason };
}

/** Looking for the package without importing it: ASE and numpy take a second to load. */
const question = `
import importlib.util, importlib.metadata
if importlib.util.find_spec("ase") is None:
    raise SystemExit("No module named 'ase'")
print("ase", importlib.metadata.version("ase"))
`;

function firstWords([program = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [...args, '-c', question], { timeout: probeTimeoutMs }, (error, stdout, stderr) =>
      resolve(stdout.trim() || stderr.trim() || (error?.message ?? '')),
    );
  });
}
