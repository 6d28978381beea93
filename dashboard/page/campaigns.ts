import { duration } from '../../domain/duration.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { escaped, tag } from '../report/markup.js';
import { badge, campaignPath, count, grid, instant, page, type PageContext } from './layout.js';

/** All campaigns, the latest first. */
export function campaignsPage(campaigns: readonly CampaignProgress[], context: PageContext): string {
  const live =
    campaigns.length === 0
      ? tag('p', {}, `No campaign yet. ${tag('code', {}, 'npx peierls screen deploy/campaigns/quickstart.yaml')} starts the first.`)
      : grid(
          'Campaigns',
          ['Campaign', 'State', 'Progress', 'Candidates', 'Ranked', 'Rejected', 'Failed', 'Pace', 'Left', 'Started'],
          campaigns.map(line),
          [3, 4, 5, 6, 7, 8],
        );
  return page('Campaigns', '/', context, tag('h1', {}, 'Campaigns'), live);
}

function line(progress: CampaignProgress): string[] {
  const { campaign, state, counts, startedAt, waitingFor = null } = progress;
  return [
    `${tag('a', { href: campaignPath(campaign) }, escaped(campaign))}${waitingFor === null ? '' : tag('small', { class: 'warn' }, escaped(waitingFor))}`,
    badge(state),
    progressBar(progress),
    count(counts.candidates),
    count(counts.ranked),
    count(counts.rejected),
    count(counts.failed),
    pace(progress),
    left(progress),
    instant(startedAt),
  ];
}

/** Ranked, rejected and failed candidates as parts of one bar. */
export function progressBar({ campaign, counts }: CampaignProgress): string {
  const done = counts.candidates - counts.pending;
  const share = (value: number): number => (counts.candidates === 0 ? 0 : (100 * value) / counts.candidates);
  const parts = [
    ['ranked', counts.ranked],
    ['rejected', counts.rejected],
    ['failed', counts.failed],
  ] as const;
  let from = 0;
  const bars = parts.map(([name, value]) => {
    const x = from;
    from += share(value);
    return tag('rect', { class: name, x, y: 0, width: share(value), height: 8 });
  });
  return tag(
    'svg',
    {
      class: 'bar',
      viewBox: '0 0 100 8',
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${escaped(campaign)}: ${done} of ${counts.candidates} done`,
    },
    tag('rect', { class: 'ground', x: 0, y: 0, width: 100, height: 8 }),
    ...bars,
  );
}

export function pace({ state, pace: found = null }: CampaignProgress): string {
  return state !== 'running' || found === null ? '-' : `${found.candidatesPerHour.toFixed(found.candidatesPerHour < 10 ? 1 : 0)}/h`;
}

export function left({ state, pace: found = null, counts }: CampaignProgress): string {
  return state !== 'running' || found === null || counts.pending === 0 ? '-' : duration(found.secondsLeft);
}
