import { massDensity } from '../../domain/density.js';
import { controlling } from '../../domain/ranking.js';
import type { Structure } from '../../domain/structure.js';
import type { CalculationDocument, CandidateDocument, CandidatePrediction, CandidateSummary, PropertyDocument } from './document.js';
import { unpack } from './nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from './property.js';
import { withoutSuperseded } from './ladder.js';
import { rankingOf, type RankingRow } from './rank.js';
import type { Store } from './store.js';

/** All that is known of a candidate, as exports and reports read it. What has not been computed is null or empty. */
export interface CandidateResult {
  candidate: string;
  /** `<source>:<sourceId>` */
  material: string;
  state: CandidateDocument['state'];
  formula: string;
  lattice: CandidateDocument['lattice'];
  prototype: CandidateDocument['prototype'];
  /** Its place in the ranking; null where it has none. */
  row: RankingRow | null;
  /** The prediction that the ranking goes by. */
  prediction: CandidatePrediction | null;
  /** Why it is ranked, rejected or failed, in a sentence. */
  reason: string;
  warnings: string[];
  /** Relaxed. */
  structure: Structure | null;
  densityGPerCm3: number | null;
  energyPerAtomEv: number | null;
  elastic: ElasticProperty | null;
  faults: CandidateSummary['faults'];
  surfaces: GammaProperty[];
  calculations: { id: string; kind: string; label: string; reused: boolean }[];
  computer: string | null;
  /** What codes and calculators say of themselves, over all calculations: `code`, `potential`, `citation` and so on. */
  provenance: Record<string, string>;
  updatedAt: string;
}

/** Facts of a run that differ from job to job, or name a machine: no part of how a number was made. */
const particulars = new Set(['host']);

/**
 * Results of a campaign, the ranked first in their order, then the others by name; candidates without a verdict come last. Read a page
 * at a time, so that a campaign of any size fits in memory. `wanted` leaves candidates out before their properties are read.
 */
export async function* candidateResults(
  store: Store,
  campaign: string,
  wanted: (candidate: CandidateDocument, row: RankingRow | null) => boolean = () => true,
): AsyncGenerator<CandidateResult> {
  const all = await store.collection('candidates').find({ campaign }).toArray();
  const candidates = withoutSuperseded(all);
  const rows = new Map(rankingOf(all).map((row) => [row.candidate, row]));
  const place = ({ _id, state }: CandidateDocument): number =>
    rows.get(_id)?.rank ?? (state === 'pending' || state === 'running' ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1);
  candidates.sort((a, b) => place(a) - place(b) || (a._id < b._id ? -1 : 1));
  const chosen = candidates.filter((candidate) => wanted(candidate, rows.get(candidate._id) ?? null));
  for (let start = 0; start < chosen.length; start += page) {
    const shown = chosen.slice(start, start + page);
    const ids = shown.flatMap(({ calculations }) => calculations.map(({ id }) => id));
    const [properties, calculations] = await Promise.all([
      store
        .collection('properties')
        .find({ _id: { $in: ids } })
        .toArray(),
      store
        .collection('calculations')
        .find({ _id: { $in: ids } }, { projection: { provenance: 1 } })
        .toArray(),
    ]);
    const of = { properties: keyed(properties), calculations: keyed(calculations) };
    for (const candidate of shown) yield candidateResult(candidate, rows.get(candidate._id) ?? null, of);
  }
}

/** Candidates whose properties are read at a time: some ten megabytes of gamma surfaces, and for the embedded store one scan instead of thousands of reads. */
const page = 500;

function keyed<Document extends { _id: string }>(documents: readonly Document[]): Map<string, Document> {
  return new Map(documents.map((document) => [document._id, document]));
}

function candidateResult(
  candidate: CandidateDocument,
  row: RankingRow | null,
  of: { properties: Map<string, PropertyDocument>; calculations: Map<string, Pick<CalculationDocument, 'provenance'>> },
): CandidateResult {
  const ids = candidate.calculations.map(({ id }) => id);
  const properties = ids.flatMap((id) => of.properties.get(id) ?? []);
  const calculations = ids.flatMap((id) => of.calculations.get(id) ?? []);
  const values = (kind: string): unknown[] => properties.filter((it) => it.kind === kind).map(({ value }) => unpack(value));
  const [relaxation] = values('relaxation').map((value) => RelaxationProperty.parse(value));
  const [elastic] = values('elastic-tensor').map((value) => ElasticProperty.parse(value));
  return {
    candidate: candidate._id,
    material: candidate.material,
    state: candidate.state,
    formula: candidate.formula,
    lattice: candidate.lattice,
    prototype: candidate.prototype,
    row,
    prediction: row === null ? null : (controlling(candidate.predictions) ?? null),
    reason: candidate.verdict?.reason ?? '',
    warnings: candidate.summary?.warnings ?? [],
    structure: relaxation?.structure ?? null,
    densityGPerCm3: relaxation === undefined ? (candidate.summary?.densityGPerCm3 ?? null) : massDensity(relaxation.structure),
    energyPerAtomEv: relaxation?.energyPerAtomEv ?? candidate.summary?.energyPerAtomEv ?? null,
    elastic: elastic ?? null,
    faults: candidate.summary?.faults ?? [],
    surfaces: values('gamma-surface').map((value) => GammaProperty.parse(value)),
    calculations: candidate.calculations.map(({ id, kind, label, reused }) => ({ id, kind, label, reused })),
    computer: candidate.computer ?? null,
    provenance: merged(calculations.map(({ provenance }) => provenance)),
    updatedAt: candidate.updatedAt,
  };
}

/** Values of all records under their names; where records differ, each value once. */
function merged(records: readonly Record<string, string | number>[]): Record<string, string> {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of records.flatMap((record) => Object.entries(record)))
    if (!particulars.has(name)) values.set(name, (values.get(name) ?? new Set()).add(String(value)));
  return Object.fromEntries([...values].map(([name, found]) => [name, [...found].join('; ')]));
}
