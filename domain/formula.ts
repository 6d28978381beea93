import type { Composition } from './composition.js';
import type { Structure } from './structure.js';

/** Largest formula unit we are willing to write with whole numbers; beyond it the fractions themselves are clearer. */
const largestFormulaUnit = 200;

/** Reduced formula in the OPTIMADE style: whole numbers, elements in alphabetical order, no separators: `AlNi3`, `Cu3Pt`. */
export function reducedFormula(of: Composition | Structure): string {
  const fractions = sortedFractions(of);
  for (let unit = 1; unit <= largestFormulaUnit; unit += 1) {
    const amounts = fractions.map(([symbol, fraction]) => [symbol, fraction * unit] as const);
    if (amounts.every(([, amount]) => amount > 0.5 && Math.abs(amount - Math.round(amount)) < 1e-6 * unit))
      return amounts.map(([symbol, amount]) => symbol + count(Math.round(amount))).join('');
  }
  return fractionalName(fractions);
}

/**
 * The name people read: the reduced formula of an ordered structure (`AlNi3`), atomic fractions of a solid solution (`Cu0.75Pt0.25`).
 * A bare composition says nothing about order, so it is written as a solid solution.
 */
export function prettyName(of: Composition | Structure): string {
  const ordered = isStructure(of) && of.sites.every((site) => Object.keys(of.species[site.species] ?? {}).length === 1);
  return ordered ? reducedFormula(of) : fractionalName(sortedFractions(of));
}

/** Element symbols in alphabetical order joined by a dash: `Al-Ni`. */
export function chemicalSystem(of: Composition | Structure): string {
  return sortedFractions(of)
    .map(([symbol]) => symbol)
    .join('-');
}

/** Atomic fractions of all sites of a structure together. */
export function overallComposition(structure: Structure): Composition {
  const totals: Record<string, number> = {};
  for (const site of structure.sites) {
    for (const [symbol, fraction] of Object.entries(structure.species[site.species] ?? {}))
      totals[symbol] = (totals[symbol] ?? 0) + fraction / structure.sites.length;
  }
  return totals;
}

function isStructure(of: Composition | Structure): of is Structure {
  return Array.isArray((of as Partial<Structure>).sites);
}

function sortedFractions(of: Composition | Structure): [string, number][] {
  return Object.entries(isStructure(of) ? overallComposition(of) : of).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function fractionalName(fractions: readonly [string, number][]): string {
  return fractions.map(([symbol, fraction]) => symbol + count(Number(fraction.toFixed(4)))).join('');
}

function count(amount: number): string {
  return amount === 1 ? '' : String(amount);
}
