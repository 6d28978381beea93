import { z } from 'zod';
import type { Composition } from './composition.js';
import { elements, ElementSymbol } from './element.js';

/** Prices by element, in any one currency per kg; an element that is not named has no price. */
export const Prices = z.record(z.string(), z.number().positive('a price is a number above 0')).superRefine((prices, context) => {
  for (const symbol of Object.keys(prices))
    if (!ElementSymbol.safeParse(symbol).success)
      context.addIssue({ code: 'custom', path: [symbol], message: `"${symbol}" is not a chemical element` });
});
export type Prices = z.infer<typeof Prices>;

/** Price of the elements in one kg of an alloy; undefined when one of them has none. */
export function pricePerKg(composition: Composition, prices: Prices): number | undefined {
  let [price, mass] = [0, 0];
  for (const [symbol, fraction] of Object.entries(composition)) {
    const own = prices[symbol];
    if (own === undefined) return undefined;
    const weight = fraction * elements[ElementSymbol.parse(symbol)].massU;
    price += weight * own;
    mass += weight;
  }
  return price / mass;
}
