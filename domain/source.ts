import { z } from 'zod';
import { ElementLimit } from './element-limit.js';
import { ElementSymbol } from './element.js';

/** Inclusive bounds; one of them may be left out. */
const range = (value: z.ZodNumber) =>
  z
    .strictObject({ min: value.optional(), max: value.optional() })
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'give min, max or both')
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min must not exceed max');

const symbols = z
  .array(ElementSymbol)
  .min(1, 'name at least one element')
  // The Materials Project takes sixty characters in one list of elements.
  .max(20, 'name at most 20 elements');

/** `Al-Ni` or `Ni-Al`; kept in alphabetical order. */
const ChemicalSystem = z
  .string()
  .refine(
    (text) => text.split('-').every((symbol) => ElementSymbol.safeParse(symbol).success),
    'a chemical system is element symbols joined by dashes, as in Al-Ni',
  )
  .transform((text) => [...new Set(text.split('-'))].toSorted().join('-'));

/** Filters that every source understands. */
const common = {
  /** Contains all of these, maybe others. */
  elements: symbols.optional(),
  excludeElements: symbols.optional(),
  /** Consists of exactly these elements: one of the systems. */
  chemicalSystems: z.array(ChemicalSystem).min(1).max(200).optional(),
  /** How many different elements. */
  elementCount: range(z.int().min(1).max(20)).optional(),
  /** Atoms in the cell that the source gives. */
  sites: range(z.int().min(1)).optional(),
  /** Elements may cost at most so much together, by mass, at the prices of a file of yours. */
  price: ElementLimit.optional(),
  /** No element may have a higher supply risk, by the figures of a file of yours. */
  supplyRisk: ElementLimit.optional(),
};

/** Where the Materials Project answers, and where it shows a material to people. */
export const materialsProjectEndpoint = 'https://api.materialsproject.org';
export const materialsProjectPage = 'https://next-gen.materialsproject.org/materials';

/** A query of the Materials Project. The key is never written here: it comes from MP_API_KEY. */
export const MaterialsProjectSource = z.strictObject({
  source: z.literal('materials-project'),
  ...common,
  /** Energy above the convex hull, eV per atom. */
  energyAboveHullEv: range(z.number()).optional(),
  /** Whether no experiment has seen it. */
  theoretical: z.boolean().optional(),
  /** Whether its computed ground state is magnetic; materials of unknown order are set aside. */
  magnetic: z.boolean().optional(),
  crystalSystems: z
    .array(z.enum(['Triclinic', 'Monoclinic', 'Orthorhombic', 'Tetragonal', 'Trigonal', 'Hexagonal', 'Cubic']))
    .min(1)
    .max(3, 'the Materials Project takes at most three crystal systems')
    .optional(),
  spaceGroups: z.array(z.int().min(1).max(230)).min(1).optional(),
  /** Fetch the elastic tensors that it has, for comparison. */
  elasticity: z.boolean().default(false),
});
export type MaterialsProjectSource = z.infer<typeof MaterialsProjectSource>;

/** A query of any database that speaks OPTIMADE (https://www.optimade.org). */
export const OptimadeSource = z.strictObject({
  source: z.literal('optimade'),
  /** Base address, with or without `/v1`. */
  url: z.url({ protocol: /^https?$/, error: 'an address starts with http:// or https://' }).transform((text) =>
    text
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .replace(/\/v\d+(\.\d+)*$/, ''),
  ),
  ...common,
  /** A filter in the language of OPTIMADE, for everything else; `AND`ed with the rest. */
  filter: z.string().trim().min(1).max(2000).optional(),
  /** Structures asked for at a time; the provider may give fewer. */
  pageLimit: z.int().min(1).max(1000).default(100),
  /** Licence of the data, where the provider does not say it. */
  licence: z.string().min(1).max(100).optional(),
});
export type OptimadeSource = z.infer<typeof OptimadeSource>;

export const SourceDefinition = z.discriminatedUnion('source', [MaterialsProjectSource, OptimadeSource]);
export type SourceDefinition = z.infer<typeof SourceDefinition>;

/** First part of the ids of a source's materials, `<origin>:<sourceId>`: the database, whatever the query. */
export function sourceOrigin(definition: SourceDefinition): string {
  return definition.source === 'optimade' ? `optimade:${definition.url.replace(/^https?:\/\//, '')}` : definition.source;
}

/** The workflow that refreshes a source: `refresh/materials-project`. */
export function refreshWorkflowId(name: string): string {
  return `refresh/${name}`;
}
