import { computerWorkflowId } from '../../domain/campaign.js';
import type { ComputerState } from '../../domain/computer-state.js';
import { duration } from '../../domain/duration.js';
import { escaped, tag } from '../report/markup.js';
import { badge, grid, instant, linked, page, workflowLink, type PageContext } from './layout.js';

/** Machines: whether they take jobs, what waits there, and what was spent. */
export function computersPage(computers: readonly ComputerState[], context: PageContext): string {
  const rows = computers.map(({ _id, condition, reason, figures, budgetCoreHours }) => [
    linked(workflowLink(context.temporal, computerWorkflowId(_id)), escaped(_id)),
    `${badge(condition)}${reason === '' || condition === 'open' ? '' : tag('small', { class: 'warn' }, `${escaped(reason)}; ${tag('code', {}, escaped(`peierls computer resume ${_id}`))}`)}`,
    String(figures.open),
    String(figures.ended),
    time(figures.queueSeconds),
    time(figures.runSeconds),
    figures.pointsPerJob === null ? '-' : figures.pointsPerJob.toFixed(1),
    `${figures.coreHours.total.toFixed(2)}${budgetCoreHours === undefined ? '' : ` of ${budgetCoreHours}`}`,
    figures.coreHours.byCampaign.map(({ campaign, hours }) => `${escaped(campaign)} ${hours.toFixed(2)}`).join('<br/>') || '-',
    instant(figures.measuredAt),
  ]);
  const live =
    rows.length === 0
      ? tag('p', {}, `No computer has been used yet. ${tag('code', {}, 'peierls computer list')} shows those that are configured.`)
      : grid(
          'Computers',
          ['Computer', 'State', 'Jobs open', 'Jobs ended', 'Wait in queue', 'Run', 'Points a job', 'Core hours', 'By campaign', 'Measured'],
          rows,
          [2, 3, 4, 5, 6, 7],
        );
  return page('Computers', '/computers', context, tag('h1', {}, 'Computers'), live);
}

function time(seconds: number | null): string {
  return seconds === null ? '-' : duration(seconds);
}
