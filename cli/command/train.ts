import { modelCard } from '../../connectors/predictor/model-card.js';
import { allExamples, libraryFiles, readLibrary, type LibraryFile } from '../../connectors/predictor/library.js';
import { saveModel } from '../../connectors/predictor/model-folder.js';
import { trainInThread } from '../../connectors/predictor/training.js';
import { InvalidInput } from '../../domain/failures.js';
import type { Example } from '../../domain/learning/example.js';
import { withTransferErrors } from '../../domain/learning/transfer-error.js';
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
  const libraries = libraryFiles(files).map((file) => readLibrary(file));
  const elsewhere = libraryFiles(others).map((file) => readLibrary(file));
  report([...libraries, ...elsewhere], output);
  const examples = allExamples(libraries);
  requireCommonClass(examples, elsewhere);
  const { ensemble: learned, backend } = await trainInThread(
    { examples, seed, networks, backend: chosenBackend() },
    { signal, progress: progressLines(output) },
  );
  const ensemble = withTransferErrors(
    learned,
    elsewhere.flatMap((library) => library.examples),
  );
  const seconds = (performance.now() - started) / 1000;
  const model = saveModel(out, ensemble, (id) => modelCard(id, { libraries, elsewhere, ensemble, backend, seed, seconds }));
  const card = modelCard(model.id, { libraries, elsewhere, ensemble, backend, seed, seconds });
  output.result({ folder: out, ...card }, [
    `model ${model.id} in ${out}, ${duration(seconds)} on ${backend.name}`,
    ...table(
      ['class', 'rows', 'below floor', 'held-out rms ln', '90 % within', 'from elsewhere', 'strongest members'],
      card.classes.map((it) => [
        it.kind,
        it.rows,
        it.belowFloorRows,
        it.answersBelowFloor ? '-' : significant(it.heldOutRmse),
        it.answersBelowFloor ? '-' : `x${significant(Math.exp(it.halfWidth90))}`,
        it.transferHalfWidth90 === undefined ? '-' : `x${significant(Math.exp(Math.hypot(it.halfWidth90, it.transferHalfWidth90)))}`,
        strongest(it.weights),
      ]),
    ),
  ]);
  return 0;
}

/** Labels of classes that are not learned would silently widen nothing. */
function requireCommonClass(examples: readonly Example[], elsewhere: readonly LibraryFile[]): void {
  const learned = new Set(examples.map(({ group }) => group));
  for (const { file, examples: own } of elsewhere)
    if (!own.some(({ group }) => learned.has(group)))
      throw new InvalidInput('no label of this library is of a class and protocol that is learned', {
        file,
        path: '--elsewhere',
        value: [...new Set(own.map(({ group }) => group))].toSorted(),
        remedy: `Give labels of ${[...learned].toSorted().join(', ')}`,
      });
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
