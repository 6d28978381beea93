import { z } from 'zod';
import { Composition } from './composition.js';
import { elements, ElementSymbol, shareGroundState } from './element.js';
import { ElasticSettings } from './elastic-strain.js';
import { Promotion, type Fidelity } from './fidelity.js';
import { mostArrangements, type GammaSettings } from './gamma-surface.js';
import { prototypes as allPrototypes } from './prototype.js';
import { MaterialsProjectSource, OptimadeSource } from './source.js';
import type { Structure } from './structure.js';

const elementsField = z
  .array(ElementSymbol)
  .min(1, 'name at least one element')
  .refine((symbols) => new Set(symbols).size === symbols.length, 'each element may be named once');
const Pair = z.tuple([ElementSymbol, ElementSymbol]).refine(([first, second]) => first !== second, 'a pair needs two different elements');

/** Pure metals, each in its ground-state crystal or in the named prototypes. */
export const PureGenerator = z.strictObject({
  generator: z.literal('pure'),
  /** Chemical symbols. */
  elements: elementsField,
  /** Crystals by their Strukturbericht names: A1 fcc, A2 bcc, A3 hcp. */
  prototypes: z.union([z.literal('ground-state'), z.array(z.enum(['A1', 'A2', 'A3'])).min(1)]).default('ground-state'),
});

/** Ordered compounds. `pairs` gives [majority or A, minority or B]; `elements` makes every ordered pair of them. */
export const OrderedGenerator = z
  .strictObject({
    generator: z.literal('ordered'),
    /** Crystals by their Strukturbericht names. */
    prototypes: z.array(z.enum(['L1_2', 'L1_0', 'B2', 'D0_3', 'D0_19'])).min(1),
    /** `[majority, minority]`, or `[A, B]` where there is as much of both. */
    pairs: z.array(Pair).min(1).optional(),
    /** Makes every ordered pair of these, instead of `pairs`. */
    elements: elementsField.min(2, 'two elements make a compound').optional(),
  })
  .refine((it) => (it.pairs === undefined) !== (it.elements === undefined), 'give either "pairs" or "elements"');

/** Pairs of elements on a grid of compositions: what random and quasirandom solid solutions are named by. */
const binaries = {
  /** Pairs of elements, at each of `fractions`. */
  pairs: z.array(Pair).min(1).optional(),
  /** Makes every pair of these, instead of `pairs`. */
  elements: elementsField.min(2, 'two elements make an alloy').optional(),
  /** Atomic fractions of the first element of each pair. */
  fractions: z
    .array(z.number().gt(0, 'a fraction lies between 0 and 1').lt(1, 'a fraction lies between 0 and 1'))
    .min(1)
    .default([0.25, 0.5, 0.75]),
  /** Keeps pairs whose elements both have that crystal as their ground state. One of `pairs` that no prototype keeps is refused. */
  sameLattice: z.boolean().default(true),
};

/** A pair that is named and then left out in every crystal is a slip of the pen, and not a choice. */
function namesNothingInVain(
  {
    pairs = [],
    prototypes,
    sameLattice,
  }: { pairs?: z.infer<typeof Pair>[] | undefined; prototypes: ('A1' | 'A2' | 'A3')[]; sameLattice: boolean },
  context: z.RefinementCtx,
): void {
  for (const [index, pair] of pairs.entries())
    if (sameLattice && !prototypes.some((prototype) => shareGroundState(pair, allPrototypes[prototype].parent)))
      context.addIssue({
        code: 'custom',
        path: ['pairs', index],
        message:
          `${pair.map((symbol) => `${symbol} is ${elements[symbol].groundState}`).join(' and ')} at rest, so sameLattice leaves this pair out ` +
          `of ${prototypes.join(' and ')}; say "sameLattice: false" to mix them all the same, or take the pair out`,
      });
}

/** Random solid solutions on a composition grid, as average atoms. `sameLattice` keeps pairs whose elements both have that ground state. */
export const SolidSolutionGenerator = z
  .strictObject({
    generator: z.literal('solid-solution'),
    /** Crystals by their Strukturbericht names: A1 fcc, A2 bcc, A3 hcp. */
    prototypes: z.array(z.enum(['A1', 'A2', 'A3'])).min(1),
    ...binaries,
  })
  .refine((it) => (it.pairs === undefined) !== (it.elements === undefined), 'give either "pairs" or "elements"')
  .superRefine(namesNothingInVain);

