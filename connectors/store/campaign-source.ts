import { InvalidInput } from '../../domain/failures.js';
import type { CampaignDocument, MaterialDocument } from './document.js';
import { materialsById } from './material.js';
import { readSource, scanPages } from './source.js';
import type { Store } from './store.js';

/**
 * Materials that a campaign takes from databases, in the order of its sources. The scans are fixed the first time: a campaign that is
 * resumed sees what it saw, whatever refreshes have found since. Those of one material twice are given once.
 */
export async function sourceMaterials(store: Store, { _id, sources = [] }: CampaignDocument): Promise<MaterialDocument[]> {
  const fixed: { name: string; scan: number }[] = [];
  const ids = new Set<string>();
  for (const { name, scan } of sources) {
    const chosen = scan ?? (await readSource(store, name)).latest?.scan;
    if (chosen === undefined)
      throw new InvalidInput(`the source "${name}" was never read`, { remedy: `Read it first: peierls source refresh ${name}` });
    fixed.push({ name, scan: chosen });
    for (const id of await wanted(store, name, chosen)) ids.add(id);
  }
  if (sources.some(({ scan }) => scan === null)) await store.collection('campaigns').updateOne({ _id }, { $set: { sources: fixed } });
  return materialsById(store, [...ids]);
}

/** Ids of documents that a scan found to be crystals, without those that its query did not ask for. */
async function wanted(store: Store, name: string, scan: number): Promise<string[]> {
  const { origin } = await readSource(store, name);
  const pages = await scanPages(store, name, scan);
  return pages.flatMap(({ usable, excluded }) => {
    const not = new Set(excluded.map(({ id }) => id));
    return usable.filter((id) => !not.has(id)).map((id) => `${origin}:${id}`);
  });
}
