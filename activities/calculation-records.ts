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

/** What corrections a point has had, oldest first: its own, and those of the whole set. */
export interface Corrections {
  of(label: string): string[];
  /** The failures that they followed. */
  failures(label: string): string[];
}

export function correctionsOf(attempts: readonly AttemptDocument[]): Corrections {
  const made = attempts.toSorted((a, b) => a.number - b.number).flatMap(({ corrections }) => corrections ?? []);
  const applying = (label: string) => made.filter((one) => one.label === label || one.set === true);
  return {
    of: (label) => applying(label).map(({ name }) => name),
    failures: (label) => made.filter((one) => one.label === label).map(({ after, says }) => `${after}; then: ${says}`),
  };
}

/** The attempts whose points count: those after the last correction of the whole set. */
export function sinceRestart(attempts: readonly AttemptDocument[]): AttemptDocument[] {
  const last = Math.max(0, ...attempts.filter(({ corrections }) => corrections?.some(({ set }) => set)).map(({ number }) => number));
  return attempts.filter(({ number }) => number > last);
}

/** Corrections of the whole set, for provenance. */
export function setCorrections(attempts: readonly AttemptDocument[]): string[] {
  return attempts
    .toSorted((a, b) => a.number - b.number)
    .flatMap(({ corrections }) => corrections?.filter(({ set }) => set).map(({ name }) => name) ?? []);
}

/** Fits the 15 characters that the strictest queue (PBS) allows: `p0123456789ab-1`. */
export function attemptName(calculation: string, number: number): string {
  return `p${calculation.slice(0, 12)}-${number}`;
}

/** An attempt as its scheduler knows it. */
export function jobHandle(attempt: AttemptDocument): JobHandle {
  return { name: attempt._id, folder: attempt.folder, id: attempt.jobId ?? attempt._id };
}
