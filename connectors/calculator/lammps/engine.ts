import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInput } from '../../../domain/failures.js';
import { executable, programOnPath, singleProcess } from '../native-program.js';

/** A way to run LAMMPS on this machine. */
export interface LammpsEngine {
  name: 'native' | 'wasm';
  usable: boolean;
  version?: string;
  /** Why it is not usable. */
  reason?: string;
  /** Program and leading arguments; a point's own arguments follow. */
  command: string[];
  /** The same as a session that serves many points (`connectors/bundle/script.ts`), where starting costs more than a point. */
  session?: string[];
}

/** Names under which distributions and conda install LAMMPS, preferred first: MPI builds start more slowly. */
const nativeNames = ['lmp', 'lmp_serial', 'lmp_mpi'];

const probeTimeoutMs = 20_000;

/** Which LAMMPS there are, in the order in which they are preferred: `PEIERLS_LAMMPS` (`native`, `wasm` or a path), native, WebAssembly. */
export async function probeLammps(environment: NodeJS.ProcessEnv = process.env): Promise<LammpsEngine[]> {
  const wanted = environment['PEIERLS_LAMMPS'] ?? '';
  const path = wanted !== '' && wanted !== 'native' && wanted !== 'wasm' ? wanted : undefined;
  const engines = await Promise.all([probeNative(environment, path), probeWasm()]);
  const chosen = wanted === 'wasm' ? 'wasm' : 'native';
  if (wanted === '') return engines;
  return engines
    .map((engine) => (engine.name === chosen ? engine : refused(engine, `PEIERLS_LAMMPS=${wanted} asks for another`)))
    .sort((a, b) => Number(b.name === chosen) - Number(a.name === chosen));
}

/** The LAMMPS to use. Throws `InvalidInput` with every reason where there is none. */
export async function chooseLammps(environment: NodeJS.ProcessEnv = process.env): Promise<LammpsEngine> {
  const engines = await probeLammps(environment);
  const usable = engines.find((engine) => engine.usable);
  if (usable !== undefined) return usable;
  const reasons = engines.map(({ name, reason }) => `${name}: ${reason ?? 'unknown reason'}`).join('; ');
  throw new InvalidInput(`no LAMMPS can be used on this machine (${reasons})`, {
    remedy: 'Install lammps, run npm ci for the WebAssembly one, or set PEIERLS_LAMMPS to native, wasm or the path of lmp',
  });
}

async function probeNative(environment: NodeJS.ProcessEnv, path: string | undefined): Promise<LammpsEngine> {
  const program = path === undefined ? await programOnPath(nativeNames, environment['PATH'] ?? '') : await executable(path);
  if (program === undefined)
    return refused(
      { name: 'native', command: [path ?? 'lmp'] },
      path === undefined ? `none of ${nativeNames.join(', ')} is on PATH` : `PEIERLS_LAMMPS: ${path} is not an executable file`,
    );
  const command = process.platform === 'win32' ? [program] : ['env', ...singleProcess, program];
  const help = await firstWords([...command, '-h']);
  // Large-scale Atomic/Molecular Massively Parallel Simulator - 29 Sep 2021 - Update 2
  const version = /Massively Parallel Simulator - (.+)/.exec(help.text)?.[1]?.trim();
  if (version === undefined)
    return refused({ name: 'native', command }, `${program} -h does not answer like LAMMPS: ${help.text.slice(0, 200) || help.error}`);
  // The list of styles in the same text: without the MANYBODY package there is no embedded-atom method.
  if (!/(^|\s)eam\/alloy(\s|$)/m.test(help.text))
    return refused({ name: 'native', version, command }, `${program} is built without the MANYBODY package`);
  return { name: 'native', usable: true, version, command };
}

async function probeWasm(): Promise<LammpsEngine> {
  const command = [process.execPath, fileURLToPath(new URL('wasm/lmp-wasm.mjs', import.meta.url))];
  try {
    const require = createRequire(import.meta.url);
    const script = require.resolve('lammps.js/wasm-atomify');
    const manifest: unknown = JSON.parse(await readFile(join(script, '../../../package.json'), 'utf8'));
    const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
    return { name: 'wasm', usable: true, version: `lammps.js ${version}`, command, session: [...command, '--session'] };
  } catch (cause) {
    return refused(
      { name: 'wasm', command },
      `the npm package lammps.js is not installed (${cause instanceof Error ? cause.message : String(cause)})`,
    );
  }
}

function refused(engine: Omit<LammpsEngine, 'usable'>, reason: string): LammpsEngine {
  return { ...engine, usable: false, reason };
}

function firstWords([program = '', ...args]: readonly string[]): Promise<{ text: string; error: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: probeTimeoutMs, maxBuffer: 8 * 1024 * 1024 }, (error, stdout) =>
      resolve({ text: stdout, error: error === null ? '' : error.message }),
    );
  });
}
