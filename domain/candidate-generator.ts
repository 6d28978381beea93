import { assertNever } from './assert-never.js';
import type { CandidateSource } from './campaign.js';
import type { Composition } from './composition.js';
import { elements, shareGroundState, type ElementSymbol } from './element.js';
import { overallComposition, prettyName } from './formula.js';
import { buildPrototype, prototypes, type PrototypeName } from './prototype.js';
import { decorated, quasirandom, repeated, wholeCounts } from './quasirandom.js';
import type { Structure } from './structure.js';

/** A candidate before it has a structure: which prototype, and what sits on its sublattices. */
export interface GeneratedMaterial {
  /** Unique among all generated materials: `AlNi3-L1_2`. */
  sourceId: string;
  formula: string;
  prototype: PrototypeName;
  occupants: { A: Composition; B?: Composition };
  /** Where it is not the conventional cell of the prototype. */
  structure?: Structure;
}

type SqsSource = Extract<CandidateSource, { generator: 'sqs' }>;

const groundStatePrototype = { fcc: 'A1', bcc: 'A2', hcp: 'A3' } as const;

/** Everything a generator stands for, in a fixed order, without repeats. Elements whose crystal is none of ours are skipped by `ground-state` only. */
export function generateMaterials(source: Exclude<CandidateSource, { files: string[] } | { source: string }>): GeneratedMaterial[] {
  switch (source.generator) {
    case 'pure':
      return distinct(
        source.elements.flatMap((symbol) =>
          purePrototypes(symbol, source.prototypes).map((prototype) => material(prototype, { A: pure(symbol) })),
        ),
      );
    case 'ordered':
      return distinct(
        (source.pairs ?? orderedPairs(source.elements ?? [])).flatMap(([a, b]) =>
          source.prototypes.map((prototype) => material(prototype, sorted(prototype, a, b))),
        ),
      );
    case 'solid-solution':
      return distinct(
        (source.pairs ?? unorderedPairs(source.elements ?? [])).flatMap(([a, b]) =>
          source.prototypes
            .filter((prototype) => !source.sameLattice || shareGroundState([a, b], prototypes[prototype].parent))
            .flatMap((prototype) => source.fractions.map((fraction) => material(prototype, { A: { [a]: fraction, [b]: 1 - fraction } }))),
        ),
      );
    case 'equimolar':
      return distinct(
        choices(source.elements, source.components).flatMap((chosen) =>
          source.prototypes.map((prototype) =>
            material(prototype, { A: Object.fromEntries(chosen.map((symbol) => [symbol, 1 / source.components])) }),
          ),
        ),
      );
    case 'composition-grid':
      return distinct(
        source.prototypes.flatMap((prototype) =>
          grid(source.elements, source.components, source.divisions).map((composition) => material(prototype, { A: composition })),
        ),
      );
    case 'sqs':
      return distinct(
        source.prototypes.flatMap((prototype) =>
          (source.compositions ?? binaries(source, prototype)).map((composition) => randomAlloy(prototype, composition, source)),
        ),
      );
    default:
      return assertNever(source);
  }
}

/** Pairs of elements at the wanted fractions, where both have that crystal if they must. */
function binaries(
  { pairs, elements: symbols, fractions, sameLattice }: Pick<SqsSource, 'pairs' | 'elements' | 'fractions' | 'sameLattice'>,
  prototype: 'A1' | 'A2' | 'A3',
): Composition[] {
  return (pairs ?? unorderedPairs(symbols ?? []))
    .filter((pair) => !sameLattice || shareGroundState(pair, prototypes[prototype].parent))
    .flatMap(([a, b]) => fractions.map((fraction): Composition => ({ [a]: fraction, [b]: 1 - fraction })));
}

/** A special quasirandom structure of the nearest composition that its cell allows. */
function randomAlloy(
  prototype: 'A1' | 'A2' | 'A3',
  wanted: Composition,
  { atoms, seed }: Pick<SqsSource, 'atoms' | 'seed'>,
): GeneratedMaterial {
  const size = compactBlock(prototype, atoms);
  const sites = size[0] * size[1] * size[2] * prototypes[prototype].sublattices.A.length;
  const counts = wholeCounts(sites, wanted);
  const composition: Composition = Object.fromEntries(Object.entries(counts).map(([symbol, count]) => [symbol, count / sites]));
  const cell = repeated(buildPrototype(prototype, { A: composition }), size);
  const structure: Structure = { ...decorated(cell, quasirandom(cell, composition, { seed }).elements), repeats: size };
  const formula = prettyName(composition);
  return { sourceId: `${formula}-${prototype}-sqs${sites}-${seed}`, formula, prototype, occupants: { A: composition }, structure };
}

