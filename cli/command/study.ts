import { InferencePool } from '../../connectors/predictor/inference.js';
import { readText, type LibraryFile } from '../../connectors/predictor/library.js';
import { ablationInThread, learningCurveInThread } from '../../connectors/predictor/training.js';
import type { Example } from '../../domain/learning/example.js';
import { sensitivities, type Sensitivity } from '../../domain/learning/sensitivity.js';
import type { AblationRow, LearningCurvePoint } from '../../domain/learning/study.js';
import { readSlipFile, type SlipRecord } from '../../domain/slip-record.js';
import { type Output } from '../output.js';
import { table } from '../table.js';
import { chosenBackend, progressLines } from './train.js';

export interface StudyChoice {
  seed: number;
  networks: number;
  ablation?: boolean;
  learningCurve?: boolean;
  sensitivity?: boolean;
}

/** `peierls evaluate --ablation --learning-curve --sensitivity`: what the predictor's skill rests on. */
export async function studies(
  examples: readonly Example[],
  libraries: readonly LibraryFile[],
  { seed, networks, ...wanted }: StudyChoice,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const task = { examples, seed, networks, backend: chosenBackend() };
  const run = { signal, progress: progressLines(output) };
  const found = {
    files: libraries.map(({ file, sha256 }) => ({ file, sha256 })),
    seed,
    ...(wanted.ablation === true && { ablation: (await ablationInThread(task, run)).ablation }),
    ...(wanted.learningCurve === true && { learningCurve: (await learningCurveInThread(task, run)).curve }),
    ...(wanted.sensitivity === true && { sensitivity: await measured(libraries, signal) }),
  };
  output.result(found, [
    ...(found.ablation === undefined ? [] : ablationLines(found.ablation.rows)),
    ...(found.learningCurve === undefined ? [] : curveLines(found.learningCurve)),
    ...(found.sensitivity === undefined ? [] : sensitivityLines(found.sensitivity)),
  ]);
  return 0;
}

/** Of the shipped model, in threads. */
async function measured(libraries: readonly LibraryFile[], signal: AbortSignal): Promise<Sensitivity[]> {
  const files = libraries.map(({ file }) => readSlipFile(readText(file), file));
  const records = files.flatMap(({ entries, protocol }) =>
    entries.flatMap((entry): (SlipRecord & { protocol: unknown })[] =>
      entry.kind === 'read' ? [{ ...entry.record, protocol: entry.record['protocol'] ?? protocol }] : [],
    ),
  );
  const pool = new InferencePool({ threads: 2, backend: 'auto' });
  try {
    return await sensitivities(records, async (asked) => {
      const answers = await pool.predict(
        null,
        asked.map((record) => ({ record })),
        signal,
      );
      return answers.map((answer) => ('error' in answer ? Number.NaN : Math.log(answer.prediction.peierlsMpa)));
    });
  } finally {
    await pool.close();
  }
}

function ablationLines(rows: readonly AblationRow[]): string[] {
  const names = rows[0]?.predictors.map(({ predictor }) => predictor) ?? [];
  return [
    '',
    'elements left out, with parts of the inputs hidden: RMSE(ln) / R2 (log)',
    ...table(
      ['hidden', ...names],
      rows.map(({ hidden, predictors }) => [
        hidden,
        ...predictors.map(({ pooled }) => `${pooled.rmse.toFixed(2)} / ${pooled.r2?.toFixed(2) ?? '-'}`),
      ]),
    ),
  ];
}

function curveLines(points: readonly LearningCurvePoint[]): string[] {
  const names = points[0]?.draws[0]?.map(({ predictor }) => predictor) ?? [];
  return [
    '',
    'elements left out, fewer metals to learn from: RMSE(ln), mean over random choices',
    ...table(
      ['metals', ...names],
      points.map(({ metals, draws }) => [
        metals,
        ...names.map((_, place) => (draws.reduce((sum, draw) => sum + (draw[place]?.pooled.rmse ?? 0), 0) / draws.length).toFixed(2)),
      ]),
    ),
  ];
}

function sensitivityLines(rows: readonly Sensitivity[]): string[] {
  const names = Object.keys(rows[0]?.inputs ?? {});
  return [
    '',
    'd ln tau / d ln input of the shipped model: median (10 % to 90 % of records)',
    ...table(
      ['class', 'records', ...names],
      rows.map(({ kind, records, inputs }) => [
        kind,
        records,
        ...names.map((name) => {
          const { median, low, high } = inputs[name] ?? { median: 0, low: 0, high: 0 };
          return `${median.toFixed(2)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
        }),
      ]),
    ),
  ];
}
