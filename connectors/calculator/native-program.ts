import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Settings for `env`. An MPI build run alone first starts a daemon and looks for networks, 0.3 s a point. Open MPI reads these and skips both; other builds
 * ignore them. Without the daemon all runs of a user would share one session folder, and a twentieth of parallel ones failed in making or
 * removing it, so there is none.
 */
export const singleProcess = [
  'OMPI_MCA_ess_singleton_isolated=1',
  'OMPI_MCA_orte_create_session_dirs=0',
  'OMPI_MCA_pml=ob1',
  'OMPI_MCA_btl=self',
] as const;

/** The first of the named programs on a PATH; names come before folders. */
export async function programOnPath(names: readonly string[], path: string): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of path.split(delimiter).filter(isAbsolute)) {
      const found = await executable(join(folder, name));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The file itself, if it may be run. */
export async function executable(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}
