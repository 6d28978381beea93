import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeEach, describe, test } from 'vitest';
import type { Dependencies } from '../../activities/dependencies.js';
import { CampaignModels } from '../../activities/campaign-model.js';
import { predictionActivities, type PredictedBatch } from '../../activities/prediction.js';
import { predictorTrainingActivities, type TrainedPredictor } from '../../activities/predictor-training.js';
import { InferencePool } from '../../connectors/predictor/inference.js';
import { readText } from '../../connectors/predictor/library.js';
import { loadModel } from '../../connectors/predictor/model-folder.js';
import { defaultPredictor, shippedModel, type Predictor } from '../../connectors/predictor/predictor.js';
import type { CampaignDocument, CandidateDocument, PropertyDocument } from '../../connectors/store/document.js';
import { cardOf, findModel, modelFolder, promotedModel, promoteModel, rollBackModel } from '../../connectors/store/model-registry.js';
import { keepOutputs } from '../../connectors/store/output.js';
import { pack, unpack } from '../../connectors/store/nested-array.js';
import { GammaProperty } from '../../connectors/store/property.js';
import { campaignCandidates, ranking } from '../../connectors/store/rank.js';
import { insertNew } from '../../connectors/store/store.js';
import { InvalidInput } from '../../domain/failures.js';
import { realStore } from './real-store.js';
import { temporaryFolder } from './temporary.js';

// Cu and Fe of a campaign of version 0.1.0, as they stood in the store before they were predicted.
const recorded = JSON.parse(readFileSync(fileURLToPath(new URL('data/predictable-candidates.json', import.meta.url)), 'utf8')) as {
  candidate: CandidateDocument;
  properties: PropertyDocument[];
}[];

const inference = new InferencePool({ threads: 1, backend: 'auto' });
const predictor = defaultPredictor();
const { store } = realStore('predict');
const folder = temporaryFolder('models');
beforeEach(async () => {
  await insertNew(
    store().collection('candidates'),
    recorded.map(({ candidate: document }) => document),
  );
  await insertNew(
    store().collection('properties'),
    recorded.flatMap(({ properties }) => properties),
  );
});
afterAll(async () => {
  await inference.close();
  folder.remove();
});

const ids = recorded.map(({ candidate }) => candidate._id);
const batch = (speaker: Predictor = predictor, candidates = ids): Promise<PredictedBatch> => {
  const models = { of: async () => ({ id: speaker.model, folder: null }) };
  const activities = predictionActivities({ store: store(), inference, models } as unknown as Dependencies);
  return new MockActivityEnvironment().run(() => activities.predictBatch({ campaign: 'tiny', candidates }));
};
const candidate = (id: string) => store().collection('candidates').findOne({ _id: id });

