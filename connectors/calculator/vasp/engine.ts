import { readdir } from 'node:fs/promises';
import { executable, programOnPath, singleProcess } from '../native-program.js';

/** The VASP of this machine. */
export interface VaspEngine {
  usable: boolean;
  version?: string;
  reason?: string;
  command: string[];
  /** Folder of POTCARs. */
  pseudopotentials?: string;
}

/**
 * Whether VASP may run here: `PEIERLS_VASP` (a path) or `vasp_std` on PATH, and the POTCARs in `PEIERLS_POTCARS`. VASP has no option that
 * tells its version; runs do.
 */
export async function probeVasp(environment: NodeJS.ProcessEnv = process.env): Promise<VaspEngine> {
  const wanted = environment['PEIERLS_VASP'] ?? '';
  const program = wanted === '' ? await programOnPath(['vasp_std'], environment['PATH'] ?? '') : await executable(wanted);
  const command = ['env', 'OMP_NUM_THREADS=1', ...singleProcess, program ?? 'vasp_std'];
  if (program === undefined)
    return {
      usable: false,
      reason: wanted === '' ? 'vasp_std is not on PATH' : `PEIERLS_VASP: ${wanted} is not an executable file`,
      command,
    };
  const pseudopotentials = environment['PEIERLS_POTCARS'] ?? '';
  if (pseudopotentials === '')
    return { usable: false, reason: 'PEIERLS_POTCARS does not say where the folders of POTCARs are (such as potpaw_PBE.54)', command };
  const entries = await readdir(pseudopotentials).catch(() => undefined);
  if (entries === undefined)
    return { usable: false, reason: `PEIERLS_POTCARS: ${pseudopotentials} is not a folder that can be read`, command };
  return { usable: true, command, pseudopotentials };
}
