import { z } from 'zod';
import { ElementSymbol } from './element.js';

/** Atomic fractions by element; they sum to 1. */
export const Composition = z.record(z.string(), z.number().positive().max(1)).superRefine((fractions, context) => {
  for (const symbol of Object.keys(fractions)) {
    if (!ElementSymbol.safeParse(symbol).success)
      context.addIssue({ code: 'custom', path: [symbol], message: `"${symbol}" is not a chemical element` });
  }
  const total = Object.values(fractions).reduce((sum, fraction) => sum + fraction, 0);
  if (Math.abs(total - 1) > 1e-6) context.addIssue({ code: 'custom', message: `atomic fractions must sum to 1, not ${total}` });
});
export type Composition = z.infer<typeof Composition>;
