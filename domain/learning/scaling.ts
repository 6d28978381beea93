/**
 * Puts features on one scale: each class is centred on its own mean and divided by the spread within classes, so that what differs between
 * classes is left to the class constants. A class's mean of n rows is drawn towards the mean of all by one row's weight.
 */
export interface Scaling {
  centre: Record<string, number[]>;
  spread: number[];
}

export interface ScalingRow {
  group: string;
  x: readonly number[];
}

export function fitScaling(rows: readonly ScalingRow[]): Scaling {
  const width = rows[0]?.x.length ?? 0;
  const centre: Record<string, number[]> = {};
  for (const group of new Set(rows.map((row) => row.group))) {
    const own = rows.filter((row) => row.group === group);
    centre[group] = Array.from({ length: width }, (_, column) => mean(own.map((row) => row.x[column] ?? 0)));
  }
  const spread = Array.from({ length: width }, (_, column) => {
    const squares = rows.map(({ group, x }) => ((x[column] ?? 0) - (centre[group]?.[column] ?? 0)) ** 2);
    return Math.sqrt(mean(squares)) || 1;
  });
  return { centre, spread };
}

/** Beyond five spreads a linear model would only extrapolate: values are held there. */
export function scaled({ centre, spread }: Scaling, { group, x }: ScalingRow): number[] {
  const own = centre[group] ?? [];
  return x.map((value, column) => {
    const size = spread[column] ?? 1;
    return size < 1e-9 ? 0 : Math.max(-5, Math.min(5, (value - (own[column] ?? value)) / size));
  });
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Linear interpolation between order statistics; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  return low + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? low) - low);
}
