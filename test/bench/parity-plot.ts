export interface ParityPoint {
  kind: string;
  /** Natural logarithms of MPa. */
  truth: number;
  predicted: number;
  low: number;
  high: number;
  /** Where it is not known better. */
  truthRange?: readonly [number, number];
  /** Written beside the point. */
  name?: string;
}

const colours = ['#1b6ca8', '#d1495b', '#3d8b53', '#b07d12', '#6a4c93', '#4c4c4c', '#0f9aa8', '#a85b1b'];
const [width, height, left, right, top, bottom] = [760, 560, 70, 230, 20, 60];

const usualAxes = { x: 'computed Peierls stress, MPa', y: 'predicted without its elements, MPa' };

/** Predicted over computed stress as an SVG: both axes logarithmic, MPa; bars are 90 % intervals, dashed lines a factor of three. */
export function parityPlot(title: string, points: readonly ParityPoint[], axes = usualAxes): string {
  const log = (ln: number): number => ln / Math.LN10;
  const ends = points.flatMap(({ truth, predicted, truthRange = [truth, truth] }) => [...truthRange.map(log), log(predicted)]);
  const [first, last] = [Math.floor(Math.min(...ends)), Math.ceil(Math.max(...ends))];
  const x = (decade: number): number => left + ((decade - first) / (last - first)) * (width - left - right);
  const y = (decade: number): number => height - bottom - ((decade - first) / (last - first)) * (height - top - bottom);
  const held = (decade: number): number => Math.min(last, Math.max(first, decade));
  const kinds = [...new Set(points.map(({ kind }) => kind))].toSorted();
  const colour = (kind: string): string => colours[kinds.indexOf(kind) % colours.length] ?? '#000';
  const decades = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const diagonal = (shift: number, style: string): string =>
    `<line x1="${x(Math.max(first, first - shift))}" y1="${y(Math.max(first, first + shift))}" x2="${x(Math.min(last, last - shift))}" y2="${y(Math.min(last, last + shift))}" ${style}/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<rect x="${left}" y="${top}" width="${width - left - right}" height="${height - top - bottom}" fill="none" stroke="#888"/>`,
    ...decades.flatMap((decade) => [
      `<text x="${x(decade)}" y="${height - bottom + 20}" text-anchor="middle">${label(decade)}</text>`,
      `<text x="${left - 8}" y="${y(decade) + 4}" text-anchor="end">${label(decade)}</text>`,
    ]),
    `<text x="${(left + width - right) / 2}" y="${height - 14}" text-anchor="middle">${axes.x}</text>`,
    `<text transform="translate(18 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${axes.y}</text>`,
    diagonal(0, 'stroke="#444"'),
    diagonal(Math.log10(3), 'stroke="#999" stroke-dasharray="5 4"'),
    diagonal(-Math.log10(3), 'stroke="#999" stroke-dasharray="5 4"'),
    ...points.map(
      ({ kind, truth, low, high }) =>
        `<line x1="${x(log(truth)).toFixed(1)}" x2="${x(log(truth)).toFixed(1)}" y1="${y(held(log(low))).toFixed(1)}" y2="${y(held(log(high))).toFixed(1)}" stroke="${colour(kind)}" stroke-opacity="${points.length > 50 ? 0.18 : 0.5}"/>`,
    ),
    ...points.flatMap(({ kind, truthRange, predicted }) =>
      truthRange === undefined
        ? []
        : [
            `<line x1="${x(log(truthRange[0])).toFixed(1)}" x2="${x(log(truthRange[1])).toFixed(1)}" y1="${y(log(predicted)).toFixed(1)}" y2="${y(log(predicted)).toFixed(1)}" stroke="${colour(kind)}" stroke-opacity="0.6"/>`,
          ],
    ),
    ...points.flatMap(({ truth, predicted, name }) =>
      name === undefined
        ? []
        : [`<text x="${(x(log(truth)) + 5).toFixed(1)}" y="${(y(log(predicted)) - 5).toFixed(1)}" font-size="11">${name}</text>`],
    ),
    ...points.map(
      ({ kind, truth, predicted }) =>
        `<circle cx="${x(log(truth)).toFixed(1)}" cy="${y(log(predicted)).toFixed(1)}" r="3.2" fill="${colour(kind)}" fill-opacity="0.75"/>`,
    ),
    ...kinds.flatMap((kind, index) => [
      `<circle cx="${width - right + 22}" cy="${top + 14 + 22 * index}" r="5" fill="${colour(kind)}"/>`,
      `<text x="${width - right + 34}" y="${top + 18 + 22 * index}">${kind} (${points.filter((point) => point.kind === kind).length})</text>`,
    ]),
    '</svg>',
    '',
  ].join('\n');
}

function label(decade: number): string {
  return decade >= -3 && decade <= 4 ? String(Number((10 ** decade).toPrecision(1))) : `1e${decade}`;
}
