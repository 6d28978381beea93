import { ElasticMatrix } from '../../../domain/elastic-tensor.js';
import { materialsProjectPage, type MaterialsProjectSource } from '../../../domain/source.js';
import { digestOf } from '../http.js';
import type { SourceRecord } from '../source.js';
import { field, instantField, listField, textField } from '../structure-file/json-value.js';
import { readPymatgen } from '../structure-file/pymatgen.js';

/** Licences as the project's builders name them. */
const licences: Readonly<Record<string, string>> = { 'BY-C': 'CC-BY-4.0', 'BY-NC': 'CC-BY-NC-4.0' };

/** A summary document as a record. Any field may be missing or null: what then cannot be said is left out or is the reason. */
export function summaryRecord(document: unknown, definition: MaterialsProjectSource): SourceRecord | undefined {
  const sourceId = idOf(document);
  if (sourceId === undefined) return undefined;
  const lastUpdated = instantField(document, 'last_updated');
  const licence = textField(field(document, 'builder_meta'), 'license');
  const excluded = exclusion(document, definition);
  const content = {
    sourceId,
    formula: textField(document, 'formula_pretty') ?? sourceId,
    ...structureOf(document, sourceId),
    ...(lastUpdated !== undefined && { lastUpdated }),
    ...(licence !== undefined && { licence: licences[licence] ?? licence }),
    url: `${materialsProjectPage}/${encodeURIComponent(sourceId)}`,
  };
  return { ...content, ...(excluded !== undefined && { excluded }), digest: digestOf(content) };
}

/** Ids are `mp-149` or `mp-aaaaaaft`; older documents of the interface hold them in an object. */
export function idOf(document: unknown): string | undefined {
  return textField(document, 'material_id') ?? textField(field(document, 'material_id'), 'string');
}

/** `has_props` is `{ elasticity: true }`, or a list of names in older documents. */
export function hasElasticity(document: unknown): boolean {
  return field(field(document, 'has_props'), 'elasticity') === true || listField(document, 'has_props')?.includes('elasticity') === true;
}

/** The tensor of an elasticity document; undefined where it is not six by six numbers. */
export function elasticOf(document: unknown): ElasticMatrix | undefined {
  const parsed = ElasticMatrix.safeParse(field(field(document, 'elastic_tensor'), 'ieee_format'));
  return parsed.success ? parsed.data : undefined;
}

function structureOf(document: unknown, sourceId: string): Pick<SourceRecord, 'structure' | 'refused'> {
  if (field(document, 'structure') === undefined) return { refused: `${sourceId}: the database gives no structure` };
  // The id stands where messages name a file.
  const [entry] = readPymatgen([document], sourceId);
  if (entry === undefined) return { refused: `${sourceId}: the database gives no structure` };
  return entry.kind === 'accepted' ? { structure: entry.structure } : { refused: entry.reason };
}

/** Filters that the server cannot apply, and those whose field it leaves empty. */
function exclusion(document: unknown, { magnetic, theoretical }: MaterialsProjectSource): string | undefined {
  const ordering = textField(document, 'ordering');
  if (magnetic !== undefined && (ordering === undefined || ordering === 'Unknown')) return 'its magnetic order is not known';
  if (magnetic !== undefined && (ordering !== 'NM') !== magnetic) return magnetic ? 'it is not magnetic' : `it is magnetic (${ordering})`;
  const said = field(document, 'theoretical');
  if (theoretical !== undefined && typeof said !== 'boolean') return 'whether it is theoretical is not known';
  return theoretical !== undefined && said !== theoretical ? `theoretical is ${String(said)}` : undefined;
}
