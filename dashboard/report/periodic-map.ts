import type { RankingRow } from '../../connectors/store/rank.js';
import { elements, type ElementSymbol } from '../../domain/element.js';
import { periodicPlaces } from '../../domain/periodic-table.js';
import { significant } from '../../domain/significant.js';
import { escaped, tag } from './markup.js';
import { paletteStep } from './scale.js';

const [cell, gap, steps] = [56, 3, 7];

/** For each element the strongest ranked candidate that contains it. */
export function bestOfElements(rows: readonly RankingRow[]): Map<ElementSymbol, RankingRow> {
  const best = new Map<ElementSymbol, RankingRow>();
  for (const row of rows)
    for (const symbol of row.formula.match(/[A-Z][a-z]?/g) ?? []) {
      const known = best.get(symbol as ElementSymbol);
      if (known === undefined || row.peierlsMpa > known.peierlsMpa) best.set(symbol as ElementSymbol, row);
    }
  return best;
}

/** The periodic table, each element coloured by the logarithm of its best candidate's stress. Rows of the f block only where something is in them. */
export function periodicMap(rows: readonly RankingRow[]): string {
  const best = bestOfElements(rows);
  const stresses = [...best.values()].map(({ peierlsMpa }) => Math.log(peierlsMpa));
  const span: [number, number] = [Math.min(...stresses), Math.max(...stresses)];
  const places = periodicPlaces().filter(
    ({ row, symbol }) => row <= 6 || best.has(symbol) || periodicPlaces().some((it) => it.row === row && best.has(it.symbol)),
  );
  const lastRow = Math.max(...places.map(({ row }) => row));
  const [width, height] = [18 * cell, lastRow * cell];
  return tag(
    'svg',
    {
      class: 'periodic',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': 'Periodic table: the strongest candidate of each element',
    },
    ...places.map(({ symbol, row, column }) => {
      const found = best.get(symbol);
      const step = found === undefined ? undefined : paletteStep(Math.log(found.peierlsMpa), span, steps);
      return tag(
        'g',
        {
          class: step === undefined ? 'none' : `s${step} ${found?.domain ?? ''}`,
          transform: `translate(${(column - 1) * cell} ${(row - 1) * cell})`,
        },
        tag(
          'title',
          {},
          escaped(
            found === undefined
              ? elements[symbol].name
              : `${elements[symbol].name}: ${found.formula} (${found.prototype}), ${significant(found.peierlsMpa)} MPa, rank ${found.rank}`,
          ),
        ),
        tag('rect', { width: cell - gap, height: cell - gap, rx: 4 }),
        tag('text', { class: 'symbol', x: 7, y: 20 }, symbol),
        ...(found === undefined
          ? []
          : [
              tag(
                'text',
                {
                  class: 'best',
                  x: 7,
                  y: 34,
                  ...(found.formula.length > 8 && { textLength: cell - gap - 12, lengthAdjust: 'spacingAndGlyphs' }),
                },
                escaped(found.formula),
              ),
              tag('text', { class: 'value', x: 7, y: 47 }, significant(found.peierlsMpa)),
            ]),
      );
    }),
  );
}
