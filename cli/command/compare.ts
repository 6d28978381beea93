import { assertNever } from '../../domain/assert-never.js';
import { levelResults } from '../../connectors/store/level-result.js';
import { compareLevels, type Comparison, type LevelResult } from '../../domain/comparison.js';
import { InvalidInput } from '../../domain/failures.js';
import { outputPath, writePieces } from '../export/write.js';
import { significant, type Output } from '../output.js';
import { deviationPlot } from '../../dashboard/report/deviation-plot.js';
import { escaped, tag } from '../../dashboard/report/markup.js';
import { style } from '../../dashboard/report/style.js';
import { withStore } from '../session.js';
import { table } from '../table.js';

export const comparisonFormats = ['table', 'markdown', 'html', 'svg'] as const;

export interface CompareOptions {
  format: (typeof comparisonFormats)[number];
  output?: string;
}

/** `peierls compare <campaign...>`: what the levels of theory of these campaigns say of the same crystals. */
export function compare(campaigns: readonly string[], options: CompareOptions, output: Output): Promise<number> {
  const { format, output: target } = options;
  if (format !== 'table' && output.json && target === undefined)
    throw new InvalidInput('with --json the comparison itself needs a file', { path: '--output', remedy: 'Add --output <file>' });
  return withStore(process.env, output, async (store) => {
    const results: LevelResult[] = [];
    for (const campaign of campaigns) {
      const found = await levelResults(store, campaign);
      if (found === undefined)
        throw new InvalidInput(`there is no campaign "${campaign}"`, { path: 'campaign', remedy: 'peierls status lists them' });
      results.push(...found);
    }
    const comparison = compareLevels(results);
    if (comparison.levels.length < 2)
      throw new InvalidInput(`there is one level of theory only: ${comparison.levels.join('') || 'none has results yet'}`, {
        path: 'campaign',
        value: campaigns.join(' '),
        remedy: 'Name a campaign with a fidelity ladder, or several campaigns with different calculators',
      });
    if (comparison.alloys.length === 0)
      throw new InvalidInput('no crystal has been computed at two levels of theory', {
        path: 'campaign',
        value: campaigns.join(' '),
        remedy: 'Give the campaigns some candidates in common',
      });
    const written = text(comparison, format);
    if (target === undefined) {
      output.result(comparison, written.split('\n').slice(0, -1));
      return 0;
    }
    const file = outputPath(target, `comparison.${{ table: 'txt', markdown: 'md', html: 'html', svg: 'svg' }[format]}`);
    const bytes = await writePieces(file, pieces(written));
    output.result({ ...comparison, file, bytes }, [
      `Wrote ${file}: ${comparison.alloys.length} crystals at ${comparison.levels.length} levels.`,
    ]);
    return 0;
  });
}

async function* pieces(written: string): AsyncGenerator<string> {
  yield written;
}

function text(comparison: Comparison, format: CompareOptions['format']): string {
  switch (format) {
    case 'markdown':
      return markdown(comparison);
    case 'html':
      return html(comparison);
    case 'svg':
      return `${deviationPlot(comparison)}\n`;
    case 'table':
      return [
        ...table(header(comparison), cells(comparison)),
        '',
        ...table(summaryHeader, summaryCells(comparison)),
        `Deviations are from ${comparison.levels.at(-1) ?? ''}.`,
        '',
      ].join('\n');
    default:
      return assertNever(format);
  }
}

function header({ levels }: Comparison): string[] {
  return ['crystal', 'quantity', ...levels];
}

function cells({ rows }: Comparison): string[][] {
  return rows.map(({ alloy, quantity, values, deviations }) => [
    alloy,
    quantity,
    ...values.map((value, index) => {
      const deviation = deviations[index] ?? null;
      // Lattice constants differ in the third figure, and more.
      const shown = value === null ? '-' : /angstrom/.test(quantity) ? value.toFixed(4) : significant(value);
      return deviation === null ? shown : `${shown} (${percent(deviation)})`;
    }),
  ]);
}

const summaryHeader = ['quantity', 'level', 'crystals', 'mean', 'mean absolute', 'largest'];

function summaryCells({ summary }: Comparison): string[][] {
  return summary.map(({ quantity, level, alloys, mean, meanAbsolute, largest }) => [
    quantity,
    level,
    String(alloys),
    percent(mean),
    `${(100 * meanAbsolute).toFixed(1)} %`,
    percent(largest),
  ]);
}

function percent(deviation: number): string {
  return `${deviation >= 0 ? '+' : ''}${(100 * deviation).toFixed(1)} %`;
}

function title({ levels }: Comparison): string {
  return `${levels.slice(0, -1).join(', ')} beside ${levels.at(-1) ?? ''}`;
}

function markdown(comparison: Comparison): string {
  const cell = (value: string): string => value.replaceAll('|', '\\|');
  const grid = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
    `| ${head.map(cell).join(' | ')} |`,
    `|${head.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ];
  return [
    `# ${title(comparison)}`,
    '',
    ...grid(summaryHeader, summaryCells(comparison)),
    '',
    ...grid(header(comparison), cells(comparison)),
    '',
  ].join('\n');
}

function html(comparison: Comparison): string {
  const grid = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
    tag(
      'div',
      { class: 'scroll' },
      tag(
        'table',
        {},
        tag('thead', {}, tag('tr', {}, ...head.map((name) => tag('th', {}, escaped(name))))),
        tag('tbody', {}, ...rows.map((row) => tag('tr', {}, ...row.map((value) => tag('td', { class: 'nowrap' }, escaped(value)))))),
      ),
    );
  return `<!doctype html>\n${tag(
    'html',
    { lang: 'en' },
    tag(
      'head',
      {},
      tag('meta', { charset: 'utf-8' }),
      tag('meta', { 'http-equiv': 'Content-Security-Policy', content: "default-src 'none'; style-src 'unsafe-inline'" }),
      tag('title', {}, escaped(title(comparison))),
      tag('style', {}, style),
    ),
    tag(
      'body',
      {},
      tag('header', {}, tag('h1', {}, escaped(title(comparison))), tag('p', { class: 'soft' }, `${comparison.alloys.length} crystals`)),
      tag(
        'main',
        {},
        tag('figure', {}, deviationPlot(comparison)),
        tag('h2', {}, 'By quantity'),
        grid(summaryHeader, summaryCells(comparison)),
        tag('h2', {}, 'By crystal'),
        grid(header(comparison), cells(comparison)),
      ),
    ),
  )}\n`;
}
