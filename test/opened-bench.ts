import { afterAll, beforeAll } from 'vitest';

/** What all tests of a file share: opened before the first, closed after the last. */
export function openedBench<Bench extends { close(): unknown }>(open: () => Promise<Bench>): () => Bench {
  let opened: Bench | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());
  return () => {
    if (opened === undefined) throw new Error('the bench is opened before the tests');
    return opened;
  };
}
