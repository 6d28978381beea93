/**
 * Which points no other point beats: nobody is at least as good in everything and better in something. Every objective is to be large; a point
 * that misses one (NaN) is not on the front and beats nobody. O(n^2) at worst, near O(n x front) after sorting by the first objective.
 */
export function paretoFront(points: readonly (readonly number[])[]): boolean[] {
  const complete = points.flatMap((point, index) => (point.every((value) => !Number.isNaN(value)) ? [index] : []));
  const sorted = complete.toSorted((a, b) => compare(points[b] ?? [], points[a] ?? []));
  const front: number[] = [];
  const flags = points.map(() => false);
  for (const index of sorted) {
    const point = points[index] ?? [];
    // Whoever could beat it comes before it, and is beaten by one on the front if not on it.
    if (front.some((other) => beats(points[other] ?? [], point))) continue;
    front.push(index);
    flags[index] = true;
  }
  return flags;
}

function beats(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, place) => value >= (b[place] ?? 0)) && a.some((value, place) => value > (b[place] ?? 0));
}

/** By the first objective, then the second, and so on. */
function compare(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place < 0 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}
