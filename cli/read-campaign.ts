import type { CampaignDocument } from '../connectors/store/document.js';
import type { Store } from '../connectors/store/store.js';
import { InvalidInput } from '../domain/failures.js';

/** The campaign of that name. Throws `InvalidInput` with the names that there are. */
export async function readCampaign(store: Store, campaign: string): Promise<CampaignDocument> {
  const document = await store.collection('campaigns').findOne({ _id: campaign });
  if (document !== null) return document;
  const names = await store
    .collection('campaigns')
    .find({}, { projection: { _id: 1 } })
    .toArray();
  throw new InvalidInput(`there is no campaign "${campaign}"`, {
    remedy: names.length === 0 ? 'Start one with peierls screen' : `There are: ${names.map(({ _id }) => _id).join(', ')}`,
  });
}
