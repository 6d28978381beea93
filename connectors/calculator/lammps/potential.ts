import { openAnalytic } from './potential/analytic.js';
import { openKim } from './potential/kim.js';
import type { Potential } from './potential/potential.js';
import { openKimTables, openTabulated } from './potential/tabulated.js';
import type { PotentialReference, StaticsSettings } from './reference.js';

export type { Potential } from './potential/potential.js';
export { PotentialReference, StaticsSettings } from './reference.js';

/** Opens the potential a reference names. Throws `InvalidInput` with a remedy where that is impossible. */
export async function openPotential(reference: PotentialReference): Promise<Potential> {
  if ('potential' in reference) return openAnalytic(reference);
  if ('file' in reference) return openTabulated(reference);
  return openKim(reference);
}

/** Opens it for `domain/statics`, which reads the tables of an OpenKIM model itself. */
export async function openForStatics(settings: StaticsSettings): Promise<Potential> {
  return 'kim' in settings ? openKimTables(settings.kim) : openPotential(settings);
}
