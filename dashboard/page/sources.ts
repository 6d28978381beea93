import { describeReport } from '../../domain/refresh.js';
import { refreshWorkflowId } from '../../domain/source.js';
import { escaped, tag } from '../report/markup.js';
import type { SourceView } from '../read.js';
import { badge, campaignPath, count, grid, instant, linked, page, workflowLink, type PageContext } from './layout.js';

/** Databases: what the latest refresh of each has found, and when the next is due. */
export function sourcesPage(sources: readonly SourceView[], context: PageContext): string {
  const rows = sources.map(({ name, query, report, reading, checkedAt, error, schedule }) => [
    `${linked(workflowLink(context.temporal, refreshWorkflowId(name)), escaped(name))}<details><summary>query</summary><pre>${escaped(JSON.stringify(query, undefined, 1))}</pre></details>`,
    error !== null
      ? `${badge('failed')}${tag('small', { class: 'warn' }, escaped(error))}`
      : reading === null
        ? badge('idle')
        : `${badge('reading')} ${count(reading.records)} of ${reading.total === null ? '?' : count(reading.total)}`,
    report === null ? '-' : count(report.records),
    report === null ? '-' : count(report.usable),
    report === null
      ? '-'
      : [
          escaped(describeReport({ ...report, rescreened: [] })),
          ...(report.rescreened ?? []).map(
            (it) =>
              `${tag('a', { href: campaignPath(it.campaign) }, escaped(it.campaign))}: ${escaped(it.left ?? `${it.added} new, ${it.changed} changed, ${it.removed} gone`)}`,
          ),
          ...report.warnings.map((warning) => tag('span', { class: 'warn' }, escaped(warning))),
        ].join('<br/>'),
    instant(checkedAt),
    schedule === null
      ? '-'
      : `${schedule.paused ? 'paused' : `next ${instant(schedule.next)}`}<br/>${schedule.runs} runs, ${schedule.missed} missed`,
  ]);
  const live =
    rows.length === 0
      ? tag('p', {}, `No database was read yet. ${tag('code', {}, 'peierls source refresh materials-project')} reads one.`)
      : grid('Sources', ['Source', 'State', 'Materials', 'Crystals', 'Latest refresh', 'Checked', 'Schedule'], rows, [2, 3]);
  return page('Sources', '/sources', context, tag('h1', {}, 'Sources'), live);
}
