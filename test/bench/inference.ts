/**
 * Speed of prediction, and what training does to the event loop: `npm run bench:inference`. Networks alone on every backend, each in a process
 * of its own, one after the other; then whole predictions, from records and from stored features, and through the threads of an inference
 * worker. Writes test/bench/results/inference.json. onnxruntime-node is no dependency; PEIERLS_BENCH_ONNX names a folder that has it:
 *   mkdir /tmp/onnx && cd /tmp/onnx && npm install --ignore-scripts onnxruntime-node@1.30.0
 */
import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { InferencePool } from '../../connectors/predictor/inference.js';
import { readLibrary, readText } from '../../connectors/predictor/library.js';
import { loadModel } from '../../connectors/predictor/model-folder.js';
import { defaultPredictor, type PredictionEntry } from '../../connectors/predictor/predictor.js';
import { backendNames } from '../../connectors/predictor/tensor/backend.js';
import { trainInThread } from '../../connectors/predictor/training.js';
import { readSlipFile } from '../../domain/slip-record.js';
import { machine } from './machine.js';
import { median, writeResult } from './result.js';

const place = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const timed = async <Result>(work: () => Result | Promise<Result>): Promise<[number, Result]> => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

const loadBefore = loadavg();
const networks: unknown[] = [];
for (const name of ['plain TypeScript', ...backendNames, 'onnxruntime-node']) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', place('test/bench/inference-backend.ts'), name]);
  networks.push(JSON.parse(stdout.slice(stdout.indexOf('{'))));
  process.stderr.write(`${name}: measured\n`);
}

const library = place('data/library/virtual-metals.json');
const { entries, protocol } = readSlipFile(readText(library), library);
const records = entries.flatMap((entry): PredictionEntry[] => (entry.kind === 'read' ? [{ record: entry.record, protocol }] : []));
const [modelLoadMs] = await timed(() => loadModel(place('data/models/shipped')));
const predictor = defaultPredictor();
const [fromRecordsMs, answers] = await timed(() => predictor.predictMany(records));
const stored = records.map((entry, index): PredictionEntry => {
  const answer = answers[index];
  return answer === undefined || 'error' in answer || answer.features === undefined ? entry : { ...entry, features: answer.features };
});
const [fromFeaturesMs] = await timed(() => predictor.predictMany(stored));
const singles: number[] = [];
for (const entry of records.slice(0, 20)) singles.push((await timed(() => predictor.predictMany([entry])))[0]);

const pool = new InferencePool({ threads: 2, backend: 'auto' });
const [warmMs] = await timed(() => pool.warm());
await pool.predict(null, records.slice(0, 2));
const [pooledMs] = await timed(() => pool.predict(null, [...records, ...records]));
await pool.close();

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const { examples } = readLibrary(place('data/library/published-pt.json'));
const [trainMs] = await timed(() => trainInThread({ examples, seed: 1, networks: 1, backend: 'wasm' }));
delay.disable();

const perSecond = (ms: number): number => Number(((1000 * records.length) / ms).toFixed(1));
writeResult('inference', {
  measuredAt: new Date().toISOString(),
  machine: { ...machine(), loadBefore, loadAfter: loadavg() },
  networks,
  wholePredictions: {
    records: records.length,
    modelLoadMs: Math.round(modelLoadMs),
    latencyMs: Number(median(singles).toFixed(1)),
    perSecondFromRecords: perSecond(fromRecordsMs),
    perSecondFromStoredFeatures: perSecond(fromFeaturesMs),
    twoThreads: { warmMs: Math.round(warmMs), perSecondFromRecords: perSecond(pooledMs / 2) },
  },
  training: { seconds: Math.round(trainMs / 1000), largestEventLoopDelayMs: Math.round(delay.max / 1e6) },
  residentMb: Math.round(process.memoryUsage().rss / 2 ** 20),
});
