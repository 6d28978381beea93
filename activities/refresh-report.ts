import { scanPages } from '../connectors/store/source.js';
import type { RunningScan, SourceDocument, SourcePageDocument } from '../connectors/store/source-document.js';
import type { Store } from '../connectors/store/store.js';
import { scanDifference, type RefreshReport } from '../domain/refresh.js';

const mostExamples = 20;

/** What a scan found against the one before it. `incomplete`: the database announced more than it gave, or changed meanwhile. */
export async function refreshReport(
  store: Store,
  name: string,
  running: RunningScan,
  latest: SourceDocument['latest'],
): Promise<{ report: RefreshReport; incomplete: boolean; removed: string[] }> {
  const now = await scanPages(store, name, running.scan);
  const before = latest === null ? [] : await scanPages(store, name, latest.scan);
  const { records, duplicates, added, changed, removed: missing } = scanDifference(entries(before), entries(now));
  const announced = running.totalSeen;
  // A changing total means that pages have moved against each other: as many may be missing as came that are gone.
  const totals = new Set([running.total, ...now.map(({ total }) => total)].filter((total) => total !== null));
  const incomplete = announced !== null && (records !== announced || totals.size > 1);
  // Nothing is called gone on the word of a scan that has not seen everything.
  const removed = incomplete && records <= announced ? [] : missing;
  const crystals = new Set(now.flatMap((page) => page.usable));
  const usable = crystals.size;
  const setAside = now.flatMap((page) => page.excluded).filter(({ id }) => crystals.has(id));
  const examples = {
    added: added.slice(0, mostExamples),
    changed: changed.slice(0, mostExamples),
    removed: removed.slice(0, mostExamples),
  };
  const report: RefreshReport = {
    source: name,
    mode: running.mode,
    databaseVersion: running.databaseVersion,
    previousVersion: latest?.databaseVersion ?? null,
    records,
    usable,
    refused: records - usable,
    ...(setAside.length > 0 && { excluded: { count: setAside.length, examples: setAside.slice(0, mostExamples) } }),
    added: added.length,
    changed: changed.length,
    removed: removed.length,
    duplicates,
    pages: now.length,
    examples,
    warnings: [
      ...running.warnings,
      ...(incomplete ? [`the database announced ${[...totals].join(', then ')} entries and gave ${records}`] : []),
      ...(duplicates > 0 ? [`${duplicates} entries came more than once`] : []),
    ],
    startedAt: running.startedAt,
    finishedAt: new Date().toISOString(),
  };
  return { report, incomplete, removed };
}

function* entries(pages: readonly SourcePageDocument[]): Generator<readonly [string, string]> {
  for (const { ids, digests } of pages) for (const [index, id] of ids.entries()) yield [id, digests[index] ?? ''];
}
