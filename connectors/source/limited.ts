import { tooExpensive, tooRisky } from '../../domain/element-limit.js';
import { overallComposition } from '../../domain/formula.js';
import type { SourceDefinition } from '../../domain/source.js';
import type { MaterialSource, SourceRecord } from './source.js';

/** The same source, with what costs too much or is too risky set aside, and why. No database knows a user's prices, so all is fetched. */
export function limited(source: MaterialSource, definition: SourceDefinition): MaterialSource {
  if (definition.price === undefined && definition.supplyRisk === undefined) return source;
  const { listing, records } = source;
  return {
    origin: source.origin,
    versioned: source.versioned,
    state: (signal) => source.state(signal),
    page: async (cursor, request) => {
      const page = await source.page(cursor, request);
      return { ...page, records: page.records.map((record) => judged(record, definition)) };
    },
    ...(listing !== undefined && { listing: (cursor, request) => listing.call(source, cursor, request) }),
    ...(records !== undefined && {
      records: async (ids, request) => (await records.call(source, ids, request)).map((record) => judged(record, definition)),
    }),
  };
}

function judged(record: SourceRecord, { price, supplyRisk }: SourceDefinition): SourceRecord {
  if (record.excluded !== undefined || record.structure === undefined) return record;
  const composition = overallComposition(record.structure);
  const excluded =
    (price === undefined ? undefined : tooExpensive(composition, price)) ??
    (supplyRisk === undefined ? undefined : tooRisky(composition, supplyRisk));
  return excluded === undefined ? record : { ...record, excluded };
}