describe('a batch of candidates', () => {
  test('is predicted from the properties in the store, and ranked by it', async ({ expect }) => {
    expect(ranking(await campaignCandidates(store(), 'tiny'))).toEqual([]);
    expect(await batch()).toEqual({ model: predictor.model, predicted: 2, reused: 0, failed: [] });
    const rows = ranking(await campaignCandidates(store(), 'tiny'));
    expect(rows.map(({ formula }) => formula)).toEqual(['Fe', 'Cu']);
    // Each slip system with both characters, under its full name.
    expect((await candidate('tiny/Cu-A1'))?.predictions.map((it) => `${it.slipSystem} ${it.character}`)).toEqual([
      '{111}<110> edge',
      '{111}<110> screw',
    ]);
    expect((await candidate('tiny/Cu-A1'))?.model).toBe(predictor.model);
  });

  test('asked again computes nothing', async ({ expect }) => {
    await batch();
    const before = await store().collection('predictions').find().toArray();
    await store()
      .collection('candidates')
      .updateOne({ _id: 'tiny/Cu-A1' }, { $set: { predictions: [] } });
    expect(await batch()).toEqual({ model: predictor.model, predicted: 2, reused: 2, failed: [] });
    expect(await store().collection('predictions').find().toArray()).toEqual(before);
    expect((await candidate('tiny/Cu-A1'))?.predictions).toHaveLength(2);
  });

  test('is predicted anew when its properties are others', async ({ expect }) => {
    await batch();
    const cu = await candidate('tiny/Cu-A1');
    const fewer = cu?.calculations.filter(({ kind }) => kind !== 'gamma-surface') ?? [];
    await store()
      .collection('candidates')
      .updateOne({ _id: 'tiny/Cu-A1' }, { $set: { calculations: fewer } });
    expect(await batch()).toMatchObject({ predicted: 2, reused: 1, failed: ['tiny/Cu-A1'] });
    expect(await candidate('tiny/Cu-A1')).toMatchObject({ state: 'failed', verdict: { kind: 'not-predicted' }, predictions: [] });
  });

  test('is told what another model says from the features that are kept, and the first model is not forgotten', async ({ expect }) => {
    await batch();
    const features = await store().collection('features').countDocuments({});
    expect(features).toBeGreaterThan(0);
    const other: Predictor = { ...predictor, model: 'another' };
    expect(await batch(other)).toMatchObject({ model: 'another', predicted: 2, reused: 0 });
    expect(await store().collection('features').countDocuments({})).toBe(features);
    expect(await store().collection('predictions').countDocuments({})).toBe(4);
    expect((await batch()).reused).toBe(2);
    expect((await candidate('tiny/Fe-A2'))?.model).toBe(predictor.model);
  });

  test('is less sure of what a force field has computed, and says that the inputs are why', async ({ expect }) => {
    await batch();
    const before = (await candidate('tiny/Cu-A1'))?.predictions ?? [];
    await store().collection('predictions').deleteMany({});
    await store()
      .collection('candidates')
      .updateOne({ _id: 'tiny/Cu-A1' }, { $set: { fidelity: 'mlff' } });
    await batch();
    const after = (await candidate('tiny/Cu-A1'))?.predictions ?? [];
    expect(after.map(({ peierlsMpa }) => peierlsMpa)).toEqual(before.map(({ peierlsMpa }) => peierlsMpa));
    // The edge lies below the floor whatever the inputs.
    const screw = ({ character }: { character?: string }): boolean => character === 'screw';
    const [plain, widened] = [before.find(screw), after.find(screw)];
    expect(widened?.interval90[1]).toBeGreaterThan(plain?.interval90[1] ?? Number.NaN);
    expect(widened?.interval90[0]).toBeLessThanOrEqual(plain?.interval90[0] ?? Number.NaN);
    expect(widened?.uncertainty.physical).toBeGreaterThan(plain?.uncertainty.physical ?? Number.NaN);
    expect(widened?.uncertainty.inference).toBe(plain?.uncertainty.inference);
  });

  test('is less sure where the gamma surface is a mean that may be off', async ({ expect }) => {
    await batch();
    const before = (await candidate('tiny/Cu-A1'))?.predictions ?? [];
    await store().collection('predictions').deleteMany({});
    const surfaces = store().collection('properties');
    const id = (await candidate('tiny/Cu-A1'))?.calculations.find(({ kind }) => kind === 'gamma-surface')?.id ?? '';
    const stored = await surfaces.findOne({ _id: id });
    const kept = GammaProperty.parse(stored && unpack(stored.value));
    const arrangements = { count: 3, unstableErrorMjPerM2: 0.2 * kept.unstable.mjPerM2 };
    await surfaces.updateOne({ _id: id }, { $set: { value: pack({ ...kept, arrangements }) } });
    await batch();
    const after = (await candidate('tiny/Cu-A1'))?.predictions ?? [];
    const screw = ({ character }: { character?: string }): boolean => character === 'screw';
    const [plain, widened] = [before.find(screw), after.find(screw)];
    expect(widened?.peierlsMpa).toBe(plain?.peierlsMpa);
    expect(widened?.interval90[1]).toBeGreaterThan(plain?.interval90[1] ?? Number.NaN);
    expect(widened?.uncertainty.physical).toBeGreaterThan(plain?.uncertainty.physical ?? Number.NaN);
  });

  test('leaves alone what is not there or was rejected meanwhile', async ({ expect }) => {
    await store()
      .collection('candidates')
      .updateOne({ _id: 'tiny/Cu-A1' }, { $set: { state: 'rejected' } });
    expect(await batch(predictor, [...ids, 'tiny/Xx-A1'])).toMatchObject({ predicted: 1, failed: [] });
    expect(await candidate('tiny/Cu-A1')).toMatchObject({ state: 'rejected', predictions: [] });
  });
});

