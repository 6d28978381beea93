import type { ElasticMatrix } from '../../domain/elastic-tensor.js';
import type { Structure } from '../../domain/structure.js';

/** One entry of a database as it came: usable, or with the reason why it is not. */
export interface SourceRecord {
  /** The database's own id, never interpreted. */
  sourceId: string;
  formula: string;
  structure?: Structure;
  /** Why there is no structure. */
  refused?: string;
  /** Why it is not what this query asks for, where only we could tell. */
  excluded?: string;
  lastUpdated?: string;
  licence?: string;
  url?: string;
  /** Elastic tensor of the database, GPa, in the axes of the IEEE standard. */
  elasticGpa?: ElasticMatrix;
  /** Changes when anything of the above does. */
  digest: string;
}

/** A page of a scan. */
export interface SourcePage {
  records: SourceRecord[];
  /** What to ask for next; null after the last page. */
  next: string | null;
  /** How many entries the query has, as the database says now; null where it does not. */
  total: number | null;
  warnings: string[];
}

/** Ids and dates only: what tells new, changed and removed entries apart without fetching structures. */
export interface SourceListing {
  entries: { sourceId: string; lastUpdated: string | null }[];
  next: string | null;
  total: number | null;
}

/** How a database stands, from at most two requests. */
export interface SourceState {
  /** Null where the database does not say. */
  databaseVersion: string | null;
  total: number | null;
  /** The latest change among the entries of the query; null where it cannot be asked. */
  newest: string | null;
  warnings: string[];
}

export interface PageRequest {
  signal: AbortSignal;
  /** 1 at first; later ones ask for less at a time, since the whole may be too much for the database's own time limit. */
  attempt: number;
}

/** A query of a database of materials. Throws the failures of `domain/failures.ts`; what a person can correct is `Invalid`. */
export interface MaterialSource {
  /** First part of the ids of its materials: `<origin>:<sourceId>`. */
  readonly origin: string;
  /** Whether the database has releases, so that an unknown release proves nothing. */
  readonly versioned: boolean;
  state(signal: AbortSignal): Promise<SourceState>;
  /** Page by page from null, in an order that does not change. */
  page(cursor: string | null, request: PageRequest): Promise<SourcePage>;
  /** The same order without the structures; absent where it costs as much as the pages. */
  readonly listing?: (cursor: string | null, request: PageRequest) => Promise<SourceListing>;
  /** Single entries; those that do not exist are left out. */
  readonly records?: (ids: readonly string[], request: PageRequest) => Promise<SourceRecord[]>;
}
