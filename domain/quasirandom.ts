import type { Composition } from './composition.js';
import { randomNumbers } from './learning/random.js';
import type { Structure } from './structure.js';
import { add, norm, scale, subtract, vecMat, type Vec3 } from './vector.js';

export interface QuasirandomOptions {
  /** The same seed gives the same structure. */
  seed: number;
  /** Shells of neighbours whose pairs are made random; the first two count most. Default 4. */
  shells?: number;
  /**
   * Group of each site, such as its layer: each has the composition of the whole, as nearly as its size allows. Default: one group. A fault
   * feels the layers beside it most.
   */
  groups?: readonly number[];
  /** Exchanges tried. Default 6000: more change the result of cells below a hundred atoms by little. */
  exchanges?: number;
}

export interface Quasirandom {
  /** Element of each site. */
  elements: string[];
  /** By shell: its distance in angstrom, and the largest difference between the frequency of a pair and that in a random alloy. */
  pairs: { distanceAngstrom: number; deviation: number }[];
  /** The same for triangles of nearest neighbours. */
  triangles: { deviation: number };
}

/** Distances closer than this, relative, are one shell: c/a of a metal may differ from the ideal one, so that the nearest neighbours split. */
const shellTolerance = 0.03;

/**
 * Puts elements on the sites of a cell such that frequencies of pairs and triangles come as close as they can to those of a random alloy
 * (special quasirandom structure; Zunger, Wei, Ferreira and Bernard, PRL 65, 353 (1990)), by Monte Carlo with falling temperature on their
 * squared differences. The composition is the nearest that the number of sites allows.
 */
export function quasirandom(
  { lattice, sites }: Pick<Structure, 'lattice' | 'sites'>,
  composition: Composition,
  { seed, shells = 4, exchanges = 6000, groups }: QuasirandomOptions,
): Quasirandom {
  const symbols = Object.keys(composition).sort();
  const counts = wholeCounts(sites.length, composition);
  const random = randomNumbers(seed);
  const group = (site: number): number => groups?.[site] ?? 0;
  const types = dealt(
    sites.map((_, site) => group(site)),
    symbols.map((symbol) => counts[symbol] ?? 0),
    random,
  );
  const targets = symbols.map((symbol) => (counts[symbol] ?? 0) / sites.length);
  const geometry = neighbourhood(lattice, sites, shells);
  const cost = (): number => misfit(types, geometry, targets);
  let current = cost();
  let best = { value: current, types: [...types] };
  for (let step = 0; step < exchanges && best.value > 1e-12 && symbols.length > 1; step += 1) {
    const [a, b] = [Math.floor(random() * types.length), Math.floor(random() * types.length)];
    if (types[a] === types[b] || group(a) !== group(b)) continue;
    exchange(types, a, b);
    const next = cost();
    const temperature = 0.02 * 1e-4 ** (step / exchanges);
    if (next <= current || random() < Math.exp((current - next) / temperature)) current = next;
    else exchange(types, a, b);
    if (current < best.value) best = { value: current, types: [...types] };
  }
  return {
    elements: best.types.map((type) => symbols[type] ?? ''),
    pairs: geometry.pairs.map((list, index) => ({
      distanceAngstrom: geometry.distances[index] ?? Number.NaN,
      deviation: deviation(pairFrequencies(best.types, list, symbols.length), pairTargets(targets)),
    })),
    triangles: { deviation: deviation(triangleFrequencies(best.types, geometry.triangles, symbols.length), triangleTargets(targets)) },
  };
}

/** Whole numbers of atoms nearest to a composition, by largest remainders; every element keeps at least one atom. */
export function wholeCounts(atoms: number, composition: Composition): Record<string, number> {
  const entries = Object.entries(composition).map(([symbol, fraction]) => ({
    symbol,
    count: Math.max(1, Math.floor(fraction * atoms + 1e-9)),
    remainder: fraction * atoms - Math.floor(fraction * atoms + 1e-9),
  }));
  for (const entry of entries.toSorted((a, b) => b.remainder - a.remainder || (a.symbol < b.symbol ? -1 : 1)))
    if (entries.reduce((sum, { count }) => sum + count, 0) < atoms) entry.count += 1;
  const excess = entries.reduce((sum, { count }) => sum + count, 0) - atoms;
  const largest = entries.toSorted((a, b) => b.count - a.count)[0];
  if (excess > 0 && largest !== undefined) largest.count -= excess;
  return Object.fromEntries(entries.map(({ symbol, count }) => [symbol, count]));
}

interface Neighbourhood {
  distances: number[];
  /** By shell: sites that are neighbours, each pair in both orders; a site may be its own neighbour in a small cell. */
  pairs: [number, number][][];
  /** Triangles of nearest neighbours, each in all six orders. */
  triangles: [number, number, number][];
}

