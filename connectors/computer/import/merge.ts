import { chmodSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isMap, parseDocument, stringify } from 'yaml';
import { ComputersFile } from '../../../domain/computer.js';
import { InvalidInput } from '../../../domain/failures.js';
import type { ComputerEntry } from './entry.js';

type Entries = Readonly<Record<string, ComputerEntry>>;

/** A computers file that holds these entries alone. */
export function computersFile(entries: Entries): string {
  return stringify({ computers: entries }, { lineWidth: 0 });
}

/** Adds entries to the text of a computers file and keeps its comments and its order. Throws `InvalidInput` for a name that is taken, or when the file is not valid as it is. */
export function addComputers(text: string, entries: Entries, file: string): string {
  const document = parseDocument(text);
  const [syntax] = document.errors;
  if (syntax !== undefined)
    throw new InvalidInput(`is not YAML: ${syntax.message.split('\n')[0] ?? ''}`, {
      file,
      remedy: 'Correct the file first; nothing was written.',
    });
  if (document.contents === null) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${computersFile(entries)}`;
  const there = document.get('computers');
  if (!isMap(document.contents) || (there !== undefined && there !== null && !isMap(there)))
    throw new InvalidInput('is no computers file', { file, path: 'computers', remedy: 'Correct the file first; nothing was written.' });
  if (!isMap(there)) document.set('computers', document.createNode({}));
  for (const [name, entry] of Object.entries(entries)) {
    if (document.hasIn(['computers', name]))
      throw new InvalidInput('there is a computer of this name already', {
        file,
        path: `computers.${name}`,
        remedy: 'Give another with --name, or remove the old entry; nothing was written.',
      });
    const node = document.createNode(entry);
    document.setIn(['computers', name], node);
  }
  const parent = document.get('computers');
  // `computers: {}` would put everything on one line.
  if (isMap(parent)) parent.flow = false;
  const merged = document.toString({ lineWidth: 0 });
  const parsed = ComputersFile.safeParse(parseDocument(merged).toJS());
  if (parsed.success) return merged;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new InvalidInput(problems, { file, remedy: 'Correct these fields first; nothing was written.' });
}

/** Adds entries to a computers file: readers see the old content or the new. The file keeps its mode, and a link stays a link. */
export function writeComputers(file: string, entries: Entries): void {
  let text = '';
  let path = file;
  let mode: number | undefined;
  try {
    path = realpathSync(file);
    text = readFileSync(path, 'utf8');
    mode = statSync(path).mode & 0o777;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw cannot('read', file, error);
  }
  const merged = addComputers(text, entries, file);
  try {
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, merged, { flag: 'wx' });
    if (mode !== undefined) chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    throw cannot('written', file, error);
  }
}

function cannot(what: string, file: string, cause: unknown): InvalidInput {
  return new InvalidInput(`cannot be ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    file,
    remedy: 'Make it and its folder readable and writable.',
    cause,
  });
}
