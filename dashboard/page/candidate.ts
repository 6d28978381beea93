import { calculationWorkflowId, candidateWorkflowId } from '../../domain/campaign.js';
import { duration } from '../../domain/duration.js';
import { significant } from '../../domain/significant.js';
import { gammaMap, highestEnergy } from '../report/gamma-map.js';
import { intervalBar, intervalRange } from '../report/interval.js';
import { escaped, formulaMarkup, prototypeMarkup, tag } from '../report/markup.js';
import { logScale } from '../report/scale.js';
import type { CandidateView } from '../read.js';
import { badge, campaignPath, facts, grid, instant, linked, page, workflowLink, type PageContext } from './layout.js';

/** Everything known of one alloy, down to the jobs that its numbers come from. */
export function candidatePage({ candidate, result, material, calculations }: CandidateView, context: PageContext): string {
  const { campaign, formula, prototype, lattice, state, verdict, interpolation } = candidate;
  const { row, elastic, surfaces, densityGPerCm3, energyPerAtomEv, provenance } = result;
  const { a, c } = candidate.summary ?? {};
  const head = [
    tag(
      'p',
      { class: 'crumbs' },
      tag('a', { href: '/' }, 'Campaigns'),
      ' / ',
      tag('a', { href: campaignPath(campaign) }, escaped(campaign)),
    ),
    tag('h1', {}, `${formulaMarkup(formula)} <span class="soft">${prototypeMarkup(prototype)}</span>`),
  ].join('');
  const live = [
    tag(
      'div',
      { class: 'state' },
      badge(state),
      tag('span', {}, escaped(verdict?.reason ?? 'not concluded yet')),
      linked(workflowLink(context.temporal, candidateWorkflowId(candidate._id)), 'workflow in the Temporal UI'),
    ),
    ...(candidate.withdrawn === undefined
      ? []
      : [tag('p', { class: 'notice' }, `Its database has it no more since ${instant(candidate.withdrawn)}.`)]),
    ...(interpolation === undefined
      ? []
      : [
          tag(
            'p',
            { class: 'notice' },
            `Not simulated: interpolated between ${interpolation.samples} simulated candidates, the nearest ${escaped(interpolation.nearest)}, ${interpolation.distance.toFixed(3)} away in composition.`,
          ),
        ]),
    facts([
      ...(row === null ? [] : [['rank', String(row.rank)] as const]),
      ['lattice', lattice],
      ['a', a === undefined ? '-' : `${a.toFixed(4)} \u00C5`],
      ...(c === undefined ? [] : [['c', `${c.toFixed(4)} \u00C5`] as const]),
      ['density', densityGPerCm3 === null ? '-' : `${densityGPerCm3.toFixed(2)} g/cm\u00B3`],
      ['energy', energyPerAtomEv === null ? '-' : `${energyPerAtomEv.toFixed(4)} eV/atom`],
      ['fidelity', escaped(row?.fidelity ?? candidate.fidelity ?? '-')],
      ['computer', escaped(candidate.computer ?? '-')],
    ]),
    ...predictions(candidate.predictions),
    ...(elastic === null
      ? []
      : [
          tag('h2', {}, 'Elastic tensor'),
          tag(
            'p',
            { class: 'note' },
            `GPa, Voigt notation, crystal axes. ${escaped(
              Object.entries(elastic.constants)
                .map(([name, value]) => `${name} ${value.toFixed(1)}`)
                .join(', '),
            )}; Hill moduli: B ${elastic.moduli.bulk.toFixed(1)}, G ${elastic.moduli.shear.toFixed(1)}.`,
          ),
          tensor(elastic.gpa),
        ]),
    ...(surfaces.length === 0
      ? []
      : [
          tag('h2', {}, 'Gamma surfaces'),
          tag(
            'p',
            { class: 'note' },
            'Energy of a fault by its displacement within the slip plane. Dashed circle: the saddle; orange circle: the stacking fault.',
          ),
          tag(
            'div',
            { class: 'surfaces' },
            ...surfaces.map((surface, index) =>
              tag(
                'figure',
                {},
                gammaMap(surface, `cell-${index}`),
                tag(
                  'figcaption',
                  {},
                  tag('strong', {}, escaped(surface.slipSystem)),
                  `<br/>saddle ${significant(surface.unstable.mjPerM2)}${surface.intrinsic === undefined ? '' : `, ${escaped(surface.intrinsic.name)} ${significant(surface.intrinsic.mjPerM2)}`}, highest ${significant(highestEnergy(surface))} mJ/m\u00B2`,
                ),
              ),
            ),
          ),
        ]),
    ...(result.warnings.length === 0
      ? []
      : [tag('h2', {}, 'Warnings'), tag('ul', {}, ...result.warnings.map((warning) => tag('li', {}, escaped(warning))))]),
    tag('h2', {}, 'Where the numbers come from'),
    chain(calculations, context),
    tag(
      'dl',
      { class: 'origin' },
      ...[
        ['material', candidate.material],
        ...(candidate.sameAs ?? []).map((id) => ['the same crystal', id]),
        ...Object.entries(material?.provenance ?? {}),
        ...Object.entries(provenance),
        ['updated', candidate.updatedAt],
      ].flatMap(([name = '', value = '']) => [tag('dt', {}, escaped(name)), tag('dd', {}, escaped(value))]),
    ),
  ].join('');
  return page(formula, '/', context, head, live);
}

