import { contours } from 'd3-contour';
import type { GammaProperty } from '../../connectors/store/property.js';
import { evaluateFourier } from '../../domain/gamma-fourier.js';
import type { Vec2 } from '../../domain/vector.js';
import { rounded, tag } from './markup.js';

const [width, height, margin] = [190, 150, 6];
/** Samples along each period, and filled levels between the least and the greatest energy. */
const [samples, levels] = [40, 9];

/** A gamma surface over one period in both directions, in its true shape, as filled contours; circles mark the fault and its saddle. `clip` is an id of its own. */
export function gammaMap(surface: GammaProperty, clip: string): string {
  const [first, second] = surface.vectorsAngstrom;
  const corners: Vec2[] = [[0, 0], [...first], [first[0] + second[0], first[1] + second[1]], [...second]];
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, bottom] = [Math.min(...xs), Math.min(...ys)];
  const zoom = Math.min((width - 2 * margin) / (Math.max(...xs) - left), (height - 2 * margin - 12) / (Math.max(...ys) - bottom));
  const place = (u: number, v: number): Vec2 => [
    margin + (u * first[0] + v * second[0] - left) * zoom,
    height - margin - 12 - (u * first[1] + v * second[1] - bottom) * zoom,
  ];
  const outline = `M${[place(0, 0), place(1, 0), place(1, 1), place(0, 1)].map(pair).join('L')}Z`;
  return tag(
    'svg',
    { class: 'gamma', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label(surface) },
    tag('clipPath', { id: clip }, tag('path', { d: outline })),
    tag('g', { 'clip-path': `url(#${clip})` }, ...filledLevels(surface, place)),
    tag('path', { class: 'outline', d: outline }),
    ...mark('saddle', place(...inCell(surface.unstable.at))),
    ...(surface.intrinsic === undefined ? [] : mark('fault', place(...inCell(surface.intrinsic.at)))),
    tag('path', { class: 'bar', d: `M${margin} ${height - 5}h${rounded(zoom)}` }),
    tag('text', { x: margin + zoom + 5, y: height - 1.5 }, '1 \u00C5'),
  );
}

/** Highest energy of the surface on its own grid, mJ/m2. */
export function highestEnergy({ mjPerM2 }: GammaProperty): number {
  return Math.max(...mjPerM2.flat());
}

/** The contours are drawn a little beyond the cell on all sides and clipped, so that no line runs along its edge. */
function filledLevels(surface: GammaProperty, place: (u: number, v: number) => Vec2): string[] {
  const size = samples + 3;
  const at = (index: number): number => (index - 1) / samples;
  const values = Array.from(
    { length: size * size },
    (_, index) => evaluateFourier(surface.fourier, [at(index % size), at(Math.floor(index / size))]).value,
  );
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const thresholds = Array.from({ length: levels }, (_, level) => low + ((high - low) * level) / levels);
  return contours()
    .size([size, size])
    .thresholds(thresholds)(values)
    .map(({ coordinates }, level) =>
      tag('path', {
        class: `g${level}`,
        'fill-rule': 'evenodd',
        // Half a step: the library puts a value at the middle of its pixel.
        d: coordinates
          .flatMap((polygon) => polygon.map((ring) => `M${ring.map(([x = 0, y = 0]) => pair(place(at(x - 0.5), at(y - 0.5)))).join('L')}Z`))
          .join(''),
      }),
    );
}

function mark(name: string, [x, y]: Vec2): string[] {
  return [tag('circle', { class: `${name} halo`, cx: x, cy: y, r: 3.5 }), tag('circle', { class: name, cx: x, cy: y, r: 3.5 })];
}

/** The same displacement within the cell that is drawn. */
function inCell([u, v]: readonly [number, number]): Vec2 {
  return [u - Math.floor(u), v - Math.floor(v)];
}

function label({ slipSystem, unstable, intrinsic }: GammaProperty): string {
  const fault = intrinsic === undefined ? '' : `, stacking fault ${intrinsic.mjPerM2.toFixed(0)}`;
  return `Gamma surface of ${slipSystem}: saddle ${unstable.mjPerM2.toFixed(0)}${fault} mJ/m2`;
}

function pair([x, y]: Vec2): string {
  return `${rounded(x)} ${rounded(y)}`;
}
