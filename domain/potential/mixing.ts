import type { Composition } from '../composition.js';
import type { EamFunctions } from './eam.js';

/**
 * Functions of species that are average atoms of a random alloy (Varvenne, Luque, Nohring, Curtin, Phys. Rev. B 93, 104201 (2016)):
 * F = sum_X x_X F_X, f = sum_X x_X f_X, phi_AB = sum_XY x_X y_Y phi_XY. A species made of one element is that element,
 * so an explicit alloy is the special case of pure species. Example: `{ Cu3Au: { Cu: 0.75, Au: 0.25 } }`.
 */
export function mixed(functions: EamFunctions, species: Readonly<Record<string, Composition>>): EamFunctions {
  const parts = new Map(Object.entries(species).map(([label, composition]) => [label, Object.entries(composition)]));
  const of = (label: string): [string, number][] => {
    const composition = parts.get(label);
    if (composition === undefined) throw new RangeError(`species "${label}" has no composition`);
    return composition;
  };
  return {
    cutoffAngstrom: functions.cutoffAngstrom,
    maxDensity: functions.maxDensity,
    embedding: (label, density) => of(label).reduce((sum, [element, x]) => sum + x * functions.embedding(element, density), 0),
    density: (label, r) => of(label).reduce((sum, [element, x]) => sum + x * functions.density(element, r), 0),
    pair: (a, b, r) => {
      let sum = 0;
      for (const [elementA, x] of of(a)) for (const [elementB, y] of of(b)) sum += x * y * functions.pair(elementA, elementB, r);
      return sum;
    },
  };
}

/** Every element that occurs in a set of species, sorted: the set decides the cut-off, so its order must not matter. */
export function elementsOf(species: Readonly<Record<string, Composition>>): string[] {
  return [...new Set(Object.values(species).flatMap((composition) => Object.keys(composition)))].sort();
}
