import { ductilityOf } from '../../domain/ductility.js';
import { pricePerKg, type Prices } from '../../domain/price.js';
import { controlling } from '../../domain/ranking.js';
import type { CandidateDocument, CandidateSummary } from './document.js';
import { fidelityOf } from './ladder.js';
import { soluteColumns, type PureVolumes, type SoluteColumns } from './solute-term.js';

/** A row of `peierls rank`. Flat, so that it is a line of CSV as well; null where a number is not known. */
export interface RankingRow extends SoluteColumns {
  rank: number;
  candidate: string;
  formula: string;
  lattice: string;
  prototype: string;
  slipSystem: string;
  character: 'edge' | 'screw';
  peierlsMpa: number;
  interval90: [number, number];
  domain: string;
  fidelity: string;
  predictor: string;
  /** Id of the trained model that spoke. */
  model: string | null;
  /** Of being among the k strongest; see `domain/top-probability.ts`. */
  topProbability: number;
  /** No other candidate is stronger and lighter (and cheaper). */
  pareto: boolean;
  a: number | null;
  c: number | null;
  bulkGpa: number | null;
  shearGpa: number | null;
  youngGpa: number | null;
  /** G/B. */
  pugh: number | null;
  bulkOverShear: number | null;
  cauchyPressureGpa: number | null;
  unstableFaultOverGb: number | null;
  ductility: 'ductile' | 'brittle' | 'unclear' | null;
  unstableFaultMjPerM2: number | null;
  intrinsicFaultMjPerM2: number | null;
  densityGPerCm3: number | null;
  /** In the currency of the prices that were given. */
  pricePerKg: number | null;
}

type Row = Omit<RankingRow, 'rank' | 'pareto'>;

/** The row of a candidate by its controlling dislocation; undefined without predictions. */
export function rankingRow(
  candidate: CandidateDocument,
  { topProbability, volumes, prices }: { topProbability: number; volumes: PureVolumes; prices?: Prices },
): Row | undefined {
  const prediction = controlling(candidate.predictions);
  if (prediction === undefined) return undefined;
  const { summary } = candidate;
  const fault = summary?.faults.find(({ slipSystem }) => slipSystem === prediction.slipSystem);
  return {
    candidate: candidate._id,
    formula: candidate.formula,
    lattice: candidate.lattice,
    prototype: candidate.prototype,
    slipSystem: prediction.slipSystem,
    character: prediction.character,
    peierlsMpa: prediction.peierlsMpa,
    interval90: prediction.interval90,
    domain: prediction.domain,
    fidelity: candidate.interpolate === true ? 'interpolated' : fidelityOf(candidate),
    predictor: prediction.predictor,
    model: prediction.model ?? null,
    topProbability,
    ...soluteColumns(candidate, volumes),
    a: summary?.a ?? null,
    c: summary?.c ?? null,
    bulkGpa: summary?.bulkGpa ?? null,
    shearGpa: summary?.shearGpa ?? null,
    youngGpa: summary?.youngGpa ?? null,
    pugh: summary?.pugh ?? null,
    ...ductilityColumns(candidate.lattice, summary, fault),
    unstableFaultMjPerM2: fault?.unstable ?? null,
    intrinsicFaultMjPerM2: fault?.intrinsic ?? null,
    densityGPerCm3: summary?.densityGPerCm3 ?? null,
    pricePerKg: prices === undefined || summary?.composition === undefined ? null : (pricePerKg(summary.composition, prices) ?? null),
  };
}

function ductilityColumns(
  lattice: CandidateDocument['lattice'],
  summary: CandidateSummary | undefined,
  fault: CandidateSummary['faults'][number] | undefined,
): Pick<RankingRow, 'bulkOverShear' | 'cauchyPressureGpa' | 'unstableFaultOverGb' | 'ductility'> {
  if (summary === undefined) return { bulkOverShear: null, cauchyPressureGpa: null, unstableFaultOverGb: null, ductility: null };
  const { bulkGpa, shearGpa, constants } = summary;
  const { unstable = null, burgersAngstrom } = fault ?? {};
  return ductilityOf({
    lattice,
    bulkGpa,
    shearGpa,
    ...(constants !== undefined && { constants }),
    ...(unstable !== null && burgersAngstrom !== undefined && { fault: { unstable, burgersAngstrom } }),
  });
}
