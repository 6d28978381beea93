import type { RefreshReport, ScanState } from '../../domain/refresh.js';
import type { SourceDefinition } from '../../domain/source.js';
import type { Packed } from './nested-array.js';

export interface SourceDocument {
  /** See `sourceName`. */
  _id: string;
  definition: Packed<SourceDefinition>;
  /** First part of the ids of its materials. */
  origin: string;
  /** Counts scans; each has pages of its own. */
  scans: number;
  /** The scan under way: the page to read next and what to ask for it. */
  running: RunningScan | null;
  /** The last complete scan; `untold` until campaigns and people have been told of it. */
  latest: (ScanState & { scan: number; report: RefreshReport; untold?: true }) | null;
  /** The last look, complete or not. */
  checkedAt: string | null;
  error: string | null;
}

export interface RunningScan extends ScanState {
  scan: number;
  mode: 'incremental' | 'full';
  page: number;
  cursor: string | null;
  done: boolean;
  /** 1 at first; a scan during which the database changed is repeated. */
  pass: number;
  /** The total with the latest page. */
  totalSeen: number | null;
  records: number;
  usable: number;
  warnings: string[];
  startedAt: string;
}

export interface SourcePageDocument {
  /** `<source>#<scan>/<page>` */
  _id: string;
  source: string;
  scan: number;
  page: number;
  next: string | null;
  total: number | null;
  /** Columns of one table: ids at the source, dates (empty where unknown) and digests. */
  ids: string[];
  updated: string[];
  digests: string[];
  /** Ids, of these, that can be screened. */
  usable: string[];
  /** What the query did not ask for, as only we could tell. */
  excluded: { id: string; reason: string }[];
  warnings: string[];
}
