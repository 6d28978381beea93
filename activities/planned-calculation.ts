import { createHash } from 'node:crypto';
import type { CalculationDocument, CandidateCalculation, CandidateDocument } from '../connectors/store/document.js';
import { pack } from '../connectors/store/nested-array.js';
import { findAll, insertNew, type Store } from '../connectors/store/store.js';
import type { CalculationInputs, CalculationOutcome } from '../domain/calculation.js';
import { canonicalJson } from '../domain/canonical.js';

export interface PlannedCalculation {
  id: string;
  kind: CalculationInputs['kind'];
  label: string;
  /** Set when the store has the answer already. */
  outcome: CalculationOutcome | null;
}

/** A question with the hash that names it. */
export interface Identified {
  id: string;
  inputs: CalculationInputs;
  label: string;
}

export function identified(inputs: CalculationInputs, label: string): Identified {
  return { id: createHash('sha256').update(canonicalJson(inputs)).digest('hex'), inputs, label };
}

/** Writes questions down that nobody has asked before, and says what is known of each. Repeat-safe: keys are hashes of inputs. */
export async function recordCalculations(
  store: Store,
  { campaign, revision, formula }: CandidateDocument,
  settings: CalculationDocument['calculator'],
  wanted: readonly Identified[],
): Promise<{ planned: PlannedCalculation[]; references: CandidateCalculation[] }> {
  const asker = `${campaign}#${revision}`;
  const now = new Date().toISOString();
  await insertNew(
    store.collection('calculations'),
    wanted.map(({ id, inputs }): CalculationDocument => ({
      _id: id,
      kind: inputs.kind,
      inputs: pack(inputs),
      calculator: settings,
      formula,
      state: 'planned',
      askedBy: asker,
      computer: null,
      points: { total: 0, executed: 0 },
      outcome: null,
      attempts: 0,
      jobs: 0,
      provenance: {},
      createdAt: now,
      finishedAt: null,
    })),
  );
  const known = await findAll(
    store.collection('calculations'),
    wanted.map(({ id }) => id),
  );
  const of = (id: string) => known.find((it) => it._id === id);
  return {
    planned: wanted.map(({ id, inputs, label }) => ({ id, kind: inputs.kind, label, outcome: of(id)?.outcome ?? null })),
    references: wanted.map(({ id, inputs, label }) => ({
      id,
      kind: inputs.kind,
      label,
      reused: of(id)?.askedBy !== asker,
      points: 0,
      executed: 0,
      attempts: 0,
      jobs: 0,
    })),
  };
}
