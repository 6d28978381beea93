import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { InvalidInput, MissingFile } from '../../domain/failures.js';
import { exampleOf, withOtherViews, type Example } from '../../domain/learning/example.js';
import { peierlsFloorMpa } from '../../domain/prediction.js';
import { readSlipFile, type SlipEntry, type SlipRecord } from '../../domain/slip-record.js';

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
  const { found, protocol, entries } = opened(file, text);
  for (const entry of entries) take(entry, protocol, found);
  return found;
}

/**
 * Libraries to learn from: every example comes with its other views. Thousands of records take a minute; the event loop turns between them, so that a
 * worker stays alive.
 */
export async function readTrainingLibraries(files: readonly { file: string; text?: string }[]): Promise<LibraryFile[]> {
  const libraries: LibraryFile[] = [];
  for (const { file, text = readText(file) } of files) {
    const { found, protocol, entries } = opened(file, text);
    for (const entry of entries) {
      take(entry, protocol, found, withOtherViews);
      await setImmediate();
    }
    libraries.push(found);
  }
  return libraries;
}

function opened(file: string, text: string) {
  const { source, protocol, entries } = readSlipFile(text, file);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const found: LibraryFile = { file, source, sha256, records: entries.length, examples: [], refused: [], unlabelled: [] };
  return { found, protocol, entries };
}

function take(
  entry: SlipEntry,
  protocol: string,
  { refused, unlabelled, examples }: LibraryFile,
  completed: (example: Example, record: SlipRecord) => Example = (example) => example,
): void {
  if (entry.kind === 'refused') return void refused.push({ id: entry.id, error: entry.error });
  const example = exampleOf(entry.record, protocol, peierlsFloorMpa);
  if (example === undefined) unlabelled.push(entry.id);
  else examples.push(completed(example, entry.record));
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
