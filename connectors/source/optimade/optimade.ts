import { InvalidInput } from '../../../domain/failures.js';
import { sourceOrigin, type OptimadeSource } from '../../../domain/source.js';
import { digestOf } from '../http.js';
import type { MaterialSource, PageRequest, SourcePage, SourceRecord, SourceState } from '../source.js';
import { field, instantField, textField } from '../structure-file/json-value.js';
import { optimadeEntry } from '../structure-file/optimade.js';
import type { OptimadeAnswer, OptimadeClient } from './client.js';
import { optimadeFilter, structureFields } from './filter.js';

/** A query of an OPTIMADE database. The cursor is the address of the page, as the provider gave it. */
export class Optimade implements MaterialSource {
  readonly origin: string;
  readonly versioned = false;
  readonly #client: OptimadeClient;
  readonly #definition: OptimadeSource;
  readonly #query: Readonly<Record<string, string>>;

  constructor(client: OptimadeClient, definition: OptimadeSource) {
    this.origin = sourceOrigin(definition);
    this.#client = client;
    this.#definition = definition;
    const filter = optimadeFilter(definition);
    this.#query = filter === undefined ? {} : { filter };
  }

  async state(signal: AbortSignal): Promise<SourceState> {
    await this.#client.licence(signal);
    const { databaseVersion, returned, data, warnings, sorted } = await this.#latest(signal);
    const newest = sorted ? (instantField(field(data[0], 'attributes'), 'last_modified') ?? null) : null;
    return { databaseVersion, total: returned, newest, warnings };
  }

  async page(cursor: string | null, { signal }: PageRequest): Promise<SourcePage> {
    const first = { ...this.#query, response_fields: structureFields.join(','), page_limit: String(this.#definition.pageLimit) };
    const answer = cursor === null ? await this.#client.structures(first, signal) : await this.#client.page(cursor, signal);
    const licence = this.#definition.licence ?? (await this.#client.licence(signal));
    const records = answer.data.flatMap((entry) => this.#record(entry, licence) ?? []);
    const nameless = answer.data.length - records.length;
    return {
      records,
      next: answer.data.length === 0 || answer.more === false ? null : answer.next,
      total: answer.returned,
      warnings: [...answer.warnings, ...(nameless === 0 ? [] : [`${nameless} entries without an id were left out`])],
    };
  }

  /** One structure, the latest first. Sorting is optional in the specification: where it is refused nothing is known of the latest change. */
  async #latest(signal: AbortSignal): Promise<OptimadeAnswer & { sorted: boolean }> {
    const one = { ...this.#query, response_fields: 'last_modified', page_limit: '1' };
    try {
      return { ...(await this.#client.structures({ ...one, sort: '-last_modified' }, signal)), sorted: true };
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      // The filter, if it was that, is refused once more, and then for good.
      return { ...(await this.#client.structures(one, signal)), sorted: false };
    }
  }

  #record(entry: unknown, licence: string | undefined): SourceRecord | undefined {
    const identity = field(entry, 'id');
    if ((typeof identity !== 'string' && typeof identity !== 'number') || identity === '') return undefined;
    const sourceId = String(identity);
    const read = optimadeEntry(entry, 'structures', sourceId, undefined);
    const attributes = field(entry, 'attributes');
    const self = field(field(entry, 'links'), 'self');
    const content = {
      sourceId,
      formula: textField(attributes, 'chemical_formula_reduced') ?? sourceId,
      ...(read.kind === 'accepted' ? { structure: read.structure } : { refused: read.reason }),
      ...(instantField(attributes, 'last_modified') !== undefined && { lastUpdated: instantField(attributes, 'last_modified') ?? '' }),
      ...(licence !== undefined && { licence }),
      url:
        textField(self, 'href') ?? (typeof self === 'string' ? self : `${this.#client.base}/v1/structures/${encodeURIComponent(sourceId)}`),
    };
    return { ...content, digest: digestOf(content) };
  }
}
