import { InvalidInput } from '../../domain/failures.js';
import type { RefreshReport, Rescreened, ScanState } from '../../domain/refresh.js';
import { sourceOrigin, type SourceDefinition } from '../../domain/source.js';
import { pack, unpack } from './nested-array.js';
import type { RunningScan, SourceDocument, SourcePageDocument } from './source-document.js';
import { insertNew, type Store } from './store.js';

/** Writes a source down; one that is known stays as it is, since its name is the hash of its definition. */
export async function registerSource(store: Store, name: string, definition: SourceDefinition): Promise<void> {
  await insertNew(store.collection('sources'), [
    {
      _id: name,
      definition: pack(definition),
      origin: sourceOrigin(definition),
      scans: 0,
      running: null,
      latest: null,
      checkedAt: null,
      error: null,
    },
  ]);
}

export async function readSource(
  store: Store,
  name: string,
): Promise<Omit<SourceDocument, 'definition'> & { definition: SourceDefinition }> {
  const document = await store.collection('sources').findOne({ _id: name });
  if (document === null)
    throw new InvalidInput(`the source "${name}" is not in the store`, { remedy: '`peierls source list` shows those that are' });
  return { ...document, definition: unpack(document.definition) };
}

/** Starts a scan; its pages are numbered from 0. */
export async function startScan(
  store: Store,
  name: string,
  scan: ScanState & Pick<RunningScan, 'scan' | 'mode' | 'pass' | 'warnings' | 'startedAt'>,
): Promise<RunningScan> {
  const running: RunningScan = { ...scan, page: 0, cursor: null, done: false, totalSeen: scan.total, records: 0, usable: 0 };
  await store.collection('sources').updateOne({ _id: name }, { $set: { running, scans: scan.scan, error: null } });
  return running;
}

/** Writes a page down, unless an earlier try has, and returns the one that counts. */
export async function keepPage(store: Store, page: SourcePageDocument): Promise<SourcePageDocument> {
  const pages = store.collection('sourcePages');
  if ((await insertNew(pages, [page])) === 1) return page;
  return (await pages.findOne({ _id: page._id })) ?? page;
}

export function pageId(name: string, scan: number, page: number): string {
  return `${name}#${scan}/${String(page).padStart(5, '0')}`;
}

/** Moves a scan past a page. Repeat-safe: only the page it stands at moves it. */
export async function advanceScan(store: Store, name: string, page: SourcePageDocument, done: boolean): Promise<RunningScan> {
  const { running } = await readSource(store, name);
  if (running === null || running.scan !== page.scan || running.page !== page.page) return running ?? finishedScan(name);
  const moved: RunningScan = {
    ...running,
    page: page.page + 1,
    cursor: page.next,
    done,
    totalSeen: page.total ?? running.totalSeen,
    records: running.records + page.ids.length,
    usable: running.usable + page.usable.length,
    warnings: [...new Set([...running.warnings, ...page.warnings])].slice(0, 20),
  };
  await store.collection('sources').updateOne({ _id: name }, { $set: { running: moved } });
  return moved;
}

function finishedScan(name: string): never {
  throw new InvalidInput(`the scan of ${name} has been finished by somebody else`, { remedy: 'Start the refresh again' });
}

/** All pages of a scan, in order. */
export async function scanPages(store: Store, name: string, scan: number): Promise<SourcePageDocument[]> {
  const pages = await store.collection('sourcePages').find({ source: name, scan }).toArray();
  return pages.toSorted((a, b) => a.page - b.page);
}

/** Ends a scan: it is the latest now. Pages of earlier ones go, but for those that a campaign stands on. */
export async function concludeScan(store: Store, name: string, running: RunningScan, report: RefreshReport): Promise<void> {
  const { databaseVersion, total, newest, scan } = running;
  const latest = { scan, databaseVersion, total, newest, report, untold: true as const };
  await store
    .collection('sources')
    .updateOne({ _id: name }, { $set: { latest, running: null, checkedAt: report.finishedAt, error: null } });
  const campaigns = await store
    .collection('campaigns')
    .find({}, { projection: { sources: 1 } })
    .toArray();
  const needed = new Set(campaigns.flatMap(({ sources }) => (sources ?? []).flatMap((it) => (it.name === name ? [it.scan] : []))));
  const old = await store.collection('sourcePages').distinct('scan', { source: name });
  for (const number of old)
    if (number < scan && !needed.has(number)) await store.collection('sourcePages').deleteMany({ source: name, scan: number });
}

/** Notes that a campaign is told of a scan, beside those that have been, by whichever refresh; nothing once there is a newer scan. */
export async function noteRescreened(store: Store, name: string, scan: number, rescreened: Rescreened): Promise<void> {
  const { latest } = await readSource(store, name);
  const others = (latest?.report.rescreened ?? []).filter(({ campaign }) => campaign !== rescreened.campaign);
  await store
    .collection('sources')
    .updateOne({ _id: name, 'latest.scan': scan }, { $set: { 'latest.report.rescreened': [...others, rescreened] } });
}

/** Notes that all who want to know have been told of a scan. */
export async function noteTold(store: Store, name: string, scan: number): Promise<void> {
  await store.collection('sources').updateOne({ _id: name, 'latest.scan': scan }, { $unset: { 'latest.untold': '' } });
}
