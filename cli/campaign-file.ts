import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { globSync } from './glob.js';
import { LineCounter, parseDocument } from 'yaml';
import type { ZodType } from 'zod';
import { CalculatorPool } from '../connectors/calculator/open.js';
import { crystalOf } from '../connectors/source/material.js';
import { matchPrototype } from '../connectors/source/match-prototype.js';
import { sourceName, SourcePool } from '../connectors/source/open.js';
import { readStructureFile } from '../connectors/source/structure-file/read.js';
import type { MaterialDocument } from '../connectors/store/document.js';
import { pack } from '../connectors/store/nested-array.js';
import { generatedMaterials } from '../connectors/store/enumeration.js';
import { Campaign } from '../domain/campaign.js';
import { canonicalJson } from '../domain/canonical.js';
import { InvalidInput, MissingFile } from '../domain/failures.js';
import { ElementFigures } from '../domain/element-limit.js';
import { isAbove, type Fidelity } from '../domain/fidelity.js';
import type { SourceDefinition } from '../domain/source.js';
import { slipSystems } from '../domain/slip-system.js';
import { campaignsOf, Training, type TrainingDislocation } from '../domain/training.js';

/** A campaign as read from its file, with the materials that its `files` sources hold. */
export interface LoadedCampaign {
  definition: Campaign;
  definitionHash: string;
  fileMaterials: MaterialDocument[];
  /** Databases that it takes candidates from; they are read when it starts. */
  sources: { name: string; definition: SourceDefinition }[];
  /** Set where the file is a training. */
  dislocations?: TrainingDislocation[];
}

/** Reads and checks a campaign file completely before anything is started. Throws `InvalidInput` or `MissingFile` that name file, path, value and remedy. */
export async function loadCampaign(file: string, overrides: { computer?: string }, upTo?: Fidelity): Promise<LoadedCampaign> {
  return checked(file, await climbable(file, parseDefinition(file, Campaign, 'campaign', overrides), upTo));
}

/** The same for a training file, which runs as campaigns that also compute Peierls stresses, one for each of its potentials. */
export async function loadTraining(file: string, overrides: { computer?: string }): Promise<LoadedCampaign[]> {
  const training = parseDefinition(file, Training, 'training', overrides);
  const { dislocations } = training;
  const loaded: LoadedCampaign[] = [];
  for (const [index, campaign] of campaignsOf(training).entries()) {
    await checkCalculator(file, training.potentials === undefined ? '' : `potentials[${index}]: `, campaign.calculator);
    const one = await checked(file, campaign);
    const definitionHash = createHash('sha256').update(one.definitionHash).update(canonicalJson(dislocations)).digest('hex');
    loaded.push({ ...one, definitionHash, dislocations });
  }
  return loaded;
}

/** The databases that a campaign file names; nothing else of it is checked. */
export function campaignSources(file: string): SourceDefinition[] {
  const sources = databases(parseDefinition(file, Campaign, 'campaign', {}));
  if (sources.length === 0)
    throw new InvalidInput('the campaign takes no candidates from a database', {
      file,
      path: 'candidates',
      remedy: 'Add an entry such as { source: materials-project, sites: { max: 4 } }',
    });
  return sources;
}

function databases({ candidates }: Campaign): SourceDefinition[] {
  return candidates.flatMap((candidate) => ('source' in candidate ? [candidate] : []));
}

async function checked(file: string, definition: Campaign): Promise<LoadedCampaign> {
  const read = definition.candidates.flatMap((source, index) => ('files' in source ? readFiles(file, index, source.files) : []));
  // Two patterns may name one file.
  const fileMaterials = [...new Map(read.map((material) => [material._id, material])).values()];
  const generated = generatedMaterials(definition);
  const sources = databases(definition).map((source) => ({ name: sourceName(source), definition: source }));
  // Only looks whether there is a key: nothing is asked yet.
  for (const source of sources) new SourcePool(process.env).open(source.definition);
  if (generated.length + fileMaterials.length + sources.length === 0)
    throw new InvalidInput('the sources give no material at all', {
      file,
      path: 'candidates',
      remedy: 'Add elements, pairs or files; sameLattice and ground-state may have removed everything',
    });
  const usable = [...generated, ...fileMaterials].filter((material) => material.prototype !== undefined);
  if (usable.length === 0 && sources.length === 0)
    throw new InvalidInput(`none of the ${fileMaterials.length} materials can be screened; the first: ${fileMaterials[0]?.refused ?? ''}`, {
      file,
      path: 'candidates',
    });
  checkSlipSystems(file, definition, usable);
  const definitionHash = createHash('sha256')
    .update(canonicalJson({ definition, materials: fileMaterials.map(({ _id, structure }) => ({ _id, structure })) }))
    .digest('hex');
  return { definition, definitionHash, fileMaterials, sources };
}

