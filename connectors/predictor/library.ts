import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
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
  const { source, protocol, entries } = readSlipFile(text, file);
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
    const example = exampleOf(entry.record, protocol, peierlsFloorMpa);
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

/**
 * The library files that arguments name: a folder stands for its *.json and *.json.gz files, those of other groups (`published-*`) last,
 * because the first file that measured a class sets its default protocol.
 */
export function libraryFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)) return [path];
    const files = readdirSync(path).filter((name) => /\.json(\.gz)?$/.test(name));
    if (files.length === 0) throw new MissingFile('this folder holds no library', { file: path, remedy: 'Give *.json or *.json.gz files' });
    const foreign = (name: string): number => (name.startsWith('published-') ? 1 : 0);
    return files.toSorted((a, b) => foreign(a) - foreign(b) || (a < b ? -1 : 1)).map((name) => join(path, name));
  });
}

export function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (cause) {
    throw new MissingFile('cannot be read', { file, remedy: 'Check the path', cause });
  }
}
