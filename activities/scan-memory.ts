import { unpack } from '../connectors/store/nested-array.js';
import { scanPages } from '../connectors/store/source.js';
import type { RunningScan, SourceDocument, SourcePageDocument } from '../connectors/store/source-document.js';
import type { Store } from '../connectors/store/store.js';
import type { SourceDefinition } from '../domain/source.js';

/** What earlier pages say of an entry. */
export interface KnownEntry {
  digest: string;
  lastUpdated: string;
  usable: boolean;
  excluded?: string;
}

/** What is known of a database while a scan reads it: some 30 MB for 150,000 entries. */
export interface ScanKnowledge {
  /** By the id at the source, from the latest scan of this query and the pages of the running one. */
  entries: ReadonlyMap<string, KnownEntry>;
  /** By the id of the document, from all queries of the same database. */
  digests: ReadonlyMap<string, string>;
  /** Ids and addresses that the running scan has met. */
  seen: ReadonlySet<string>;
  cursors: ReadonlySet<string>;
}

interface Kept {
  scan: number;
  /** The page that the scan stands at, as far as we have followed it. */
  page: number;
  knowledge: Knowledge;
}

/** Reads the pages of earlier scans once, and keeps what they say while one scan runs: the store would need a second for each look. */
export class ScanMemory {
  readonly #store: Store;
  readonly #kept = new Map<string, Kept>();

  constructor(store: Store) {
    this.#store = store;
  }

  async of(name: string, origin: string, running: RunningScan): Promise<ScanKnowledge> {
    const kept = this.#kept.get(name);
    // Another worker may have read pages meanwhile: what it saw is only in the store.
    if (kept?.scan === running.scan && kept.page === running.page) return kept.knowledge;
    const knowledge = await this.#read(name, origin, running);
    this.#kept.set(name, { scan: running.scan, page: running.page, knowledge });
    return knowledge;
  }

  /** The scan has moved past a page. */
  passed(page: SourcePageDocument): void {
    const kept = this.#kept.get(page.source);
    if (kept?.scan !== page.scan || kept.page !== page.page) return;
    kept.knowledge.add(page);
    kept.page += 1;
  }

  forget(name: string): void {
    this.#kept.delete(name);
  }

  async #read(name: string, origin: string, running: RunningScan): Promise<Knowledge> {
    const knowledge = new Knowledge(name, origin, running.scan);
    const own = await this.#definition(name);
    for (const { _id, definition, latest, running: scanning } of await this.#store.collection('sources').find().toArray()) {
      if (_id !== name && !sameDatabase(unpack(definition), own)) continue;
      const scans = [latest?.scan, _id === name && running.pass > 1 ? running.scan - 1 : undefined, scanning?.scan];
      for (const scan of new Set(scans)) {
        if (scan === undefined) continue;
        // A page that was kept but not passed is about to be read again: it is not yet seen.
        const ahead = ({ page }: SourcePageDocument): boolean => _id === name && scan === running.scan && page >= running.page;
        for (const page of await scanPages(this.#store, _id, scan)) if (!ahead(page)) knowledge.add(page);
      }
    }
    return knowledge;
  }

  async #definition(name: string): Promise<SourceDefinition | undefined> {
    const document: SourceDocument | null = await this.#store.collection('sources').findOne({ _id: name });
    return document === null ? undefined : unpack(document.definition);
  }
}

class Knowledge implements ScanKnowledge {
  readonly entries = new Map<string, KnownEntry>();
  readonly digests = new Map<string, string>();
  readonly seen = new Set<string>();
  readonly cursors = new Set<string>();
  readonly #name: string;
  readonly #origin: string;
  readonly #scan: number;

  constructor(name: string, origin: string, scan: number) {
    this.#name = name;
    this.#origin = origin;
    this.#scan = scan;
  }

  add(page: SourcePageDocument): void {
    const own = page.source === this.#name;
    const current = own && page.scan === this.#scan;
    const usable = new Set(page.usable);
    const excluded = new Map(page.excluded.map(({ id, reason }) => [id, reason]));
    for (const [index, id] of page.ids.entries()) {
      const [digest = '', lastUpdated = ''] = [page.digests[index], page.updated[index]];
      const reason = excluded.get(id);
      this.digests.set(`${this.#origin}:${id}`, digest);
      if (own) this.entries.set(id, { digest, lastUpdated, usable: usable.has(id), ...(reason !== undefined && { excluded: reason }) });
      if (current) this.seen.add(id);
    }
    if (current && page.next !== null) this.cursors.add(page.next);
  }
}

function sameDatabase(one: SourceDefinition, other: SourceDefinition | undefined): boolean {
  return one.source === other?.source && (one.source !== 'optimade' || (other.source === 'optimade' && one.url === other.url));
}
