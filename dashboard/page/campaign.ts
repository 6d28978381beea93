import { campaignWorkflowId } from '../../domain/campaign.js';
import { duration } from '../../domain/duration.js';
import { spendingText } from '../../domain/progress-table.js';
import { escaped, formulaMarkup, prototypeMarkup, tag } from '../report/markup.js';
import { periodicMap } from '../report/periodic-map.js';
import { rankingTable } from '../report/ranking-table.js';
import type { CampaignView } from '../read.js';
import { left, pace, progressBar } from './campaigns.js';
import { badge, campaignPath, candidatePath, count, facts, grid, instant, linked, page, workflowLink, type PageContext } from './layout.js';
import { passesQuery, type RankingQuery } from './ranking-query.js';

/** Reasons that anybody reads on one page. */
const shownOthers = 200;

/** One campaign: how it goes, its ranking by a query, and what is not ranked. */
export function campaignPage(
  { progress, definition, model, rescreens, rows, others }: CampaignView,
  query: RankingQuery,
  context: PageContext,
): string {
  const { campaign, state, counts, points, jobs, startedAt, finishedAt, lastFailure, waitingFor = null, spending, queues = [] } = progress;
  const chosen = rows.filter((row) => passesQuery(row, query));
  const shown = chosen.slice(0, query.top);
  const head = [
    tag('p', { class: 'crumbs' }, tag('a', { href: '/' }, 'Campaigns')),
    tag('h1', {}, escaped(campaign)),
    ...(definition.description === '' ? [] : [tag('p', { class: 'soft' }, escaped(definition.description))]),
  ].join('');
  const live = [
    tag(
      'div',
      { class: 'state' },
      badge(state),
      linked(workflowLink(context.temporal, campaignWorkflowId(campaign)), 'workflow in the Temporal UI'),
    ),
    ...(waitingFor === null ? [] : [tag('p', { class: 'notice', role: 'alert' }, `Waiting for ${escaped(waitingFor)}`)]),
    ...(lastFailure === null
      ? []
      : [
          tag(
            'p',
            { class: 'notice' },
            `Last failure: ${escaped(lastFailure)}. ${tag('code', {}, escaped(`peierls status ${campaign} --state failed`))}`,
          ),
        ]),
    progressBar(progress),
    facts([
      ['candidates', count(counts.candidates)],
      ['ranked', count(counts.ranked)],
      ['rejected', count(counts.rejected)],
      ['failed', count(counts.failed)],
      ['pending', count(counts.pending)],
      ['pace', pace(progress)],
      ['left', left(progress)],
      ['points computed', count(points.executed)],
      ['reused', count(points.reused)],
      ['jobs', count(jobs.submitted)],
      ...(spending === undefined ? [] : [['core hours', spendingText(spending)] as const]),
      ...queues.map(
        (queue) =>
          [
            `queue of ${escaped(queue.computer)}`,
            `${queue.openJobs} open${queue.waitSeconds === null ? '' : `, waits ${duration(queue.waitSeconds)}`}`,
          ] as const,
      ),
      ['started', instant(startedAt)],
      ...(finishedAt === null ? [] : [['ended', instant(finishedAt)] as const]),
    ]),
    ...rescreens
      .slice(-3)
      .map(({ scans, added, changed, removed, at }) =>
        tag(
          'p',
          { class: 'note' },
          `${instant(at)}: a refresh of ${escaped(scans.map(({ source }) => source).join(', '))} brought ${added} new and ${changed} changed crystals; ${removed} are gone.`,
        ),
      ),
  ].join('');
  const ranking = [
    tag(
      'p',
      { class: 'note' },
      'By the predicted Peierls stress of the controlling dislocation. Bars hold the true value in nine of ten cases; open, dashed ones belong to crystals that the predictor does not know well.' +
        `${rows.some(({ fidelity }) => fidelity === 'interpolated') ? ' ~ before an alloy: not simulated, interpolated between those that are.' : ''}${model === null ? '' : ` Model ${escaped(model)}.`}`,
    ),
    shown.length === 0
      ? tag('p', {}, rows.length === 0 ? 'No candidate is ranked yet.' : 'Nothing in the ranking fits.')
      : rankingTable(
          shown.map((row) => ({
            candidate: row.candidate,
            formula: row.formula,
            prototype: row.prototype as never,
            densityGPerCm3: row.densityGPerCm3,
            row,
          })),
          candidatePath,
        ),
    tag(
      'p',
      { class: 'note', id: 'shown' },
      `${count(shown.length)} of ${count(chosen.length)} that fit, of ${count(rows.length)} ranked.`,
    ),
    ...(rows.length === 0
      ? []
      : [tag('h2', {}, 'The strongest candidate of each element'), periodicMap(chosen.length === 0 ? rows : chosen)]),
    ...(others.length === 0
      ? []
      : [
          tag('h2', {}, `Not ranked (${count(others.length)})`),
          grid(
            'Not ranked',
            ['Alloy', 'Crystal', 'State', 'Reason'],
            others
              .slice(0, shownOthers)
              .map((it) => [
                tag('a', { href: candidatePath(it.candidate) }, formulaMarkup(it.formula)),
                prototypeMarkup(it.prototype),
                badge(it.state),
                escaped(it.reason),
              ]),
          ),
        ]),
  ].join('');
  const between = tag('h2', { id: 'ranking-title' }, 'Ranking') + filterForm(campaign, query);
  return page(campaign, '/', context, head, live, between, ranking);
}

function filterForm(campaign: string, { formula, lattice, domain, top }: RankingQuery): string {
  const choice = (name: string, chosen: string, values: readonly string[]): string =>
    tag(
      'label',
      {},
      tag('span', {}, name),
      tag(
        'select',
        { name },
        ...['', ...values].map((value) =>
          tag('option', { value, selected: value === chosen ? '' : undefined }, value === '' ? 'any' : value),
        ),
      ),
    );
  return tag(
    'form',
    { class: 'filters', action: campaignPath(campaign), method: 'get', role: 'search', 'aria-label': 'Filters of the ranking' },
    tag(
      'label',
      {},
      tag('span', {}, 'formula'),
      tag('input', { name: 'formula', value: formula, placeholder: 'Ni*', size: 12, maxlength: 100 }),
    ),
    choice('lattice', lattice, ['fcc', 'bcc', 'hcp']),
    choice('domain', domain, ['inside', 'edge', 'outside']),
    tag('label', {}, tag('span', {}, 'rows'), tag('input', { name: 'top', type: 'number', min: 1, max: 5000, value: String(top) })),
    tag('button', { type: 'submit' }, 'Show'),
    tag('a', { href: `/api${campaignPath(campaign)}` }, 'JSON'),
  );
}
