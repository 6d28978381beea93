import { canonicalPoints } from './canonical-surface.js';
import type { LearningInput } from './learner.js';
import { scaled, type Scaling } from './scaling.js';

/** Layer sizes. Two periodic 3x3 convolutions over the gamma grid, a dense layer over the scalars, one over both, one output. */
export interface NetworkShape {
  scalars: number;
  first: number;
  second: number;
  dense: number;
  joint: number;
}

/** A deep ensemble of small networks: CNN over gamma, MLP over scalars. Trained by TensorFlow.js, evaluated here without it. */
export interface NetworkModel {
  kind: 'network';
  shape: NetworkShape;
  columns: number[];
  groups: string[];
  scaling: Scaling;
  /** gamma/(K b) is divided by this. */
  surfaceScale: number;
  /** Per class, of the targets the networks saw. */
  constant: Record<string, number>;
  /** Factor of the output. */
  targetScale: number;
  /** Per network: its tensors in the order of `tensorShapes`, flat. */
  networks: number[][];
}

/** Shapes of the trainable tensors in storage order; kernels are [height, width, in, out] as in TensorFlow. */
export function tensorShapes({ scalars, first, second, dense, joint }: NetworkShape): number[][] {
  return [
    [3, 3, 1, first],
    [first],
    [3, 3, first, second],
    [second],
    [scalars, dense],
    [dense],
    [second + dense, joint],
    [joint],
    [joint, 1],
    [1],
  ];
}

/** Scalars of a network: scaled features, then one for its class among the others. */
export function networkScalars(model: Pick<NetworkModel, 'columns' | 'scaling' | 'groups'>, { group, x }: LearningInput): number[] {
  const z = scaled(model.scaling, { group, x: model.columns.map((column) => x[column] ?? 0) });
  return [...z, ...model.groups.map((name) => (name === group ? 1 : 0))];
}

/** Predictions of each network. */
export function networkOutputs(model: NetworkModel, input: LearningInput): number[] {
  const scalars = networkScalars(model, input);
  const grid = input.surface.map((value) => value / model.surfaceScale);
  const base = model.constant[input.group] ?? 0;
  return model.networks.map((weights) => base + model.targetScale * forward(model.shape, weights, grid, scalars));
}

export function networkAverage(model: NetworkModel, input: LearningInput): number {
  const outputs = networkOutputs(model, input);
  return outputs.reduce((sum, value) => sum + value, 0) / Math.max(1, outputs.length);
}

/** One network on one input; the same sums as the TensorFlow.js graph in `connectors/predictor/tensor/network.ts`. */
export function forward(shape: NetworkShape, weights: readonly number[], grid: readonly number[], scalars: readonly number[]): number {
  const tensors: (readonly number[])[] = [];
  let offset = 0;
  for (const sizes of tensorShapes(shape)) {
    const length = sizes.reduce((product, size) => product * size, 1);
    tensors.push(weights.slice(offset, offset + length));
    offset += length;
  }
  const [k1 = [], b1 = [], k2 = [], b2 = [], w3 = [], b3 = [], w4 = [], b4 = [], w5 = [], b5 = []] = tensors;
  const n = canonicalPoints;
  const fine = convolved(grid, n, 1, k1, b1, shape.first);
  const coarse = convolved(pooled(fine, n, shape.first), n / 2, shape.first, k2, b2, shape.second);
  const cells = (n / 2) ** 2;
  const picture = b2.map((_, channel) => {
    let sum = 0;
    for (let cell = 0; cell < cells; cell += 1) sum += coarse[cell * shape.second + channel] ?? 0;
    return sum / cells;
  });
  const side = dense(scalars, w3, b3, true);
  const joint = dense([...picture, ...side], w4, b4, true);
  return dense(joint, w5, b5, false)[0] ?? 0;
}

/** Periodic 3x3 convolution with a rectifier; `[cell][channel]` flat. */
function convolved(
  input: readonly number[],
  n: number,
  channels: number,
  kernel: readonly number[],
  bias: readonly number[],
  out: number,
): number[] {
  const result: number[] = [];
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      for (let target = 0; target < out; target += 1) {
        let sum = bias[target] ?? 0;
        for (let di = 0; di < 3; di += 1) {
          for (let dj = 0; dj < 3; dj += 1) {
            const cell = ((i + di - 1 + n) % n) * n + ((j + dj - 1 + n) % n);
            for (let channel = 0; channel < channels; channel += 1)
              sum += (input[cell * channels + channel] ?? 0) * (kernel[((di * 3 + dj) * channels + channel) * out + target] ?? 0);
          }
        }
        result.push(Math.max(0, sum));
      }
    }
  }
  return result;
}

/** Means of 2x2 cells. */
function pooled(input: readonly number[], n: number, channels: number): number[] {
  const half = n / 2;
  return Array.from({ length: half * half * channels }, (_, index) => {
    const channel = index % channels;
    const cell = Math.floor(index / channels);
    const [i, j] = [2 * Math.floor(cell / half), 2 * (cell % half)];
    const at = (di: number, dj: number): number => input[((i + di) * n + j + dj) * channels + channel] ?? 0;
    return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
  });
}

function dense(input: readonly number[], weights: readonly number[], bias: readonly number[], rectified: boolean): number[] {
  return bias.map((start, target) => {
    const sum = input.reduce((total, value, index) => total + value * (weights[index * bias.length + target] ?? 0), start);
    return rectified ? Math.max(0, sum) : sum;
  });
}
