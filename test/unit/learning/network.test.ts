import { beforeAll, describe, it } from 'vitest';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { openBackend, type OpenedBackend } from '../../../connectors/predictor/tensor/backend.js';
import { filterGradient } from '../../../connectors/predictor/tensor/filter-gradient.js';
import { forwardPass, networkMember } from '../../../connectors/predictor/tensor/network.js';
import type { LearningRow } from '../../../domain/learning/learner.js';
import { predictModel } from '../../../domain/learning/member.js';
import { networkOutputs, networkScalars, tensorShapes, type NetworkModel } from '../../../domain/learning/network.js';
import { InvalidInput } from '../../../domain/failures.js';
import { examples } from './fixtures.js';

let wasm: OpenedBackend;
beforeAll(async () => {
  wasm = await openBackend('wasm');
});

const rows: LearningRow[] = examples({ noise: 0.02 })
  .slice(0, 60)
  .map(({ group, features, target, elements }) => {
    return { group, x: features.values, surface: features.surface, y: target + 9, censored: false, noise: 0, elements };
  });

describe('neural networks', () => {
  it('learn, reproducibly from their seed', async ({ expect }) => {
    const fit = (seed: number) => networkMember(wasm.tf, 1).fit(rows, { seed, final: false });
    const [first, again, other] = [await fit(1), await fit(1), await fit(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const left = rows.reduce((sum, row) => sum + (row.y - predictModel(first, row)) ** 2, 0);
    expect(left).toBeLessThan(0.4 * rows.reduce((sum, row) => sum + row.y ** 2, 0));
  }, 60_000);

  it('leave no tensors behind', async ({ expect }) => {
    const before = wasm.tf.memory().numTensors;
    await networkMember(wasm.tf, 1).fit(rows.slice(0, 20), { seed: 1, final: false });
    expect(wasm.tf.memory().numTensors).toBe(before);
  }, 60_000);

  it('give the same numbers in TensorFlow.js and in plain TypeScript', async ({ expect }) => {
    const { tf } = wasm;
    const model = (await networkMember(tf, 1).fit(rows, { seed: 3, final: false })) as NetworkModel;
    const [input] = rows;
    const [weights] = model.networks;
    if (input === undefined || weights === undefined) throw new Error('fixture');
    let offset = 0;
    const variables = tensorShapes(model.shape).map((shape) => {
      const length = shape.reduce((product, size) => product * size, 1);
      offset += length;
      return tf.variable(tf.tensor(weights.slice(offset - length, offset), shape));
    });
    const padded = Array.from({ length: 14 }, (_, i) =>
      Array.from({ length: 14 }, (__, j) => [(input.surface[((i + 11) % 12) * 12 + ((j + 11) % 12)] ?? 0) / model.surfaceScale]),
    );
    const surface: Tensor4D = tf.tensor4d([padded]);
    const [output = Number.NaN] = await forwardPass(tf, variables, surface, tf.tensor2d([networkScalars(model, input)])).data();
    expect(networkOutputs(model, input)[0]).toBeCloseTo(output * model.targetScale, 5);
  }, 60_000);
});

describe('filter gradient', () => {
  it('is the derivative of the convolution', ({ expect }) => {
    const sizes = {
      batchSize: 2,
      inHeight: 5,
      inWidth: 4,
      inChannels: 2,
      outHeight: 3,
      outWidth: 2,
      outChannels: 3,
      filterHeight: 3,
      filterWidth: 3,
      strideHeight: 1,
      strideWidth: 1,
      padInfo: { top: 0, bottom: 0, left: 0, right: 0, type: 'VALID' as const },
    };
    const wave = (index: number): number => Math.sin(1.7 * index + 0.3);
    const x = Float32Array.from({ length: 2 * 5 * 4 * 2 }, (_, index) => wave(index));
    const dy = Float32Array.from({ length: 2 * 3 * 2 * 3 }, (_, index) => wave(index + 100));
    const found = filterGradient(x, dy, sizes);
    // By definition: one entry of the filter moves each output by the input under it.
    const entry = (a: number, b: number, c: number, d: number): number => {
      let sum = 0;
      for (let image = 0; image < 2; image += 1)
        for (let i = 0; i < 3; i += 1)
          for (let j = 0; j < 2; j += 1)
            sum += (x[((image * 5 + i + a) * 4 + j + b) * 2 + c] ?? 0) * (dy[((image * 3 + i) * 2 + j) * 3 + d] ?? 0);
      return sum;
    };
    for (const [a, b, c, d] of [
      [0, 0, 0, 0],
      [2, 1, 1, 2],
      [1, 2, 0, 1],
    ] as const)
      expect(found[((a * 3 + b) * 2 + c) * 3 + d]).toBeCloseTo(entry(a, b, c, d), 4);
  });
});

describe('tensor backends', () => {
  it('refuse an unknown name with the names there are', async ({ expect }) => {
    await expect(openBackend('cuda')).rejects.toThrow(InvalidInput);
    await expect(openBackend('cuda')).rejects.toThrow(/tfjs-node-gpu, webgpu, tfjs-node, wasm, cpu/);
  });
});
