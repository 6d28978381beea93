import type { Comparison } from '../../domain/comparison.js';
import { escaped, tag } from './markup.js';
import { symbol } from './scatter.js';

const [width, left, right, top, row, bottom] = [760, 150, 24, 34, 26, 40];

/** Deviations beyond this are drawn at the edge, with their value in the title. */
const most = 1;

/** A level has a colour and a sign of its own, so that colour is not needed to tell them apart. */
const signs = ['fcc', 'bcc', 'hcp'] as const;

/** Deviations of every level from the reference, a line for each quantity, a sign for each alloy. It stands alone as an SVG file. */
export function deviationPlot({ levels, rows }: Comparison): string {
  const quantities = [...new Set(rows.map(({ quantity }) => quantity))];
  const height = top + quantities.length * row + bottom;
  const x = (deviation: number): number =>
    left + ((Math.max(-most, Math.min(most, deviation)) + most) / (2 * most)) * (width - left - right);
  const compared = levels.slice(0, -1);
  const sign = (index: number): string => signs[index % signs.length] ?? 'fcc';
  return tag(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'scatter',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `Deviations of ${compared.join(', ')} from ${levels.at(-1) ?? ''}`,
    },
    tag('style', {}, plotStyle),
    ...compared.map((level, index) =>
      tag(
        'g',
        {},
        tag('path', { class: `point ${sign(index)}`, d: symbol(sign(index), left + index * 200, 14) }),
        tag('text', { class: 'tick', x: left + 9 + index * 200, y: 18 }, escaped(level)),
      ),
    ),
    ...[-1, -0.5, 0, 0.5, 1].flatMap((tick) => [
      tag('line', { class: tick === 0 ? 'base' : 'grid', x1: x(tick), x2: x(tick), y1: top - 6, y2: height - bottom }),
      tag('text', { class: 'tick', x: x(tick), y: height - bottom + 16, 'text-anchor': 'middle' }, `${tick > 0 ? '+' : ''}${100 * tick} %`),
    ]),
    tag(
      'text',
      { class: 'title', x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle' },
      escaped(`deviation from ${levels.at(-1) ?? ''}`),
    ),
    ...quantities.flatMap((quantity, line) => {
      const y = top + (line + 0.5) * row;
      return [
        tag('text', { class: 'tick', x: left - 10, y: y + 4, 'text-anchor': 'end' }, escaped(quantity)),
        ...rows
          .filter((it) => it.quantity === quantity)
          .flatMap(({ alloy, values, deviations }) =>
            deviations.flatMap((deviation, index) =>
              deviation === null
                ? []
                : [
                    tag(
                      'path',
                      { class: `point ${sign(index)}`, d: symbol(sign(index), x(deviation), y + (index - (compared.length - 1) / 2) * 7) },
                      tag(
                        'title',
                        {},
                        escaped(
                          `${alloy}, ${quantity}: ${levels[index] ?? ''} ${values[index] ?? ''}, ${levels.at(-1) ?? ''} ${values.at(-1) ?? ''} (${(100 * deviation).toFixed(1)} %)`,
                        ),
                      ),
                    ),
                  ],
            ),
          ),
      ];
    }),
  );
}

const plotStyle =
  'text{font:12px system-ui,sans-serif;fill:#5a6470}.grid{stroke:#dde2e8}.base{stroke:#5a6470}.point{fill-opacity:.75}.fcc{fill:#0b62a8}.bcc{fill:#b5480c}.hcp{fill:#2f7d4f}';
