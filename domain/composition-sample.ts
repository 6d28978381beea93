import type { Composition } from './composition.js';

export interface SampleMember {
  /** Only compositions of one family are compared: one crystal. */
  family: string;
  composition: Composition;
}

/** Samples below which a family is simulated as a whole: an interpolation has nothing to stand on. */
export const leastSamples = 8;

/**
 * Which members to simulate so that the others lie between them, as indices in order. Each family gets its share of `count`, and at least
 * `leastSamples`; within it come first the composition farthest from the middle, then always the one farthest from all that are chosen. Corners
 * (pure elements) and edges (binaries) are taken early by this, so that few compositions are left outside of the sample's hull.
 */
export function chooseSample(members: readonly SampleMember[], count: number): number[] {
  const families = new Map<string, number[]>();
  for (const [index, { family }] of members.entries()) families.set(family, [...(families.get(family) ?? []), index]);
  const chosen = [...families.values()].flatMap((indices) => {
    const share = Math.max(leastSamples, Math.round((count * indices.length) / members.length));
    const compositions = indices.map((index) => members[index]?.composition ?? {});
    return farthest(compositions, share).flatMap((place) => indices[place] ?? []);
  });
  return chosen.toSorted((a, b) => a - b);
}

/** Distance of two compositions: the square root of the summed squares of differences of fractions. */
export function compositionDistance(one: Composition, other: Composition): number {
  let sum = 0;
  for (const symbol of new Set([...Object.keys(one), ...Object.keys(other)])) sum += ((one[symbol] ?? 0) - (other[symbol] ?? 0)) ** 2;
  return Math.sqrt(sum);
}

function farthest(compositions: readonly Composition[], count: number): number[] {
  if (compositions.length <= count) return compositions.map((_, index) => index);
  const middle: Record<string, number> = {};
  for (const composition of compositions)
    for (const [symbol, fraction] of Object.entries(composition)) middle[symbol] = (middle[symbol] ?? 0) + fraction / compositions.length;
  const first = largest(compositions.map((composition) => compositionDistance(composition, middle)));
  const chosen = [first];
  const gaps = compositions.map((composition) => compositionDistance(composition, compositions[first] ?? {}));
  while (chosen.length < count) {
    const next = largest(gaps);
    chosen.push(next);
    for (const [index, composition] of compositions.entries())
      gaps[index] = Math.min(gaps[index] ?? 0, compositionDistance(composition, compositions[next] ?? {}));
  }
  return chosen;
}

function largest(values: readonly number[]): number {
  let best = 0;
  for (const [index, value] of values.entries()) if (value > (values[best] ?? 0)) best = index;
  return best;
}
