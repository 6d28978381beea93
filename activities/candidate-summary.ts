import type {
  CalculationDocument,
  CandidateCalculation,
  CandidateDocument,
  CandidatePrediction,
  CandidateState,
  CandidateSummary,
  PropertyDocument,
} from '../connectors/store/document.js';
import type { Predictor } from '../connectors/predictor/predictor.js';
import { unpack } from '../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../connectors/store/property.js';
import { findAll, type Store } from '../connectors/store/store.js';
import { massDensity } from '../domain/density.js';
import { overallComposition } from '../domain/formula.js';
import { significant } from '../domain/significant.js';
import { candidateRecords, type CandidateRecord } from './candidate-record.js';
import type { CandidateProperties } from './interpolation.js';

export interface CandidateConclusion {
  state: Exclude<CandidateState, 'pending' | 'running'>;
  verdict: { kind: string; reason: string; evidence?: string };
  summary?: CandidateSummary;
  predictions: CandidatePrediction[];
  calculations: CandidateCalculation[];
}

/**
 * Judges a candidate by the properties in the store. An unstable crystal is rejected, a calculation that failed fails it, the rest is ranked.
 * `later` leaves its predictions to `predictBatch`.
 */
export async function summariseCandidate(
  store: Store,
  predictor: Predictor | 'later',
  candidate: CandidateDocument,
): Promise<CandidateConclusion> {
  const ids = candidate.calculations.map(({ id }) => id);
  const found = await findAll(store.collection('calculations'), ids);
  const properties = await findAll(store.collection('properties'), ids);
  const calculations = candidate.calculations.map((calculation): CandidateCalculation => {
    const document = found.find(({ _id }) => _id === calculation.id);
    return document === undefined
      ? calculation
      : {
          ...calculation,
          points: document.points.total,
          executed: document.points.executed,
          attempts: document.attempts,
          jobs: document.jobs,
        };
  });
  return { ...judge(predictor, candidate, found, properties), calculations };
}

function judge(
  predictor: Predictor | 'later',
  candidate: CandidateDocument,
  calculations: readonly CalculationDocument[],
  properties: readonly PropertyDocument[],
): Omit<CandidateConclusion, 'calculations'> {
  const value = (kind: string): unknown => {
    const property = properties.find((it) => it.kind === kind);
    return property === undefined ? undefined : unpack(property.value);
  };
  const failure = (kind: string): CandidateConclusion['verdict'] | undefined => {
    const outcome = calculations.find((calculation) => calculation.kind === kind)?.outcome;
    return outcome?.kind === 'failed'
      ? { kind: outcome.reason, reason: `${kind}: ${outcome.reason}`, evidence: outcome.evidence }
      : undefined;
  };

  if (value('relaxation') === undefined || value('elastic-tensor') === undefined) {
    const verdict = failure('relaxation') ??
      failure('elastic-tensor') ?? { kind: 'incomplete', reason: 'no result for relaxation or elastic tensor' };
    return { state: 'failed', verdict, predictions: [] };
  }
  const relaxation = RelaxationProperty.parse(value('relaxation'));
  const elastic = ElasticProperty.parse(value('elastic-tensor'));
  const surfaces = properties
    .filter((property) => property.kind === 'gamma-surface')
    .map((property) => GammaProperty.parse(unpack(property.value)));
  const { records, ...judged } = judgeProperties(candidate, { relaxation, elastic, surfaces }, failure('gamma-surface'));
  const predictions =
    predictor === 'later'
      ? []
      : records.map(({ record, slipSystem, character }) => ({ ...predictor.predict(record), slipSystem, character }));
  return { ...judged, predictions };
}

/** What the properties of a crystal say of it. `missing` says why it has no gamma surface, or not all of them. */
export function judgeProperties(
  candidate: CandidateDocument,
  { relaxation, elastic, surfaces }: CandidateProperties,
  missing?: CandidateConclusion['verdict'],
): Omit<CandidateConclusion, 'calculations' | 'predictions'> & { records: CandidateRecord[] } {
  const summary = summarise(relaxation, elastic, surfaces);
  const broken = elastic.report.gates.filter((gate) => !gate.passed);
  const messages = broken.map((gate) => gate.message).join('; ');
  if (!elastic.report.stable)
    return { state: 'rejected', verdict: { kind: 'unstable', reason: `unstable crystal: ${messages}` }, summary, records: [] };
  if (relaxation.bandGapEv !== undefined) {
    const reason = `not a metal: its bands are ${significant(relaxation.bandGapEv)} eV apart, and Peierls stresses of metals say nothing of it`;
    return { state: 'rejected', verdict: { kind: 'not-a-metal', reason }, summary, records: [] };
  }
  if (!elastic.report.passed)
    return { state: 'rejected', verdict: { kind: 'gate', reason: `elastic tensor not credible: ${messages}` }, summary, records: [] };
  const { records, refused } = candidateRecords(candidate, relaxation, elastic, surfaces);
  summary.warnings.push(...refused);
  if (records.length === 0 && missing?.kind === 'negative-energy') {
    const reason = `unstable against slip: ${missing.evidence ?? ''}`;
    return { state: 'rejected', verdict: { kind: 'unstable', reason }, summary, records };
  }
  if (records.length === 0) {
    const verdict = missing ?? { kind: 'no-slip-system', reason: 'no gamma surface that a predictor understands' };
    return { state: 'failed', verdict, summary, records };
  }
  if (missing !== undefined) summary.warnings.push(missing.reason);
  return { state: 'ranked', verdict: { kind: 'ranked', reason: 'elastically stable, gamma surfaces complete' }, summary, records };
}

function summarise(relaxation: RelaxationProperty, elastic: ElasticProperty, surfaces: readonly GammaProperty[]): CandidateSummary {
  return {
    a: relaxation.a,
    ...(relaxation.c !== undefined && { c: relaxation.c }),
    energyPerAtomEv: relaxation.energyPerAtomEv,
    bulkGpa: elastic.moduli.bulk,
    shearGpa: elastic.moduli.shear,
    youngGpa: elastic.moduli.young,
    pugh: elastic.moduli.shear / elastic.moduli.bulk,
    faults: surfaces.map((surface) => ({
      slipSystem: surface.slipSystem,
      unstable: surface.unstable.mjPerM2,
      intrinsic: surface.intrinsic?.mjPerM2 ?? null,
      burgersAngstrom: surface.burgersAngstrom,
    })),
    composition: overallComposition(relaxation.structure),
    densityGPerCm3: massDensity(relaxation.structure),
    constants: elastic.constants,
    poisson: elastic.moduli.poisson,
    warnings: surfaces.flatMap((surface) => surface.warnings.map((warning) => `${surface.slipSystem}: ${warning.message}`)),
  };
}
