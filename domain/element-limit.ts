import { z } from 'zod';
import type { Composition } from './composition.js';
import { ElementSymbol } from './element.js';
import { pricePerKg, Prices } from './price.js';

/** A number for each element, as a user's file gives it: we ship none, since prices change by the week and risks by who asks. */
export const ElementFigures = z.strictObject({
  /** Where the numbers are from, as it should be cited. Told with every reason. */
  citation: z.string().trim().min(1, 'say where the numbers are from').max(500),
  /** Of the numbers: `USD/kg`. */
  unit: z.string().trim().min(1).max(40).optional(),
  /** By element. */
  values: Prices,
});
export type ElementFigures = z.infer<typeof ElementFigures>;

/** The most that an alloy may have of a figure. */
export const ElementLimit = z
  .strictObject({
    /** YAML or JSON with `citation`, `unit` and `values`; a relative path starts at the campaign file. */
    file: z.string().min(1).optional(),
    /** What the file holds; filled in when the campaign is read. */
    figures: ElementFigures.optional(),
    max: z.number().positive(),
  })
  .refine(({ figures }) => figures !== undefined, 'name a file with citation and values by element');
export type ElementLimit = z.infer<typeof ElementLimit>;

/** Why an alloy costs too much, by mass; undefined where it does not. */
export function tooExpensive(composition: Composition, { figures, max, file }: ElementLimit): string | undefined {
  if (figures === undefined) return undefined;
  const price = pricePerKg(composition, figures.values);
  if (price === undefined) return `no price is given of ${missing(composition, figures)} (${origin(figures, file)})`;
  const unit = figures.unit === undefined ? '' : ` ${figures.unit}`;
  return price > max ? `its elements cost ${rounded(price)}${unit}, more than ${max} (${origin(figures, file)})` : undefined;
}

/** Why an alloy holds an element whose supply is too risky; undefined where it does not. */
export function tooRisky(composition: Composition, { figures, max, file }: ElementLimit): string | undefined {
  if (figures === undefined) return undefined;
  const unknown = missing(composition, figures);
  if (unknown !== '') return `no supply risk is given of ${unknown} (${origin(figures, file)})`;
  const [worst] = Object.keys(composition).toSorted((a, b) => (figures.values[b] ?? 0) - (figures.values[a] ?? 0));
  const risk = figures.values[worst ?? ''] ?? 0;
  return risk > max ? `the supply risk of ${worst ?? ''} is ${rounded(risk)}, above ${max} (${origin(figures, file)})` : undefined;
}

/** Elements of an alloy that the figures leave out. */
function missing(composition: Composition, { values }: ElementFigures): string {
  return Object.keys(composition)
    .filter((symbol) => ElementSymbol.safeParse(symbol).success && values[symbol] === undefined)
    .join(', ');
}

function origin({ citation }: ElementFigures, file: string | undefined): string {
  return file === undefined ? citation : `${file}: ${citation}`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
