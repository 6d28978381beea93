import type { OptimadeSource } from '../../../domain/source.js';

/** What of a structure we read. */
export const structureFields = [
  'chemical_formula_reduced',
  'dimension_types',
  'lattice_vectors',
  'cartesian_site_positions',
  'nsites',
  'species',
  'species_at_sites',
  'structure_features',
  'last_modified',
] as const;

/**
 * The filter of a definition, in the part of the language that every provider must know: `HAS ONLY` is optional, so "only these elements"
 * is all of them and their number. Undefined where everything is wanted.
 */
export function optimadeFilter(definition: OptimadeSource): string | undefined {
  const { elements, excludeElements, chemicalSystems, elementCount, sites, filter } = definition;
  const quoted = (symbols: readonly string[]): string => symbols.map((symbol) => `"${symbol}"`).join(',');
  const bounds = (name: string, range: { min?: number | undefined; max?: number | undefined } | undefined): string[] => [
    ...(range?.min === undefined ? [] : [`${name}>=${range.min}`]),
    ...(range?.max === undefined ? [] : [`${name}<=${range.max}`]),
  ];
  const systems = chemicalSystems?.map((system) => {
    const symbols = system.split('-');
    return `(elements HAS ALL ${quoted(symbols)} AND nelements=${symbols.length})`;
  });
  const parts = [
    ...(elements === undefined ? [] : [`elements HAS ALL ${quoted(elements)}`]),
    ...(excludeElements === undefined ? [] : [`NOT (elements HAS ANY ${quoted(excludeElements)})`]),
    ...(systems === undefined ? [] : [systems.length === 1 ? systems.join('') : `(${systems.join(' OR ')})`]),
    ...bounds('nelements', elementCount),
    ...bounds('nsites', sites),
    ...(filter === undefined ? [] : [`(${filter})`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' AND ');
}
