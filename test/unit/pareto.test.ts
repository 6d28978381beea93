import { describe, test } from 'vitest';
import { paretoFront } from '../../domain/pareto.js';
import { randomNumbers } from './data/random.js';

type Aims = [number, number];

function front(items: readonly Aims[]): Aims[] {
  const flags = paretoFront(items);
  return items.filter((_, index) => flags[index]);
}

describe('the Pareto front', () => {
  test('keeps what nothing beats in both aims', ({ expect }) => {
    expect(
      front([
        [1, 5],
        [2, 4],
        [3, 1],
        [2, 3],
        [0, 0],
      ]),
    ).toEqual([
      [1, 5],
      [2, 4],
      [3, 1],
    ]);
  });

  test('keeps equals, and drops what is as good in one aim and worse in the other', ({ expect }) => {
    expect(
      front([
        [1, 1],
        [1, 1],
        [1, 0],
        [0, 1],
      ]),
    ).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test('agrees with the definition on random items', ({ expect }) => {
    const random = randomNumbers(7);
    const items = Array.from({ length: 200 }, (): Aims => [Math.floor(random() * 12), Math.floor(random() * 12)]);
    const better = (a: Aims, b: Aims): boolean => a[0] >= b[0] && a[1] >= b[1] && (a[0] > b[0] || a[1] > b[1]);
    const expected = items.filter((item) => !items.some((other) => better(other, item)));
    expect(new Set(front(items))).toEqual(new Set(expected));
  });
});
