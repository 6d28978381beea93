import type { ElasticMatrix } from '../../../domain/elastic-tensor.js';
import type { MaterialsProjectSource } from '../../../domain/source.js';
import { digestOf } from '../http.js';
import type { MaterialSource, PageRequest, SourceListing, SourcePage, SourceRecord, SourceState } from '../source.js';
import { instantField } from '../structure-file/json-value.js';
import type { Answer, MaterialsProjectClient } from './client.js';
import { mostIds, mostPerRequest, pageQuery, summaryFields, summaryQuery } from './query.js';
import { elasticOf, hasElasticity, idOf, summaryRecord } from './record.js';

/** Fewest entries that a page of a struggling server is cut down to. */
const fewestPerRequest = 100;

/** A query of the Materials Project. The cursor is the number of entries before the page. */
export class MaterialsProject implements MaterialSource {
  readonly origin = 'materials-project';
  readonly versioned = true;
  readonly #client: MaterialsProjectClient;
  readonly #definition: MaterialsProjectSource;
  readonly #query: Readonly<Record<string, string>>;

  constructor(client: MaterialsProjectClient, definition: MaterialsProjectSource) {
    this.#client = client;
    this.#definition = definition;
    this.#query = summaryQuery(definition);
  }

  async state(signal: AbortSignal): Promise<SourceState> {
    const { version, warning } = await this.#client.databaseVersion(signal);
    const latest = { ...this.#query, _fields: 'material_id,last_updated', _sort_fields: '-last_updated', _skip: '0', _limit: '1' };
    const { data, total } = await this.#client.documents('summary', latest, signal);
    return {
      databaseVersion: version,
      total,
      newest: instantField(data[0], 'last_updated') ?? null,
      warnings: warning === undefined ? [] : [warning],
    };
  }

  async page(cursor: string | null, request: PageRequest): Promise<SourcePage> {
    const { answer, ...rest } = await this.#ask(cursor, summaryFields, request);
    return { ...rest, ...(await this.#read(answer, request.signal)) };
  }

  readonly listing = async (cursor: string | null, request: PageRequest): Promise<SourceListing> => {
    const { answer, ...rest } = await this.#ask(cursor, ['material_id', 'last_updated'], request);
    const entries = answer.data.flatMap((document) => {
      const sourceId = idOf(document);
      return sourceId === undefined ? [] : [{ sourceId, lastUpdated: instantField(document, 'last_updated') ?? null }];
    });
    return { ...rest, entries };
  };

  readonly records = async (ids: readonly string[], { signal }: PageRequest): Promise<SourceRecord[]> => {
    const found: SourceRecord[] = [];
    for (const chunk of chunks(ids, mostIds)) {
      const parameters = { ...this.#query, material_ids: chunk.join(','), _fields: summaryFields.join(','), _limit: String(mostIds) };
      found.push(...(await this.#read(await this.#client.documents('summary', parameters, signal), signal)).records);
    }
    return found;
  };

  /** The server gives a query 30 s and then answers 504: the third attempt asks for a quarter, later ones for less. */
  async #ask(cursor: string | null, fields: readonly string[], { signal, attempt }: PageRequest) {
    const skip = Number(cursor ?? 0);
    const limit = Math.max(fewestPerRequest, Math.floor(mostPerRequest / 4 ** Math.max(0, attempt - 2)));
    const answer = await this.#client.documents('summary', pageQuery(this.#query, fields, skip, limit), signal);
    const after = skip + answer.data.length;
    const ended = answer.data.length === 0 || (answer.total === null ? answer.data.length < limit : after >= answer.total);
    return { answer, next: ended ? null : String(after), total: answer.total };
  }

  async #read({ data }: Answer, signal: AbortSignal): Promise<Pick<SourcePage, 'records' | 'warnings'>> {
    const records = data.flatMap((document) => summaryRecord(document, this.#definition) ?? []);
    const nameless = data.length - records.length;
    const warnings = nameless === 0 ? [] : [`${nameless} entries without a material_id were left out`];
    if (!this.#definition.elasticity) return { records, warnings };
    const wanted = new Set(data.filter(hasElasticity).flatMap((document) => idOf(document) ?? []));
    const tensors = await this.#tensors(
      records.filter(({ sourceId, structure }) => structure !== undefined && wanted.has(sourceId)).map(({ sourceId }) => sourceId),
      signal,
    );
    return { records: records.map((record) => withTensor(record, tensors.get(record.sourceId))), warnings };
  }

  async #tensors(ids: readonly string[], signal: AbortSignal): Promise<Map<string, ElasticMatrix>> {
    const tensors = new Map<string, ElasticMatrix>();
    for (const chunk of chunks(ids, mostIds)) {
      const parameters = { material_ids: chunk.join(','), _fields: 'material_id,elastic_tensor', _limit: String(mostPerRequest) };
      const { data } = await this.#client.documents('elasticity', parameters, signal);
      for (const document of data) {
        const [id, tensor] = [idOf(document), elasticOf(document)];
        // A material may have several documents; the first is the latest.
        if (id !== undefined && tensor !== undefined && !tensors.has(id)) tensors.set(id, tensor);
      }
    }
    return tensors;
  }
}

function withTensor(record: SourceRecord, elasticGpa: ElasticMatrix | undefined): SourceRecord {
  return elasticGpa === undefined ? record : { ...record, elasticGpa, digest: digestOf([record.digest, elasticGpa]) };
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
