/**
 * What the predictor's skill rests on: `npm run bench:learning`. Elements left out of our own library: the ensemble (without networks) with its
 * parity plot, errors with parts of the inputs hidden and with fewer metals, and the sensitivity of the shipped model. Half an hour on one core,
 * most of it for the ensemble: `-- evaluation.json` takes what `peierls evaluate --networks 0 --json` has printed. Writes
 * test/bench/results/learning.json and docs/images/parity.svg; docs/learning.md quotes them.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Evaluation, PredictorScores } from '../../domain/learning/evaluate.js';
import type { ablation as Ablation, LearningCurvePoint } from '../../domain/learning/study.js';
import { separator } from '../../domain/learning/example.js';
import { machine } from './machine.js';
import { parityPlot } from './parity-plot.js';
import { writeResult } from './result.js';

const place = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const library = 'data/library/virtual-metals.json';
const peierls = async (...options: string[]): Promise<Record<string, unknown>> => {
  const all = [place('cli/peierls.mjs'), 'evaluate', place(library), '--json', ...options];
  const { stdout } = await promisify(execFile)(process.execPath, all, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Record<string, unknown>;
};

const loadBefore = loadavg();
const [finished] = process.argv.slice(2);
const { ablation } = (await peierls('--networks', '0', '--ablation')) as unknown as { ablation: Awaited<ReturnType<typeof Ablation>> };
const { learningCurve, sensitivity, seed } = (await peierls('--networks', '0', '--learning-curve', '--sensitivity')) as unknown as {
  learningCurve: LearningCurvePoint[];
  sensitivity: unknown;
  seed: number;
};
const evaluation = (finished === undefined ? await peierls('--networks', '0') : JSON.parse(readFileSync(finished, 'utf8'))) as Evaluation;
const pooled = (all: readonly PredictorScores[]) => all.map(({ predictor, pooled: scores }) => ({ predictor, pooled: scores }));
/** Pooled scores, and [median factor, R2] of each class. */
const byClass = (all: readonly PredictorScores[]) =>
  all.map(({ predictor, pooled: scores, byClass: own }) => ({
    predictor,
    pooled: scores,
    byClass: Object.fromEntries(Object.entries(own).map(([group, { medianFactor, r2 }]) => [group, [medianFactor, r2]])),
  }));
const silent = new Set(Object.keys(evaluation.belowFloor));
/** An alloy is held out with each of its elements: it is shown once. */
const once = [...new Map(evaluation.rows.map((row) => [row.id, row])).values()];
const points = once
  .filter(({ group, censored }) => !silent.has(group) && !censored)
  .map((row) => ({ ...row, kind: row.group.split(separator)[0] ?? row.group }));
writeFileSync(place('docs/images/parity.svg'), parityPlot('Peierls stresses of left-out elements: predicted over computed', points));
writeResult('learning', {
  measuredAt: new Date().toISOString(),
  machine: { ...machine(), loadBefore, loadAfter: loadavg() },
  library,
  seed,
  ensemble: evaluation.predictors[0],
  ablation: {
    rows: ablation.rows.map(({ hidden, predictors }) => ({ hidden, predictors: pooled(predictors) })),
    formulas: pooled(ablation.formulas),
  },
  learningCurve: learningCurve.map(({ metals, draws }) => ({ metals, draws: draws.map(byClass) })),
  sensitivity,
});
