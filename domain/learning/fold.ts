/** Rows without an element, and those with it. An alloy is left out with each of its elements. */
export interface ElementFold {
  element: string;
  train: number[];
  test: number[];
}

/**
 * Leave-one-element-out folds, by element. With a limit, every class gets at most about so many: those of its elements that have most rows.
 * An element whose absence would leave fewer than a quarter of the rows says nothing about the model and is skipped.
 */
export function elementFolds(
  rows: readonly { elements: readonly string[]; group: string }[],
  limitPerClass = Number.POSITIVE_INFINITY,
): ElementFold[] {
  const chosen = new Set<string>();
  for (const group of new Set(rows.map((row) => row.group))) {
    const count = new Map<string, number>();
    for (const row of rows) if (row.group === group) for (const element of row.elements) count.set(element, (count.get(element) ?? 0) + 1);
    const common = [...count.entries()].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limitPerClass);
    for (const [element] of common) chosen.add(element);
  }
  const indices = rows.map((_, index) => index);
  return [...chosen].sort().flatMap((element) => {
    const has = (index: number): boolean => rows[index]?.elements.includes(element) ?? false;
    const [train, test] = [indices.filter((index) => !has(index)), indices.filter(has)];
    return train.length < rows.length / 4 ? [] : [{ element, train, test }];
  });
}
