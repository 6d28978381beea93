import type { MaterialSource, PageRequest, SourceRecord } from '../connectors/source/source.js';
import type { MaterialDocument } from '../connectors/store/document.js';
import type { RunningScan, SourcePageDocument } from '../connectors/store/source-document.js';
import type { KnownEntry } from './scan-memory.js';

/** No database has more pages; a provider that makes up addresses for ever is stopped. */
const mostPages = 20_000;

/** Ids and dates tell what is new or changed; only that is fetched. */
export async function changesOf(
  listing: NonNullable<MaterialSource['listing']>,
  fetchRecords: NonNullable<MaterialSource['records']>,
  cursor: string | null,
  entries: ReadonlyMap<string, KnownEntry>,
  request: PageRequest,
) {
  const { entries: listed, next, total } = await listing(cursor, request);
  const same = (id: string, lastUpdated: string | null): boolean => {
    const known = entries.get(id);
    return known !== undefined && lastUpdated !== null && known.lastUpdated === lastUpdated;
  };
  const wanted = listed.filter(({ sourceId, lastUpdated }) => !same(sourceId, lastUpdated)).map(({ sourceId }) => sourceId);
  const records = wanted.length === 0 ? [] : await fetchRecords(wanted, request);
  const kept = listed.flatMap(({ sourceId, lastUpdated }) => {
    const known = entries.get(sourceId);
    return known !== undefined && same(sourceId, lastUpdated) ? [{ sourceId, ...known }] : [];
  });
  return { records, kept, next, total, warnings: [] };
}

/** Why a scan ends here although the provider names another page: it would never end (optimade-python-tools#2249). */
export function endOf(
  { page }: RunningScan,
  entries: readonly { sourceId: string }[],
  next: string | null,
  { cursors, seen }: { cursors: ReadonlySet<string>; seen: ReadonlySet<string> },
): string | undefined {
  if (next === null) return undefined;
  if (cursors.has(next)) return `page ${page + 1} links to a page that was read before; the scan ends there`;
  if (page > 0 && entries.every(({ sourceId }) => seen.has(sourceId)))
    return `page ${page + 1} holds nothing that earlier pages did not; the scan ends there`;
  return page + 1 >= mostPages ? `the scan ends after ${mostPages} pages` : undefined;
}

/** What a page's document says of its entries. */
export function columns(
  records: readonly SourceRecord[],
  documents: readonly MaterialDocument[],
  kept: readonly ({ sourceId: string } & KnownEntry)[],
): Pick<SourcePageDocument, 'ids' | 'updated' | 'digests' | 'usable' | 'excluded'> {
  const crystals = new Set(documents.flatMap(({ prototype, provenance }) => (prototype === undefined ? [] : [provenance.sourceId])));
  return {
    ids: [...records, ...kept].map(({ sourceId }) => sourceId),
    updated: [...records, ...kept].map(({ lastUpdated }) => lastUpdated ?? ''),
    digests: [...records, ...kept].map(({ digest }) => digest),
    usable: [...records.filter(({ sourceId }) => crystals.has(sourceId)), ...kept.filter(({ usable }) => usable)].map(
      ({ sourceId }) => sourceId,
    ),
    excluded: [...records, ...kept].flatMap(({ sourceId, excluded }) =>
      excluded === undefined ? [] : [{ id: sourceId, reason: excluded }],
    ),
  };
}
