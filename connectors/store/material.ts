import type { MaterialDocument } from './document.js';
import { findAll, type Store } from './store.js';

/** Digests of what the store holds already, by the id of the document. */
export type KnownMaterials = ReadonlyMap<string, string>;

/** Above so many single reads or writes, one pass over the collection is cheaper on the embedded store. */
const fewKeys = 8;

/**
 * Writes a page of materials: what is new is inserted, what has changed is replaced, the rest is left alone. The embedded store inserts a
 * thousand documents in 0.1 s at any size of the collection and takes a second to find one among 150,000, so it is asked only for documents
 * that `known` does not explain. Repeat-safe: after a crash the same page leads to the same documents.
 */
export async function storeMaterials(store: Store, documents: readonly MaterialDocument[], known: KnownMaterials): Promise<void> {
  const distinct = [...new Map(documents.map((document) => [document._id, document])).values()];
  const fresh = distinct.filter(({ _id }) => !known.has(_id));
  const changed = distinct.filter(({ _id, digest }) => known.has(_id) && known.get(_id) !== digest);
  const there = await stored(store, await insertOrTell(store, fresh));
  const outdated = fresh.filter(({ _id, digest }) => there.has(_id) && there.get(_id) !== digest);
  await replaceMaterials(store, [...changed, ...outdated]);
}

/** Replaces documents. Many at a time are taken out and put back: one pass over the collection and not one each. */
export async function replaceMaterials(store: Store, documents: readonly MaterialDocument[]): Promise<void> {
  const materials = store.collection('materials');
  if (documents.length <= fewKeys) {
    for (const { _id, ...rest } of documents) await materials.replaceOne({ _id }, rest, { upsert: true });
    return;
  }
  await materials.deleteMany({ _id: { $in: documents.map(({ _id }) => _id) } });
  await insertOrTell(store, documents);
}

/** Marks materials that their database has no more. They stay: candidates and results may stand on them. */
export async function withdrawMaterials(store: Store, ids: readonly string[], now: string): Promise<void> {
  const documents = await materialsById(store, ids);
  await replaceMaterials(
    store,
    documents.map((document) => ({ ...document, withdrawn: now })),
  );
}

export async function materialsById(store: Store, ids: readonly string[]): Promise<MaterialDocument[]> {
  if (ids.length <= fewKeys) return findAll(store.collection('materials'), ids);
  const order = new Map(ids.map((id, index) => [id, index]));
  const found = await store
    .collection('materials')
    .find({ _id: { $in: [...ids] } })
    .toArray();
  return found.toSorted((a, b) => (order.get(a._id) ?? 0) - (order.get(b._id) ?? 0));
}

/** Inserts, and returns the ids that were there before. */
async function insertOrTell(store: Store, documents: readonly MaterialDocument[]): Promise<string[]> {
  if (documents.length === 0) return [];
  try {
    await store.collection('materials').insertMany([...documents], { ordered: false });
    return [];
  } catch (error) {
    const failures = writeErrors(error);
    // 11000: the key exists. Any other write error is not ours to swallow.
    if (failures.length === 0 || failures.some(({ code }) => code !== 11_000)) throw error;
    return failures.flatMap(({ index }) => documents[index]?._id ?? []);
  }
}

/** Digests of stored documents; one that was withdrawn has none, so that it is written again. */
async function stored(store: Store, ids: readonly string[]): Promise<Map<string, string>> {
  const documents = await materialsById(store, ids);
  return new Map(documents.map(({ _id, digest, withdrawn }) => [_id, withdrawn === undefined ? (digest ?? '') : '']));
}

function writeErrors(error: unknown): { code: number; index: number }[] {
  if (!(error instanceof Error) || !('writeErrors' in error)) return [];
  const list: unknown[] = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return list.flatMap((it) =>
    typeof it === 'object' && it !== null && 'code' in it && 'index' in it ? [{ code: Number(it.code), index: Number(it.index) }] : [],
  );
}
