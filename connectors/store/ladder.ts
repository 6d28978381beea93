import { shardSize } from '../../domain/campaign.js';
import { promotions, type Fidelity, type Promotion } from '../../domain/fidelity.js';
import { ownInterval } from '../../domain/prediction.js';
import { controlling } from '../../domain/ranking.js';
import { topProbabilities } from '../../domain/top-probability.js';
import type { CandidateDocument } from './document.js';
import { insertNew, type Store } from './store.js';

/** The candidate of the lowest rung that this one is, or stands for. */
export function baseOf({ _id, base }: Pick<CandidateDocument, '_id' | 'base'>): string {
  return base ?? _id;
}

/** Version 0.1.0 knew classical potentials only. */
export function fidelityOf({ fidelity = 'md' }: Pick<CandidateDocument, 'fidelity'>): Fidelity {
  return fidelity;
}

/** All but those that have been ranked on a higher rung as well: there that one counts. */
export function withoutSuperseded(candidates: readonly CandidateDocument[]): CandidateDocument[] {
  const highest = new Map<string, number>();
  for (const candidate of candidates)
    if (isRanked(candidate)) highest.set(baseOf(candidate), Math.max(highest.get(baseOf(candidate)) ?? 0, candidate.rung ?? 0));
  return candidates.filter((candidate) => !isRanked(candidate) || (candidate.rung ?? 0) === highest.get(baseOf(candidate)));
}

function isRanked({ state, predictions }: CandidateDocument): boolean {
  return state === 'ranked' && predictions.length > 0;
}

export interface PromotedShards {
  /** First shard of the rung, and the one after its last. */
  from: number;
  to: number;
  candidates: number;
}

/**
 * Brings the promising and the uncertain of one rung up to the next. Repeat-safe: those who are there stay, with their shard; a repeat
 * adds whom a better known ranking promotes as well. What is rejected or failed below, or withdrawn, is not promoted.
 */
export async function promote(
  store: Store,
  { campaign, rung, rule, fidelity }: { campaign: string; rung: number; rule: Promotion; fidelity: Fidelity },
): Promise<PromotedShards> {
  const all = await store.collection('candidates').find({ campaign }).toArray();
  const there = all.filter((it) => it.rung === rung);
  const below = all.filter((it) => (it.rung ?? 0) < rung);
  const known = new Map(below.map((candidate) => [candidate._id, candidate]));
  const chosen = promotions(contenders(below, rung - 1, rule.top), rule).filter(
    ({ candidate }) =>
      known.get(candidate)?.withdrawn === undefined &&
      !there.some((it) => baseOf(it) === baseOf(known.get(candidate) ?? { _id: candidate })),
  );
  const room = rule.most === undefined ? chosen : chosen.slice(0, Math.max(0, rule.most - there.length));
  const from = Math.max(...below.map(({ shard }) => shard), -1) + 1;
  const last = there.reduce((shard, it) => Math.max(shard, it.shard), from - 1);
  const start = there.length === 0 ? from : last + 1;
  const nextIndex = Math.max(...all.map(({ index }) => index), -1) + 1;
  const documents = room.flatMap(({ candidate, why }, position): CandidateDocument[] => {
    const document = known.get(candidate);
    if (document === undefined) return [];
    const { computer: _computer, fidelity: _fidelity, verdict: _verdict, summary: _summary, model: _model, ...kept } = document;
    return [
      {
        ...kept,
        _id: `${baseOf(document)}@${fidelity}`,
        base: baseOf(document),
        rung,
        fidelity,
        promotedFor: why,
        shard: start + Math.floor(position / shardSize),
        index: nextIndex + position,
        state: 'pending',
        calculations: [],
        predictions: [],
        updatedAt: new Date().toISOString(),
      },
    ];
  });
  await insertNew(store.collection('candidates'), documents);
  const to = Math.max(last, ...documents.map(({ shard }) => shard)) + 1;
  return { from, to, candidates: there.length + documents.length };
}

/** Who stands on a rung and may go on. Each is measured against all, also against those who stayed on a lower rung. */
function contenders(all: readonly CandidateDocument[], rung: number, top: number) {
  const ranked = withoutSuperseded(all.filter(isRanked));
  const probabilities = topProbabilities(ranked, top);
  return ranked.flatMap((candidate, index) => {
    const prediction = controlling(candidate.predictions);
    if (prediction === undefined || (candidate.rung ?? 0) !== rung) return [];
    const { peierlsMpa, domain } = prediction;
    return [
      { candidate: candidate._id, peierlsMpa, interval90: ownInterval(prediction), domain, topProbability: probabilities[index] ?? 0 },
    ];
  });
}
