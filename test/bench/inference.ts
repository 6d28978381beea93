/**
 * Speed of prediction and training: `npm run bench:inference [-- records]`. Fixed counts, synthetic inputs, one process, one backend after the
 * other; prints one JSON line a measurement. Numbers of one run on a shared 2-core machine stand in docs/learning.md.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { readLibrary } from '../../connectors/predictor/library.js';
import { loadModel } from '../../connectors/predictor/model-folder.js';
import { backendNames, openBackend } from '../../connectors/predictor/tensor/backend.js';
import { forwardPass } from '../../connectors/predictor/tensor/network.js';
import { trainInThread } from '../../connectors/predictor/training.js';
import { networkOutputs, tensorShapes, type NetworkModel } from '../../domain/learning/network.js';
import { predictClass } from '../../domain/learning/predict-class.js';

const place = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const say = (row: Record<string, string | number>): void => void process.stdout.write(`${JSON.stringify(row)}\n`);
const timed = async <Result>(work: () => Result | Promise<Result>): Promise<[number, Result]> => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

const [readMs, library] = await timed(() => readLibrary(place('data/library/published-pt.json')));
say({ what: 'features of records', perSecond: Math.round((1000 * library.examples.length) / readMs) });
const [loadMs, model] = await timed(() => loadModel(place('data/models/shipped')));
say({ what: 'load the shipped model', ms: Math.round(loadMs) });

const { ensemble } = model;
for (const batch of [1, 64, 1024]) {
  const [ms] = await timed(() => {
    for (let index = 0; index < batch; index += 1) {
      const example = library.examples[index % library.examples.length];
      const own = ensemble.classes.find((it) => it.kind === example?.kind);
      if (example !== undefined && own !== undefined) predictClass(ensemble, own, example.features);
    }
  });
  say({ what: 'whole ensemble, plain TypeScript', batch, ms: Number(ms.toFixed(1)), perSecond: Math.round((1000 * batch) / ms) });
}

const network = ensemble.members.find((member) => member.model.kind === 'network')?.model as NetworkModel | undefined;
if (network !== undefined) {
  const [example] = library.examples;
  const input = { group: example?.group ?? '', x: example?.features.values ?? [], surface: example?.features.surface ?? [] };
  const [ms] = await timed(() => {
    for (let index = 0; index < 200; index += 1) networkOutputs(network, input);
  });
  say({
    what: 'networks, plain TypeScript',
    networks: network.networks.length,
    batch: 200,
    perSecond: Math.round((1000 * 200 * network.networks.length) / ms),
  });
  for (const name of backendNames) {
    try {
      const { tf } = await openBackend(name);
      for (const networks of [8, 32])
        for (const batch of [64, 1024]) {
          const variables = tensorShapes(network.shape).map((shape) => tf.variable(tf.randomNormal(shape, 0, 0.1, 'float32', 1)));
          const surface: Tensor4D = tf.randomNormal([batch, 14, 14, 1], 0, 1, 'float32', 1);
          const scalars: Tensor2D = tf.randomNormal([batch, network.shape.scalars], 0, 1, 'float32', 1);
          const run = async (): Promise<void> => {
            for (let index = 0; index < networks; index += 1) {
              const output = tf.tidy(() => forwardPass(tf, variables, surface, scalars));
              await output.data();
              output.dispose();
            }
          };
          await run();
          const [ms] = await timed(run);
          say({ what: `networks, ${name}`, networks, batch, ms: Number(ms.toFixed(1)), inputsPerSecond: Math.round((1000 * batch) / ms) });
          tf.dispose([...variables, surface, scalars]);
        }
    } catch (error) {
      say({ what: `networks, ${name}`, refused: error instanceof Error ? error.message : String(error) });
    }
  }
}

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const [trainMs] = await timed(() => trainInThread({ examples: library.examples, seed: 1, networks: 1, backend: 'wasm' }));
delay.disable();
say({ what: 'training in its thread', seconds: Math.round(trainMs / 1000), largestEventLoopDelayMs: Math.round(delay.max / 1e6) });
say({ what: 'memory', rssMb: Math.round(process.memoryUsage().rss / 2 ** 20) });
