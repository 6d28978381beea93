import { paretoFront } from '../../domain/pareto.js';
import { power } from './interval.js';
import { escaped, rounded, tag } from './markup.js';
import { linearScale, logScale } from './scale.js';

/** A point of the plot: `y` on a logarithmic axis, to be large; `x` to be small. */
export interface ScatterPoint {
  name: string;
  lattice: string;
  x: number;
  y: number;
  title: string;
  /** Outside of what the predictor knows: never on the front, and takes nobody off it. */
  outside: boolean;
}

export interface ScatterAxes {
  x: string;
  y: string;
  /** A value of x worth a line, with its meaning. */
  limit?: { x: number; says: string };
}

const [width, height] = [540, 400];
const [left, right, top, bottom] = [54, 14, 16, 44];

/** Strength against what it costs. The front (nothing is both stronger and further left) is drawn as a line, its points are named. */
export function scatter(points: readonly ScatterPoint[], axes: ScatterAxes): string {
  const x = linearScale([...points.map((point) => point.x), ...(axes.limit === undefined ? [] : [axes.limit.x])], [left, width - right]);
  const y = logScale(
    points.map((point) => point.y),
    [height - bottom, top],
  );
  const onFront = paretoFront(points.map((point) => (point.outside ? [NaN] : [point.y, -point.x])));
  const front = points.filter((_, index) => onFront[index]);
  const steps = front.toSorted((a, b) => a.x - b.x);
  const line = steps
    .map((point, i) => (i === 0 ? `M${rounded(x(point.x))} ${rounded(y(point.y))}` : `H${rounded(x(point.x))}V${rounded(y(point.y))}`))
    .join('');
  const named = labels(front, (point) => [x(point.x), y(point.y)], points);
  return tag(
    'svg',
    {
      class: 'scatter',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `${axes.y} against ${axes.x}; best compromises: ${front.map(({ name }) => name).join(', ')}`,
    },
    ...y.ticks.flatMap((tick) => [
      tag('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      tag('text', { class: 'tick', x: left - 7, y: y(tick) + 4, 'text-anchor': 'end' }, power(tick)),
    ]),
    ...x.ticks.map((tick) => tag('text', { class: 'tick', x: x(tick), y: height - bottom + 17, 'text-anchor': 'middle' }, String(tick))),
    tag('line', { class: 'base', x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
    tag('text', { class: 'title', x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle' }, escaped(axes.x)),
    tag(
      'text',
      { class: 'title', transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' },
      escaped(axes.y),
    ),
    ...(axes.limit === undefined
      ? []
      : [
          tag('line', { class: 'limit', x1: x(axes.limit.x), x2: x(axes.limit.x), y1: top, y2: height - bottom }),
          tag('text', { class: 'tick', x: x(axes.limit.x) - 5, y: height - bottom - 7, 'text-anchor': 'end' }, escaped(axes.limit.says)),
        ]),
    tag('path', { class: 'front', d: line }),
    ...points.map((point, index) =>
      tag(
        'path',
        { class: `point ${point.lattice}${onFront[index] === true ? ' best' : ''}`, d: symbol(point.lattice, x(point.x), y(point.y)) },
        tag('title', {}, escaped(point.title)),
      ),
    ),
    ...named,
  );
}

/** A sign for each lattice, so that colour is not needed to tell them apart. */
export function symbol(lattice: string, x: number, y: number): string {
  const [px, py] = [rounded(x), rounded(y)];
  if (lattice === 'bcc') return `M${rounded(x - 4)} ${rounded(y - 4)}h8v8h-8z`;
  if (lattice === 'hcp') return `M${px} ${rounded(y - 5)}l5 8.7h-10z`;
  return `M${rounded(x - 4.5)} ${py}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z`;
}

interface Box {
  x: number;
  y: number;
  width: number;
}

/** Names beside the points of the front, on the first of four sides where they hide neither one another nor a point; else none. */
function labels(front: readonly ScatterPoint[], place: (point: ScatterPoint) => [number, number], all: readonly ScatterPoint[]): string[] {
  const taken: Box[] = all.map((point) => ({ x: place(point)[0] - 4, y: place(point)[1] + 4, width: 8 }));
  return front.flatMap((point) => {
    const [x, y] = place(point);
    const width = point.name.length * 6.4;
    const sides: Box[] = [
      { x: x + 9, y: y - 4, width },
      { x: x - 9 - width, y: y - 4, width },
      { x: x + 9, y: y + 12, width },
      { x: x - width / 2, y: y - 10, width },
      { x: x - width / 2, y: y + 19, width },
    ];
    const free = sides.find(
      (box) => box.x > left && box.x + box.width < 540 - right && box.y > top && !taken.some((other) => overlap(box, other)),
    );
    if (free === undefined) return [];
    taken.push(free);
    return [tag('text', { class: 'name', x: free.x, y: free.y }, escaped(point.name))];
  });
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && Math.abs(a.y - b.y) < 11;
}
