import type { MaterialsProjectSource } from '../../../domain/source.js';

/** Most entries a request may ask for; the server refuses more with 400. */
export const mostPerRequest = 1000;
/** Longer lists of ids make addresses that gateways refuse (414). */
export const mostIds = 100;

/** What of a summary document we read. */
export const summaryFields = [
  'material_id',
  'formula_pretty',
  'structure',
  'last_updated',
  'theoretical',
  'ordering',
  'has_props',
  'builder_meta',
] as const;

type Parameters = Readonly<Record<string, string>>;

/**
 * Query parameters of `/materials/summary/` for a definition. The server answers 400 to any it does not know, so nothing is passed through.
 * `deprecated` is the server's default, said aloud: with no criterion at all its total is an estimate.
 */
export function summaryQuery(definition: MaterialsProjectSource): Parameters {
  const { elements, excludeElements, chemicalSystems, elementCount, sites, energyAboveHullEv, theoretical, magnetic } = definition;
  const list = (name: string, values: readonly (string | number)[] | undefined): Parameters =>
    values === undefined ? {} : { [name]: values.join(',') };
  const bounds = (name: string, range: { min?: number | undefined; max?: number | undefined } | undefined): Parameters => ({
    ...(range?.min !== undefined && { [`${name}_min`]: String(range.min) }),
    ...(range?.max !== undefined && { [`${name}_max`]: String(range.max) }),
  });
  return {
    deprecated: 'false',
    ...list('elements', elements),
    ...list('exclude_elements', excludeElements),
    ...list('chemsys', chemicalSystems),
    ...bounds('nelements', elementCount),
    ...bounds('nsites', sites),
    ...bounds('energy_above_hull', energyAboveHullEv),
    ...(theoretical !== undefined && { theoretical: String(theoretical) }),
    // Magnetic order has three names; only its absence is one value.
    ...(magnetic === false && { ordering: 'NM' }),
    ...list('crystal_system', definition.crystalSystems),
    ...list('spacegroup_number', definition.spaceGroups),
  };
}

/** One page of a query, in the order of the ids: without one the server promises none, and scans miss entries (mp-api#956). */
export function pageQuery(query: Parameters, fields: readonly string[], skip: number, limit: number): Parameters {
  return { ...query, _fields: fields.join(','), _sort_fields: 'material_id', _skip: String(skip), _limit: String(limit) };
}
