import { paretoFront } from '../../domain/pareto.js';
import type { Prices } from '../../domain/price.js';
import { Fidelity } from '../../domain/fidelity.js';
import { topProbabilities } from '../../domain/top-probability.js';
import type { CandidateDocument } from './document.js';
import { rankingRow, type RankingRow } from './rank-row.js';
import { pureVolumes } from './solute-term.js';
import { fidelityOf, withoutSuperseded } from './ladder.js';
import type { Store } from './store.js';

export interface RankingOptions {
  /** `topProbability` is for being among so many. */
  topK?: number;
  /** Makes price a third objective of the Pareto front. */
  prices?: Prices;
}

export const defaultTopK = 10;

/** All candidates of a campaign. The embedded store takes a millisecond for each: whoever counts and ranks them reads them once. */
export function campaignCandidates(store: Store, campaign: string): Promise<CandidateDocument[]> {
  return store.collection('candidates').find({ campaign }).toArray();
}

/**
 * Candidates by predicted Peierls stress of their controlling dislocation, strongest first; usable while the campaign runs. Those that are
 * not `wanted` are left out; the others keep their places.
 */
export function ranking(
  candidates: readonly CandidateDocument[],
  { wanted = () => true, ...options }: RankingOptions & { wanted?: (candidate: CandidateDocument) => boolean } = {},
): RankingRow[] {
  const chosen = new Set(candidates.filter(wanted).map(({ _id }) => _id));
  return rankingOf(candidates, options).filter(({ candidate }) => chosen.has(candidate));
}

/**
 * The ranking of these candidates. On the Pareto front are those that no other beats in strength and density, and price where prices are
 * given; one outside of what its predictor knows is neither on the front nor takes others off it.
 */
export function rankingOf(all: readonly CandidateDocument[], { topK = defaultTopK, prices }: RankingOptions = {}): RankingRow[] {
  const predicted = all.filter(({ state, predictions }) => state === 'ranked' && predictions.length > 0);
  const candidates = withoutSuperseded(predicted);
  const probabilities = topProbabilities(candidates, topK);
  // Levels of theory differ by a percent of volume, as much as many a misfit: they are not mixed.
  const volumes = new Map(
    Fidelity.options.map((level) => [level, pureVolumes(predicted.filter((candidate) => fidelityOf(candidate) === level))]),
  );
  const rows = candidates.flatMap((candidate, index) => {
    const own = { topProbability: probabilities[index] ?? 0, volumes: volumes.get(fidelityOf(candidate)) ?? new Map<string, number>() };
    return rankingRow(candidate, { ...own, ...(prices !== undefined && { prices }) }) ?? [];
  });
  const front = paretoFront(rows.map((row) => objectives(row, prices)));
  return rows
    .map((row, index) => ({ ...row, pareto: front[index] ?? false }))
    .sort((a, b) => b.peierlsMpa - a.peierlsMpa || (a.candidate < b.candidate ? -1 : 1))
    .map((row, index) => ({ rank: index + 1, ...row }));
}

/** Candidates that are not in the ranking although they are done, with the reason. */
export function unrankedCandidates(
  candidates: readonly CandidateDocument[],
  wanted: (candidate: CandidateDocument) => boolean = () => true,
): { candidate: string; state: string; reason: string }[] {
  return candidates
    .filter((candidate) => (candidate.state === 'rejected' || candidate.state === 'failed') && wanted(candidate))
    .map(({ _id, state, verdict, rung = 0 }) => ({
      candidate: _id,
      state,
      reason: `${verdict?.reason ?? ''}${rung === 0 ? '' : '; what the rung below said of it stands'}`,
    }))
    .sort((a, b) => (a.candidate < b.candidate ? -1 : 1));
}

export type { RankingRow } from './rank-row.js';

function objectives(
  row: Pick<RankingRow, 'peierlsMpa' | 'densityGPerCm3' | 'pricePerKg' | 'domain'>,
  prices: Prices | undefined,
): number[] {
  if (row.domain === 'outside') return [Number.NaN];
  const small = (value: number | null): number => (value === null ? Number.NaN : -value);
  return [row.peierlsMpa, small(row.densityGPerCm3), ...(prices === undefined ? [] : [small(row.pricePerKg)])];
}
