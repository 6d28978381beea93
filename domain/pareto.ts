/**
 * Those of which no other is at least as good in both aims and better in one, best first by the first aim. Both aims are to be maximised;
 * negate what is to be small.
 */
export function paretoFront<Item>(items: readonly Item[], aims: (item: Item) => readonly [number, number]): Item[] {
  const sorted = items.toSorted((a, b) => {
    const [a1, a2] = aims(a);
    const [b1, b2] = aims(b);
    return b1 - a1 || b2 - a2;
  });
  const front: Item[] = [];
  let best = Number.NEGATIVE_INFINITY;
  let bestFirst = Number.NaN;
  for (const item of sorted) {
    const [first, second] = aims(item);
    if (second > best || (second === best && first === bestFirst)) front.push(item);
    if (second > best) [bestFirst, best] = [first, second];
  }
  return front;
}
