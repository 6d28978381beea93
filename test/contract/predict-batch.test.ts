import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import type { Dependencies } from '../../activities/dependencies.js';
import { predictionActivities, type PredictedBatch } from '../../activities/prediction.js';
import { openHome } from '../../connectors/embedded/home.js';
import { freePort } from '../../connectors/embedded/port.js';
import { ensureStore, stopServices } from '../../connectors/embedded/services.js';
import { InferencePool } from '../../connectors/predictor/inference.js';
import { defaultPredictor, type Predictor } from '../../connectors/predictor/predictor.js';
import type { CandidateDocument, PropertyDocument } from '../../connectors/store/document.js';
import { ranking } from '../../connectors/store/rank.js';
import { insertNew, openStore, type Store } from '../../connectors/store/store.js';
import { temporaryFolder } from './temporary.js';

// Cu and Fe of a campaign of version 0.1.0, as they stood in the store before they were predicted.
const recorded = JSON.parse(readFileSync(fileURLToPath(new URL('data/predictable-candidates.json', import.meta.url)), 'utf8')) as {
  candidate: CandidateDocument;
  properties: PropertyDocument[];
}[];

const folder = temporaryFolder('predict');
const home = openHome({ PEIERLS_HOME: join(folder.path, 'home') });
const inference = new InferencePool({ threads: 1, backend: 'auto' });
const predictor = defaultPredictor();
let uri = '';
let open: Store | undefined;
let databases = 0;
const store = (): Store => {
  if (open === undefined) throw new Error('the store is opened before each test');
  return open;
};

beforeAll(async () => {
  uri = (await ensureStore(home, { ...process.env, PEIERLS_STORE_PORT: String(await freePort()) }, () => undefined)).uri;
});
afterAll(async () => {
  await inference.close();
  await stopServices(home);
  folder.remove();
});
beforeEach(async () => {
  databases += 1;
  open = await openStore({ uri, database: `test${databases}` });
  await insertNew(
    store().collection('candidates'),
    recorded.map(({ candidate }) => candidate),
  );
  await insertNew(
    store().collection('properties'),
    recorded.flatMap(({ properties }) => properties),
  );
  return () => open?.close();
});

const ids = recorded.map(({ candidate }) => candidate._id);
const batch = (speaker: Predictor = predictor, candidates = ids): Promise<PredictedBatch> => {
  const activities = predictionActivities({ store: store(), inference, predictor: speaker } as unknown as Dependencies);
  return new MockActivityEnvironment().run(() => activities.predictBatch({ campaign: 'tiny', candidates }));
};
const candidate = (id: string) => store().collection('candidates').findOne({ _id: id });

describe('a batch of candidates', () => {
  test('is predicted from the properties in the store, and ranked by it', async ({ expect }) => {
    expect(await ranking(store(), 'tiny')).toEqual([]);
    expect(await batch()).toEqual({ model: predictor.model, predicted: 2, reused: 0, failed: [] });
    const rows = await ranking(store(), 'tiny');
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

  test('leaves alone what is not there or was rejected meanwhile', async ({ expect }) => {
    await store()
      .collection('candidates')
      .updateOne({ _id: 'tiny/Cu-A1' }, { $set: { state: 'rejected' } });
    expect(await batch(predictor, [...ids, 'tiny/Xx-A1'])).toMatchObject({ predicted: 1, failed: [] });
    expect(await candidate('tiny/Cu-A1')).toMatchObject({ state: 'rejected', predictions: [] });
  });
});
