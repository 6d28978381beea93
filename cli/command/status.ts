import { campaignProgress } from '../../connectors/store/progress.js';
import { campaignCandidates, ranking } from '../../connectors/store/rank.js';
import type { CandidateDocument } from '../../connectors/store/document.js';
import { duration } from '../../domain/duration.js';
import { rungText, spendingText } from '../../domain/progress-table.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { InvalidInput } from '../../domain/failures.js';
import { describeFilter, isFilter, passes, type CandidateFilter } from '../candidate-filter.js';
import { significant, type Output } from '../output.js';
import { paintState } from '../paint.js';
import { table } from '../table.js';
import { rankingCsv, rankingLines } from '../print-ranking.js';
import { readPrices } from '../price-file.js';
import { readCampaign } from '../read-campaign.js';
import { withStore } from '../session.js';

/** `peierls status [campaign]`. */
export function status(campaign: string | undefined, filter: CandidateFilter, output: Output): Promise<number> {
  if (campaign === undefined && isFilter(filter))
    throw new InvalidInput('filters choose among the candidates of one campaign', { path: '[campaign]', remedy: 'Name the campaign' });
  return withStore(process.env, output, async (store) => {
    if (campaign !== undefined) {
      await readCampaign(store, campaign);
      const candidates = isFilter(filter) ? await campaignCandidates(store, campaign) : undefined;
      const progress = await campaignProgress(store, campaign, candidates);
      if (candidates !== undefined) candidateList(progress, candidates, filter, output);
      else output.result(progress, statusLines(progress));
      return 0;
    }
    const names = await store
      .collection('campaigns')
      .find({}, { projection: { _id: 1 } })
      .toArray();
    const all = await Promise.all(names.map(({ _id }) => campaignProgress(store, _id)));
    const rows = all.map(({ campaign: name, state, counts, points }) => [
      name,
      state,
      counts.candidates,
      counts.ranked,
      counts.rejected,
      counts.failed,
      counts.pending,
      points.executed,
      points.reused,
    ]);
    output.result(
      { campaigns: all },
      all.length === 0
        ? ['No campaign yet. Start one with peierls screen deploy/campaigns/quickstart.yaml']
        : table(
            ['campaign', 'state', 'candidates', 'ranked', 'rejected', 'failed', 'pending', 'executed', 'reused'],
            rows,
            undefined,
            paintState(output.paint),
          ),
    );
    return 0;
  });
}

/** The candidates of a campaign that pass a filter, with their reasons. */
function candidateList(progress: CampaignProgress, documents: readonly CandidateDocument[], filter: CandidateFilter, output: Output): void {
  const candidates = documents
    .filter((candidate) => passes(filter, candidate))
    .sort((a, b) => (a._id < b._id ? -1 : 1))
    .map(({ _id, state, computer, verdict, updatedAt }) => ({
      candidate: _id,
      state,
      computer: computer ?? null,
      reason: verdict?.reason ?? '',
      updatedAt,
    }));
  output.result({ ...progress, candidates }, [
    `Campaign ${progress.campaign}: ${candidates.length} of ${progress.counts.candidates} candidates${describeFilter(filter)}`,
    '',
    ...table(
      ['candidate', 'state', 'computer', 'reason'],
      candidates.map((it) => [it.candidate, it.state, it.computer ?? '-', it.reason]),
      undefined,
      paintState(output.paint),
    ),
  ]);
}

function statusLines({
  campaign,
  state,
  counts,
  rungs = [],
  points,
  jobs,
  startedAt,
  finishedAt,
  lastFailure,
  waitingFor = null,
  pace = null,
  spending,
}: CampaignProgress): string[] {
  return [
    `Campaign ${campaign}: ${state}`,
    `  candidates  ${counts.candidates}: ${counts.ranked} ranked, ${counts.rejected} rejected, ${counts.failed} failed, ${counts.pending} pending`,
    ...rungs.map((rung) => `  to ${rung.fidelity.padEnd(9)}${rungText(rung)}`),
    `  points      ${points.distinct} distinct: ${points.executed} executed, ${points.reused} reused from earlier campaigns`,
    `  jobs        ${jobs.submitted} submitted for ${jobs.distinctAttempts} attempts`,
    `  started     ${startedAt ?? '-'}${finishedAt === null ? '' : `, finished ${finishedAt}`}`,
    ...(pace === null || state !== 'running'
      ? []
      : [`  pace        ${significant(pace.candidatesPerHour)} candidates an hour, about ${duration(pace.secondsLeft)} left`]),
    ...(spending === undefined ? [] : [`  core hours  ${spendingText(spending)}`]),
    ...(waitingFor === null ? [] : [`  waiting for   ${waitingFor}`]),
    ...(lastFailure === null ? [] : [`  last failure  ${lastFailure}`]),
  ];
}

export interface RankOptions extends CandidateFilter {
  top: number;
  /** k of `topProbability`. */
  topK: number;
  /** YAML or JSON file of prices by element. */
  prices?: string;
  format: 'table' | 'csv' | 'json' | 'jsonl';
}

/** `peierls rank <campaign>`. */
export function rank(campaign: string, options: RankOptions, output: Output): Promise<number> {
  const { topK } = options;
  const asked = { topK, ...(options.prices !== undefined && { prices: readPrices(options.prices) }) };
  return withStore(process.env, output, async (store) => {
    await readCampaign(store, campaign);
    const candidates = await campaignCandidates(store, campaign);
    const progress = await campaignProgress(store, campaign, candidates);
    const all = ranking(candidates, { ...asked, wanted: (candidate) => passes(options, candidate) });
    const rows = all.slice(0, options.top);
    if (output.json || options.format === 'json')
      process.stdout.write(`${JSON.stringify({ ...progress, topK, ranking: rows }, undefined, 1)}\n`);
    else if (options.format === 'csv') output.result(rows, rankingCsv(rows));
    else if (options.format === 'jsonl')
      output.result(
        rows,
        rows.map((row) => JSON.stringify(row)),
      );
    else
      output.result(
        rows,
        rankingLines(progress, candidates, Math.min(options.top, 1000), { rows: all, topK, paint: output.paint, filter: options }),
      );
    return 0;
  });
}
