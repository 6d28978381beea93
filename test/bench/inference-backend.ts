/**
 * One backend in a process of its own, for `bench:inference`: `inference-backend.ts <name>` prints one JSON document. Networks of the shipped
 * model, repeated to ensembles of 8 and 32, on inputs of the published library.
 */
import { fileURLToPath } from 'node:url';
import { readLibrary } from '../../connectors/predictor/library.js';
import { loadModel } from '../../connectors/predictor/model-folder.js';
import type { NetworkRunner } from '../../connectors/predictor/predictor.js';
import { openBackend } from '../../connectors/predictor/tensor/backend.js';
import { paddedPoints, paddedSurfaces } from '../../connectors/predictor/tensor/network-input.js';
import { tensorRunner } from '../../connectors/predictor/tensor/network-runner.js';
import type { LearningInput } from '../../domain/learning/learner.js';
import { networkAverage, networkScalars, type NetworkModel } from '../../domain/learning/network.js';
import { onnxNetworks } from './onnx-model.js';
import { median } from './result.js';

/** Longest that one measurement may take; larger ones are left out and named. */
const mostSeconds = 60;

const name = process.argv[2] ?? '';
const place = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const { ensemble } = loadModel(place('data/models/shipped'));
const shipped = ensemble.members.find((member) => member.model.kind === 'network')?.model as NetworkModel;
const inputs = readLibrary(place('data/library/published-pt.json')).examples.map(({ group, features }): LearningInput => ({
  group,
  x: features.values,
  surface: features.surface,
}));
const batchOf = (size: number): LearningInput[] =>
  Array.from({ length: size }, (_, index) => inputs[index % inputs.length] ?? { group: '', x: [], surface: [] });
const ensembleOf = (size: number): NetworkModel => ({
  ...shipped,
  networks: Array.from({ length: size }, (_, index) => shipped.networks[index % shipped.networks.length] ?? []),
});

try {
  const rss = process.memoryUsage().rss;
  const opening = performance.now();
  const { run, version } = await opened();
  const model = ensembleOf(8);
  await run(model, batchOf(1));
  const loadMs = Math.round(performance.now() - opening);
  const truth = batchOf(63).map((input) => networkAverage(model, input));
  const answers = await run(model, batchOf(63));
  const largestDifference = Math.max(...answers.map((value, index) => Math.abs(value - (truth[index] ?? 0))));
  const singleMs = median(await timed(20, () => run(model, batchOf(1))));
  const rows: Record<string, unknown>[] = [];
  for (const networks of [8, 32]) {
    const own = ensembleOf(networks);
    let perSecond = Number.POSITIVE_INFINITY;
    for (const batch of [64, 1024, 16_384]) {
      if (batch / perSecond > mostSeconds) {
        rows.push({ networks, batch, leftOut: `about ${Math.round(batch / perSecond)} s` });
        continue;
      }
      const rowsOfBatch = batchOf(batch);
      await run(own, rowsOfBatch.slice(0, 64));
      const ms = median(await timed(batch > 10_000 ? 1 : 3, () => run(own, rowsOfBatch)));
      perSecond = (1000 * batch) / ms;
      rows.push({ networks, batch, ms: Number(ms.toFixed(1)), predictionsPerSecond: Math.round(perSecond) });
    }
  }
  const rssMb = Math.round((process.memoryUsage().rss - rss) / 2 ** 20);
  process.stdout.write(JSON.stringify({ name, version, loadMs, singleMs, rssMb, largestDifference, rows }));
  process.exit(0);
} catch (error) {
  process.stdout.write(JSON.stringify({ name, refused: error instanceof Error ? error.message.split('\n')[0] : String(error) }));
  process.exit(0);
}

async function opened(): Promise<{ run: NetworkRunner; version: string }> {
  if (name === 'plain TypeScript')
    return { run: async (model, rows) => rows.map((row) => networkAverage(model, row)), version: process.version };
  if (name === 'onnxruntime-node') return onnx();
  const { tf, version } = await openBackend(name);
  return { run: tensorRunner(tf), version };
}

interface OnnxRuntime {
  env: { versions: { node?: string; common?: string } };
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OnnxSession> };
  Tensor: new (type: 'float32', values: Float32Array, dims: number[]) => unknown;
}

interface OnnxSession {
  run(feeds: Record<string, unknown>): Promise<{ sum: { data: Float32Array } }>;
}

/** Where PEIERLS_BENCH_ONNX points to (a folder with it in node_modules), or beside us; it is no dependency. */
async function onnx(): Promise<{ run: NetworkRunner; version: string }> {
  const { createRequire } = await import('node:module');
  const from = createRequire(`${process.env['PEIERLS_BENCH_ONNX'] ?? process.cwd()}/package.json`);
  const runtime = from('onnxruntime-node') as OnnxRuntime;
  const sessions = new Map<NetworkModel, OnnxSession>();
  const run: NetworkRunner = async (model, rows) => {
    const session =
      sessions.get(model) ??
      (await runtime.InferenceSession.create(onnxNetworks(model), { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 }));
    sessions.set(model, session);
    const means: number[] = [];
    for (let start = 0; start < rows.length; start += 4096) {
      const part = rows.slice(start, start + 4096);
      const scalars = Float32Array.from(part.flatMap((row) => networkScalars(model, row)));
      const { sum } = await session.run({
        surface: new runtime.Tensor('float32', paddedSurfaces(model, part), [part.length, 1, paddedPoints, paddedPoints]),
        scalars: new runtime.Tensor('float32', scalars, [part.length, model.shape.scalars]),
      });
      for (const [index, row] of part.entries())
        means.push((model.constant[row.group] ?? 0) + (model.targetScale * (sum.data[index] ?? 0)) / model.networks.length);
    }
    return means;
  };
  return { run, version: runtime.env.versions.node ?? runtime.env.versions.common ?? '' };
}

async function timed(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const start = performance.now();
    await work();
    found.push(performance.now() - start);
  }
  return found;
}
