import { describe, test } from 'vitest';
import type { CandidateDocument } from '../../connectors/store/document.js';
import { promote, withoutSuperseded } from '../../connectors/store/ladder.js';
import { campaignProgress } from '../../connectors/store/progress.js';
import { campaignCandidates, ranking, unrankedCandidates } from '../../connectors/store/rank.js';
import { insertNew } from '../../connectors/store/store.js';
import { Promotion } from '../../domain/fidelity.js';
import { realStore } from './real-store.js';

const { store } = realStore('ladder');

function candidate(
  name: string,
  index: number,
  peierlsMpa: number | undefined,
  changes: Partial<CandidateDocument> = {},
): CandidateDocument {
  return {
    _id: `c/${name}`,
    campaign: 'c',
    revision: 1,
    shard: 0,
    index,
    material: `generator:${name}`,
    formula: name,
    lattice: 'fcc',
    prototype: 'A1',
    state: peierlsMpa === undefined ? 'rejected' : 'ranked',
    fidelity: 'md',
    calculations: [
      { id: `${name}-relax`, kind: 'relaxation', label: 'relaxation', reused: false, points: 1, executed: 1, attempts: 1, jobs: 1 },
    ],
    predictions:
      peierlsMpa === undefined
        ? []
        : [
            {
              slipSystem: '{111}<110>',
              character: 'edge',
              peierlsMpa,
              interval90: [peierlsMpa * 0.9, peierlsMpa * 1.1],
              domain: 'inside',
              uncertainty: { physical: 0.05, system: 0.05, inference: 0.05 },
              predictor: 'ensemble',
            } as CandidateDocument['predictions'][number],
          ],
    updatedAt: '2026-01-01T00:00:00Z',
    ...changes,
  };
}

const rule = Promotion.parse({ top: 2, probability: 0.5, uncertain: false });
const up = () => promote(store(), { campaign: 'c', rung: 1, rule, fidelity: 'dft' });
const onTop = () => store().collection('candidates').find({ campaign: 'c', rung: 1 }).toArray();
const fill = () =>
  insertNew(store().collection('candidates'), [
    candidate('W', 0, 3000),
    candidate('Ni', 1, 500),
    candidate('Al', 2, 10),
    candidate('Ag', 3, 5),
    candidate('X', 4, undefined, { verdict: { kind: 'unstable', reason: 'unstable crystal' } }),
  ]);

