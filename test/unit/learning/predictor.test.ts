import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, test, vi } from 'vitest';
import { readText } from '../../../connectors/predictor/library.js';
import { InferencePool } from '../../../connectors/predictor/inference.js';
import { defaultPredictor, type PredictionAnswer } from '../../../connectors/predictor/predictor.js';
import { openBackend } from '../../../connectors/predictor/tensor/backend.js';
import { tensorRunner } from '../../../connectors/predictor/tensor/network-runner.js';
import { featureVersion } from '../../../domain/learning/feature.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { Prediction } from '../../../domain/prediction.js';
import { readSlipFile, type SlipRecord } from '../../../domain/slip-record.js';

const library = fileURLToPath(new URL('../../../data/library/virtual-metals.json', import.meta.url));
const { entries, protocol } = readSlipFile(readText(library), library);
/** One record of each lattice, at least, without its label. */
const records = entries
  .flatMap((entry): SlipRecord[] => {
    if (entry.kind !== 'read') return [];
    const { peierls_mpa: _label, ...record } = entry.record;
    return [record];
  })
  .filter((_, index) => index % 131 === 0);
const predictor = defaultPredictor();
const alone = records.map((record) => predictor.predict(record, protocol));
const pools: InferencePool[] = [];
// oxlint-disable-next-line typescript/unbound-method -- it is called with the worker as `this`
const original = Worker.prototype.postMessage;
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

const predictions = (answers: readonly PredictionAnswer[]): Prediction[] =>
  answers.flatMap((answer) => ('error' in answer ? [] : [answer.prediction]));

describe('records predicted in batches', () => {
  test('get what they get one by one, with features computed or given', async ({ expect }) => {
    const answers = await predictor.predictMany(records.map((record) => ({ record, protocol })));
    expect(predictions(answers)).toEqual(alone);
    const again = await predictor.predictMany(
      records.map((record, index) => {
        const answer = answers[index];
        const features = answer === undefined || 'error' in answer ? undefined : answer.features;
        // Given features are used as they are: the record's own surface is made unusable.
        const gutted = { ...record, gamma: { ...record.gamma, mj_per_m2: [] } };
        return features === undefined ? { record, protocol } : { record: gutted, protocol, features };
      }),
    );
    expect(predictions(again)).toEqual(alone);
  });

  test('get the same to 1e-5 with their networks on a tensor library', async ({ expect }) => {
    const { tf } = await openBackend('wasm');
    const before = tf.memory().numTensors;
    const runner = tensorRunner(tf);
    const answers = predictions(
      await predictor.predictMany(
        records.map((record) => ({ record, protocol })),
        runner,
      ),
    );
    expect(answers).toHaveLength(alone.length);
    for (const [index, { peierlsMpa, interval90 }] of answers.entries()) {
      expect(Math.abs(Math.log(peierlsMpa / (alone[index]?.peierlsMpa ?? 0)))).toBeLessThan(1e-5);
      expect(Math.abs(Math.log(interval90[1] / (alone[index]?.interval90[1] ?? 0)))).toBeLessThan(1e-4);
    }
    runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('that break the predictor get an error of their own', async ({ expect }) => {
    const [first, second] = records as [SlipRecord, SlipRecord];
    const broken = { ...first, gamma: { ...first.gamma, mj_per_m2: first.gamma.mj_per_m2.map((row) => row.map(() => Number.NaN)) } };
    const answers = await predictor.predictMany([{ record: broken }, { record: second, protocol }]);
    expect(answers[0]).toEqual({ error: expect.stringMatching(/./) });
    expect(predictions(answers)).toEqual([alone[1]]);
  });
});

describe('inference threads', () => {
  const pool = (threads: number, backend = 'auto'): InferencePool => {
    const made = new InferencePool({ threads, backend });
    pools.push(made);
    return made;
  };

  test('answer in order and leave the event loop free', async ({ expect }) => {
    const many = Array.from({ length: 200 }, (_, index) => records[index % records.length] as SlipRecord);
    const threads = pool(2);
    await threads.warm();
    let beats = 0;
    const beat = setInterval(() => (beats += 1), 20);
    const answers = await threads.predict(
      null,
      many.map((record) => ({ record, protocol })),
    );
    clearInterval(beat);
    expect(predictions(answers)).toEqual(many.map((_, index) => alone[index % records.length]));
    expect(beats).toBeGreaterThan(5);
  }, 120_000);

  test('stop between requests when they are told to', async ({ expect }) => {
    const stop = new AbortController();
    const asked = pool(1).predict(
      null,
      Array.from({ length: 640 }, () => ({ record: records[0] as SlipRecord, protocol })),
      stop.signal,
    );
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  }, 60_000);

  test('that die fail what they were asked, and are replaced', async ({ expect }) => {
    const started: Worker[] = [];
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
      started.push(this);
      return original.apply(this, args);
    });
    const threads = pool(1);
    const asked = threads.predict(
      null,
      Array.from({ length: 32 }, () => ({ record: records[0] as SlipRecord, protocol })),
    );
    await vi.waitUntil(() => started.length > 0, 30_000);
    await started[0]?.terminate();
    await expect(asked).rejects.toThrow(/inference thread ended/);
    post.mockRestore();
    expect(predictions(await threads.predict(null, [{ record: records[0] as SlipRecord, protocol }]))).toEqual([alone[0]]);
  }, 60_000);

  test('say which backend they were told to use and cannot', async ({ expect }) => {
    await expect(pool(1, 'abacus').warm()).rejects.toThrow(InvalidInput);
    await expect(pool(1, 'abacus').predict(null, [{ record: records[0] as SlipRecord }])).rejects.toThrow(/abacus/);
  }, 60_000);
});