/** The block of conventional cells with at least so many atoms and the smallest surface. */
function compactBlock(prototype: 'A1' | 'A2' | 'A3', atoms: number): [number, number, number] {
  const perCell = prototypes[prototype].sublattices.A.length;
  const ratio = prototypes[prototype].idealAxialRatio;
  const counts = Array.from({ length: 8 }, (_, index) => index + 1);
  const blocks = counts
    .flatMap((n) => counts.map((l): [number, number, number] => [n, n, l]))
    .filter(([n, m, l]) => n * m * l * perCell >= atoms);
  // Cells that are as high as wide have images of an atom furthest away; of those, the one with the fewest atoms.
  const cost = ([n, , l]: [number, number, number]): number => n * n * l * (1 + Math.abs(Math.log((l * ratio) / n)));
  return blocks.toSorted((a, b) => cost(a) - cost(b))[0] ?? [1, 1, 1];
}

function purePrototypes(symbol: ElementSymbol, wanted: 'ground-state' | readonly ('A1' | 'A2' | 'A3')[]): readonly PrototypeName[] {
  if (wanted !== 'ground-state') return wanted;
  const state = elements[symbol].groundState;
  return state === 'fcc' || state === 'bcc' || state === 'hcp' ? [groundStatePrototype[state]] : [];
}

/** In equiatomic prototypes the two sublattices are alike, so A-B and B-A are the same crystal. */
function sorted(prototype: PrototypeName, a: ElementSymbol, b: ElementSymbol): { A: Composition; B: Composition } {
  const equiatomic = prototype === 'L1_0' || prototype === 'B2';
  const [first, second] = equiatomic && a > b ? [b, a] : [a, b];
  return { A: pure(first), B: pure(second) };
}

function material(prototype: PrototypeName, occupants: { A: Composition; B?: Composition }): GeneratedMaterial {
  const structure = buildPrototype(prototype, occupants);
  const formula = prettyName(occupants.B === undefined ? overallComposition(structure) : structure);
  return { sourceId: `${formula}-${prototype}`, formula, prototype, occupants };
}

function pure(symbol: ElementSymbol): Composition {
  return { [symbol]: 1 };
}

function orderedPairs(symbols: readonly ElementSymbol[]): [ElementSymbol, ElementSymbol][] {
  return symbols.flatMap((a) => symbols.filter((b) => b !== a).map((b): [ElementSymbol, ElementSymbol] => [a, b]));
}

function unorderedPairs(symbols: readonly ElementSymbol[]): [ElementSymbol, ElementSymbol][] {
  return symbols.flatMap((a, index) => symbols.slice(index + 1).map((b): [ElementSymbol, ElementSymbol] => [a, b]));
}

/** Every division of the whole among at most `components` of the elements, in their order. */
function grid(symbols: readonly ElementSymbol[], components: number, divisions: number): Composition[] {
  const shares = (left: number, parts: number): number[][] =>
    parts === 1
      ? [[left]]
      : Array.from({ length: left - parts + 1 }, (_, index) => index + 1).flatMap((own) =>
          shares(left - own, parts - 1).map((rest) => [own, ...rest]),
        );
  return Array.from({ length: Math.min(components, symbols.length) }, (_, index) => index + 1).flatMap((count) =>
    choices(symbols, count).flatMap((chosen) =>
      shares(divisions, count).map((parts) => Object.fromEntries(chosen.map((symbol, index) => [symbol, (parts[index] ?? 0) / divisions]))),
    ),
  );
}

/** Every set of `count` of the elements, in their order. */
function choices(symbols: readonly ElementSymbol[], count: number): ElementSymbol[][] {
  if (count === 0) return [[]];
  return symbols.flatMap((first, index) => choices(symbols.slice(index + 1), count - 1).map((rest) => [first, ...rest]));
}

function distinct(materials: readonly GeneratedMaterial[]): GeneratedMaterial[] {
  return [...new Map(materials.map((item) => [item.sourceId, item])).values()];
}
