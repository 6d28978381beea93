import type { CostSample } from '../../domain/cost.js';
import type { BundleDocument } from './document.js';
import { unpack } from './nested-array.js';
import { findAll, type Store } from './store.js';

/** Bundles that are read: some ten thousand points, of which a part says as much as all. */
const bundlesRead = 400;

/** Runs so short that whole seconds of a job say nothing about them. */
const shortSeconds = 10;

/** What points have cost so far, from the bundles on record. */
export async function costSamples(store: Store): Promise<CostSample[]> {
  const bundles = await store.collection('bundles').find({}, { limit: bundlesRead }).toArray();
  const [calculations, attempts] = await Promise.all([
    findAll(store.collection('calculations'), [...new Set(bundles.map(({ calculation }) => calculation))]),
    findAll(
      store.collection('attempts'),
      bundles.map(({ _id }) => _id),
    ),
  ]);
  const calculationOf = new Map(calculations.map((it) => [it._id, it]));
  const attemptOf = new Map(attempts.map((it) => [it._id, it]));
  return bundles.flatMap((bundle) => {
    const calculation = calculationOf.get(bundle.calculation);
    if (calculation === undefined) return [];
    const { calculator, kind } = unpack(calculation.inputs);
    // Of these runs only the first atom is kept.
    if (kind === 'peierls-stress') return [];
    return coreSeconds(bundle, attemptOf.get(bundle._id)).map((it) => ({
      calculator: calculator.name,
      fingerprint: calculator.fingerprint,
      kind,
      ...it,
    }));
  });
}

/** A job occupies its cores from start to end, whatever its points do with them. */
function coreSeconds(
  { points: packed }: BundleDocument,
  attempt: { cores?: number; runSeconds?: number } | undefined,
): { atoms: number; coreSeconds: number }[] {
  const points = unpack(packed).filter(({ outcome, wallSeconds }) => outcome.kind === 'completed' && wallSeconds > 0);
  const wall = points.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0);
  const { cores = 1, runSeconds = 0 } = attempt ?? {};
  // Points beside one another share the job's time; those that failed in it have had their part too, and are paid by the others.
  const share = runSeconds > shortSeconds ? runSeconds / wall : 1;
  return points.flatMap(({ outcome, wallSeconds }) =>
    outcome.kind === 'completed' ? [{ atoms: outcome.result.structure.sites.length, coreSeconds: wallSeconds * cores * share }] : [],
  );
}
