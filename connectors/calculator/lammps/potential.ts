import { openAnalytic } from './potential/analytic.js';
import { openKim } from './potential/kim.js';
import type { Potential } from './potential/potential.js';
import { openTabulated } from './potential/tabulated.js';
import type { PotentialReference } from './reference.js';

export type { Potential } from './potential/potential.js';
export { AnalyticName, AnalyticReference, PotentialReference } from './reference.js';

/** Opens the potential a reference names. Throws `InvalidInput` with a remedy where that is impossible. */
export async function openPotential(reference: PotentialReference): Promise<Potential> {
  if ('potential' in reference) return openAnalytic(reference);
  if ('file' in reference) return openTabulated(reference);
  return openKim(reference);
}
