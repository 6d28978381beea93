import { setImmediate as breathe } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { openPrototypeMatcher } from '../connectors/source/match-prototype.js';
import { materialDocument } from '../connectors/source/material.js';
import type { SourceRecord } from '../connectors/source/source.js';
import type { MaterialDocument } from '../connectors/store/document.js';
import { storeMaterials, withdrawMaterials } from '../connectors/store/material.js';
import { advanceScan, concludeScan, keepPage, pageId, readSource, startScan } from '../connectors/store/source.js';
import type { RunningScan } from '../connectors/store/source-document.js';
import { refreshMode, type RefreshReport, type ScanState } from '../domain/refresh.js';
import type { Dependencies } from './dependencies.js';
import { refreshReport } from './refresh-report.js';
import { ScanMemory } from './scan-memory.js';
import { changesOf, columns, endOf } from './source-page.js';

export interface RefreshReference {
  source: string;
}

/** A scan that may go on, or a report where there is nothing to scan. */
export type BegunRefresh = { kind: 'scan'; scan: number; done: boolean } | { kind: 'unchanged'; report: RefreshReport };

export interface RefreshedPage {
  page: number;
  done: boolean;
  records: number;
  usable: number;
  total: number | null;
}

/** A scan that met a changing database is followed by another one; this many at most. */
const mostPasses = 3;
/** A scan left behind longer ago is begun anew. */
const freshHours = 48;

/** Activities of `databaseRefresh`. All that ask a database run on the queue of its service, where the server keeps to its rate. */
export function sourceActivities({ store, sources }: Dependencies) {
  const memory = new ScanMemory(store);

  return {
    /** Asks how the database stands and decides how to look at it. Repeat-safe: a scan under way is gone on with. */
    async beginRefresh({ source: name, full = false }: RefreshReference & { full?: boolean }): Promise<BegunRefresh> {
      const { definition, running, latest, scans } = await readSource(store, name);
      const source = sources.open(definition);
      const startedAt = new Date().toISOString();
      const state = await source.state(cancellation());
      const wanted = running !== null && (!full || running.mode === 'full');
      if (wanted && isFresh(running) && running.databaseVersion === state.databaseVersion)
        return { kind: 'scan', scan: running.scan, done: running.done };
      const { versioned, listing } = source;
      const mode = refreshMode(latest, state, { versioned, listed: listing !== undefined, full });
      if (mode === 'unchanged' && latest !== null) {
        const report = unchanged(latest.report, state.warnings, startedAt);
        await store.collection('sources').updateOne({ _id: name }, { $set: { checkedAt: report.finishedAt, running: null, error: null } });
        return { kind: 'unchanged', report };
      }
      const begun = await startScan(store, name, {
        ...state,
        scan: scans + 1,
        mode: mode === 'unchanged' ? 'full' : mode,
        pass: 1,
        startedAt,
      });
      return { kind: 'scan', scan: begun.scan, done: false };
    },

    /** Reads the next page of a scan and keeps its materials. Repeat-safe: materials and pages have natural keys; the scan moves on last. */
    async refreshPage({ source: name, scan }: RefreshReference & { scan: number }): Promise<RefreshedPage> {
      const { definition, running } = await readSource(store, name);
      // Another refresh of the same source has been faster.
      if (running === null || running.scan !== scan || running.done) return summary(running, scan);
      const source = sources.open(definition);
      const known = await memory.of(name, source.origin, running);
      const request = { signal: cancellation(), attempt: Context.current().info.attempt };
      const { records, kept, next, total, warnings } =
        running.mode === 'incremental' && source.listing !== undefined && source.records !== undefined
          ? await changesOf(source.listing, source.records, running.cursor, known.entries, request)
          : { ...(await source.page(running.cursor, request)), kept: [] };
      const documents = await materials(records, source.origin, running);
      await storeMaterials(store, documents, known.digests);
      const ending = endOf(running, [...records, ...kept], next, known);
      const page = await keepPage(store, {
        _id: pageId(name, scan, running.page),
        source: name,
        scan,
        page: running.page,
        next: ending === undefined ? next : null,
        total,
        ...columns(records, documents, kept),
        warnings: [...warnings, ...(ending === undefined ? [] : [ending])],
      });
      const moved = await advanceScan(store, name, page, page.next === null);
      memory.passed(page);
      return summary(moved, scan);
    },

    /** Compares the scan with the one before it, marks what is gone, and reports; or begins another pass over a database that has changed meanwhile. */
    async finishRefresh({ source: name, scan }: RefreshReference & { scan: number }): Promise<BegunRefresh> {
      const { definition, running, latest, scans } = await readSource(store, name);
      if (running === null || running.scan !== scan) return { kind: 'unchanged', report: reportOf(latest) };
      const source = sources.open(definition);
      const { report, incomplete, removed } = await refreshReport(store, name, running, latest);
      if (incomplete && source.listing !== undefined && running.pass < mostPasses) {
        const state: ScanState = { databaseVersion: running.databaseVersion, total: running.totalSeen, newest: running.newest };
        const { pass, warnings, startedAt } = running;
        const again = await startScan(store, name, { ...state, scan: scans + 1, mode: 'incremental', pass: pass + 1, warnings, startedAt });
        return { kind: 'scan', scan: again.scan, done: false };
      }
      await withdrawMaterials(
        store,
        removed.map((id) => `${source.origin}:${id}`),
        report.finishedAt,
      );
      await concludeScan(store, name, { ...running, total: running.totalSeen }, report);
      memory.forget(name);
      return { kind: 'unchanged', report };
    },

    /** Records why a refresh was given up; its scan stays where it is, to be gone on with. */
    async recordRefreshFailure({ source, error }: RefreshReference & { error: string }): Promise<void> {
      await store.collection('sources').updateOne({ _id: source }, { $set: { error, checkedAt: new Date().toISOString() } });
    },
  };

  /** Symmetry analysis takes a millisecond each: between them heartbeats and other activities have their turn. */
  async function materials(
    records: readonly SourceRecord[],
    origin: string,
    { databaseVersion }: RunningScan,
  ): Promise<MaterialDocument[]> {
    const match = openPrototypeMatcher();
    const documents: MaterialDocument[] = [];
    for (const [index, record] of records.entries()) {
      if (index % 20 === 0) await breathe();
      documents.push(materialDocument(record, origin, databaseVersion, match));
    }
    return documents;
  }
}

function summary(running: RunningScan | null, scan: number): RefreshedPage {
  if (running === null || running.scan !== scan) return { page: 0, done: true, records: 0, usable: 0, total: null };
  const { page, done, records, usable, totalSeen } = running;
  return { page, done, records, usable, total: totalSeen };
}

function unchanged(latest: RefreshReport, warnings: string[], startedAt: string): RefreshReport {
  const nothing = { added: 0, changed: 0, removed: 0, duplicates: 0, pages: 0, examples: { added: [], changed: [], removed: [] } };
  const { databaseVersion } = latest;
  const finishedAt = new Date().toISOString();
  // Whom the latest scan was told to is no news of this look.
  const { rescreened: _told, ...report } = latest;
  return { ...report, ...nothing, mode: 'unchanged', previousVersion: databaseVersion, warnings, startedAt, finishedAt };
}

function reportOf(latest: { report: RefreshReport } | null): RefreshReport {
  if (latest === null) throw new RangeError('a scan that is gone was finished by somebody, who left a report');
  return latest.report;
}

function isFresh({ startedAt }: RunningScan): boolean {
  return Date.now() - Date.parse(startedAt) < freshHours * 3_600_000;
}

function cancellation(): AbortSignal {
  return Context.current().cancellationSignal;
}