test('stored features are only used by the version that made them', async ({ expect }) => {
  const [answer] = await predictor.predictMany([{ record: records[0] as SlipRecord, protocol }]);
  const features = answer === undefined || 'error' in answer ? undefined : answer.features;
  const rounded = features?.values.map((value) => Number(value.toPrecision(5)));
  // When this fails, features have changed: raise `featureVersion` and write the new values here.
  expect({ featureVersion, rounded }).toMatchInlineSnapshot(`
    {
      "featureVersion": 4,
      "rounded": [
        -5.0464,
        -7.7723,
        -3.4078,
        -3.3611,
        0.59681,
        1.1006,
        0.75325,
        0.37084,
        1,
        0.36952,
        -13.66,
        0.71666,
        4.7958,
        -14.732,
        -7.4438,
        0.45781,
        0.19424,
        0.6399,
        3.8789,
        1.0619,
        0.0000075553,
        0.0000085472,
        -0.0000081008,
        -0.0000081008,
        0.0000085472,
        0.000049654,
        0.0000098047,
        -0.0000081008,
        -0.000016911,
        -0.0000081008,
        0.000019165,
        -0.000074587,
        -0.000012414,
        -0.0000081008,
        -0.0000081008,
        -0.00096501,
        -0.00036593,
        -0.000074587,
        0.0000098047,
        0.0000085472,
        -0.019991,
        -0.00096501,
        0.000019165,
        0.000049654,
        0.0000075553,
        -0.058333,
        0.004284,
        0.00026015,
        -0.00021373,
        0.000022506,
        -0.058333,
        -0.058333,
        -0.019991,
        -0.00096501,
        0.000019165,
        0.000049654,
        0.004284,
        -0.019991,
        0.004284,
        -0.00096501,
        -0.00036593,
        -0.000074587,
        0.00026015,
        -0.00096501,
        -0.00096501,
        0.00026015,
        0.000019165,
        -0.000074587,
        -0.00021373,
        0.000019165,
        -0.00036593,
        0.000019165,
        -0.00021373,
        0.000049654,
        0.000022506,
        0.000049654,
        -0.000074587,
        -0.000074587,
        0.000049654,
        0.000022506,
        -0.000013918,
        0,
        -0.00001314,
        0.00001314,
        0,
        0.0000089958,
        0.000026123,
        0.00001314,
        0,
        -0.00001314,
        0.000196,
        0.000099203,
        0,
        -0.00001314,
        0.00001314,
        0.0010766,
        0,
        -0.000099203,
        -0.000026123,
        0,
        0,
        -0.0010766,
        -0.000196,
        -0.0000089958,
        0.000013918,
        -0.10222,
        -0.0094391,
        -0.00015382,
        -0.00036209,
        -0.000048157,
        -0.10222,
        0.10222,
        0,
        -0.0010766,
        -0.000196,
        -0.0000089958,
        -0.0094391,
        0,
        0.0094391,
        0.0010766,
        0,
        -0.000099203,
        -0.00015382,
        -0.0010766,
        0.0010766,
        0.00015382,
        0.000196,
        0.000099203,
        -0.00036209,
        -0.000196,
        0,
        0.000196,
        0.00036209,
        0.0000089958,
        -0.000048157,
        -0.0000089958,
        -0.000099203,
        0.000099203,
        0.0000089958,
        0.000048157,
      ],
    }
  `);
});
