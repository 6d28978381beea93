import { massU } from './element.js';
import { overallComposition } from './formula.js';
import { volume, type Structure } from './structure.js';

/** 1 u per cubic angstrom in g/cm3 (CODATA 2018 atomic mass constant). */
export const gramsPerCm3 = 1.660_539_066_6;

/** Mass density of a structure, g/cm3; average atoms count with the masses of their elements. */
export function massDensity(structure: Structure): number {
  return (gramsPerCm3 * structure.sites.length * massU(overallComposition(structure))) / volume(structure);
}
