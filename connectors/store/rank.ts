import { controlling } from '../../domain/ranking.js';
import type { CandidateDocument } from './document.js';
import type { Store } from './store.js';

/** A row of `peierls rank`. */
export interface RankingRow {
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
  a: number | null;
  c: number | null;
  bulkGpa: number | null;
  shearGpa: number | null;
  youngGpa: number | null;
  pugh: number | null;
  unstableFaultMjPerM2: number | null;
  intrinsicFaultMjPerM2: number | null;
}

/**
 * Candidates by predicted Peierls stress of their controlling dislocation, strongest first; usable while the campaign runs. Those that are
 * not `wanted` are left out; the others keep their places.
 */
export async function ranking(
  store: Store,
  campaign: string,
  wanted: (candidate: CandidateDocument) => boolean = () => true,
): Promise<RankingRow[]> {
  const candidates = await store.collection('candidates').find({ campaign, state: 'ranked' }).toArray();
  const chosen = new Set(candidates.filter(wanted).map(({ _id }) => _id));
  return rankingOf(candidates).filter(({ candidate }) => chosen.has(candidate));
}

/** The ranking of these candidates. */
export function rankingOf(candidates: readonly CandidateDocument[]): RankingRow[] {
  const rows = candidates
    .filter(({ state }) => state === 'ranked')
    .flatMap(unranked)
    .sort((a, b) => b.peierlsMpa - a.peierlsMpa || (a.candidate < b.candidate ? -1 : 1));
  return rows.map((row, index) => ({ rank: index + 1, ...row }));
}

/** Candidates that are not in the ranking although they are done, with the reason. */
export async function unrankedCandidates(
  store: Store,
  campaign: string,
  wanted: (candidate: CandidateDocument) => boolean = () => true,
): Promise<{ candidate: string; state: string; reason: string }[]> {
  const candidates = await store
    .collection('candidates')
    .find({ campaign, state: { $in: ['rejected', 'failed'] } })
    .toArray();
  return candidates
    .filter(wanted)
    .map(({ _id, state, verdict }) => ({ candidate: _id, state, reason: verdict?.reason ?? '' }))
    .sort((a, b) => (a.candidate < b.candidate ? -1 : 1));
}

function unranked(candidate: CandidateDocument): Omit<RankingRow, 'rank'>[] {
  const prediction = controlling(candidate.predictions);
  if (prediction === undefined) return [];
  const { summary } = candidate;
  const fault = summary?.faults.find(({ slipSystem }) => slipSystem === prediction.slipSystem);
  return [
    {
      candidate: candidate._id,
      formula: candidate.formula,
      lattice: candidate.lattice,
      prototype: candidate.prototype,
      slipSystem: prediction.slipSystem,
      character: prediction.character,
      peierlsMpa: prediction.peierlsMpa,
      interval90: prediction.interval90,
      domain: prediction.domain,
      fidelity: 'md',
      predictor: prediction.predictor,
      a: summary?.a ?? null,
      c: summary?.c ?? null,
      bulkGpa: summary?.bulkGpa ?? null,
      shearGpa: summary?.shearGpa ?? null,
      youngGpa: summary?.youngGpa ?? null,
      pugh: summary?.pugh ?? null,
      unstableFaultMjPerM2: fault?.unstable ?? null,
      intrinsicFaultMjPerM2: fault?.intrinsic ?? null,
    },
  ];
}
