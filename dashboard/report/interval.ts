import { significant } from '../../domain/significant.js';
import { rounded, tag } from './markup.js';
import type { Scale } from './scale.js';

const [width, height] = [190, 18];

/** Where interval drawings begin and end, in pixels. */
export const intervalRange: [number, number] = [8, width - 8];

/** A predicted value with its interval as an error bar on the axis that all rows share; open where the predictor does not know the crystal. */
export function intervalBar(value: number, [low, high]: readonly [number, number], scale: Scale, known: boolean): string {
  const middle = height / 2;
  const [x, start, end] = [scale(value), scale(low), scale(high)];
  return tag(
    'svg',
    {
      class: `interval${known ? '' : ' unknown'}`,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `${significant(value)} MPa, 90 % between ${significant(low)} and ${significant(high)}`,
    },
    ...scale.ticks.map((tick) => tag('line', { class: 'grid', x1: scale(tick), x2: scale(tick), y1: 0, y2: height })),
    tag('path', {
      class: 'whisker',
      d: `M${rounded(start)} ${middle - 3.5}v7M${rounded(start)} ${middle}H${rounded(end)}M${rounded(end)} ${middle - 3.5}v7`,
    }),
    tag('circle', { class: 'mark', cx: x, cy: middle, r: 3.5 }),
  );
}

/** The axis above the error bars. */
export function intervalAxis(scale: Scale): string {
  return tag(
    'svg',
    { class: 'interval axis', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    ...scale.ticks
      .filter((_, index) => scale.ticks.length <= 5 || index % 2 === 0)
      .map((tick) => tag('text', { x: scale(tick), y: 12, 'text-anchor': anchor(scale(tick)) }, power(tick))),
  );
}

/** Labels at the ends stay inside. */
function anchor(x: number): string {
  if (x < 15) return 'start';
  return x > width - 22 ? 'end' : 'middle';
}

/** Decades as people write them: 0.01, 1, 1000, 10 000. */
export function power(value: number): string {
  return value >= 10_000 ? value.toLocaleString('en-US').replaceAll(',', '\u2009') : String(Number(value.toPrecision(3)));
}
