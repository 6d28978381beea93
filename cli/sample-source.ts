import { openPrototypeMatcher } from '../connectors/source/match-prototype.js';
import { materialDocument } from '../connectors/source/material.js';
import { SourcePool } from '../connectors/source/open.js';
import type { MaterialDocument } from '../connectors/store/document.js';
import type { SourceDefinition } from '../domain/source.js';

export interface SourceSample {
  name: string;
  /** Entries of the query, as the database says; null where it does not. */
  total: number | null;
  /** Entries of its first page, and how many of them are crystals that can be screened and wanted. */
  read: number;
  usable: number;
  /** Entries that the filters set aside, as only we could tell. */
  excluded: { id: string; reason: string }[];
  materials: MaterialDocument[];
}

/** The first page of a database: enough to count a small query exactly, and to estimate a large one. Nothing is stored. */
export async function sampleSource({ name, definition }: { name: string; definition: SourceDefinition }): Promise<SourceSample> {
  const source = new SourcePool(process.env).open(definition);
  const { records, total } = await source.page(null, { signal: AbortSignal.timeout(600_000), attempt: 1 });
  const match = openPrototypeMatcher();
  const materials = records
    .filter(({ excluded }) => excluded === undefined)
    .map((record) => materialDocument(record, source.origin, null, match));
  const usable = materials.filter(({ prototype }) => prototype !== undefined).length;
  const excluded = records.flatMap(({ sourceId, excluded: reason }) => (reason === undefined ? [] : [{ id: sourceId, reason }]));
  return { name, total, read: records.length, usable, excluded, materials };
}

export function describeSample({ name, total, read, usable, excluded }: SourceSample): string {
  const [example] = excluded;
  const aside = example === undefined ? '' : ` (${excluded.length} set aside by filters, for instance ${example.id}: ${example.reason})`;
  const first = `${name}: ${usable} of ${read} entries are crystals that can be screened${aside}`;
  if (total === null || total <= read) return first;
  return `${first}; that was the first page of ${total}, so some ${Math.round((usable / read) * total)} candidates in all, and the table counts the page only`;
}