/** Opens a calculator once; what it refuses is told with the file and the settings that it refused. */
async function checkCalculator(file: string, place: string, calculator: Campaign['calculator']): Promise<Fidelity> {
  try {
    return (await new CalculatorPool().get(calculator as { name: string })).fidelity;
  } catch (error) {
    if (!(error instanceof InvalidInput) || error.file !== undefined) throw error;
    const { problem, path = 'calculator', value = calculator, remedy } = error;
    throw new InvalidInput(problem, { file, path: place + path, value, ...(remedy !== undefined && { remedy }), cause: error });
  }
}

/** Checks that each rung is of a higher level of theory than the one below, and leaves out those above `upTo`. */
async function climbable(file: string, definition: Campaign, upTo: Fidelity | undefined): Promise<Campaign> {
  const { fidelity: rungs = [], ...rest } = definition;
  const levels = [await checkCalculator(file, '', definition.calculator)];
  for (const [index, { calculator }] of rungs.entries()) levels.push(await checkCalculator(file, `fidelity[${index}].`, calculator));
  for (const [index, level] of levels.entries()) {
    const below = levels[index - 1];
    if (below !== undefined && !isAbove(level, below))
      throw new InvalidInput(`this rung is ${level}, and the one below it is ${below}`, {
        file,
        path: `fidelity[${index - 1}].calculator`,
        value: rungs[index - 1]?.calculator['name'],
        remedy: 'Let each rung be of a higher level of theory than the one below: md, mlff, dft',
      });
  }
  if (upTo === undefined) return definition;
  if (!levels.includes(upTo))
    throw new InvalidInput(`the campaign computes nothing by ${upTo}: its rungs are ${levels.join(', ')}`, {
      file,
      path: '--fidelity',
      value: upTo,
      remedy: `Choose one of them, or add a rung to "fidelity"`,
    });
  const kept = rungs.slice(0, levels.indexOf(upTo));
  return { ...rest, ...(kept.length > 0 && { fidelity: kept }) };
}

function parseDefinition<Definition>(
  file: string,
  schema: ZodType<Definition>,
  what: string,
  overrides: { computer?: string },
): Definition {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax !== undefined)
    throw new InvalidInput(`is not YAML: ${syntax.message.split('\n')[0] ?? ''}`, { file, remedy: 'Correct the file' });
  const content: unknown = withElementFigures(document.toJS(), file);
  const parsed = schema.safeParse(typeof content === 'object' && content !== null ? { ...content, ...overrides } : content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(flatten).map(({ path, message }) => {
    const node = document.getIn(path, true);
    const range =
      typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? (node.range as number[]) : undefined;
    const line = range?.[0] === undefined ? '' : ` (line ${lines.linePos(range[0]).line})`;
    const scalar = typeof node === 'object' && node !== null && 'value' in node ? ` Found ${JSON.stringify(node.value)}.` : '';
    return `  ${path.join('.') || '(top)'}${line}: ${message}.${scalar}`;
  });
  throw new InvalidInput(`the ${what} is not valid:\n${problems.join('\n')}\nCorrect these fields`, { file });
}

/** Filters by price and supply risk name a file; what it holds becomes part of the campaign, so that workers elsewhere have it too. */
function withElementFigures(content: unknown, campaignFile: string): unknown {
  if (typeof content !== 'object' || content === null || !('candidates' in content) || !Array.isArray(content.candidates)) return content;
  const candidates = content.candidates.map((candidate: unknown, index) => {
    if (typeof candidate !== 'object' || candidate === null) return candidate;
    return Object.fromEntries(
      Object.entries(candidate).map(([key, value]: [string, unknown]) => {
        if ((key !== 'price' && key !== 'supplyRisk') || typeof value !== 'object' || value === null || !('file' in value))
          return [key, value];
        if (typeof value.file !== 'string') return [key, value];
        return [
          key,
          { ...value, file: basename(value.file), figures: readFigures(campaignFile, value.file, `candidates[${index}].${key}.file`) },
        ];
      }),
    );
  });
  return { ...content, candidates };
}

