import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { recordOfFewFaults } from '../../domain/learning/few-faults.js';
import { libraryProtocol } from '../../domain/library.js';
import type { SlipRecord } from '../../domain/slip-record.js';

const range = z.tuple([z.number().positive(), z.number().positive()]);
const sourced = <Value extends z.ZodType>(value: Value) => z.tuple([value, z.string()]);

/** `data/transfer/first-principles.json`: every number stands beside the name of its source. */
const FirstPrinciples = z.strictObject({
  about: z.string(),
  sources: z.record(z.string(), z.strictObject({ text: z.string(), checked: z.boolean() })),
  metals: z.array(
    z.strictObject({
      id: z.string(),
      element: z.string(),
      prototype: z.enum(['A1', 'A2']),
      a: sourced(z.number()),
      elasticGpa: sourced(z.strictObject({ C11: z.number(), C12: z.number(), C44: z.number() })),
      unstable: sourced(range),
      intrinsic: sourced(range).optional(),
      /** Peierls stresses of the screw dislocation in MPa. */
      published: z.array(z.tuple([z.enum(['first principles', 'experiment']), range, z.string()])),
    }),
  ),
});
export type FirstPrinciples = z.infer<typeof FirstPrinciples>;

export interface FirstPrinciplesRow {
  metal: FirstPrinciples['metals'][number];
  record: SlipRecord;
}

/** The metals of the file, and the slip record that the shipped predictor reads for the screw dislocation of each; of ranges the middle. */
export function firstPrinciplesRows(): { sources: FirstPrinciples['sources']; rows: FirstPrinciplesRow[] } {
  const text = readFileSync(new URL('../../data/transfer/first-principles.json', import.meta.url), 'utf8');
  const { sources, metals } = FirstPrinciples.parse(JSON.parse(text));
  const rows = metals.map((metal): FirstPrinciplesRow => {
    const { id, element, prototype, a, elasticGpa, unstable, intrinsic } = metal;
    const record = recordOfFewFaults({
      id,
      composition: { [element]: 1 },
      prototype,
      character: 'screw',
      a: a[0],
      elasticGpa: elasticGpa[0],
      faults: { unstable: middle(unstable[0]), ...(intrinsic !== undefined && { intrinsic: middle(intrinsic[0]) }) },
    });
    return { metal, record: { ...record, protocol: libraryProtocol } };
  });
  return { sources, rows };
}

export function middle([low, high]: readonly [number, number]): number {
  return Math.sqrt(low * high);
}
