import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput } from '../../domain/failures.js';
import type { ModelCard } from '../../domain/learning/model.js';
import { withTransferErrors } from '../../domain/learning/transfer-error.js';
import { allExamples, type LibraryFile } from './library.js';
import { modelCard } from './model-card.js';
import { saveModel } from './model-folder.js';
import { trainInThread, type TrainingOptions } from './training.js';

export interface ModelTraining {
  /** Learned from. Where two files measured one class differently, the first file's protocol is the default. */
  libraries: readonly LibraryFile[];
  /** Labels by other families of potentials: they only widen the intervals. */
  elsewhere: readonly LibraryFile[];
  seed: number;
  networks: number;
  /** Name of a tensor backend, or `auto`. */
  backend: string;
  /** `performance.now()` before the libraries were read: the card tells how long all of it took. */
  started: number;
}

/** Trains an ensemble, widens its intervals, and writes it with its card into the folder. The same inputs give a model of the same id. */
export async function trainIntoFolder(folder: string, training: ModelTraining, options?: TrainingOptions): Promise<ModelCard> {
  const { libraries, elsewhere, seed, networks, backend: wanted, started } = training;
  const examples = allExamples(libraries);
  requireCommonClass(libraries, elsewhere);
  const { ensemble: learned, backend } = await trainInThread({ examples, seed, networks, backend: wanted }, options);
  const ensemble = withTransferErrors(
    learned,
    elsewhere.flatMap((library) => library.examples),
  );
  const seconds = (performance.now() - started) / 1000;
  saveModel(folder, ensemble, (id) => modelCard(id, { libraries, elsewhere, ensemble, backend, seed, seconds }));
  return JSON.parse(readFileSync(join(folder, 'card.json'), 'utf8')) as ModelCard;
}

/** Refuses labels of classes that are not learned: they would silently widen nothing. */
export function requireCommonClass(libraries: readonly LibraryFile[], elsewhere: readonly LibraryFile[]): void {
  const learned = new Set(libraries.flatMap(({ examples }) => examples.map(({ group }) => group)));
  for (const { file, examples } of elsewhere)
    if (!examples.some(({ group }) => learned.has(group)))
      throw new InvalidInput('no label of this library is of a class and protocol that is learned', {
        file,
        path: '--elsewhere',
        value: [...new Set(examples.map(({ group }) => group))].toSorted(),
        remedy: `Give labels of ${[...learned].toSorted().join(', ')}`,
      });
}
