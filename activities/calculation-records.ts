import type { JobHandle } from '../connectors/scheduler/scheduler.js';
import type { AttemptDocument, CalculationDocument, PointRecord } from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { findAll, type Store } from '../connectors/store/store.js';
import { InvalidInput } from '../domain/failures.js';

/** What the store holds of calculations, each read by key. */
export function calculationRecords(store: Store) {
  return { readCalculation, attemptsOf, pointsOf, readAttempt };

  async function readCalculation(id: string): Promise<CalculationDocument> {
    const document = await store.collection('calculations').findOne({ _id: id });
    if (document === null) throw new InvalidInput(`the calculation ${id} is not in the store`);
    return document;
  }

  function attemptsOf({ _id, attempts }: CalculationDocument): Promise<AttemptDocument[]> {
    return findAll(
      store.collection('attempts'),
      Array.from({ length: attempts }, (_, index) => attemptName(_id, index + 1)),
    );
  }

  /** Points of all attempts so far; an attempt brings in only what the earlier ones left out. */
  async function pointsOf(attempts: readonly AttemptDocument[]): Promise<PointRecord[]> {
    const bundles = await findAll(
      store.collection('bundles'),
      attempts.map(({ _id }) => _id),
    );
    return bundles.flatMap(({ points }) => unpack(points));
  }

  async function readAttempt(id: string): Promise<AttemptDocument> {
    const document = await store.collection('attempts').findOne({ _id: id });
    if (document === null) throw new InvalidInput(`the attempt ${id} is not in the store`);
    return document;
  }
}

/** Names of the corrections that attempts have made for their points, oldest first, by the label of the point. */
export function correctionsOf(attempts: readonly AttemptDocument[]): Map<string, string[]> {
  const byLabel = new Map<string, string[]>();
  for (const { corrections } of attempts.toSorted((a, b) => a.number - b.number))
    for (const { label, name } of corrections ?? []) byLabel.set(label, [...(byLabel.get(label) ?? []), name]);
  return byLabel;
}

/** Fits the 15 characters that the strictest queue (PBS) allows: `p0123456789ab-1`. */
export function attemptName(calculation: string, number: number): string {
  return `p${calculation.slice(0, 12)}-${number}`;
}

/** An attempt as its scheduler knows it. */
export function jobHandle(attempt: AttemptDocument): JobHandle {
  return { name: attempt._id, folder: attempt.folder, id: attempt.jobId ?? attempt._id };
}