function neighbourhood(lattice: Structure['lattice'], sites: Structure['sites'], shells: number): Neighbourhood {
  const atoms = sites.map(({ position }) => vecMat(position, lattice));
  const range = [-2, -1, 0, 1, 2];
  const images = range.flatMap((i) => range.flatMap((j) => range.map((k): Vec3 => vecMat([i, j, k], lattice))));
  const found: { from: number; to: number; along: Vec3; distance: number }[] = [];
  for (const [from, start] of atoms.entries()) {
    for (const [to, end] of atoms.entries()) {
      for (const image of images) {
        const along = subtract(add(end, image), start);
        const distance = norm(along);
        if (distance > 0.1) found.push({ from, to, along, distance });
      }
    }
  }
  const distances: number[] = [];
  for (const distance of [...new Set(found.map((one) => Number(one.distance.toFixed(4))))].toSorted((a, b) => a - b)) {
    const last = distances.at(-1);
    if (last === undefined || distance > last * (1 + shellTolerance)) distances.push(distance);
    if (distances.length > shells) break;
  }
  distances.length = Math.min(distances.length, shells);
  const inShell = (distance: number, shell: number): boolean => {
    const start = distances[shell] ?? Number.NaN;
    return distance >= start - 1e-3 && distance <= start * (1 + shellTolerance);
  };
  const nearest = found.filter(({ distance }) => inShell(distance, 0));
  const triangles = nearest.flatMap((first) =>
    nearest
      .filter((second) => second.from === first.from && inShell(norm(subtract(second.along, first.along)), 0))
      .map((second): [number, number, number] => [first.from, first.to, second.to]),
  );
  return {
    distances,
    pairs: distances.map((_, shell) =>
      found.filter(({ distance }) => inShell(distance, shell)).map(({ from, to }): [number, number] => [from, to]),
    ),
    triangles,
  };
}

/** Sum of squared differences; a shell counts by the inverse square of its place, triangles like the second shell. */
function misfit(types: readonly number[], { pairs, triangles }: Neighbourhood, targets: readonly number[]): number {
  const wantedPairs = pairTargets(targets);
  const squares = (found: readonly number[], wanted: readonly number[]): number =>
    found.reduce((sum, value, index) => sum + (value - (wanted[index] ?? 0)) ** 2, 0);
  return (
    pairs.reduce((sum, list, shell) => sum + squares(pairFrequencies(types, list, targets.length), wantedPairs) / (shell + 1) ** 2, 0) +
    squares(triangleFrequencies(types, triangles, targets.length), triangleTargets(targets)) / 4
  );
}

function pairFrequencies(types: readonly number[], list: readonly (readonly [number, number])[], kinds: number): number[] {
  const counts = Array.from({ length: kinds * kinds }, () => 0);
  for (const [a, b] of list) {
    const index = (types[a] ?? 0) * kinds + (types[b] ?? 0);
    counts[index] = (counts[index] ?? 0) + 1 / list.length;
  }
  return counts;
}

function triangleFrequencies(types: readonly number[], list: readonly (readonly [number, number, number])[], kinds: number): number[] {
  const counts = Array.from({ length: kinds ** 3 }, () => 0);
  for (const [a, b, c] of list) {
    const index = ((types[a] ?? 0) * kinds + (types[b] ?? 0)) * kinds + (types[c] ?? 0);
    counts[index] = (counts[index] ?? 0) + 1 / list.length;
  }
  // bcc has no triangles of nearest neighbours.
  return list.length === 0 ? [] : counts;
}

function pairTargets(fractions: readonly number[]): number[] {
  return fractions.flatMap((a) => fractions.map((b) => a * b));
}

function triangleTargets(fractions: readonly number[]): number[] {
  return fractions.flatMap((a) => fractions.flatMap((b) => fractions.map((c) => a * b * c)));
}

function deviation(found: readonly number[], wanted: readonly number[]): number {
  return Math.max(0, ...found.map((value, index) => Math.abs(value - (wanted[index] ?? 0))));
}

/** Types on the sites of each group in turn, so that after every group as many of each are used as its share, then shuffled within groups. */
function dealt(groups: readonly number[], counts: readonly number[], random: () => number): number[] {
  const types = groups.map(() => 0);
  const used = counts.map(() => 0);
  let done = 0;
  for (const group of [...new Set(groups)].toSorted((a, b) => a - b)) {
    const members = groups.flatMap((one, site) => (one === group ? [site] : []));
    const here = shuffled(
      members.map(() => {
        done += 1;
        const owed = counts.map((count, type) => (count * done) / groups.length - (used[type] ?? 0));
        const type = owed.indexOf(Math.max(...owed));
        used[type] = (used[type] ?? 0) + 1;
        return type;
      }),
      random,
    );
    for (const [index, site] of members.entries()) types[site] = here[index] ?? 0;
  }
  return types;
}

function shuffled(values: readonly number[], random: () => number): number[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) exchange(result, last, Math.floor(random() * (last + 1)));
  return result;
}

function exchange(values: number[], a: number, b: number): void {
  [values[a], values[b]] = [values[b] ?? 0, values[a] ?? 0];
}

/** A cell repeated along its axes; sites of one copy follow each other. */
export function repeated({ lattice, sites, species }: Structure, [n, m, l]: readonly [number, number, number]): Structure {
  const copies = [n, m, l].map((count) => Array.from({ length: count }, (_, index) => index)) as [number[], number[], number[]];
  return {
    lattice: [scale(lattice[0], n), scale(lattice[1], m), scale(lattice[2], l)],
    sites: copies[0].flatMap((i) =>
      copies[1].flatMap((j) =>
        copies[2].flatMap((k) =>
          sites.map(({ species: name, position: [x, y, z] }) => ({
            species: name,
            position: [(x + i) / n, (y + j) / m, (z + k) / l] satisfies Vec3,
          })),
        ),
      ),
    ),
    species,
  };
}

/** The structure with these elements on its sites, in order. */
export function decorated(structure: Structure, elements: readonly string[]): Structure {
  return {
    ...structure,
    sites: structure.sites.map((site, index) => ({ ...site, species: elements[index] ?? site.species })),
    species: Object.fromEntries([...new Set(elements)].sort().map((element) => [element, { [element]: 1 }])),
  };
}
