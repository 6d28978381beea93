import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { canonicalPoints } from '../../../domain/learning/canonical-surface.js';
import type { LearningInput } from '../../../domain/learning/learner.js';
import { networkScalars, type NetworkModel } from '../../../domain/learning/network.js';
import type { Tensors } from './backend.js';

/** What the networks of a model see of some rows. */
export interface InputTensors {
  /** [rows, 14, 14, 1]: the grid with one line of its periodic images around it. */
  surface: Tensor4D;
  /** [rows, scalars] */
  scalars: Tensor2D;
}

export const paddedPoints = canonicalPoints + 2;

/** Which cell of the grid stands at each cell of the grid with its rim. */
const source = Array.from({ length: paddedPoints ** 2 }, (_, cell) => {
  const n = canonicalPoints;
  const [i, j] = [Math.floor(cell / paddedPoints), cell % paddedPoints];
  return ((i - 1 + n) % n) * n + ((j - 1 + n) % n);
});

/** Row-major [rows, 14, 14], scaled as the networks of the model expect it. */
export function paddedSurfaces(model: Pick<NetworkModel, 'surfaceScale'>, rows: readonly LearningInput[]): Float32Array {
  const values = new Float32Array(rows.length * source.length);
  for (const [index, { surface }] of rows.entries())
    for (const [cell, from] of source.entries()) values[index * source.length + cell] = (surface[from] ?? 0) / model.surfaceScale;
  return values;
}

export function inputTensors(tf: Tensors, model: NetworkModel, rows: readonly LearningInput[]): InputTensors {
  return {
    surface: tf.tensor4d(paddedSurfaces(model, rows), [rows.length, paddedPoints, paddedPoints, 1]),
    scalars: tf.tensor2d(rows.map((row) => networkScalars(model, row))),
  };
}