describe('the fidelity ladder', () => {
  test('takes the promising up, once, to shards of their own', async ({ expect }) => {
    await fill();
    expect(await up()).toEqual({ from: 1, to: 2, candidates: 2 });
    expect(await up()).toEqual({ from: 1, to: 2, candidates: 2 });
    const found = (await onTop()).toSorted((a, b) => a.index - b.index);
    expect(
      found.map(({ _id, base, shard, index, state, fidelity, promotedFor, calculations, predictions }) => ({
        _id,
        base,
        shard,
        index,
        state,
        fidelity,
        promotedFor,
        calculations,
        predictions,
      })),
    ).toEqual(
      ['W', 'Ni'].map((name, place) => ({
        _id: `c/${name}@dft`,
        base: `c/${name}`,
        shard: 1,
        index: 5 + place,
        state: 'pending',
        fidelity: 'dft',
        promotedFor: 'promising',
        calculations: [],
        predictions: [],
      })),
    );
  });

  test('ranks each candidate by the highest rung that it has reached, and keeps the lower ones', async ({ expect }) => {
    await fill();
    await up();
    const before = ranking(await campaignCandidates(store(), 'c'));
    expect(before.map((row) => row.candidate)).toEqual(['c/W', 'c/Ni', 'c/Al', 'c/Ag']);
    const { predictions } = candidate('W', 0, 100);
    await store()
      .collection('candidates')
      .updateOne({ _id: 'c/W@dft' }, { $set: { state: 'ranked', predictions } });
    const rows = ranking(await campaignCandidates(store(), 'c'));
    expect(rows.map((row) => [row.candidate, row.fidelity])).toEqual([
      ['c/Ni', 'md'],
      ['c/W@dft', 'dft'],
      ['c/Al', 'md'],
      ['c/Ag', 'md'],
    ]);
    const all = await store().collection('candidates').find({ campaign: 'c' }).toArray();
    expect(all).toHaveLength(7);
    expect(withoutSuperseded(all).map(({ _id }) => _id)).not.toContain('c/W');
    // The ladder is climbed from where one stands: who is up already is no contender again.
    expect(await up()).toMatchObject({ candidates: 2 });
  });

  test('keeps the rank of below for a candidate that fails above, and says so', async ({ expect }) => {
    await fill();
    await up();
    const verdict = { kind: 'rejected', reason: 'no pseudopotential' };
    await store()
      .collection('candidates')
      .updateOne({ _id: 'c/W@dft' }, { $set: { state: 'rejected', verdict } });
    expect(ranking(await campaignCandidates(store(), 'c'))[0]).toMatchObject({ candidate: 'c/W', fidelity: 'md' });
    expect(unrankedCandidates(await campaignCandidates(store(), 'c'))).toEqual([
      { candidate: 'c/W@dft', state: 'rejected', reason: 'no pseudopotential; what the rung below said of it stands' },
      { candidate: 'c/X', state: 'rejected', reason: 'unstable crystal' },
    ]);
  });

  test('counts the candidates of the lowest rung, those above beside them, and the points of all', async ({ expect }) => {
    await fill();
    expect((await campaignProgress(store(), 'c')).rungs).toBeUndefined();
    await up();
    const calculations = [
      { id: 'W-dft', kind: 'relaxation', label: 'relaxation', reused: false, points: 7, executed: 7, attempts: 1, jobs: 1 },
    ];
    await store()
      .collection('candidates')
      .updateOne({ _id: 'c/W@dft' }, { $set: { state: 'failed', calculations } });
    const { counts, rungs, points } = await campaignProgress(store(), 'c');
    expect(counts).toEqual({ candidates: 5, ranked: 4, rejected: 1, failed: 0, pending: 0 });
    expect(rungs).toEqual([{ fidelity: 'dft', candidates: 2, ranked: 0, rejected: 0, failed: 1, pending: 1 }]);
    expect(points).toEqual({ distinct: 12, executed: 12, reused: 0 });
  });

  test('stops at its limit, also when it is asked again with another ranking', async ({ expect }) => {
    await fill();
    const one = { ...rule, most: 1 };
    const climb = () => promote(store(), { campaign: 'c', rung: 1, rule: one, fidelity: 'dft' });
    expect(await climb()).toMatchObject({ candidates: 1 });
    await store()
      .collection('candidates')
      .updateOne({ _id: 'c/Al' }, { $set: { predictions: candidate('Al', 2, 9000).predictions } });
    expect(await climb()).toMatchObject({ candidates: 1 });
    expect((await onTop()).map(({ _id }) => _id)).toEqual(['c/W@dft']);
  });

  test('takes up what a refresh has brought to shards after all others, and nobody who is withdrawn', async ({ expect }) => {
    await fill();
    await up();
    await insertNew(store().collection('candidates'), [
      candidate('Ta', 7, 5000, { shard: 2, addedAt: '2026-01-02T00:00:00Z' }),
      candidate('Mo', 8, 4000, { shard: 2, withdrawn: '2026-01-03T00:00:00Z' }),
    ]);
    expect(await up()).toEqual({ from: 3, to: 4, candidates: 3 });
    expect((await onTop()).map(({ _id, shard }) => `${_id} in ${shard}`).toSorted()).toEqual([
      'c/Ni@dft in 1',
      'c/Ta@dft in 3',
      'c/W@dft in 1',
    ]);
  });

  test('has nobody to take up where nothing is ranked', async ({ expect }) => {
    expect(await up()).toEqual({ from: 0, to: 0, candidates: 0 });
  });
});
