import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { describe, test } from 'vitest';
import { freePort } from '../../connectors/embedded/port.js';
import type { CampaignDocument, CandidateCalculation, CandidateDocument } from '../../connectors/store/document.js';
import { pack, unpack } from '../../connectors/store/nested-array.js';
import { keepOutputs, readOutputs } from '../../connectors/store/output.js';
import { campaignProgress } from '../../connectors/store/progress.js';
import { campaignCandidates, ranking, unrankedCandidates } from '../../connectors/store/rank.js';
import { findAll, insertNew, openStore, updateEach } from '../../connectors/store/store.js';
import { InvalidInput, StoreUnavailable } from '../../domain/failures.js';
import { Campaign } from '../../domain/campaign.js';
import { buildPrototype } from '../../domain/prototype.js';
import { realStore } from './real-store.js';

const { store, endpoint } = realStore('store');

describe('a document with a key', () => {
  test('is found, changed and removed through an index, however many there are', async ({ expect }) => {
    const { db } = store();
    const many = db.collection<{ _id: string }>('many');
    await many.insertMany(Array.from({ length: 50 }, (_, index) => ({ _id: `k${index}` })));
    const plan = async (): Promise<string> => {
      // A connection of FerretDB learns of a new index when it is used; asking for a plan is no use.
      await many.findOne({ _id: 'k7' });
      return JSON.stringify(await db.command({ explain: { find: 'many', filter: { _id: 'k7' } } }));
    };
    // FerretDB on SQLite says SEARCH ... USING INDEX or SCAN; MongoDB IDHACK or COLLSCAN. The index of a new collection comes within seconds.
    await expect.poll(plan, { timeout: 20_000, interval: 200 }).toMatch(/USING INDEX|IDHACK|IXSCAN/);
    expect(await plan()).not.toMatch(/SCAN many|COLLSCAN/);
  });

  test('is changed among hundreds at the same time', { timeout: 60_000 }, async ({ expect }) => {
    const outputs = store().collection('outputs');
    const ids = Array.from({ length: 400 }, (_, index) => `o${index}`);
    await insertNew(
      outputs,
      ids.map((_id) => ({ _id, bytes: 0 })),
    );
    const half = (from: number) =>
      updateEach(
        outputs,
        ids.slice(from, from + 200).map((_id, index) => ({ _id, update: { $set: { bytes: from + index } } })),
      );
    await Promise.all([half(0), half(200)]);
    expect((await findAll(outputs, ids)).map(({ bytes }) => bytes)).toEqual(ids.map((_, index) => index));
  });
});

