import type { Example } from './example.js';
import { featureNames, waveNames } from './feature.js';
import { fitScaling, quantile, scaled, type Scaling } from './scaling.js';

/** Where the rows of a class lie, to tell how far a new record is from them. */
export interface Neighbourhood {
  scaling: Scaling;
  points: number[][];
  /** A left-out element's rows lie nearer than this to another element's in nine of ten cases; the unit of distance. */
  reach: number;
}

/** Nearest neighbours are sought among at most so many rows. */
const mostPoints = 400;
/** All but the closed forms, which repeat what the others say, and the length of the Burgers vector, which is no physics of its own. */
const columns = featureNames.flatMap((name, index) =>
  (name.startsWith('ln(tau_') && name !== 'ln(tau_max/K)') || waveNames.includes(name) ? [] : [index],
);
const group = 'class';

export function fitNeighbourhood(rows: readonly Example[]): Neighbourhood {
  const stride = Math.ceil(rows.length / mostPoints);
  const kept = rows.filter((_, index) => index % stride === 0);
  const scaling = fitScaling(kept.map((row) => ({ group, x: chosen(row.features.values) })));
  const points = kept.map((row) => scaled(scaling, { group, x: chosen(row.features.values) }));
  const nearest = kept.map(({ elements }, index) => {
    const others = points.filter((_, other) => !kept[other]?.elements.some((element) => elements.includes(element)));
    return others.length === 0 ? Number.NaN : Math.min(...others.map((point) => separation(point, points[index] ?? [])));
  });
  const known = nearest.filter(Number.isFinite);
  // One element alone cannot tell how far another one may lie: one spread of the features is taken.
  return { scaling, points, reach: known.length === 0 ? 1 : Math.max(0.3, quantile(known, 0.9)) };
}

/** 1 at the reach. */
export function distanceTo(neighbourhood: Neighbourhood, values: readonly number[]): number {
  const { points, reach } = neighbourhood;
  if (points.length === 0) return Number.POSITIVE_INFINITY;
  const point = placeOf(neighbourhood, values);
  return Math.min(...points.map((other) => separation(point, other))) / reach;
}

/** The scalars of a record in spreads of the rows that the neighbourhood was made of. */
export function placeOf({ scaling }: Neighbourhood, values: readonly number[]): number[] {
  return scaled(scaling, { group, x: chosen(values) });
}

function chosen(values: readonly number[]): number[] {
  return columns.map((column) => values[column] ?? 0);
}

/** Root mean square difference of scaled features. */
export function separation(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0) / Math.max(1, a.length));
}
