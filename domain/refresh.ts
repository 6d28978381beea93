/** How a database stood when a scan of it began; what a later look is compared with. */
export interface ScanState {
  databaseVersion: string | null;
  total: number | null;
  newest: string | null;
}

/**
 * `unchanged`: two requests have shown that nothing is new. `incremental`: ids and dates are listed, and only what is new or changed is
 * fetched. `full`: everything is fetched.
 */
export type RefreshMode = 'unchanged' | 'incremental' | 'full';

/** What a refresh found; also the contract of `peierls source refresh --json`. */
export interface RefreshReport {
  source: string;
  mode: RefreshMode;
  databaseVersion: string | null;
  previousVersion: string | null;
  records: number;
  /** Of these, how many are crystals that can be screened, and how many are kept with the reason why not. */
  usable: number;
  refused: number;
  added: number;
  changed: number;
  removed: number;
  /** Entries that the database gave more than once in this scan. */
  duplicates: number;
  pages: number;
  /** Crystals that the filters set aside, as only we could tell: some of them with the reason. Absent in reports of version 0.1.0. */
  excluded?: { count: number; examples: { id: string; reason: string }[] };
  /** Campaigns that follow this database, and what they were told to screen. Absent in reports of version 0.1.0. */
  rescreened?: Rescreened[];
  /** A few ids of each kind. */
  examples: { added: string[]; changed: string[]; removed: string[] };
  warnings: string[];
  startedAt: string;
  finishedAt: string;
}

/** What a refresh means for a campaign that follows the database: crystals that can be screened, by how they differ from what the campaign stands on. */
export interface Rescreened {
  campaign: string;
  added: number;
  changed: number;
  removed: number;
  /** Why the campaign was not told. */
  left?: string;
  /** When the look began that told it, if that was a later one which itself found nothing new. */
  look?: string;
}

/** How to look at a database this time. `versioned`: it has releases, so an unknown one proves nothing. */
export function refreshMode(
  before: ScanState | null,
  now: ScanState,
  { versioned, listed, full }: { versioned: boolean; listed: boolean; full: boolean },
): RefreshMode {
  if (before === null || full || before.databaseVersion !== now.databaseVersion) return 'full';
  const known = !versioned || now.databaseVersion !== null;
  const same = now.total !== null && now.newest !== null && now.total === before.total && now.newest === before.newest;
  if (known && same) return 'unchanged';
  return listed ? 'incremental' : 'full';
}

/** Ids with the digest of their content, in the order of a scan; an id may come twice. */
export type ScanEntries = Iterable<readonly [id: string, digest: string]>;

export interface ScanDifference {
  records: number;
  duplicates: number;
  added: string[];
  changed: string[];
  removed: string[];
}

/** What came, changed and went between two scans. */
export function scanDifference(before: ScanEntries, now: ScanEntries): ScanDifference {
  const previous = new Map(before);
  const current = new Map<string, string>();
  let given = 0;
  for (const [id, digest] of now) {
    given += 1;
    current.set(id, digest);
  }
  const ids = [...current];
  return {
    records: current.size,
    duplicates: given - current.size,
    added: ids.flatMap(([id]) => (previous.has(id) ? [] : [id])),
    changed: ids.flatMap(([id, digest]) => (previous.has(id) && previous.get(id) !== digest ? [id] : [])),
    removed: [...previous.keys()].filter((id) => !current.has(id)),
  };
}

/** One line for people. */
export function describeReport({ mode, records, usable, added, changed, removed, databaseVersion, rescreened }: RefreshReport): string {
  const version = databaseVersion === null ? '' : ` (version ${databaseVersion})`;
  if (mode === 'unchanged') return `unchanged${version}: ${records} materials, ${usable} of them crystals that can be screened`;
  const told = (rescreened ?? []).map(
    (it) => `${it.campaign} ${it.left ?? `screens ${it.added} new and ${it.changed} changed, ${it.removed} are gone`}`,
  );
  const news = told.length === 0 ? '' : `; ${told.join('; ')}`;
  return `${records} materials${version}, ${usable} of them crystals that can be screened: ${added} new, ${changed} changed, ${removed} removed${news}`;
}