/** Equimolar random solid solutions of every choice of so many elements, as average atoms. */
export const EquimolarGenerator = z
  .strictObject({
    generator: z.literal('equimolar'),
    /** Crystals by their Strukturbericht names: A1 fcc, A2 bcc, A3 hcp. */
    prototypes: z.array(z.enum(['A1', 'A2', 'A3'])).min(1),
    /** Elements to choose from. */
    elements: elementsField,
    /** Elements of one alloy. */
    components: z.int().min(2).max(6),
  })
  .refine((it) => it.elements.length >= it.components, 'name at least as many elements as an alloy has components');

/** Random solid solutions on a grid of compositions, with the pure elements at its corners, as average atoms. */
export const CompositionGridGenerator = z
  .strictObject({
    generator: z.literal('composition-grid'),
    /** Crystals by their Strukturbericht names: A1 fcc, A2 bcc, A3 hcp. */
    prototypes: z.array(z.enum(['A1', 'A2', 'A3'])).min(1),
    /** Elements to mix. */
    elements: elementsField.min(2, 'two elements make an alloy'),
    /** At most so many elements in one alloy. */
    components: z.int().min(2).max(6).default(3),
    /** Parts that a whole is divided into: 10 makes atomic fractions of 0, 0.1, 0.2 and so on. */
    divisions: z.int().min(2).max(100).default(10),
  })
  .refine(
    (it) => gridSize(it.elements.length, Math.min(it.components, it.elements.length), it.divisions) * it.prototypes.length <= mostOnGrid,
    `such a grid has more than 50,000 alloys; take fewer elements, components or divisions`,
  );

/** More than anybody can screen, and less than memory holds. */
const mostOnGrid = 50_000;

/** Alloys of at most so many of n elements, in whole parts of `divisions`. */
function gridSize(n: number, components: number, divisions: number): number {
  let size = 0;
  for (let k = 1; k <= components; k += 1) size += choose(n, k) * choose(divisions - 1, k - 1);
  return size;
}

function choose(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i += 1) value = (value * (n - k + i)) / i;
  return value;
}

/**
 * Solid solutions as special quasirandom structures: cells of many atoms, each one element, for calculators that know no average atoms. The
 * composition is the nearest that the cell allows.
 */
export const SqsGenerator = z
  .strictObject({
    generator: z.literal('sqs'),
    /** Crystals by their Strukturbericht names: A1 fcc, A2 bcc, A3 hcp. */
    prototypes: z.array(z.enum(['A1', 'A2', 'A3'])).min(1),
    /** Compositions, each an atomic fraction by element, such as `{ Cu: 0.75, Au: 0.25 }`. */
    compositions: z.array(Composition).min(1).optional(),
    ...binaries,
    /** Least number of atoms; the cell is the most compact block of conventional cells that holds them. */
    atoms: z.int().min(8).max(256).default(32),
    /** Another seed gives another arrangement of the same quality. */
    seed: z.int().min(0).default(1),
  })
  .refine(
    (it) => [it.compositions, it.pairs, it.elements].filter((given) => given !== undefined).length === 1,
    'give one of "compositions", "pairs" and "elements"',
  )
  .superRefine(namesNothingInVain);

/** Structures from files: CIF, POSCAR, pymatgen JSON, OPTIMADE JSON or JSONL. Relative paths start at the campaign file. */
export const FileSource = z.strictObject({
  /** Paths, which start at the campaign file; `*` and `?` match within a folder. */
  files: z.array(z.string().min(1)).min(1),
});

export const CandidateSource = z.union([
  PureGenerator,
  OrderedGenerator,
  SolidSolutionGenerator,
  EquimolarGenerator,
  CompositionGridGenerator,
  SqsGenerator,
  FileSource,
  MaterialsProjectSource,
  OptimadeSource,
]);
export type CandidateSource = z.infer<typeof CandidateSource>;

