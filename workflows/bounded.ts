/**
 * Runs `work` on every item with at most `limit` at a time, in order; `gate` is awaited before each start.
 * Every started work is awaited, also when one fails: nothing is left behind. The first failure is thrown at the end.
 */
export async function forEachBounded<Item>(
  items: readonly Item[],
  limit: number,
  gate: () => Promise<void>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      await gate();
      const item = items[next];
      next += 1;
      if (item === undefined) return;
      try {
        await work(item);
      } catch (error) {
        // Thrown again below, once the other lanes have come to rest.
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
