import { Context } from '@temporalio/activity';
import type { CampaignDocument } from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { crystalDifference, type ScanNews } from '../connectors/store/rescreen.js';
import { noteRescreened, noteTold, readSource } from '../connectors/store/source.js';
import { campaignWorkflowId } from '../domain/campaign.js';
import { refreshFailureNotice, refreshNotice } from '../domain/notice.js';
import type { RefreshReport, Rescreened } from '../domain/refresh.js';
import { taskQueues } from '../domain/task-queue.js';
import type { Dependencies } from './dependencies.js';
import { Notices } from './notices.js';

/** What follows from a refresh: campaigns that want to know are told, and people. */
export function rescreenActivities(dependencies: Pick<Dependencies, 'store' | 'temporal' | 'notifier'>) {
  const { store, temporal } = dependencies;
  const notices = new Notices(dependencies);

  return {
    /**
     * Tells campaigns that follow the source of its latest scan, starting those that have ended. A look that found nothing new tells those whom the
     * refresh that made the scan did not reach, and people too if it did not get that far. Repeat-safe: a campaign takes the same scan once,
     * however often it hears of it, and is noted before it is told.
     */
    async rescreenCampaigns({ source, report }: { source: string; report: RefreshReport }): Promise<RefreshReport> {
      const { latest } = await readSource(store, source);
      if (latest === null) return report;
      const { scan, untold } = latest;
      const look = report.mode === 'unchanged' ? report.startedAt : undefined;
      // An earlier try has told these, who may have taken the scan since and then do not look like followers that lag behind.
      const told = new Map((latest.report.rescreened ?? []).flatMap((it) => (it.look === look ? [[it.campaign, it]] : [])));
      const note = async (it: Rescreened): Promise<void> => {
        told.set(it.campaign, it);
        await noteRescreened(store, source, scan, it);
      };
      const campaigns = await store.collection('campaigns').find().toArray();
      for (const campaign of campaigns)
        if (follows(campaign)) await tell(campaign._id, { source, scan }, (it) => note({ ...it, ...(look !== undefined && { look }) }));
      const whole = told.size === 0 ? report : { ...report, rescreened: [...told.values()] };
      if (look === undefined) await notices.raise(refreshNotice(whole, scan));
      else if (untold === true) await notices.raise(refreshNotice((await readSource(store, source)).latest?.report ?? latest.report, scan));
      await noteTold(store, source, scan);
      return whole;
    },

    /** Has people told that a refresh was given up. */
    async tellOfRefreshFailure({ source, error }: { source: string; error: string }): Promise<void> {
      await notices.raise(refreshFailureNotice(source, error, Context.current().info.workflowExecution?.runId ?? ''));
    },
  };

  /** Noted before it is done: what has been told cannot be seen afterwards from how the campaign stands. */
  async function tell(id: string, { source, scan }: ScanNews, note: (it: Rescreened) => Promise<void>): Promise<void> {
    const campaign = await store.collection('campaigns').findOne({ _id: id });
    if (campaign === null) return;
    const { _id, revision, sources = [], state } = campaign;
    const stands = sources.find(({ name }) => name === source)?.scan;
    // A campaign that has not read the source yet will read this scan.
    if (stands === undefined || stands === null || stands >= scan) return;
    const difference = await crystalDifference(store, source, stands, scan);
    const [added, changed, removed] = [difference.added.length, difference.changed.length, difference.removed.length];
    if (added + changed + removed === 0) return;
    const counts = { campaign: _id, added, changed, removed };
    if (state === 'cancelled' || state === 'failed') return note({ ...counts, left: `was ${state}, and is left as it is` });
    await note(counts);
    await temporal.workflow.signalWithStart('screeningCampaign', {
      taskQueue: taskQueues.main,
      workflowId: campaignWorkflowId(_id),
      signal: 'sourceRefreshed',
      signalArgs: [{ source, scan }],
      args: [{ campaign: _id, revision, rescreen: true }],
      staticSummary: `Screening campaign ${_id}, after a refresh of ${source}`,
    });
  }
}

function follows({ definition, dislocations }: CampaignDocument): boolean {
  return dislocations === undefined && unpack(definition).rescreen === 'changed';
}