export const Protocol = z.strictObject({
  /** How elastic constants are computed. */
  elastic: ElasticSettings.prefault({ amplitudes: [0.005] }),
  /** `primary`: one default set per lattice; `all`: every supported system; or names such as `{110}<111>`. */
  slipSystems: z.union([z.enum(['primary', 'all']), z.array(z.string().min(1)).min(1)]).default('primary'),
  /** How gamma surfaces are computed. */
  gamma: z
    .strictObject({
      /** Points along each in-plane period; by default the slip system's own grid, on which its faults lie. */
      grid: z.tuple([z.int().min(2).max(60), z.int().min(2).max(60)]).optional(),
      /** `slab`: vacuum slab. `tilted`: periodic tilted cell with fewer atoms. Default: `tilted` for first principles, `slab` otherwise. */
      geometry: z.enum(['slab', 'tilted']).optional(),
      /** Line search of the spacing at the fault in tilted cells: three or more extra spacings in angstrom, each computed. Default: the opening follows from the normal stress of each fault. */
      openingsAngstrom: z.array(z.number().min(-0.5).max(2)).min(3).max(7).optional(),
      /**
       * Quasirandom alloys (`sqs`): each surface is the mean over so many arrangements of atoms in the fault cell, each of them computed, and its
       * standard error widens the intervals of predictions. Default: 1, whose error is not known.
       */
      arrangements: z.int().min(1).max(mostArrangements).optional(),
    })
    .prefault({}),
});
export type Protocol = z.infer<typeof Protocol>;

const CalculatorChoice = z
  .record(z.string(), z.unknown())
  .refine((it) => typeof it['name'] === 'string', 'name the calculator: lammps, statics, quantum-espresso, vasp or ase');

const ComputerChoice = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** A further rung of the fidelity ladder: a better calculator for the candidates that are worth it. */
export const Rung = z.strictObject({
  /** Calculator of a higher level of theory than that of the rung below. */
  calculator: CalculatorChoice,
  /** Who comes up to this rung. */
  promote: Promotion.prefault({}),
  /** Which quantities are computed, and how finely; default: as in the campaign. */
  protocol: Protocol.optional(),
  /** Where to compute; default: as in the campaign. */
  computer: ComputerChoice.optional(),
  /** Wall time asked for one bundle, in seconds; default: as in the campaign. */
  wallTimeSeconds: z.int().min(10).max(604_800).optional(),
});
export type Rung = z.infer<typeof Rung>;

/** A campaign file. Strict: an unknown key is an error. */
export const Campaign = z
  .strictObject({
    /** What it is called everywhere; the same name with another content is a new revision of it. */
    name: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}$/,
        'a name has 1-63 lower-case letters, digits, dots, dashes or underscores, and starts with a letter or digit',
      ),
    /** For people; shown in reports. */
    description: z.string().max(500).default(''),
    candidates: z.array(CandidateSource).min(1, 'name at least one source of candidates'),
    /** What computes all candidates: the lowest rung, where there are several. */
    calculator: CalculatorChoice,
    /** Further rungs, each of a higher level of theory: what the rung below finds promising or uncertain is computed anew. Default: none. */
    fidelity: z.array(Rung).min(1, 'leave "fidelity" out where there is one rung').max(2).optional(),
    /** Which quantities are computed, and how finely. */
    protocol: Protocol.prefault({}),
    /** Simulates some of the solid solutions only, and interpolates the others between them: see docs/ranking.md. Default: all are simulated. */
    sample: z
      .strictObject({
        /** How many solid solutions are simulated, spread over the compositions of each crystal; at least eight of each. */
        candidates: z.int().min(8).max(100_000),
      })
      .optional(),
    /**
     * `changed`: when a refresh of one of its databases ends, what is new there is screened, what has changed is screened again, and what is gone is
     * marked. `never`: the campaign keeps the scan that it was started with.
     */
    rescreen: z.enum(['never', 'changed']).default('never'),
    /** Where to compute; of several, each candidate goes to the one that is expected to finish it first. */
    computer: ComputerChoice.default('local'),
    /** Place among campaigns that want the same computer: 1 first, 5 last. Campaigns of the same priority share it evenly. */
    priority: z.int().min(1).max(5).default(3),
    /** What the campaign allows itself. */
    limits: z
      .strictObject({
        /** Candidates under evaluation at the same time in one shard. More hides latency of a queue, fewer eases the load. */
        concurrentCandidates: z.int().min(1).max(500).default(12),
        /** Submissions per calculation before it counts as failed. */
        attempts: z.int().min(1).max(10).default(3),
        /** Wall time asked for one bundle, in seconds. */
        wallTimeSeconds: z.int().min(10).max(604_800).default(3600),
        /** Core hours that the campaign may spend, over all computers; default: no limit. */
        coreHours: z.number().positive().optional(),
      })
      .prefault({}),
  })
  .refine((it) => it.fidelity === undefined || it.sample === undefined, {
    path: ['sample'],
    message: 'interpolated candidates cannot climb a fidelity ladder; leave out "sample" or "fidelity"',
  });