describe('facts that never change', () => {
  const output = (id: string, bytes = 1) => ({ _id: id, bytes });

  test('are inserted once, however often they are told', async ({ expect }) => {
    const outputs = store().collection('outputs');
    expect(await insertNew(outputs, [output('a', 1), output('b', 2)])).toBe(2);
    expect(await insertNew(outputs, [output('a', 99), output('c', 3), output('b', 99)])).toBe(1);
    expect(await insertNew(outputs, [output('a', 99)])).toBe(0);
    expect(await findAll(outputs, ['a', 'b', 'c'])).toEqual([output('a', 1), output('b', 2), output('c', 3)]);
  });

  test('told twice in one breath are inserted once', async ({ expect }) => {
    const outputs = store().collection('outputs');
    expect(await insertNew(outputs, [output('a', 1), output('a', 2), output('b', 3)])).toBe(2);
    expect(await findAll(outputs, ['a'])).toEqual([output('a', 1)]);
  });

  test('told by many at the same time are inserted once', async ({ expect }) => {
    const outputs = store().collection('outputs');
    const inserted = await Promise.all(Array.from({ length: 10 }, () => insertNew(outputs, [output('a'), output('b')])));
    expect(inserted.reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  test('of none are no call', async ({ expect }) => {
    expect(await insertNew(store().collection('outputs'), [])).toBe(0);
  });

  test('that the store refuses for another reason than their key are an error, also beside known ones', async ({ expect }) => {
    const anything = store().db.collection<{ _id: string; value: unknown }>('anything');
    await insertNew(anything, [{ _id: 'a', value: 1 }]);
    await expect(
      insertNew(anything, [
        { _id: 'a', value: 1 },
        { _id: 'too-large', value: 'x'.repeat(17 << 20) },
      ]),
    ).rejects.toThrow();
    // An array as key is refused by every server.
    await expect(
      insertNew(anything, [
        { _id: 'a', value: 1 },
        { _id: ['b'] as unknown as string, value: 2 },
      ]),
    ).rejects.toThrow();
  });

  test('are read in the order of their keys, without those that do not exist', async ({ expect }) => {
    const outputs = store().collection('outputs');
    await insertNew(outputs, [output('a'), output('b'), output('c')]);
    expect((await findAll(outputs, ['c', 'missing', 'a'])).map(({ _id }) => _id)).toEqual(['c', 'a']);
  });
});

describe('packed values', () => {
  test('come back from the server as they went in', async ({ expect }) => {
    const structure = buildPrototype('A1', { A: { Cu: 0.5, Pt: 0.5 } }, { a: 3.8 });
    const value = {
      structure,
      matrix: [
        [1, 2.5],
        [-3, 0],
      ],
      cube: [[[1]], [[2], [3]]],
      empty: [[]],
      key: { 'Cu0.5Pt0.5': 1 },
      none: null,
      row: { row: [1] },
    };
    const anything = store().db.collection<{ _id: string; value: unknown }>('anything');
    await insertNew(anything, [{ _id: 'a', value: pack(value) }]);
    const found = await anything.findOne({ _id: 'a' });
    expect(unpack(found?.value as ReturnType<typeof pack>)).toEqual(value);
  });
});

describe('raw outputs', () => {
  test('that are small stay in one document and come back as they were', async ({ expect }) => {
    const files = { 'points/relax/stdout': 'Loop time\n', 'points/relax/result.json': '{"a":[[1]]}', empty: '', Å: '格子' };
    const id = await keepOutputs(store(), files);
    expect(await readOutputs(store(), id)).toEqual(files);
    expect((await store().collection('outputs').findOne({ _id: id }))?.gzip).toBeDefined();
  });

  test('that are large go to GridFS, once, and come back as they were', async ({ expect }) => {
    // Random text does not compress below 4 MiB.
    const files = { 'points/relax/dump': randomBytes(4 << 20).toString('hex') };
    const id = await keepOutputs(store(), files);
    expect(await keepOutputs(store(), files)).toBe(id);
    expect(await readOutputs(store(), id)).toEqual(files);
    expect((await store().collection('outputs').findOne({ _id: id }))?.gzip).toBeUndefined();
    expect(await store().db.collection('rawOutputs.files').countDocuments({ filename: id })).toBe(1);
  });

  test('are kept once under one id whoever brings them', async ({ expect }) => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => keepOutputs(store(), { a: 'same' })));
    expect(new Set(ids).size).toBe(1);
    expect(await store().collection('outputs').countDocuments({})).toBe(1);
  });

  test('that are gone are named', async ({ expect }) => {
    await expect(readOutputs(store(), 'abc')).rejects.toThrow('raw outputs abc are not in the store');
  });
});

describe('the layout of the database', () => {
  test('is brought up to date when it is opened, and opening again changes nothing', async ({ expect }) => {
    const first = await store().collection('migrations').find().toArray();
    await (await openStore(endpoint())).close();
    expect(first).toHaveLength(1);
    expect(await store().collection('migrations').find().toArray()).toEqual(first);
  });

  test('written by a newer version is refused, with what to do', async ({ expect }) => {
    await store().collection('migrations').insertOne({ _id: 99, name: 'from the future', appliedAt: '2099-01-01T00:00:00.000Z' });
    const refusal = openStore(endpoint());
    await expect(refusal).rejects.toThrow(InvalidInput);
    await expect(refusal).rejects.toThrow(/layout 99.*Update peierls/);
  });

  test('cannot be read where nothing answers, and the password stays secret', async ({ expect }) => {
    const nowhere = `mongodb://someone:secret@127.0.0.1:${await freePort()}/?directConnection=true`;
    const refusal = openStore({ uri: nowhere, database: 'test' });
    await expect(refusal).rejects.toThrow(StoreUnavailable);
    await expect(refusal).rejects.not.toThrow('secret');
  });
});

