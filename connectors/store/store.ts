import { MongoClient, type Collection, type Db, type Filter, type UpdateFilter, type WithId } from 'mongodb';
import { Invalid, StoreUnavailable } from '../../domain/failures.js';
import type { Collections } from './document.js';
import { declareIndexes } from './index-declaration.js';
import { migrate } from './migration.js';

/** The database of one installation, with its collections typed. */
export interface Store {
  readonly db: Db;
  collection<Name extends keyof Collections>(name: Name): Collection<Collections[Name]>;
  close(): Promise<void>;
}

/** Connects, brings the schema up to date and declares indexes. Throws `StoreUnavailable` when nothing answers. */
export async function openStore(endpoint: { uri: string; database: string }): Promise<Store> {
  const client = new MongoClient(endpoint.uri, { serverSelectionTimeoutMS: 10_000, maxPoolSize: 10, appName: 'peierls' });
  const db = client.db(endpoint.database);
  try {
    await migrate(db);
    await declareIndexes(db);
  } catch (cause) {
    await client.close();
    if (cause instanceof Invalid) throw cause;
    throw new StoreUnavailable(
      `the store at ${endpoint.uri.replace(/\/\/[^@/]*@/, '//***@')} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return {
    db,
    collection: (name) => db.collection(name),
    close: () => client.close(),
  };
}

/**
 * The documents with these keys, in their order; those that do not exist are left out. One read a key: the embedded store goes straight to
 * a document only for a single `_id` and scans the collection for anything else.
 */
export async function findAll<Document extends { _id: string }>(
  collection: Collection<Document>,
  ids: readonly string[],
): Promise<WithId<Document>[]> {
  const found = await Promise.all(ids.map((id) => collection.findOne({ _id: id } as Filter<Document>)));
  return found.filter((document) => document !== null);
}

/**
 * Changes documents by their keys, a few at a time. One command each: FerretDB keeps a connection to its database open for every update of a
 * bulk until the last one is done, has a hundred of them, and waits for itself for ever when they run out.
 */
export async function updateEach<Document extends { _id: string }>(
  collection: Collection<Document>,
  changes: readonly { _id: string; update: UpdateFilter<Document> }[],
): Promise<void> {
  for (let start = 0; start < changes.length; start += updatesAtATime)
    await Promise.all(
      changes.slice(start, start + updatesAtATime).map(({ _id, update }) => collection.updateOne({ _id } as Filter<Document>, update)),
    );
}

/** As many as the driver has connections. */
const updatesAtATime = 10;

/** Inserts what is not there yet; what is there stays. For facts that never change once written. Safe to repeat. */
export async function insertNew<Document extends { _id: string }>(
  collection: Collection<Document>,
  documents: readonly Document[],
): Promise<number> {
  if (documents.length === 0) return 0;
  try {
    const result = await collection.insertMany(documents as Parameters<typeof collection.insertMany>[0], { ordered: false });
    return result.insertedCount;
  } catch (error) {
    // 11000: the key exists. Any other write error is not ours to swallow.
    if (!isOnlyDuplicates(error)) throw error;
    return error.insertedCount;
  }
}

interface BulkFailure {
  writeErrors: { code: number }[];
  insertedCount: number;
}

function isOnlyDuplicates(error: unknown): error is BulkFailure {
  if (!(error instanceof Error) || !('writeErrors' in error)) return false;
  const failures = error.writeErrors;
  const list: unknown[] = Array.isArray(failures) ? failures : [failures];
  return (
    list.length > 0 &&
    list.every((failure) => typeof failure === 'object' && failure !== null && 'code' in failure && failure.code === 11_000)
  );
}
