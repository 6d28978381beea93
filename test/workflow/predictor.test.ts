import { describe, test } from 'vitest';
import { InvalidInput } from '../../domain/failures.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { campaignPrediction } from '../../workflows/campaign-prediction.js';
import type { predictorTraining } from '../../workflows/predictor-training.js';
import { openedBench } from '../opened-bench.js';
import { Bench, FakeActivities } from './bench.js';

const bench = openedBench(() => Bench.open());

describe('a predictor', () => {
  const train = (fake: FakeActivities, workflowId: string, promote: boolean, elsewhere?: string[]) =>
    bench().with(fake, (client) =>
      client.workflow.execute<typeof predictorTraining>('predictorTraining', {
        taskQueue: taskQueues.main,
        workflowId,
        args: [{ libraries: 'abc', files: ['a.json'], ...(elsewhere && { elsewhere }), seed: 1, networks: 0, promote }],
      }),
    );

  test('is trained, and promoted only where that was asked for', async ({ expect }) => {
    const plain = new FakeActivities();
    expect(await train(plain, 'predictor/a', false)).toMatchObject({ model: 'fake', rows: 10 });
    expect(plain.calls.map(({ name }) => name)).toEqual(['trainPredictor']);
    const promoted = new FakeActivities();
    await train(promoted, 'predictor/b', true);
    expect(promoted.named('promotePredictor').map(({ input }) => input.model)).toEqual(['fake']);
  });

  test('is trained with the labels that only widen its intervals', async ({ expect }) => {
    const fake = new FakeActivities();
    await train(fake, 'predictor/d', false, ['b.json']);
    expect(fake.named('trainPredictor').map(({ input }) => input.elsewhere)).toEqual([['b.json']]);
  });

  test('that cannot be trained is not promoted', async ({ expect }) => {
    const fake = new FakeActivities({ trainPredictor: () => Promise.reject(new InvalidInput('too few labelled records to learn from')) });
    await expect(train(fake, 'predictor/c', true)).rejects.toThrow();
    expect(fake.named('trainPredictor')).toHaveLength(1);
    expect(fake.named('promotePredictor')).toHaveLength(0);
  });
});

describe('a campaign that gets another model', () => {
  test('has every candidate predicted once, in ranges, after the model is written down', async ({ expect }) => {
    const fake = new FakeActivities({
      predictBatch: async ({ range }) => ({
        model: 'm',
        predicted: Math.min(4500, range?.to ?? 0) - (range?.from ?? 0),
        reused: 1,
        failed: range?.from === 0 ? ['x'] : [],
      }),
    });
    const result = await bench().with(fake, (client) =>
      client.workflow.execute<typeof campaignPrediction>('campaignPrediction', {
        taskQueue: taskQueues.main,
        workflowId: 'campaign/p/prediction',
        args: [{ campaign: 'p', model: 'm' }],
      }),
    );
    expect(result).toEqual({ model: 'm', predicted: 4500, reused: 3, failed: 1 });
    expect(fake.calls[0]?.name).toBe('chooseCampaignModel');
    const ranges = fake.named('predictBatch').map(({ input }) => [input.range?.from, input.range?.to]);
    expect(ranges.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [0, 2000],
      [2000, 4000],
      [4000, 6000],
    ]);
  });
});
