import type { GammaProperty } from '../../connectors/store/property.js';
import { significant } from '../../domain/significant.js';
import { gammaMap, highestEnergy } from './gamma-map.js';
import { escaped, formulaMarkup, prototypeMarkup, tag } from './markup.js';
import type { Ranked } from './ranking-table.js';

/** Gamma surfaces of the first of the ranking, as small pictures of one size. */
export function gammaSurfaces(ranked: readonly Ranked[], most: number): string[] {
  const shown = ranked.filter(({ surfaces }) => surfaces.length > 0).slice(0, most);
  if (shown.length === 0) return [];
  return [
    tag('h2', {}, 'Gamma surfaces'),
    tag(
      'p',
      { class: 'note' },
      `Energy of a fault by its displacement within the slip plane, over one period in both directions, for the first ${shown.length} of the ranking. The corners are the perfect crystal; contours divide the way from the lowest to the highest energy evenly. Dashed circle: the saddle (unstable fault), orange circle: the stacking fault or antiphase boundary.`,
    ),
    tag(
      'div',
      { class: 'surfaces' },
      ...shown.flatMap((result) => result.surfaces.map((surface, index) => figure(result, surface, index))),
    ),
  ];
}

function figure({ formula, row, prototype }: Ranked, surface: GammaProperty, index: number): string {
  const fault = surface.intrinsic === undefined ? '' : `, ${escaped(surface.intrinsic.name)} ${significant(surface.intrinsic.mjPerM2)}`;
  return tag(
    'figure',
    {},
    gammaMap(surface, `cell-${row.rank}-${index}`),
    tag(
      'figcaption',
      {},
      tag('strong', {}, `${row.rank}. ${formulaMarkup(formula)}`),
      ` ${prototypeMarkup(prototype)} ${escaped(surface.slipSystem)}`,
      '<br/>',
      `saddle ${significant(surface.unstable.mjPerM2)}${fault}, highest ${significant(highestEnergy(surface))} mJ/m\u00B2`,
    ),
  );
}
