import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { assertNever } from '../../../../domain/assert-never.js';
import { InvalidInput } from '../../../../domain/failures.js';
import { tabulatedFunctions } from '../../../../domain/potential/tables.js';
import { readHeader, UnreadablePotential } from '../../../../domain/potential/tabulated.js';
import type { Structure } from '../../../../domain/structure.js';
import type { TextFiles } from '../../calculator.js';
import { missingElement, pureElement, sha256, speciesOf, type Potential } from './potential.js';
import type { TabulatedReference } from '../reference.js';
import { kimCitation } from './kim.js';
import { kimParameters } from './kim-parameters.js';

/** Radial cut-off of LAMMPS' MEAM where the parameter file does not set `rc`, in angstrom. */
const meamDefaultCutoff = 4;

/** A user's potential file: read, checked and hashed once; it travels with every calculation. */
export async function openTabulated(reference: TabulatedReference): Promise<Potential> {
  const { file, style } = reference;
  if (reference.parameterFile !== undefined && style !== 'meam')
    throw new InvalidInput('only style "meam" has a parameter file', { path: 'parameterFile', value: reference.parameterFile });
  const text = await readText(file);
  const parameters = reference.parameterFile === undefined ? undefined : await readText(reference.parameterFile);
  const header = headerOf(file, text, style);
  const name = sharedName(file, text);
  const parameterName = parameters === undefined ? undefined : sharedName(reference.parameterFile ?? '', parameters);
  const cutoff = reference.cutoffAngstrom ?? header.cutoffAngstrom ?? meamCutoff(parameters);
  return {
    name: basename(file),
    citation: reference.citation ?? header.comment,
    elements: header.elements,
    sha256: sha256(style, text, parameters ?? ''),
    engines: 'any',
    cutoffAngstrom: () => cutoff,
    rejects: (structure) => rejects(structure, `potential file ${file}`, header.elements),
    ...(style !== 'meam' && { singleSpecies: pureTables(text, style) }),
    files: (): TextFiles => ({
      [name]: text,
      ...(parameterName === undefined || parameters === undefined ? {} : { [parameterName]: parameters }),
    }),
    commands: (structure) => {
      const species = speciesOf(structure).map((label) => pureElement(structure, label) ?? label);
      return [`pair_style ${style}`, `pair_coeff * * ${coefficients(style, name, parameterName, species)}`];
    },
  };
}

/** The tables of an installed OpenKIM model of the driver EAM_Dynamo, as a potential file that any LAMMPS and `domain/statics` can read. */
export function openKimTables(kim: string): Potential {
  const { text, style } = kimParameters(kim);
  const { elements, cutoffAngstrom = 0 } = readHeader(text, style);
  const name = sharedName(`${kim}.eam`, text);
  return {
    name: kim,
    citation: kimCitation(kim),
    elements,
    sha256: sha256(style, text),
    engines: 'any',
    cutoffAngstrom: () => cutoffAngstrom,
    rejects: (structure) => rejects(structure, `OpenKIM model ${kim}`, elements),
    singleSpecies: pureTables(text, style),
    files: () => ({ [name]: text }),
    commands: (structure) => {
      const species = speciesOf(structure).map((label) => pureElement(structure, label) ?? label);
      return [`pair_style ${style}`, `pair_coeff * * ${coefficients(style, name, undefined, species)}`];
    },
  };
}

/** The tables of a structure of one element. */
function pureTables(text: string, style: Exclude<TabulatedReference['style'], 'meam'>): NonNullable<Potential['singleSpecies']> {
  return (structure) => {
    const [label, ...others] = speciesOf(structure);
    const element = label === undefined || others.length > 0 ? undefined : pureElement(structure, label);
    return element === undefined ? undefined : { functions: tabulatedFunctions(text, style, element), species: element };
  };
}

function coefficients(
  style: TabulatedReference['style'],
  name: string,
  parameterName: string | undefined,
  species: readonly string[],
): string {
  const path = `../shared/${name}`;
  switch (style) {
    case 'eam':
      return path;
    case 'eam/alloy':
    case 'eam/fs':
      return `${path} ${species.join(' ')}`;
    case 'meam':
      return `${path} ${[...new Set(species)].join(' ')} ${parameterName === undefined ? 'NULL' : `../shared/${parameterName}`} ${species.join(' ')}`;
    default:
      return assertNever(style);
  }
}

function rejects(structure: Structure, where: string, elements: readonly string[]): string | undefined {
  const missing = missingElement(structure, elements, where, 'Leave out alloys with it, or give a file that has it.');
  if (missing !== undefined) return missing;
  const average = speciesOf(structure).find((label) => pureElement(structure, label) === undefined);
  if (average === undefined) return undefined;
  return `species "${average}" is an average atom, which tables (${where}) cannot describe. Use the analytic potential zhou2004, or an ordered structure.`;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InvalidInput('the potential file cannot be read', { file, remedy: 'Check the path and its permissions', cause });
  }
}

function headerOf(file: string, text: string, style: TabulatedReference['style']): ReturnType<typeof readHeader> {
  try {
    return readHeader(text, style);
  } catch (cause) {
    if (!(cause instanceof UnreadablePotential)) throw cause;
    throw new InvalidInput(`not a potential of style ${style}: ${cause.message}`, {
      file,
      remedy: 'Check the file, or set the style it has',
      cause,
    });
  }
}

/** Contains a hash: sets with different files of one name may share a folder. */
function sharedName(file: string, text: string): string {
  return `${sha256(text).slice(0, 12)}-${basename(file).replaceAll(/[^A-Za-z0-9._-]/g, '_')}`;
}

/** The parameter file of MEAM has lines such as `rc = 5.2`. */
function meamCutoff(parameters: string | undefined): number {
  const match = /^\s*rc\s*=\s*([0-9.]+)/m.exec(parameters ?? '');
  return match === null ? meamDefaultCutoff : Number(match[1]);
}
