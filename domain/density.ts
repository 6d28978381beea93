import { massU } from './element.js';
import { volume, type Structure } from './structure.js';

/** One unified atomic mass unit per cubic angstrom in g/cm3 (CODATA 2018: u = 1.66053906660e-24 g). */
const gPerCm3PerUPerCubicAngstrom = 1.6605390666;

/** Mass density in g/cm3, with standard atomic weights; average atoms count with their mean mass. */
export function densityGPerCm3(structure: Structure): number {
  const mass = structure.sites.reduce((sum, { species }) => sum + massU(structure.species[species] ?? {}), 0);
  return (mass / volume(structure)) * gPerCm3PerUPerCubicAngstrom;
}
