import { createRequire } from 'node:module';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { InvalidInput } from '../../../domain/failures.js';
import { registerFilterGradient } from './filter-gradient.js';

export type Tensors = typeof TensorFlow;

/** A tensor library on this machine: usable, or the reason why not. */
export interface TensorBackendReport {
  name: string;
  usable: boolean;
  /** True only when a graphics processor was seen to be used. */
  isGpu: boolean;
  reason: string;
}

export interface OpenedBackend {
  tf: Tensors;
  name: string;
  version: string;
  isGpu: boolean;
}

/** A rung of the ladder: opens the library or throws with the reason. */
interface Rung {
  name: string;
  open: () => Promise<{ tf: Tensors; isGpu: boolean; note: string }>;
}

/** Fastest first. Only wasm and cpu come with `npm ci`; the others are taken where a machine has them. */
const rungs: readonly Rung[] = [
  { name: 'tfjs-node-gpu', open: () => native('@tensorflow/tfjs-node-gpu') },
  { name: 'webgpu', open: webgpu },
  { name: 'tfjs-node', open: () => native('@tensorflow/tfjs-node') },
  { name: 'wasm', open: () => portable('wasm', '@tensorflow/tfjs-backend-wasm', 'WebAssembly with SIMD, one core; trains and predicts') },
  { name: 'cpu', open: () => portable('cpu', '@tensorflow/tfjs-backend-cpu', 'plain JavaScript; a few times slower than wasm') },
];

/** Names of the ladder, for messages. */
export const backendNames = rungs.map(({ name }) => name);

/**
 * Opens the first usable backend, or the one that is named. One engine serves the whole process, so this belongs in a thread of its own.
 * A native library that comes up on the processor is passed over on the GPU rung: it would only pretend.
 */
export async function openBackend(wanted = 'auto', report: (line: string) => void = () => undefined): Promise<OpenedBackend> {
  if (wanted !== 'auto' && !backendNames.includes(wanted))
    throw new InvalidInput('there is no such tensor backend', {
      path: 'PEIERLS_TENSOR_BACKEND',
      value: wanted,
      remedy: `Choose auto, ${backendNames.join(', ')}`,
    });
  for (const { name, open } of rungs) {
    if (wanted !== 'auto' && wanted !== name) continue;
    try {
      const { tf, isGpu } = await open();
      return { tf, name, version: tf.version_core, isGpu };
    } catch (error) {
      const reason = firstLine(error);
      report(`${name}: ${reason}`);
      if (wanted !== 'auto')
        throw new InvalidInput(`the tensor backend cannot be used: ${reason}`, {
          path: 'PEIERLS_TENSOR_BACKEND',
          value: wanted,
          remedy: 'Install it, or leave the variable out',
          cause: error,
        });
    }
  }
  throw new InvalidInput('no tensor backend can be used', { remedy: 'Run npm ci: it brings wasm and cpu; or train with --networks 0' });
}

/** Not a rung; whoever looks for it finds out why. */
const onnx: TensorBackendReport = {
  name: 'onnxruntime-node',
  usable: false,
  isGpu: false,
  reason: 'not used: its installation downloads, and the networks are a thirtieth of a prediction; docs/learning.md has its numbers',
};

/** Tries every rung. Belongs in a thread of its own, see `connectors/predictor/backend.ts`: each rung leaves its library loaded. */
export async function tryBackends(): Promise<TensorBackendReport[]> {
  const reports: TensorBackendReport[] = [];
  for (const { name, open } of rungs) {
    try {
      const { isGpu, note } = await open();
      reports.push({ name, usable: true, isGpu, reason: note });
    } catch (error) {
      reports.push({ name, usable: false, isGpu: false, reason: firstLine(error) });
    }
  }
  return [...reports, onnx];
}

/** tfjs-node(-gpu) 4.22.0 calls functions that Node 23 removed from `util`; put back before it loads they make it work (checked on 24, 26). */
async function native(name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu') {
  const require = createRequire(import.meta.url);
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
  const tf = (await optional(name, () => require(name))) as Tensors;
  await tf.ready();
  const gpu = (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
  const wantsGpu = name.endsWith('gpu');
  if (wantsGpu && !gpu)
    throw new Error('it loads, but runs on the processor: its CUDA libraries or a supported graphics processor are missing');
  return { tf, isGpu: gpu, note: gpu ? 'native TensorFlow on a graphics processor' : 'native TensorFlow on the processor' };
}

async function webgpu() {
  const { create, globals } = (await optional('webgpu', () => import(unresolved('webgpu')))) as {
    create: (options: string[]) => { requestAdapter(): Promise<{ info: { isFallbackAdapter?: boolean; device: string } } | null> };
    globals: object;
  };
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('Vulkan shows no adapter: a driver with its ICD file is missing');
  if (adapter.info.isFallbackAdapter === true) throw new Error(`the only adapter is software (${adapter.info.device})`);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const name = '@tensorflow/tfjs-backend-webgpu';
  await optional(name, () => import(unresolved(name)));
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-layers');
  // It answers false and leaves another backend active where the device cannot be had.
  if (!(await tf.setBackend('webgpu')) || tf.getBackend() !== 'webgpu') throw new Error('TensorFlow.js refuses the adapter');
  return { tf, isGpu: true, note: `WebGPU on ${adapter.info.device}` };
}

async function portable(name: 'wasm' | 'cpu', pack: string, note: string) {
  const tf = await import('@tensorflow/tfjs-core');
  await import(unresolved(pack));
  if (!(await tf.setBackend(name)) || tf.getBackend() !== name) throw new Error(`TensorFlow.js refuses its ${name} backend`);
  await tf.ready();
  // The core's CommonJS build registers no gradients; this package's does.
  await import('@tensorflow/tfjs-layers');
  registerFilterGradient(tf, name);
  return { tf, isGpu: false, note };
}

async function optional(name: string, load: () => unknown): Promise<unknown> {
  try {
    return await load();
  } catch (cause) {
    const missing = (cause as { code?: string }).code?.includes('MODULE_NOT_FOUND') ?? false;
    throw new Error(missing ? `${name} is not installed; docs/learning.md says how` : `${name} does not load: ${firstLine(cause)}`, {
      cause,
    });
  }
}

/** Keeps an optional package out of the type checker's and every bundler's sight. */
function unresolved(name: string): string {
  return name;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'unknown';
}
