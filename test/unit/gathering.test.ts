import { describe, it } from 'vitest';
import { Gathering } from '../../connectors/gathering.js';

/** Trips that end when they are told to; each answers an item with its double. */
function trips(options: { lanes: number; most: number }) {
  const under: { items: readonly number[]; end: (error?: Error) => void }[] = [];
  const gathering = new Gathering<number, number>(
    options,
    (items) =>
      new Promise((resolve, reject) => {
        under.push({
          items,
          end: (error) =>
            error === undefined
              ? resolve(
                  items.map((item) =>
                    item < 0 ? { status: 'rejected', reason: new Error(`no ${item}`) } : { status: 'fulfilled', value: 2 * item },
                  ),
                )
              : reject(error),
        });
      }),
  );
  return { under, ask: (...items: number[]) => items.map((item) => gathering.ask(item)) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a gathering', () => {
  it('serves a lone caller at once', async ({ expect }) => {
    const { under, ask } = trips({ lanes: 2, most: 3 });
    const [answer] = ask(1);
    await turn();
    expect(under.map(({ items }) => items)).toEqual([[1]]);
    under[0]?.end();
    expect(await answer).toBe(2);
  });

  it('spreads those who come together over the free lanes, and lets the rest share what follows', async ({ expect }) => {
    const { under, ask } = trips({ lanes: 2, most: 3 });
    const answers = ask(1, 2, 3, 4, 5, 6, 7, 8, 9);
    await turn();
    expect(under.map(({ items }) => items)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    under[1]?.end();
    await answers[3];
    await turn();
    expect(under[2]?.items).toEqual([7, 8, 9]);
    under[0]?.end();
    under[2]?.end();
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });

  it('answers each caller for itself', async ({ expect }) => {
    const { under, ask } = trips({ lanes: 1, most: 3 });
    const answers = ask(1, -2, 3);
    await turn();
    under[0]?.end();
    expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(answers[1]).rejects.toThrow('no -2');
  });

  it('tells all callers of a trip that it failed, and goes on with the next', async ({ expect }) => {
    const { under, ask } = trips({ lanes: 1, most: 2 });
    const answers = ask(1, 2, 3);
    const told = Promise.allSettled(answers);
    await turn();
    under[0]?.end(new Error('cut'));
    await expect(answers[0]).rejects.toThrow('cut');
    await expect(answers[1]).rejects.toThrow('cut');
    await turn();
    under[1]?.end();
    expect(await answers[2]).toBe(6);
    await told;
  });
});
