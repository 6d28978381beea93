import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import { escaped, tag } from './markup.js';
import type { ReportInput } from './report.js';

/** What made the numbers: programs, potentials, predictors and computers; then the calculation ids of each candidate, and the campaign file. */
export function origin({ definition, results, version }: Pick<ReportInput, 'definition' | 'results' | 'version'>): string {
  const all = (read: (result: CandidateResult) => string | undefined | null): string =>
    [...new Set(results.flatMap((result) => read(result) ?? []))].join('; ');
  const facts: [string, string][] = [
    ['Orchestrator', `peierls ${version}`],
    ['Code', all(({ provenance }) => provenance['code'])],
    ['Potential or functional', all(({ provenance }) => provenance['potential'] ?? provenance['functional'])],
    ['Cite', all(({ provenance }) => provenance['citation'])],
    ['Computer', all(({ computer }) => computer)],
    [
      'Predictor',
      all(({ row, prediction }) =>
        row === null ? null : `${row.predictor}${prediction?.model === undefined ? '' : ` (model ${prediction.model})`}`,
      ),
    ],
    ['Stress protocol', all(({ prediction }) => prediction?.protocol)],
  ];
  return [
    tag('h2', {}, 'Where the numbers come from'),
    tag(
      'p',
      { class: 'note' },
      `Each calculation is named by the hash of its inputs; ${tag('code', {}, 'peierls provenance &lt;id&gt;')} leads from there to points, jobs, computers and raw outputs.`,
    ),
    tag(
      'dl',
      { class: 'origin' },
      ...facts.filter(([, value]) => value !== '').flatMap(([name, value]) => [tag('dt', {}, name), tag('dd', {}, escaped(value))]),
    ),
    tag('details', {}, tag('summary', {}, 'Calculations of each candidate'), calculationTable(results)),
    tag('details', {}, tag('summary', {}, 'The campaign file'), tag('pre', {}, escaped(JSON.stringify(definition, undefined, 2)))),
  ].join('');
}

function calculationTable(results: readonly CandidateResult[]): string {
  return tag(
    'div',
    { class: 'scroll' },
    tag(
      'table',
      {},
      tag('thead', {}, tag('tr', {}, ...['Candidate', 'Calculation', 'Id'].map((name) => tag('th', { scope: 'col' }, name)))),
      tag(
        'tbody',
        {},
        ...results.flatMap(({ candidate, calculations }) =>
          calculations.map(({ id, label, reused }) =>
            tag(
              'tr',
              {},
              tag('td', { class: 'nowrap' }, escaped(candidate)),
              tag('td', { class: 'nowrap' }, `${escaped(label)}${reused ? ' (reused)' : ''}`),
              tag('td', {}, tag('code', {}, id)),
            ),
          ),
        ),
      ),
    ),
  );
}
