import { InvalidInput } from '../../domain/failures.js';
import type { Output } from '../output.js';
import { describeFilter, passes, type CandidateFilter } from '../candidate-filter.js';
import { readCampaign } from '../read-campaign.js';
import { withServices } from '../session.js';
import { isRunning, launchCampaign } from '../start-campaign.js';

/** `peierls priority <campaign> <1-5>`: candidates that start from now on stand there in line. */
export function changePriority(campaign: string, priority: number, output: Output): Promise<number> {
  return withServices(process.env, output, { worker: false }, async ({ store }) => {
    await readCampaign(store, campaign);
    await store.collection('campaigns').updateOne({ _id: campaign }, { $set: { priority } });
    output.result({ campaign, priority }, [
      `Campaign ${campaign} has priority ${priority} (1 first, 5 last), for candidates that start from now on.`,
    ]);
    return 0;
  });
}

/** `peierls budget <campaign> <core hours|none>`. Jobs in the queue go on; what is over budget waits. */
export function changeBudget(campaign: string, coreHours: number | null, output: Output): Promise<number> {
  return withServices(process.env, output, { worker: false }, async ({ store }) => {
    await readCampaign(store, campaign);
    await store
      .collection('campaigns')
      .updateOne({ _id: campaign }, coreHours === null ? { $unset: { budgetCoreHours: '' } } : { $set: { budgetCoreHours: coreHours } });
    output.result({ campaign, coreHours }, [
      coreHours === null ? `Campaign ${campaign} has no limit.` : `Campaign ${campaign} may spend ${coreHours} core hours.`,
    ]);
    return 0;
  });
}

/**
 * `peierls retry <campaign>`: failed candidates are evaluated again, and calculations that ended for want of attempts get new ones. Verdicts
 * of physics (an unstable crystal) are not failures and stay.
 */
export function retry(campaign: string, filter: CandidateFilter, output: Output): Promise<number> {
  return withServices(process.env, output, { worker: true, keep: true }, async ({ store, temporal }) => {
    const { revision, dislocations } = await readCampaign(store, campaign);
    if (await isRunning(temporal, campaign))
      throw new InvalidInput(`the campaign "${campaign}" is running`, { remedy: 'Wait until it has ended, or cancel it first' });
    const candidates = await store.collection('candidates').find({ campaign, state: 'failed' }).toArray();
    const wanted = candidates.filter((it) => passes(filter, it));
    for (const candidate of wanted) {
      for (const { id } of candidate.calculations) {
        const calculation = await store.collection('calculations').findOne({ _id: id });
        if (calculation?.outcome?.kind !== 'failed') continue;
        await store
          .collection('calculations')
          .updateOne({ _id: id }, { $set: { outcome: null, state: 'planned', finishedAt: null, attemptsForgiven: calculation.attempts } });
      }
      await store
        .collection('candidates')
        .updateOne({ _id: candidate._id }, { $set: { state: 'pending', updatedAt: new Date().toISOString() }, $unset: { verdict: '' } });
    }
    if (wanted.length > 0) {
      await store.collection('campaigns').updateOne({ _id: campaign }, { $set: { state: 'running', finishedAt: null } });
      await launchCampaign(temporal, dislocations === undefined ? 'screeningCampaign' : 'trainingCampaign', campaign, revision);
    }
    output.result({ campaign, retried: wanted.map(({ _id }) => _id) }, [
      wanted.length === 0
        ? `Campaign ${campaign} has no failed candidates${describeFilter(filter)}.`
        : `${wanted.length} candidates of ${campaign} are evaluated again; "peierls status ${campaign}" shows how it goes.`,
    ]);
    return 0;
  });
}
