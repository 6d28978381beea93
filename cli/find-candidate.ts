import type { CandidateDocument } from '../connectors/store/document.js';
import type { Store } from '../connectors/store/store.js';
import { InvalidInput } from '../domain/failures.js';
import { patternExpression } from './glob.js';

/** The candidate of that id, or of an unambiguous short form of it. Throws `InvalidInput` otherwise. */
export async function findCandidate(store: Store, id: string): Promise<CandidateDocument> {
  const exact = await store.collection('candidates').findOne({ _id: id });
  if (exact !== null) return exact;
  const all = await store
    .collection('candidates')
    .find({}, { projection: { _id: 1 } })
    .toArray();
  // `AlNi3-L1_2` and `AlNi3` are short for `quickstart/AlNi3-L1_2` while nothing else fits.
  const matches = all.filter(({ _id }) => _id.endsWith(`/${id}`) || _id.includes(`/${id}-`));
  const [only] = matches;
  if (matches.length === 1 && only !== undefined) return findCandidate(store, only._id);
  throw new InvalidInput(
    matches.length === 0 ? `no candidate or calculation is called "${id}"` : `"${id}" fits ${matches.map(({ _id }) => _id).join(', ')}`,
    {
      remedy: 'Use a name from the "candidate" column of peierls rank --format csv, or a calculation id from peierls show',
    },
  );
}

/** Candidates whose id, with or without its campaign, fits a pattern such as `*Ni*`; by name. */
export async function candidatesLike(store: Store, pattern: string): Promise<CandidateDocument[]> {
  const expression = patternExpression(pattern);
  const all = await store.collection('candidates').find().toArray();
  return all
    .filter(({ _id }) => expression.test(_id) || expression.test(_id.slice(_id.indexOf('/') + 1)))
    .sort((a, b) => (a._id < b._id ? -1 : 1));
}
