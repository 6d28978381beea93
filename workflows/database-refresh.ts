import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  isCancellation,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { describeReport, type RefreshReport } from '../domain/refresh.js';
import { rootCause } from '../domain/root-cause.js';
import type { SourceService } from '../domain/task-queue.js';
import { askDatabase, enumerate, store } from './proxies.js';
import { attributeKeys } from './search-attribute.js';

export interface DatabaseRefreshInput {
  source: string;
  service: SourceService;
  /** Fetch everything, whatever the database says of its changes. */
  full?: boolean;
  /** Set when the refresh continues as new: the scan it is in. */
  carried?: { scan: number };
  /** Pages after which to continue as new even if the server does not advise it; for tests. */
  pagesPerRun?: number;
}

/** Campaigns and people hear of a refresh. */
const followUp = 'refresh-follow-up';

/** Brings what we know of a database up to date, page by page. Where it stands is in the store, so that whatever dies, it goes on there. */
export async function databaseRefresh(input: DatabaseRefreshInput): Promise<RefreshReport> {
  const { source, service, full } = input;
  const database = askDatabase(service);
  let pages = 0;
  upsertSearchAttributes([{ key: attributeKeys.phase, value: 'refreshing' }]);
  try {
    let state =
      input.carried === undefined
        ? await database.beginRefresh({ source, ...(full !== undefined && { full }) })
        : { kind: 'scan' as const, scan: input.carried.scan, done: false };
    while (state.kind === 'scan') {
      const { scan } = state;
      let { done } = state;
      while (!done) {
        if (workflowInfo().continueAsNewSuggested || pages >= (input.pagesPerRun ?? Number.POSITIVE_INFINITY))
          await continueAsNew<typeof databaseRefresh>({ ...input, carried: { scan } });
        const page = await database.refreshPage.executeWithOptions({ summary: `${source}, scan ${scan}` }, [{ source, scan }]);
        pages += 1;
        ({ done } = page);
        setCurrentDetails(
          `scan ${scan}: page ${page.page}, ${page.records} of ${page.total ?? '?'} materials, ${page.usable} of them crystals`,
        );
      }
      state = await enumerate.finishRefresh({ source, scan });
    }
    // Histories of 0.1.0 end with the report.
    const report = patched(followUp) ? await enumerate.rescreenCampaigns({ source, report: state.report }) : state.report;
    setCurrentDetails(describeReport(report));
    upsertSearchAttributes([{ key: attributeKeys.phase, value: 'done' }]);
    return report;
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (!(error instanceof ActivityFailure)) throw error;
    await CancellationScope.nonCancellable(() => store.recordRefreshFailure({ source, error: rootCause(error) }));
    if (patched(followUp)) await store.tellOfRefreshFailure({ source, error: rootCause(error) });
    const type = error.cause instanceof ApplicationFailure ? (error.cause.type ?? 'RefreshFailed') : 'RefreshFailed';
    throw ApplicationFailure.nonRetryable(rootCause(error), type);
  }
}