export type Campaign = z.infer<typeof Campaign>;

/** How gamma surfaces are computed at a level of theory: no surfaces and few atoms where an atom costs minutes. */
export function gammaGeometry({ gamma }: Protocol, fidelity: Fidelity): 'slab' | 'tilted' {
  return gamma.geometry ?? (fidelity === 'dft' ? 'tilted' : 'slab');
}

/** How the spacing at a fault is found: in slabs it is free, in tilted cells from energies at several openings, or from stresses. */
export function gammaOpening(
  protocol: Protocol,
  fidelity: 'md' | 'mlff' | 'dft',
): { openingsAngstrom?: number[]; stretchAngstrom?: number } {
  const { openingsAngstrom } = protocol.gamma;
  if (openingsAngstrom !== undefined) return { openingsAngstrom };
  return gammaGeometry(protocol, fidelity) === 'tilted' ? { stretchAngstrom: 0.05 } : {};
}

/** Fault cells of special quasirandom structures: four atoms in each layer of fcc, as many as first principles can pay for. */
export function faultArrangements({ repeats }: Structure, arrangements = 1): Pick<GammaSettings, 'quasirandom'> {
  return repeats === undefined ? {} : { quasirandom: { periods: 2, seed: 1, arrangements } };
}

/** Candidates per shard: a shard's history stays far below the 4,096 events at which Temporal advises a fresh one. */
export const shardSize = 100;

/** Interpolated candidates to a page: minutes of one core. Their pages are numbered after the shards. */
export const interpolatedPage = 500;

/** The computers a campaign may use, over all its rungs. */
export function campaignComputers(campaign: Campaign): string[] {
  return [...new Set(campaignRungs(campaign).flatMap(({ computers }) => computers))];
}

/** What a rung computes, and where. */
export interface ResolvedRung {
  calculator: { name: string } & Record<string, unknown>;
  protocol: Protocol;
  computers: string[];
  wallTimeSeconds: number;
  /** Absent on the lowest rung, where everybody is. */
  promote?: Promotion;
}

/** The rungs of a campaign, the lowest first. */
export function campaignRungs({ calculator, protocol, computer, limits, fidelity = [] }: Campaign): ResolvedRung[] {
  const listed = (choice: string | string[]): string[] => (typeof choice === 'string' ? [choice] : choice);
  return [{ calculator }, ...fidelity].map((rung: Partial<Rung> & Pick<Rung, 'calculator'>) => ({
    calculator: rung.calculator as ResolvedRung['calculator'],
    protocol: rung.protocol ?? protocol,
    computers: listed(rung.computer ?? computer),
    wallTimeSeconds: rung.wallTimeSeconds ?? limits.wallTimeSeconds,
    ...(rung.promote !== undefined && { promote: rung.promote }),
  }));
}

/** The guard of a computer: `computer/hawk`. */
export function computerWorkflowId(computer: string): string {
  return `computer/${computer}`;
}

/** A page of candidates of a campaign: `campaign/<name>/shard/0003`. */
export function shardWorkflowId(campaign: string, shard: number): string {
  return `campaign/${campaign}/shard/${String(shard).padStart(4, '0')}`;
}

export function campaignWorkflowId(campaign: string): string {
  return `campaign/${campaign}`;
}

/** Predicting a campaign anew with another model. */
export function campaignPredictionWorkflowId(campaign: string): string {
  return `campaign/${campaign}/prediction`;
}

/** Training a predictor: the same inputs have the same id. */
export function predictorTrainingWorkflowId(inputs: string): string {
  return `predictor/${inputs}`;
}

export function candidateWorkflowId(candidate: string): string {
  return `candidate/${candidate}`;
}

export function calculationWorkflowId(calculation: string): string {
  return `calculation/${calculation}`;
}