function readFigures(campaignFile: string, name: string, path: string): ElementFigures {
  const file = resolve(dirname(campaignFile), name);
  const document = parseDocument(readText(file));
  const [syntax] = document.errors;
  const remedy = 'Write "citation: ..." and "values: { Ni: 17, ... }", and "unit: USD/kg" for prices';
  if (syntax !== undefined) throw new InvalidInput(`is not YAML: ${syntax.message.split('\n')[0] ?? ''}`, { file, path, remedy });
  const parsed = ElementFigures.safeParse(document.toJS(), { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidInput(issue?.message ?? 'is not a list of figures by element', {
    file,
    path: issue?.path.join('.') ?? path,
    value: issue?.input,
    remedy,
  });
}

interface Problem {
  path: (string | number)[];
  message: string;
}

/** A union reports the issues of every member; those of the member that came closest are the ones that help. */
function flatten(issue: {
  path: PropertyKey[];
  message: string;
  code?: string;
  errors?: { path: PropertyKey[]; message: string }[][];
}): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code !== 'invalid_union' || issue.errors === undefined || issue.errors.length === 0) return [{ path, message: issue.message }];
  const closest = issue.errors.toSorted((a, b) => distance(a) - distance(b))[0] ?? [];
  return closest.flatMap((inner) => flatten(inner)).map((inner) => ({ path: [...path, ...inner.path], message: inner.message }));
}

function distance(issues: { path: PropertyKey[] }[]): number {
  return issues.some(({ path }) => ['generator', 'files', 'source'].includes(String(path[0]))) ? 100 + issues.length : issues.length;
}

function readFiles(campaignFile: string, index: number, patterns: readonly string[]): MaterialDocument[] {
  return patterns.flatMap((pattern, position) => {
    const paths = globSync(resolve(dirname(campaignFile), pattern));
    if (paths.length === 0)
      throw new MissingFile(`no file matches "${pattern}"`, {
        file: campaignFile,
        path: `candidates[${index}].files[${position}]`,
        remedy: 'Paths start at the campaign file; * matches within a folder',
      });
    return paths.flatMap((path) => materialsOf(path));
  });
}

function materialsOf(path: string): MaterialDocument[] {
  const { structures, rejected } = readStructureFile(path, readText(path));
  const stem = basename(path, extname(path));
  const refused = rejected.map(({ id, reason }): MaterialDocument => ({ ...fileMaterial(stem, id), formula: id, refused: reason }));
  const read = structures.map(({ id, structure }): MaterialDocument => {
    const crystal = crystalOf(structure, matchPrototype);
    return { ...fileMaterial(stem, id), structure: pack(structure), ...crystal };
  });
  return [...read, ...refused].map(withContentInId);
}

/** Two files of one name, or one file before and after a change, are two materials: what a name stands for never changes in the store. */
function withContentInId(material: MaterialDocument): MaterialDocument {
  const content = canonicalJson({ structure: material.structure, refused: material.refused });
  return { ...material, _id: `${material._id}@${createHash('sha256').update(content).digest('hex').slice(0, 12)}` };
}

function fileMaterial(stem: string, id: string): Pick<MaterialDocument, '_id' | 'provenance'> {
  const sourceId = id === stem ? stem : `${stem}/${id}`;
  return { _id: `file:${sourceId}`, provenance: { source: 'file', sourceId } };
}

function checkSlipSystems(file: string, { protocol }: Campaign, materials: readonly MaterialDocument[]): void {
  const wanted = protocol.slipSystems;
  if (typeof wanted === 'string') return;
  for (const prototype of new Set(materials.flatMap((material) => material.prototype ?? []))) {
    const names = slipSystems(prototype).map((system) => system.name);
    if (!names.some((name) => wanted.includes(name)))
      throw new InvalidInput(`none of the named slip systems exists in ${prototype}, which has ${names.join(', ')}`, {
        file,
        path: 'protocol.slipSystems',
        value: wanted,
        remedy: 'Name one for each prototype of the campaign, or write primary or all',
      });
  }
}

function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new MissingFile('there is no such file', {
        file: path,
        remedy: `Check the path; it was looked for at ${join(resolve(path))}`,
        cause,
      });
    throw new InvalidInput(`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      file: path,
      remedy: 'The file must be readable UTF-8 text',
      cause,
    });
  }
}