function predictions(found: CandidateView['candidate']['predictions']): string[] {
  if (found.length === 0) return [];
  const scale = logScale(
    found.flatMap(({ interval90, peierlsMpa }) => [...interval90, peierlsMpa]),
    intervalRange,
  );
  const rows = found.map((it) => [
    tag('span', { class: 'nowrap' }, escaped(it.slipSystem)),
    it.character,
    significant(it.peierlsMpa),
    intervalBar(it.peierlsMpa, it.interval90, scale, it.domain === 'inside'),
    tag('span', { class: 'nowrap' }, `${significant(it.interval90[0])} - ${significant(it.interval90[1])}`),
    tag('span', { class: it.domain }, it.domain),
    [it.uncertainty.physical, it.uncertainty.system, it.uncertainty.inference].map((value) => value.toFixed(2)).join(' / '),
    escaped(`${it.predictor}${it.model === undefined ? '' : ` ${it.model}`}`),
  ]);
  return [
    tag('h2', {}, 'Predicted Peierls stress'),
    grid(
      'Predictions',
      [
        'Slip',
        'Line',
        '\u03C4<sub>P</sub>, MPa',
        '90 % interval',
        'from - to',
        'Domain',
        'Uncertainty of ln \u03C4<sub>P</sub>: physical / system / inference',
        'Predictor',
      ],
      rows,
      [2],
    ),
  ];
}

function tensor(gpa: readonly (readonly number[])[]): string {
  return tag(
    'table',
    { class: 'tensor', 'aria-label': 'Elastic tensor in GPa' },
    tag(
      'tbody',
      {},
      ...gpa.map((line) =>
        tag('tr', {}, ...line.map((value) => tag('td', { class: Math.abs(value) < 0.05 ? 'n zero' : 'n' }, value.toFixed(1)))),
      ),
    ),
  );
}

/** Calculation, attempt, job, computer: one line a submission. */
function chain(calculations: CandidateView['calculations'], { temporal }: PageContext): string {
  if (calculations.length === 0) return tag('p', {}, 'No calculation of its own.');
  const rows = calculations.flatMap(({ _id, label, reused, state, points, provenance, attempts }) => {
    const own = [
      escaped(label),
      `${linked(workflowLink(temporal, calculationWorkflowId(_id)), tag('code', { title: _id }, _id.slice(0, 12)))}${reused ? ' (reused)' : ''}`,
      badge(state),
      `${points.executed} of ${points.total}`,
    ];
    const code = escaped(String(provenance['code'] ?? '-'));
    if (attempts.length === 0) return [[...own, '-', '-', '-', '-', code]];
    return attempts.map((attempt, index) => [
      ...(index === 0 ? own : ['', '', '', '']),
      tag('code', {}, escaped(attempt._id)),
      escaped(attempt.jobId ?? '-'),
      escaped(attempt.computer),
      `${escaped(attempt.verdict ?? attempt.state)}${attempt.runSeconds === undefined ? '' : `, ${duration(attempt.runSeconds)}`}`,
      code,
    ]);
  });
  return grid('Calculations and jobs', ['Calculation', 'Id', 'State', 'Points run', 'Attempt', 'Job', 'Computer', 'Outcome', 'Code'], rows);
}