describe('the progress of a campaign', () => {
  const definition = Campaign.parse({ name: 'q', candidates: [{ generator: 'pure', elements: ['Cu'] }], calculator: { name: 'lammps' } });
  const campaign: CampaignDocument = {
    _id: 'q',
    definition: pack(definition),
    definitionHash: 'h',
    revision: 1,
    state: 'running',
    shards: 1,
    fileMaterials: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
  };
  const calculation = (id: string, change: Partial<CandidateCalculation> = {}): CandidateCalculation => ({
    id,
    kind: 'relaxation',
    label: 'relaxation',
    reused: false,
    points: 1,
    executed: 1,
    attempts: 1,
    jobs: 1,
    ...change,
  });
  const candidate = (name: string, change: Partial<CandidateDocument> = {}): CandidateDocument => ({
    _id: `q/${name}`,
    campaign: 'q',
    revision: 1,
    shard: 0,
    index: 0,
    material: `generator:${name}`,
    formula: name,
    lattice: 'fcc',
    prototype: 'A1',
    state: 'ranked',
    calculations: [],
    predictions: [],
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...change,
  });
  const prediction = (slipSystem: string, character: 'edge' | 'screw', peierlsMpa: number): CandidateDocument['predictions'][number] => ({
    id: 'x',
    slipSystem,
    character,
    peierlsMpa,
    interval90: [peierlsMpa / 2, peierlsMpa * 2],
    domain: 'inside',
    domainDistance: 0,
    uncertainty: { physical: 0, system: 0, inference: 0 },
    predictor: 'baseline',
  });

  test('counts candidates by state, running ones as pending', async ({ expect }) => {
    await insertNew(store().collection('campaigns'), [campaign]);
    const states = ['pending', 'running', 'running', 'ranked', 'rejected', 'failed'] as const;
    await insertNew(
      store().collection('candidates'),
      states.map((state, index) => candidate(`c${index}`, { state })),
    );
    await insertNew(store().collection('candidates'), [candidate('other', { campaign: 'other' })]);
    expect((await campaignProgress(store(), 'q')).counts).toEqual({ candidates: 6, ranked: 1, rejected: 1, failed: 1, pending: 3 });
  });

  test('counts a calculation that two candidates share once', async ({ expect }) => {
    await insertNew(store().collection('campaigns'), [campaign]);
    const shared = calculation('shared', { points: 7, executed: 7 });
    await insertNew(store().collection('candidates'), [
      candidate('a', { calculations: [shared, calculation('own', { points: 2, executed: 3, attempts: 2, jobs: 2 })] }),
      candidate('b', { calculations: [shared] }),
    ]);
    expect(await campaignProgress(store(), 'q')).toMatchObject({
      points: { distinct: 9, executed: 10, reused: 0 },
      jobs: { submitted: 3, distinctAttempts: 3 },
    });
  });

  test('counts what another campaign has answered as reused, not as executed', async ({ expect }) => {
    await insertNew(store().collection('campaigns'), [campaign]);
    await insertNew(store().collection('candidates'), [
      candidate('a', { calculations: [calculation('x', { points: 5, executed: 5, reused: true }), calculation('y')] }),
    ]);
    expect(await campaignProgress(store(), 'q')).toMatchObject({
      points: { distinct: 6, executed: 1, reused: 5 },
      jobs: { submitted: 1, distinctAttempts: 1 },
    });
  });

  test('names the latest failure in one line', async ({ expect }) => {
    await insertNew(store().collection('campaigns'), [campaign]);
    await insertNew(store().collection('candidates'), [
      candidate('old', { state: 'failed', verdict: { kind: 'x', reason: 'old' }, updatedAt: '2026-01-01T00:00:00.000Z' }),
      candidate('new', {
        state: 'failed',
        verdict: { kind: 'x', reason: 'first line\n  second line' },
        updatedAt: '2026-01-02T00:00:00.000Z',
      }),
    ]);
    expect((await campaignProgress(store(), 'q')).lastFailure).toBe('q/new: first line second line');
  });

  test('is ranked by the controlling dislocation while it still runs, with the rest and its reasons beside', async ({ expect }) => {
    await insertNew(store().collection('candidates'), [
      candidate('weak', { predictions: [prediction('{111}<110>', 'edge', 1)] }),
      candidate('strong', { predictions: [prediction('{111}<110>', 'edge', 5), prediction('{111}<110>', 'screw', 50)] }),
      candidate('unstable', { state: 'rejected', verdict: { kind: 'unstable', reason: 'C44 < 0' } }),
      candidate('waiting', { state: 'pending' }),
    ]);
    expect(
      ranking(await campaignCandidates(store(), 'q')).map(({ rank, candidate: name, peierlsMpa }) => [rank, name, peierlsMpa]),
    ).toEqual([
      [1, 'q/strong', 50],
      [2, 'q/weak', 1],
    ]);
    expect(unrankedCandidates(await campaignCandidates(store(), 'q'))).toEqual([
      { candidate: 'q/unstable', state: 'rejected', reason: 'C44 < 0' },
    ]);
  });
});

test('the store is one that the plain driver reaches too', async ({ expect }) => {
  const client = new MongoClient(endpoint().uri);
  expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
  await client.close();
});
