import { elements, ElementSymbol } from './element.js';

/** Where an element stands in the 18-column table: rows 1-7, and 8 and 9 for lanthanides and actinides. */
export interface PeriodicPlace {
  symbol: ElementSymbol;
  row: number;
  column: number;
}

/** Atomic numbers that end the periods. */
const nobleGases = [2, 10, 18, 36, 54, 86, 118];

/** All elements with their places; group 3 of periods 6 and 7 is held by the f block below (57-71 and 89-103). */
export function periodicPlaces(): PeriodicPlace[] {
  return ElementSymbol.options.map((symbol) => ({ symbol, ...placeOf(elements[symbol].number) }));
}

function placeOf(number: number): { row: number; column: number } {
  const period = nobleGases.findIndex((end) => number <= end) + 1;
  const end = nobleGases[period - 1] ?? 118;
  const start = nobleGases[period - 2] ?? 0;
  const index = number - start;
  if (period >= 6 && index >= 3 && index <= 17) return { row: period + 2, column: index };
  const sBlock = period === 1 ? 1 : 2;
  return { row: period, column: index <= sBlock ? index : 18 - (end - number) };
}
