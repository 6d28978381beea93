import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import type { Campaign } from '../../domain/campaign.js';
import type { CampaignProgress } from '../../domain/progress.js';
import { duration } from '../../domain/duration.js';
import { significant } from '../../domain/significant.js';
import { escaped, formulaMarkup, prototypeMarkup, tag } from './markup.js';
import { origin } from './origin.js';
import { periodicMap } from './periodic-map.js';
import { rankingTable, type Ranked } from './ranking-table.js';
import { scatter, symbol, type ScatterPoint } from './scatter.js';
import { script, style } from './style.js';
import { gammaSurfaces } from './surfaces.js';

export interface ReportInput {
  definition: Campaign;
  progress: CampaignProgress;
  results: readonly CandidateResult[];
  /** How many of the ranked show their gamma surfaces. */
  surfaces: number;
  /** Of this program. */
  version: string;
  /** ISO instant. */
  writtenAt: string;
}

/** One HTML file that says what a campaign has found and where each number comes from; it needs nothing else and no network. */
export function report(input: ReportInput): string {
  const ranked = input.results.filter((result): result is Ranked => result.row !== null);
  const title = `${input.definition.name}: alloys by predicted Peierls stress`;
  return `<!doctype html>\n${tag(
    'html',
    { lang: 'en' },
    tag(
      'head',
      {},
      tag('meta', { charset: 'utf-8' }),
      tag('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      tag('meta', {
        'http-equiv': 'Content-Security-Policy',
        content: "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
      }),
      tag('title', {}, escaped(title)),
      tag('style', {}, style),
    ),
    tag(
      'body',
      {},
      heading(input),
      tag(
        'main',
        {},
        ...(ranked.length === 0 ? [tag('p', {}, 'No candidate is ranked yet.')] : found(ranked, input.surfaces)),
        notRanked(input.results),
        origin(input),
      ),
      tag('footer', {}, `Written by peierls ${escaped(input.version)} on ${day(input.writtenAt)}.`),
      tag('script', {}, script),
    ),
  )}\n`;
}

function heading({ definition, progress, writtenAt }: ReportInput): string {
  const { counts, points, jobs, startedAt, finishedAt } = progress;
  const facts: [string, string][] = [
    ['candidates', String(counts.candidates)],
    ['ranked', String(counts.ranked)],
    ['rejected', String(counts.rejected)],
    ['failed', String(counts.failed)],
    ...(counts.pending > 0 ? [['pending', String(counts.pending)] as [string, string]] : []),
    ['points computed', points.executed.toLocaleString('en-US')],
    ['points reused', points.reused.toLocaleString('en-US')],
    ['jobs', jobs.submitted.toLocaleString('en-US')],
    ...(startedAt === null
      ? []
      : [['time', duration((Date.parse(finishedAt ?? writtenAt) - Date.parse(startedAt)) / 1000)] as [string, string]]),
  ];
  const state = progress.state === 'done' ? `Finished ${day(finishedAt ?? writtenAt)}` : `State on ${day(writtenAt)}: ${progress.state}`;
  return tag(
    'header',
    {},
    tag('h1', {}, escaped(definition.name)),
    tag('p', { class: 'soft' }, `${definition.description === '' ? '' : `${escaped(definition.description)}. `}${state}.`),
    tag('dl', { class: 'facts' }, ...facts.map(([name, value]) => tag('div', {}, tag('dt', {}, name), tag('dd', {}, value)))),
  );
}

function found(ranked: readonly Ranked[], surfaces: number): string[] {
  return [
    tag('h2', { id: 'ranking-title' }, 'Ranking'),
    tag(
      'p',
      { class: 'note' },
      'By the predicted Peierls stress of the controlling dislocation: the hardest character of the easiest slip system. Bars hold the true value in nine of ten cases; open, dashed ones belong to crystals that the predictor does not know well.',
    ),
    rankingTable(ranked),
    tag('h2', {}, 'The strongest candidate of each element'),
    tag('p', { class: 'note' }, 'Peierls stress in MPa. A dashed frame: outside of what the predictor knows.'),
    periodicMap(ranked.map(({ row }) => row)),
    tag('h2', {}, 'Strength against weight and ductility'),
    tag(
      'p',
      { class: 'note' },
      'Filled points are the best compromises: nothing that the predictor knows is both stronger and further to the left.',
    ),
    key(ranked),
    tag('div', { class: 'plots' }, ...plots(ranked).map((plot) => tag('figure', {}, plot))),
    ...gammaSurfaces(ranked, surfaces),
  ];
}

function plots(ranked: readonly Ranked[]): string[] {
  const points = (x: (result: Ranked) => number | null, name: string): ScatterPoint[] =>
    ranked.flatMap((result) => {
      const value = x(result);
      const { formula, row, prototype, lattice } = result;
      return value === null
        ? []
        : [
            {
              name: formula,
              lattice,
              x: value,
              y: row.peierlsMpa,
              outside: row.domain === 'outside',
              title: `${formula} (${prototype}): ${significant(row.peierlsMpa)} MPa, ${name} ${significant(value)}`,
            },
          ];
    });
  const y = 'Peierls stress, MPa';
  return [
    scatter(
      points((it) => it.densityGPerCm3, 'density'),
      { x: 'density, g/cm\u00B3', y },
    ),
    // S. F. Pugh, Philos. Mag. 45, 823 (1954); the value in terms of G/B.
    scatter(
      points((it) => it.row.pugh, 'G/B'),
      { x: 'Pugh ratio G/B (small: ductile)', y, limit: { x: 0.57, says: 'ductile (Pugh)' } },
    ),
  ];
}

function key(ranked: readonly Ranked[]): string {
  const lattices = [...new Set(ranked.map(({ lattice }) => lattice))].sort();
  const sign = (lattice: string): string =>
    tag(
      'svg',
      { width: 12, height: 12, viewBox: '0 0 12 12', 'aria-hidden': 'true' },
      tag('path', { class: lattice, d: symbol(lattice, 6, 6) }),
    );
  return tag('p', { class: 'key' }, ...lattices.map((lattice) => tag('span', {}, sign(lattice), lattice)));
}

function notRanked(results: readonly CandidateResult[]): string {
  const rest = results.filter(({ row, state }) => row === null && (state === 'rejected' || state === 'failed'));
  if (rest.length === 0) return '';
  return [
    tag('h2', {}, 'Not ranked'),
    tag(
      'table',
      {},
      tag('thead', {}, tag('tr', {}, ...['Alloy', 'Crystal', 'State', 'Reason'].map((name) => tag('th', { scope: 'col' }, name)))),
      tag(
        'tbody',
        {},
        ...rest.map(({ formula, prototype, state, reason }) =>
          tag(
            'tr',
            {},
            tag('td', { class: 'nowrap' }, formulaMarkup(formula)),
            tag('td', {}, prototypeMarkup(prototype)),
            tag('td', {}, state),
            tag('td', {}, escaped(reason)),
          ),
        ),
      ),
    ),
  ].join('');
}

function day(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}
