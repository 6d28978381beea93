import type { Structure } from '../../../domain/structure.js';
import { averageAtom, elementsOf } from '../species.js';
import type { PseudopotentialLibrary } from './library.js';
import type { Pseudopotential } from './pseudopotential.js';
import type { QuantumEspressoSettings } from './settings.js';

/** Elements that `magnetism: auto` makes spin-polarised, with starting magnetisations above the moments of the metals. */
const ferromagnets: Readonly<Record<string, number>> = { Fe: 0.4, Co: 0.3, Ni: 0.2 };

/** The pseudopotentials of a structure in the order of its elements; those that are missing are left out. */
export function potentialsOf(structure: Structure, { byElement }: PseudopotentialLibrary): Pseudopotential[] {
  return elementsOf(structure).flatMap((element) => byElement.get(element) ?? []);
}

/** Wave-function and density cutoffs, Ry; undefined where a file recommends none and the settings say nothing. */
export function cutoffsOf(
  potentials: readonly Pseudopotential[],
  { cutoffRy, cutoffFactor }: QuantumEspressoSettings,
): { wavefunctions: number; density: number } | undefined {
  const known = potentials.flatMap((one) => one.cutoffRy ?? []);
  if (cutoffRy !== undefined) return { wavefunctions: cutoffRy.wavefunctions, density: cutoffRy.density ?? 4 * cutoffRy.wavefunctions };
  if (known.length < potentials.length || known.length === 0) return undefined;
  const largest = (values: readonly number[]): number => Math.ceil(cutoffFactor * Math.max(...values));
  const wavefunctions = largest(known.map((one) => one.wavefunctions));
  return { wavefunctions, density: Math.max(4 * wavefunctions, largest(known.map((one) => one.density))) };
}

/** Starting magnetisations by element, or undefined for a calculation without spin. */
export function magnetisationsOf(structure: Structure, { magnetism }: QuantumEspressoSettings): Record<string, number> | undefined {
  if (magnetism === 'none') return undefined;
  const table: Readonly<Record<string, number | undefined>> = magnetism === 'auto' ? ferromagnets : magnetism;
  const starting = elementsOf(structure).flatMap((element): [string, number][] => {
    const value = table[element];
    return value === undefined || value === 0 ? [] : [[element, value]];
  });
  return starting.length === 0 ? undefined : Object.fromEntries(starting);
}

/** Why pw.x can never compute this structure with this library and these settings, in a sentence with the remedy; or undefined. */
export function rejection(structure: Structure, library: PseudopotentialLibrary, settings: QuantumEspressoSettings): string | undefined {
  const average = averageAtom(structure, 'plane waves do');
  if (average !== undefined) return average;
  const missing = missingElement(structure, library);
  if (missing !== undefined) return missing;
  const potentials = potentialsOf(structure, library);
  const functionals = new Set(potentials.map(({ functional }) => functional));
  if (functionals.size > 1)
    return `its pseudopotentials mix functionals (${potentials.map(({ file, functional }) => `${file}: ${functional}`).join(', ')}). Name files of one functional under calculator.files.`;
  const cutoffs = cutoffsOf(potentials, settings);
  if (cutoffs === undefined)
    return `${potentials.find((one) => one.cutoffRy === undefined)?.file ?? 'a pseudopotential'} recommends no cutoff. Give calculator.cutoffRy, converged for it.`;
  if (cutoffs.density < 4 * cutoffs.wavefunctions)
    return `the density cutoff ${cutoffs.density} Ry is below four times that of the wave functions, ${cutoffs.wavefunctions} Ry. Raise calculator.cutoffRy.density.`;
  return undefined;
}

/** A sentence for the first element without a pseudopotential. */
export function missingElement(
  structure: Structure,
  { byElement, otherFunctionals, functional, folder }: PseudopotentialLibrary,
): string | undefined {
  const element = elementsOf(structure).find((one) => !byElement.has(one));
  if (element === undefined) return undefined;
  const others = otherFunctionals.get(element) ?? [];
  const remedy =
    others.length > 0
      ? `There are files for ${others.join(', ')}: change calculator.functional, or name a file under calculator.files.`
      : 'Add a UPF file, or name another folder under calculator.pseudopotentials.';
  return `${folder} has no ${functional} pseudopotential for ${element}. ${remedy}`;
}
