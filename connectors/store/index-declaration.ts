import type { Db, IndexSpecification } from 'mongodb';

/** Every index of ours, in one place. Natural keys live in `_id`; these serve the reads of commands and workflows. */
const indexes: readonly [collection: string, key: IndexSpecification][] = [
  ['candidates', { campaign: 1, shard: 1 }],
  ['candidates', { campaign: 1, state: 1 }],
  ['bundles', { calculation: 1 }],
  ['attempts', { calculation: 1 }],
  ['materials', { formula: 1 }],
  ['calculations', { state: 1 }],
  ['predictions', { campaign: 1, model: 1 }],
  ['sourcePages', { source: 1, scan: 1 }],
];

/** Declares the indexes; those that exist are left alone. */
export async function declareIndexes(db: Db): Promise<void> {
  for (const [collection, key] of indexes) await db.collection(collection).createIndex(key);
}