describe('the registry of models', () => {
  const shipped = shippedModel() ?? '';
  const cache = join(folder.path, 'cache');
  const campaign = { _id: 'tiny', revision: 1, state: 'running' } as unknown as CampaignDocument;
  const published = readText(fileURLToPath(new URL('../../data/library/published-pt.json', import.meta.url)));
  const trained = async (seed: number, elsewhere: Record<string, string> = {}): Promise<string> => {
    const libraries = await keepOutputs(store(), { 'a.json': published, ...elsewhere });
    const own = activities();
    const result: TrainedPredictor = await new MockActivityEnvironment().run(() =>
      own.trainPredictor({ libraries, files: ['a.json'], elsewhere: Object.keys(elsewhere), seed, networks: 0 }),
    );
    return result.model;
  };
  const models = () => new CampaignModels(store(), predictor, cache);
  const activities = () =>
    predictorTrainingActivities({ store: store(), models: models(), tensorBackend: 'auto' } as unknown as Dependencies);
  const predictAll = () =>
    new MockActivityEnvironment().run(() =>
      predictionActivities({ store: store(), inference, models: models() } as unknown as Dependencies).predictBatch({ campaign: 'tiny' }),
    );

  test('keeps a trained model once, and gives its files back unchanged', async ({ expect }) => {
    const model = await trained(1);
    expect(await trained(1)).toBe(model);
    expect(await store().collection('models').countDocuments({})).toBe(1);
    const back = await modelFolder(store(), cache, model);
    expect(loadModel(back).id).toBe(model);
    expect(cardOf(await findModel(store(), model.slice(0, 6)))).toMatchObject({ model, seed: 1 });
    await expect(modelFolder(store(), cache, 'nobody')).rejects.toThrow(/no model "nobody".*There are: shipped/);
  }, 120_000);

  test('widens the intervals of a model by labels from elsewhere, which it has not learned', async ({ expect }) => {
    const stronger = JSON.parse(published) as { records: { peierls_mpa: number }[] };
    for (const record of stronger.records) record.peierls_mpa *= 100;
    const classes = async (model: string) => cardOf(await findModel(store(), model)).classes;
    const narrow = await trained(1);
    const wide = await trained(1, { 'b.json': JSON.stringify(stronger) });
    expect(wide).not.toBe(narrow);
    const [before, after] = [await classes(narrow), await classes(wide)];
    expect(after.map(({ transferHalfWidth90: _widened, ...rest }) => rest)).toEqual(before);
    // A factor of 100 is more than the interval holds, and not by more than that factor.
    expect(after.every((own) => own.answersBelowFloor || (own.transferHalfWidth90 ?? 0) > 2)).toBe(true);
    expect(Math.max(...after.map((own) => own.transferHalfWidth90 ?? 0))).toBeLessThan(Math.log(100) + 2);
    const { data } = cardOf(await findModel(store(), wide));
    expect(data.map(({ use, file, used }) => [use, file, used])).toEqual([
      ['learned', 'a.json', 62],
      ['elsewhere', 'b.json', 62],
    ]);
    const foreign = readText(fileURLToPath(new URL('../../data/transfer/openkim.json', import.meta.url)));
    await expect(trained(1, { 'openkim.json': foreign })).rejects.toThrow(/no label of this library is of a class and protocol/);
  }, 120_000);

  test('promotes, and rolls back step by step to the shipped model', async ({ expect }) => {
    expect(await promotedModel(store())).toBeUndefined();
    await promoteModel(store(), 'one', 'better');
    await promoteModel(store(), 'two', 'better still');
    expect(await promotedModel(store())).toBe('two');
    expect(await rollBackModel(store())).toBe('one');
    expect(await promotedModel(store())).toBe('one');
    expect(await rollBackModel(store())).toBeNull();
    expect(await promotedModel(store())).toBeUndefined();
    await expect(rollBackModel(store())).rejects.toThrow(InvalidInput);
  });

  test('leaves a campaign the model that it began with, until it is given another', async ({ expect }) => {
    await store().collection('campaigns').insertOne(campaign);
    expect(await predictAll()).toMatchObject({ model: predictor.model, predicted: 2 });
    // The published library knows edges under its own protocol only: its answers for screws are the baseline's.
    const other = await trained(2);
    await promoteModel(store(), other, 'for this test');
    expect(await predictAll()).toMatchObject({ model: predictor.model, predicted: 2, reused: 2 });
    const own = activities();
    expect(await own.chooseCampaignModel({ campaign: 'tiny', model: other })).toEqual({ model: other, candidates: 2 });
    expect(await predictAll()).toMatchObject({ model: other, predicted: 2, reused: 0 });
    expect((await candidate('tiny/Cu-A1'))?.model).toBe(other);
    expect(await own.chooseCampaignModel({ campaign: 'tiny', model: null })).toMatchObject({ model: predictor.model });
    expect(await predictAll()).toMatchObject({ model: predictor.model, reused: 2 });
    await expect(own.chooseCampaignModel({ campaign: 'nobody', model: null })).rejects.toThrow(/nobody/);
  }, 120_000);

  test('keeps the shipped model too, for the day when another one is shipped', async ({ expect }) => {
    await store().collection('campaigns').insertOne(campaign);
    await predictAll();
    expect(await findModel(store(), predictor.model)).toMatchObject({ origin: 'shipped' });
    const back = await modelFolder(store(), join(folder.path, 'other-cache'), predictor.model);
    expect(readText(join(back, 'model.json'))).toBe(readText(join(shipped, 'model.json')));
  });
});
