import { allExamples, libraryFiles, readTrainingLibraries } from '../../connectors/predictor/library.js';
import { evaluateInThread } from '../../connectors/predictor/training.js';
import { separator } from '../../domain/learning/example.js';
import type { PredictorScores } from '../../domain/learning/evaluate.js';
import type { Scores } from '../../domain/learning/metrics.js';
import { duration } from '../../domain/duration.js';
import { type Output } from '../output.js';
import { table } from '../table.js';
import { studies } from './study.js';
import { chosenBackend, progressLines, report } from './train.js';

export interface EvaluateOptions {
  groupBy: 'element';
  seed: number;
  networks: number;
  ablation?: boolean;
  learningCurve?: boolean;
  sensitivity?: boolean;
}

/** `peierls evaluate <library.json...> --group-by element`: every element is left out in turn, and everything is learned anew without it. */
export async function evaluate(files: string[], options: EvaluateOptions, output: Output, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  const libraries = await readTrainingLibraries(libraryFiles(files).map((file) => ({ file })));
  report(libraries, output);
  const { seed, networks, groupBy } = options;
  const examples = allExamples(libraries);
  if (options.ablation === true || options.learningCurve === true || options.sensitivity === true)
    return studies(examples, libraries, options, output, signal);
  const { evaluation, backend } = await evaluateInThread(
    { examples, seed, networks, backend: chosenBackend() },
    { signal, progress: progressLines(output) },
  );
  const seconds = (performance.now() - started) / 1000;
  const groups = [...new Set(evaluation.predictors.flatMap(({ byClass }) => Object.keys(byClass)))].sort();
  const block = (title: string, pick: (scores: PredictorScores) => Scores | undefined): string[] => [
    '',
    title,
    ...table(
      ['predictor', 'n', 'median factor', 'RMSE ln', 'Spearman', 'R2 log', 'MAPE %', 'coverage %', 'width'],
      evaluation.predictors.flatMap((predictor) => {
        const scores = pick(predictor);
        return scores === undefined ? [] : [[predictor.predictor, ...scoreCells(scores)]];
      }),
    ),
  ];
  output.result({ groupBy, files, seed, backend, seconds: Math.round(seconds), ...evaluation }, [
    `leave one element out: ${evaluation.folds.map(({ element, rows }) => `${element} ${rows}`).join(', ')}; ${duration(seconds)}`,
    ...block('all classes above their floor', ({ pooled }) => pooled),
    ...groups.flatMap((group) => block(group.replace(separator, ', labels of '), ({ byClass }) => byClass[group])),
    ...Object.entries(evaluation.belowFloor).flatMap(([group, { count, correct, brier }]) => [
      '',
      `${group.replace(separator, ', labels of ')}: below the floor; said so correctly for ${correct} of ${count}, Brier score ${brier.toFixed(3)}`,
    ]),
    '',
    'width is the median of high/low of the 90 % intervals; textbook PN, Joos-Duesbery and SVPN are each times one constant fitted per class.',
  ]);
  return 0;
}

function scoreCells({ count, medianFactor, rmse, spearman, r2, mape, coverage90, width90 }: Scores): (string | number)[] {
  const fixed = (value: number | null, digits = 2): string => (value === null ? '-' : value.toFixed(digits));
  return [
    count,
    `x${fixed(medianFactor)}`,
    fixed(rmse),
    fixed(spearman),
    fixed(r2),
    fixed(100 * mape, 0),
    fixed(100 * coverage90, 0),
    `x${fixed(width90, 1)}`,
  ];
}
