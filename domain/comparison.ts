import { isAbove, type Fidelity } from './fidelity.js';

/** What one calculator says of one crystal. */
export interface LevelResult {
  /** The crystal: the same at every level. */
  alloy: string;
  fidelity: Fidelity;
  /** The level in words: `md lammps zhou2004`. */
  level: string;
  /** Quantity, with its unit, to value. */
  values: Readonly<Record<string, number>>;
}

export interface ComparedQuantity {
  alloy: string;
  quantity: string;
  /** By level, in the order of `levels`; null where a level has none. */
  values: (number | null)[];
  /** Value over reference, less one; null for the reference itself, and where either is missing. */
  deviations: (number | null)[];
}

export interface LevelSummary {
  level: string;
  quantity: string;
  alloys: number;
  /** Of the deviations from the reference. */
  mean: number;
  meanAbsolute: number;
  largest: number;
}

export interface Comparison {
  /** The cheapest first; the last one is the reference. */
  levels: string[];
  alloys: string[];
  rows: ComparedQuantity[];
  summary: LevelSummary[];
}

/**
 * Puts levels of theory beside one another for the crystals that two of them or more have computed. Deviations are from the highest level,
 * of several that are equally high from the last one given.
 */
export function compareLevels(results: readonly LevelResult[]): Comparison {
  const first = new Map<string, LevelResult>();
  for (const result of results) if (!first.has(result.level)) first.set(result.level, result);
  const levels = [...first.values()]
    .map((it, place) => ({ ...it, place }))
    .toSorted((a, b) => (isAbove(a.fidelity, b.fidelity) ? 1 : isAbove(b.fidelity, a.fidelity) ? -1 : a.place - b.place))
    .map(({ level }) => level);
  const of = new Map(results.map((result) => [`${result.level}\n${result.alloy}`, result]));
  const alloys = [...new Set(results.map(({ alloy }) => alloy))]
    .filter((alloy) => levels.filter((level) => of.has(`${level}\n${alloy}`)).length > 1)
    .toSorted();
  const rows = alloys.flatMap((alloy) => {
    const at = levels.map((level) => of.get(`${level}\n${alloy}`)?.values ?? {});
    const quantities = [...new Set(at.flatMap((values) => Object.keys(values)))];
    return quantities.flatMap((quantity): ComparedQuantity[] => {
      const values = at.map((it) => it[quantity] ?? null);
      if (values.filter((value) => value !== null).length < 2) return [];
      const reference = values.at(-1) ?? null;
      const deviations = values.map((value, index) =>
        value === null || reference === null || reference === 0 || index === values.length - 1 ? null : value / reference - 1,
      );
      return [{ alloy, quantity, values, deviations }];
    });
  });
  return { levels, alloys, rows, summary: summarise(levels, rows) };
}

function summarise(levels: readonly string[], rows: readonly ComparedQuantity[]): LevelSummary[] {
  const quantities = [...new Set(rows.map(({ quantity }) => quantity))];
  return quantities.flatMap((quantity) =>
    levels.slice(0, -1).flatMap((level, index): LevelSummary[] => {
      const deviations = rows.flatMap((row) => (row.quantity === quantity ? (row.deviations[index] ?? []) : []));
      if (deviations.length === 0) return [];
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      return [
        {
          level,
          quantity,
          alloys: deviations.length,
          mean: mean(deviations),
          meanAbsolute: mean(deviations.map(Math.abs)),
          largest: deviations.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0),
        },
      ];
    }),
  );
}
