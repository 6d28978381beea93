import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidInput, MissingFile } from '../../domain/failures.js';
import { exampleOf, type Example } from '../../domain/learning/example.js';
import { peierlsFloorMpa } from '../../domain/prediction.js';
import { readSlipFile } from '../../domain/slip-record.js';

export interface LibraryFile {
  file: string;
  source: string;
  sha256: string;
  /** Records in the file. */
  records: number;
  examples: Example[];
  /** Records that cannot be used at all, with one sentence each. */
  refused: { id: string; error: string }[];
  /** Records without a Peierls stress. */
  unlabelled: string[];
}

/** The labelled records of a library file as examples, in order. Bad records are left out one by one and named. */
export function readLibrary(file: string, text = readText(file)): LibraryFile {
  const { source, entries } = readSlipFile(text, file);
  const found: LibraryFile = {
    file,
    source,
    sha256: createHash('sha256').update(text).digest('hex'),
    records: entries.length,
    examples: [],
    refused: [],
    unlabelled: [],
  };
  for (const entry of entries) {
    if (entry.kind === 'refused') {
      found.refused.push({ id: entry.id, error: entry.error });
      continue;
    }
    const example = exampleOf(entry.record, source, peierlsFloorMpa);
    if (example === undefined) found.unlabelled.push(entry.id);
    else found.examples.push(example);
  }
  return found;
}

/** All examples of several files; at least ten are needed, or there is nothing to learn from. */
export function allExamples(libraries: readonly LibraryFile[]): Example[] {
  const examples = libraries.flatMap((library) => library.examples);
  if (examples.length < 10)
    throw new InvalidInput('too few labelled records to learn from', {
      file: libraries.map(({ file }) => file).join(', '),
      path: 'records[].peierls_mpa',
      value: examples.length,
      remedy: 'Give at least 10 records with "peierls_mpa"; `peierls library check` says why records are refused',
    });
  return examples;
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MissingFile('cannot be read', { file, remedy: 'Check the path', cause });
  }
}
