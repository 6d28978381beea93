import type { Tensor } from '@tensorflow/tfjs-core';
import type { LearningInput } from '../../../domain/learning/learner.js';
import { tensorShapes, type NetworkModel } from '../../../domain/learning/network.js';
import type { NetworkRunner } from '../predictor.js';
import type { Tensors } from './backend.js';
import { inputTensors } from './network-input.js';
import { forwardPass } from './network.js';

/** Rows a call: more are no faster on wasm (measured), and a network's layers then take some 20 MB. */
const rowsPerCall = 1024;

/**
 * Networks on a tensor library, one network after the other; weights stay where the library holds them. Single precision: answers differ from
 * those of `networkAverage` by up to 1e-5 in ln units (tested).
 */
export function tensorRunner(tf: Tensors): NetworkRunner & { dispose(): void } {
  const kept = new Map<NetworkModel, Tensor[][]>();
  const weightsOf = (model: NetworkModel): Tensor[][] => {
    const known = kept.get(model) ?? model.networks.map((flat) => weightTensors(tf, model, flat));
    kept.set(model, known);
    return known;
  };
  const run = async (model: NetworkModel, inputs: readonly LearningInput[]): Promise<number[]> => {
    const means: number[] = [];
    for (let start = 0; start < inputs.length; start += rowsPerCall) {
      const rows = inputs.slice(start, start + rowsPerCall);
      const outputs = await summed(tf, weightsOf(model), model, rows);
      for (const [index, row] of rows.entries())
        means.push((model.constant[row.group] ?? 0) + (model.targetScale * (outputs[index] ?? 0)) / Math.max(1, model.networks.length));
    }
    return means;
  };
  return Object.assign(run, {
    dispose: () => {
      for (const networks of kept.values()) tf.dispose(networks.flat());
      kept.clear();
    },
  });
}

/** Sum of the raw outputs of all networks, one for each row. */
async function summed(
  tf: Tensors,
  networks: readonly Tensor[][],
  model: NetworkModel,
  rows: readonly LearningInput[],
): Promise<Float32Array> {
  const total = tf.tidy(() => {
    const { surface, scalars } = inputTensors(tf, model, rows);
    // Each network's layers are freed before the next one starts.
    return tf.addN(networks.map((weights) => tf.tidy(() => forwardPass(tf, weights, surface, scalars))));
  });
  try {
    return (await total.data()) as Float32Array;
  } finally {
    total.dispose();
  }
}

function weightTensors(tf: Tensors, { shape }: NetworkModel, flat: readonly number[]): Tensor[] {
  let offset = 0;
  return tensorShapes(shape).map((sizes) => {
    const length = sizes.reduce((product, size) => product * size, 1);
    const values = Float32Array.from(flat.slice(offset, offset + length));
    offset += length;
    return tf.tensor(values, sizes);
  });
}
