import type { SlipRecord } from '../slip-record.js';
import { dislocationClass } from './dislocation-class.js';
import { quantile } from './scaling.js';

/** Relative size of a change: far above rounding, far below what would leave the domain. */
const step = 0.04;

/** Inputs that are changed, each by a factor, everything else kept. */
const changes: Record<string, (record: SlipRecord, factor: number) => SlipRecord> = {
  'gamma surface': (record, factor) => ({
    ...record,
    gamma: { ...record.gamma, mj_per_m2: record.gamma.mj_per_m2.map((row) => row.map((value) => value * factor)) },
  }),
  'all elastic constants': (record, factor) => elastic(record, (value) => value * factor),
  'shear constants (C44, C55, C66)': (record, factor) => elastic(record, (value, i, j) => (i === j && i > 2 ? value * factor : value)),
  'C12 and C13': (record, factor) => elastic(record, (value, i, j) => (i < 3 && j < 3 && i !== j ? value * factor : value)),
  'fault along the way': (record, factor) => ({ ...record, gamma: { ...record.gamma, mj_per_m2: bent(record.gamma.mj_per_m2, factor) } }),
};

export interface Sensitivity {
  /** Lattice, plane and character. */
  kind: string;
  records: number;
  /** d ln tau / d ln input: median, and 10 % and 90 % quantiles over the records. */
  inputs: Record<string, { median: number; low: number; high: number }>;
}

/**
 * How strongly the predicted stress answers to each input, by class: two-sided differences of `lnStress`, which is asked once for all changed
 * records of at most `most` records a class, with NaN for one that it refuses: a crystal near its limit of stability may pass it. By dimensions, gamma and all elastic constants together have 1 where a predictor knows no scale.
 */
export async function sensitivities(
  records: readonly SlipRecord[],
  lnStress: (records: readonly SlipRecord[]) => Promise<number[]>,
  most = 12,
): Promise<Sensitivity[]> {
  const kinds = [...new Set(records.map(dislocationClass))].toSorted();
  const chosen = kinds.map((kind) =>
    thinned(
      records.filter((record) => dislocationClass(record) === kind),
      most,
    ),
  );
  const asked = chosen.flatMap((own) =>
    own.flatMap((record) => Object.values(changes).flatMap((change) => [change(record, 1 + step), change(record, 1 - step)])),
  );
  const answers = await lnStress(asked);
  let next = 0;
  return kinds.map((kind, place) => {
    const own = chosen[place] ?? [];
    const slopes = own.map(() =>
      Object.keys(changes).map(() => {
        const [up = Number.NaN, down = Number.NaN] = answers.slice(next, (next += 2));
        return (up - down) / Math.log((1 + step) / (1 - step));
      }),
    );
    const inputs = Object.keys(changes).map((name, column) => {
      const values = slopes.map((row) => row[column] ?? Number.NaN).filter(Number.isFinite);
      return [name, { median: quantile(values, 0.5), low: quantile(values, 0.1), high: quantile(values, 0.9) }] as const;
    });
    return { kind, records: own.length, inputs: Object.fromEntries(inputs) };
  });
}

/** Evenly spaced in their order, at most so many. */
function thinned<Item>(items: readonly Item[], most: number): Item[] {
  const stride = Math.max(1, items.length / most);
  return items.filter((_, index) => Math.floor(index / stride) !== Math.floor((index - 1) / stride));
}

function elastic(record: SlipRecord, change: (value: number, i: number, j: number) => number): SlipRecord {
  return { ...record, elastic_gpa: record.elastic_gpa.map((row, i) => row.map((value, j) => change(value, i, j))) };
}

/** Raises low energies and keeps the maximum: g (1 + (f - 1)(1 - g/max) 2), so that values at half the maximum change by the factor. */
function bent(values: readonly (readonly number[])[], factor: number): number[][] {
  const top = Math.max(...values.flat());
  return values.map((row) => row.map((value) => value * (1 + 2 * (factor - 1) * (1 - value / top))));
}
