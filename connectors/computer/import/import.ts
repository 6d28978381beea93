import { parse } from 'yaml';
import { InvalidInput } from '../../../domain/failures.js';
import { isCode, isConfiguration, isSetup, readAiida } from './aiida.js';
import { readDpdispatcher, sectionsOf } from './dpdispatcher.js';
import { finish, type Draft, type ImportedComputer, type ImportOptions } from './entry.js';
import { isObject } from './fields.js';
import { isProject, readProject } from './jobflow-remote.js';
import type { ParsedFile } from './parsed-file.js';
import { hostChoices, looksLikeSshConfig, readSshConfig, type HostChoice } from './ssh-config.js';

export const importFormats = ['aiida', 'jobflow-remote', 'dpdispatcher', 'ssh-config'] as const;
export type ImportFormat = (typeof importFormats)[number];

export interface SourceFile {
  file: string;
  text: string;
}

export interface Import {
  format: ImportFormat;
  computers: ImportedComputer[];
  /** Hosts to choose from, where the file names several and none was chosen. */
  hosts: HostChoice[];
}

/** Turns files of other tools into entries of computers.yaml. The format is read off the content. Throws `InvalidInput` for what cannot be understood. */
export function importComputers(files: readonly SourceFile[], options: ImportOptions & { format?: ImportFormat } = {}): Import {
  const [first] = files;
  if (first === undefined) throw new InvalidInput('no file is given', { remedy: 'Name the file to import.' });
  const parsed = files.map(parseFile);
  const format = options.format ?? detect(files, parsed);
  if (format === 'ssh-config') {
    if (options.choice === undefined) return { format, computers: [], hosts: hostChoices(first.file) };
    return { format, computers: [finish(readSshConfig(first.file, options), options)], hosts: [] };
  }
  const objects = parsed.map((file, index) => object(file, files[index]?.file ?? first.file, format));
  const drafts = chosen(readDrafts(format, objects, options), options, first.file);
  return { format, computers: drafts.map((draft) => finish(draft, options)), hosts: [] };
}

function readDrafts(format: Exclude<ImportFormat, 'ssh-config'>, files: readonly ParsedFile[], { choice }: ImportOptions): Draft[] {
  if (format === 'aiida') return readAiida(files);
  if (format === 'dpdispatcher') return readDpdispatcher(files);
  // A choice is made before anything is read, so that one worker of a kind that we do not have is no obstacle to the others.
  return files.flatMap(({ file, content }) => readProject({ file, content: narrowed(content, choice) }));
}

function narrowed(content: Record<string, unknown>, choice: string | undefined): Record<string, unknown> {
  const { workers } = content;
  if (choice === undefined || !isObject(workers) || !Object.hasOwn(workers, choice)) return content;
  return { ...content, workers: { [choice]: workers[choice] } };
}

/** With a name of its own only one computer can be meant. */
function chosen(drafts: readonly Draft[], { choice, name }: ImportOptions, file: string): Draft[] {
  const names = drafts.map((draft) => draft.name);
  const kept = choice === undefined ? [...drafts] : drafts.filter((draft) => draft.name === choice);
  if (kept.length === 0)
    throw new InvalidInput('there is no such computer in it', {
      file,
      path: '--host',
      value: choice,
      remedy: `Choose one of ${names.join(', ')}.`,
    });
  if (name !== undefined && kept.length > 1)
    throw new InvalidInput('these are several computers, and one name', {
      file,
      path: '--name',
      value: name,
      remedy: `Choose one with --host: ${names.join(', ')}.`,
    });
  return kept;
}

type Parsed = { kind: 'object'; content: Record<string, unknown> } | { kind: 'other'; problem: string };

function parseFile({ text }: SourceFile): Parsed {
  try {
    // JSON is YAML too, but for tabs.
    const content: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text);
    return isObject(content) ? { kind: 'object', content } : { kind: 'other', problem: 'it holds no fields' };
  } catch (error) {
    return { kind: 'other', problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

function detect(files: readonly SourceFile[], parsed: readonly Parsed[]): ImportFormat {
  for (const [index, { file, text }] of files.entries()) {
    const it = parsed[index];
    if (it?.kind !== 'object') {
      if (looksLikeSshConfig(text) && !/^\s*[{-]/.test(text)) return 'ssh-config';
      throw new InvalidInput(`it is neither YAML nor JSON nor an OpenSSH configuration: ${it?.problem ?? ''}`, {
        file,
        remedy: 'Correct the file, or say what it is with --format.',
      });
    }
    const { content } = it;
    if (isProject(content)) return 'jobflow-remote';
    if (isSetup(content) || isConfiguration(content) || isCode(content)) return 'aiida';
    if (sectionsOf({ file, content }).length > 0) return 'dpdispatcher';
  }
  throw new InvalidInput('it is not known what wrote this file', {
    file: files[0]?.file ?? '',
    remedy: `Computers can be imported from ${importFormats.join(', ')}; say which it is with --format.`,
  });
}

function object(parsed: Parsed, file: string, format: ImportFormat): ParsedFile {
  if (parsed.kind === 'other')
    throw new InvalidInput(`it is no file of ${format}: ${parsed.problem}`, { file, remedy: 'Correct the file.' });
  return { file, content: parsed.content };
}
