import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import type { RankingRow } from '../../connectors/store/rank.js';
import { significant } from '../../domain/significant.js';
import { intervalAxis, intervalBar, intervalRange } from './interval.js';
import { escaped, formulaMarkup, prototypeMarkup, tag } from './markup.js';
import { logScale } from './scale.js';

export type Ranked = CandidateResult & { row: RankingRow };

/** What a line of the table needs. */
export type RankedRow = Pick<Ranked, 'candidate' | 'formula' | 'prototype' | 'densityGPerCm3' | 'row'>;

interface Column {
  head: string;
  unit?: string;
  title: string;
  /** What to sort by; a column without it cannot be sorted. */
  value?: (result: RankedRow) => string | number | null;
  /** Numbers stand to the right and sort from the greatest. */
  number?: boolean;
  markup?: (result: RankedRow) => string;
}

/** The ranking with every interval as an error bar on one logarithmic axis; a press on a heading sorts. */
export function rankingTable(results: readonly RankedRow[], link?: (candidate: string) => string): string {
  const scale = logScale(
    results.flatMap(({ row }) => [...row.interval90, row.peierlsMpa]),
    intervalRange,
  );
  const columns: Column[] = [
    { head: '#', title: 'Place in the ranking', value: ({ row }) => row.rank, number: true },
    {
      head: 'Alloy',
      title: 'Formula; fractions for solid solutions',
      value: (it) => it.formula,
      markup: (it) => {
        const name = `${it.row.fidelity === 'interpolated' ? '~' : ''}${formulaMarkup(it.formula)}`;
        return link === undefined ? name : tag('a', { href: link(it.candidate) }, name);
      },
    },
    {
      head: 'Crystal',
      title: 'Strukturbericht name',
      value: (it) => it.prototype,
      markup: (it) => prototypeMarkup(it.prototype),
    },
    { head: 'Slip', title: 'Controlling slip system', value: ({ row }) => row.slipSystem },
    { head: 'Line', title: 'Character of the controlling dislocation', value: ({ row }) => row.character },
    { head: '\u03C4<sub>P</sub>', unit: 'MPa', title: 'Predicted Peierls stress', value: ({ row }) => row.peierlsMpa, number: true },
    {
      head: '90 % interval',
      unit: 'MPa',
      title: 'Holds the true value in nine of ten cases',
      markup: ({ row }) => intervalBar(row.peierlsMpa, row.interval90, scale, row.domain === 'inside'),
    },
    { head: 'from', unit: 'MPa', title: 'Lower end of the interval', value: ({ row }) => row.interval90[0], number: true },
    { head: 'to', unit: 'MPa', title: 'Upper end of the interval', value: ({ row }) => row.interval90[1], number: true },
    { head: 'G', unit: 'GPa', title: 'Shear modulus, Hill average', value: ({ row }) => row.shearGpa, number: true },
    { head: 'B', unit: 'GPa', title: 'Bulk modulus', value: ({ row }) => row.bulkGpa, number: true },
    { head: 'G/B', title: 'Pugh ratio', value: ({ row }) => row.pugh, number: true },
    {
      head: '\u03B3<sub>us</sub>',
      unit: 'mJ/m\u00B2',
      title: 'Unstable fault energy',
      value: ({ row }) => row.unstableFaultMjPerM2,
      number: true,
    },
    {
      head: '\u03B3<sub>isf</sub>',
      unit: 'mJ/m\u00B2',
      title: 'Intrinsic stacking fault energy',
      value: ({ row }) => row.intrinsicFaultMjPerM2,
      number: true,
    },
    {
      head: 'a',
      unit: '\u00C5',
      title: 'Lattice parameter',
      value: ({ row }) => row.a,
      number: true,
      markup: ({ row }) => row.a?.toFixed(3) ?? '',
    },
    {
      head: '\u03C1',
      unit: 'g/cm\u00B3',
      title: 'Density',
      value: (it) => it.densityGPerCm3,
      number: true,
      markup: (it) => it.densityGPerCm3?.toFixed(2) ?? '',
    },
    {
      head: 'Domain',
      title: 'Whether the predictor knows such crystals',
      value: ({ row }) => row.domain,
      markup: ({ row }) => tag('span', { class: row.domain }, row.domain),
    },
  ];
  return tag(
    'div',
    // Wider than a telephone: whoever has no mouse scrolls with the keys.
    { class: 'scroll', role: 'region', 'aria-labelledby': 'ranking-title', tabindex: 0 },
    tag(
      'table',
      { id: 'ranking' },
      tag('thead', {}, tag('tr', {}, ...columns.map((column) => heading(column, intervalAxis(scale))))),
      tag(
        'tbody',
        {},
        ...results.map((result) => tag('tr', { id: `row-${result.row.rank}` }, ...columns.map((column) => cell(column, result)))),
      ),
    ),
  );
}

function heading({ head, unit, title, value, number }: Column, axis: string): string {
  const words = `${head}${unit === undefined ? '' : tag('small', {}, unit)}`;
  return tag(
    'th',
    { scope: 'col', title, class: number === true ? 'n' : undefined, 'data-first': number === true ? 'descending' : undefined },
    value === undefined ? `${words}${axis}` : tag('button', { type: 'button' }, words),
  );
}

function cell({ value, number, markup }: Column, result: RankedRow): string {
  const raw = value?.(result);
  const shown = markup?.(result) ?? (typeof raw === 'number' ? significant(raw) : escaped(raw ?? ''));
  return tag('td', { class: number === true ? 'n' : 'nowrap', 'data-value': raw === undefined ? undefined : String(raw ?? '') }, shown);
}
