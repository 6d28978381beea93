import { libraryFiles, readTrainingLibraries, type LibraryFile } from '../../connectors/predictor/library.js';
import { trainIntoFolder } from '../../connectors/predictor/model-training.js';
import type { ModelCard } from '../../domain/learning/model.js';
import { duration } from '../../domain/duration.js';
import { significant, type Output } from '../output.js';
import { table } from '../table.js';

export interface TrainOptions {
  out: string;
  seed: number;
  networks: number;
  elsewhere?: string[];
}

/** `peierls train <library.json...> --out <dir>`: where two files measured one class differently, the first file's protocol is the default. */
export async function train(
  files: string[],
  { out, seed, networks, elsewhere: others = [] }: TrainOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const started = performance.now();
  const libraries = await readTrainingLibraries(libraryFiles(files).map((file) => ({ file })));
  const elsewhere = await readTrainingLibraries(libraryFiles(others).map((file) => ({ file })));
  report([...libraries, ...elsewhere], output);
  const card = await trainIntoFolder(
    out,
    { libraries, elsewhere, seed, networks, backend: chosenBackend(), started },
    { signal, progress: progressLines(output) },
  );
  output.result({ folder: out, ...card }, [
    `model ${card.model} in ${out}, ${duration(card.seconds)} on ${card.backend.name}`,
    ...classTable(card),
  ]);
  return 0;
}

/** What each class of a model was learned from, and what it may be trusted with. */
export function classTable({ classes }: ModelCard): string[] {
  return table(
    ['class', 'rows', 'below floor', 'held-out rms ln', '90 % within', 'from elsewhere', 'strongest members'],
    classes.map((it) => [
      it.kind,
      it.rows,
      it.belowFloorRows,
      it.answersBelowFloor ? '-' : significant(it.heldOutRmse),
      it.answersBelowFloor ? '-' : `x${significant(Math.exp(it.halfWidth90))}`,
      it.transferHalfWidth90 === undefined ? '-' : `x${significant(Math.exp(Math.hypot(it.halfWidth90, it.transferHalfWidth90)))}`,
      strongest(it.weights),
    ]),
  );
}

/** `PEIERLS_TENSOR_BACKEND` names one; otherwise the first usable one is taken. */
export function chosenBackend(): string {
  return process.env['PEIERLS_TENSOR_BACKEND'] ?? 'auto';
}

/** Says which records of the libraries take no part. */
export function report(libraries: readonly LibraryFile[], output: Output): void {
  for (const { file, records, examples, refused, unlabelled } of libraries) {
    const excluded = examples.filter((example) => example.excluded !== undefined);
    output.say(`${file}: ${records} records, ${examples.length - excluded.length} to learn from`);
    for (const { id, error } of refused) output.say(`  refused ${id}: ${error}`);
    for (const { id, excluded: reason } of excluded) output.say(`  set aside ${id}: ${reason}`);
    if (unlabelled.length > 0) output.say(`  ${unlabelled.length} without a Peierls stress`);
  }
}

/** One line for each tenth of the work. */
export function progressLines(output: Output): (done: number, note: string) => void {
  let shown = 0;
  return (done, note) => {
    if (done < shown + 0.1) return;
    shown = Math.floor(done * 10) / 10;
    output.say(`  ${Math.round(100 * done)} %: ${note}`);
  };
}

function strongest(weights: Record<string, number>): string {
  return Object.entries(weights)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name, weight]) => `${name} ${weight.toFixed(2)}`)
    .join(', ');
}
