import type { Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { featureNames, waveNames } from '../../../domain/learning/feature.js';
import type { LearningRow } from '../../../domain/learning/learner.js';
import type { FitOptions, Member } from '../../../domain/learning/member.js';
import { tensorShapes, type NetworkModel, type NetworkShape } from '../../../domain/learning/network.js';
import { permutation, randomNumbers, type RandomNumbers } from '../../../domain/learning/random.js';
import { fitScaling, mean } from '../../../domain/learning/scaling.js';
import type { Tensors } from './backend.js';
import { inputTensors, type InputTensors } from './network-input.js';

/** How a network is trained. Changing any of these changes the model, so they are constants and not options. */
const recipe = {
  first: 6,
  second: 10,
  dense: 16,
  joint: 12,
  learningRate: 0.01,
  /** L2 on kernels, per row. */
  decay: 2e-3,
  batch: 128,
  /** Steps of the final fit and of a trial within cross-validation. */
  steps: { final: 240, trial: 120 },
  /** The validation error is looked at every so many steps, and the best weights are kept. */
  look: 10,
  patience: 6,
} as const;

/** Scalars that the networks see: all but the waves, which their picture holds. */
const columns = featureNames.flatMap((name, index) => (waveNames.includes(name) ? [] : [index]));

/**
 * The deep ensemble as a member: `count` networks (two in trials), each from its own seed and each stopped early on an element of its own that
 * it did not train on. It learns the correction to the class constant, starting from none.
 */
export function networkMember(tf: Tensors, count: number): Member {
  return { name: 'networks', fit: (rows, options) => fitNetworks(tf, rows, options, options.final ? count : Math.min(2, count)) };
}

async function fitNetworks(tf: Tensors, rows: readonly LearningRow[], { seed, final }: FitOptions, count: number): Promise<NetworkModel> {
  const groups = [...new Set(rows.map((row) => row.group))].sort();
  const scaling = fitScaling(rows.map(({ group, x }) => ({ group, x: columns.map((column) => x[column] ?? 0) })));
  const model: NetworkModel = {
    kind: 'network',
    shape: { scalars: columns.length + groups.length, ...sizes() },
    columns,
    groups,
    scaling,
    surfaceScale: Math.sqrt(mean(rows.flatMap((row) => row.surface.map((value) => value * value)))) || 1,
    constant: {},
    targetScale: Math.sqrt(mean(rows.map((row) => row.y * row.y))) || 1,
    networks: [],
  };
  const elements = [...new Set(rows.flatMap((row) => row.elements))].sort();
  const order = permutation(elements.length, randomNumbers(seed));
  for (let index = 0; index < count; index += 1) {
    const left = elements[order[index % Math.max(1, order.length)] ?? 0] ?? '';
    const train = rows.filter((row) => !row.elements.includes(left));
    const check = rows.filter((row) => row.elements.includes(left));
    const enough = train.length >= rows.length / 2 && check.length > 0;
    const sets = enough ? { train, check } : { train: rows, check: rows };
    model.networks.push(await trained(tf, model, sets, recipe.steps[final ? 'final' : 'trial'], randomNumbers(seed * 1000 + index)));
  }
  return model;
}

function sizes(): Omit<NetworkShape, 'scalars'> {
  const { first, second, dense, joint } = recipe;
  return { first, second, dense, joint };
}

async function trained(
  tf: Tensors,
  model: NetworkModel,
  sets: { train: readonly LearningRow[]; check: readonly LearningRow[] },
  steps: number,
  random: RandomNumbers,
): Promise<number[]> {
  const variables = tensorShapes(model.shape).map((shape) => tf.tidy(() => tf.variable(tf.tensor(initial(shape, random), shape))));
  const optimizer = tf.train.adam(recipe.learningRate);
  const check = batchOf(tf, model, sets.check);
  const batches = Math.ceil(sets.train.length / recipe.batch);
  let pool: number[] = [];
  let whole = batches === 1 ? batchOf(tf, model, sets.train) : undefined;
  let best = { loss: Number.POSITIVE_INFINITY, weights: await flat(variables), waited: 0 };
  for (let step = 1; step <= steps && best.waited < recipe.patience; step += 1) {
    if (pool.length < Math.min(recipe.batch, sets.train.length)) pool = permutation(sets.train.length, random);
    const batch =
      whole ??
      batchOf(
        tf,
        model,
        pool.splice(0, recipe.batch).flatMap((index) => sets.train[index] ?? []),
      );
    optimizer.minimize(() => loss(tf, variables, batch, recipe.decay), false, variables);
    if (whole === undefined) dispose(batch);
    if (step % recipe.look !== 0) continue;
    const error = tf.tidy(() => loss(tf, variables, check, 0));
    const [found = Number.NaN] = await error.data();
    error.dispose();
    if (found < best.loss) best = { loss: found, weights: await flat(variables), waited: 0 };
    else best.waited += 1;
  }
  if (whole !== undefined) dispose(whole);
  whole = undefined;
  dispose(check);
  optimizer.dispose();
  for (const variable of variables) variable.dispose();
  return best.weights;
}

interface Batch extends InputTensors {
  target: Tensor2D;
  /** 1 where the true value is at most the target. */
  censored: Tensor2D;
  weight: Tensor2D;
}

function batchOf(tf: Tensors, model: NetworkModel, rows: readonly LearningRow[]): Batch {
  const column = (value: (row: LearningRow) => number): Tensor2D => tf.tensor2d(rows.map((row) => [value(row)]));
  return {
    ...inputTensors(tf, model, rows),
    target: column((row) => row.y / model.targetScale),
    censored: column((row) => (row.censored ? 1 : 0)),
    weight: column((row) => 1 / (1 + (row.noise / model.targetScale) ** 2)),
  };
}

/** Weighted squares, one-sided for censored rows, plus decay of the kernels. */
function loss(tf: Tensors, variables: readonly Variable[], batch: Batch, decay: number): Scalar {
  const gap = tf.sub(forwardPass(tf, variables, batch.surface, batch.scalars), batch.target);
  const oneSided = tf.add(tf.mul(tf.relu(gap), batch.censored), tf.mul(gap, tf.sub(1, batch.censored)));
  const squares = tf.mean(tf.mul(batch.weight, tf.square(oneSided)));
  const kernels = variables.filter((variable) => variable.shape.length > 1);
  const penalty = kernels.reduce<Scalar>((sum, kernel) => tf.add(sum, tf.sum(tf.square(kernel))), tf.scalar(0));
  return tf.add(squares, tf.mul(decay, penalty));
}

/** The same sums as `forward` in `domain/learning/network.ts`, as a graph. */
export function forwardPass(tf: Tensors, variables: readonly Tensor[], surface: Tensor4D, scalars: Tensor2D): Tensor2D {
  const [k1, b1, k2, b2, w3, b3, w4, b4, w5, b5] = variables as unknown as [
    Tensor4D,
    Tensor2D,
    Tensor4D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
  ];
  const fine = tf.relu(tf.add<Tensor4D>(tf.conv2d(surface, k1, 1, 'valid'), b1));
  const coarse = tf.relu(tf.add<Tensor4D>(tf.conv2d(wrapped(tf, tf.avgPool(fine, 2, 2, 'valid')), k2, 1, 'valid'), b2));
  const picture = tf.mean<Tensor2D>(coarse, [1, 2]);
  const side = tf.relu(tf.add<Tensor2D>(tf.matMul(scalars, w3), b3));
  const joint = tf.relu(tf.add<Tensor2D>(tf.matMul(tf.concat([picture, side], 1), w4), b4));
  return tf.add<Tensor2D>(tf.matMul(joint, w5), b5);
}

/** One line of periodic images around every picture. */
function wrapped(tf: Tensors, image: Tensor4D): Tensor4D {
  const [count, height, width, channels] = image.shape;
  const rows = tf.concat(
    [
      tf.slice(image, [0, height - 1, 0, 0], [count, 1, width, channels]),
      image,
      tf.slice(image, [0, 0, 0, 0], [count, 1, width, channels]),
    ],
    1,
  );
  return tf.concat(
    [
      tf.slice(rows, [0, 0, width - 1, 0], [count, height + 2, 1, channels]),
      rows,
      tf.slice(rows, [0, 0, 0, 0], [count, height + 2, 1, channels]),
    ],
    2,
  );
}

/** Normal numbers of variance 2/inputs (He et al., 2015); the output layer starts near nothing, biases at nothing. */
function initial(shape: readonly number[], random: RandomNumbers): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  if (shape.length === 1) return new Float32Array(length);
  const inputs = length / (shape.at(-1) ?? 1);
  const size = Math.sqrt(2 / inputs) * (shape.at(-1) === 1 ? 0.1 : 1);
  return Float32Array.from({ length }, () => size * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

async function flat(variables: readonly Variable[]): Promise<number[]> {
  const parts: number[] = [];
  for (const variable of variables) parts.push(...(await variable.data()));
  return parts;
}

function dispose(batch: Batch): void {
  for (const tensor of Object.values(batch)) tensor.dispose();
}
