import { readFile } from 'node:fs/promises';
import type { Composition } from '../../../../domain/composition.js';
import { InvalidInput } from '../../../../domain/failures.js';
import type { AnalyticPotential } from '../../../../domain/potential/eam.js';
import { elementsOf, mixed } from '../../../../domain/potential/mixing.js';
import { perturbed, type Perturbation } from '../../../../domain/potential/perturbation.js';
import {
  cleriRosato,
  CleriRosatoParameters,
  finnisSinclair,
  FinnisSinclairParameters,
  suttonChen,
  SuttonChenParameters,
} from '../../../../domain/potential/second-moment.js';
import { setflText, tableRows } from '../../../../domain/potential/setfl.js';
import { zhouPotential, ZhouParameters } from '../../../../domain/potential/zhou.js';
import type { Structure } from '../../../../domain/structure.js';
import type { TextFiles } from '../../calculator.js';
import { missingElement, sha256, speciesOf, type Potential } from './potential.js';
import type { AnalyticName, AnalyticReference } from '../reference.js';

/** Changes when the same parameters give another table (switch, range, rows): part of every calculation's identity. */
const tabulation = `smooth-1 ${tableRows.distance} ${tableRows.density}`;

/** Tables kept for the next point of the same set; a campaign works on a few dozen alloys at a time. */
const keptTables = 32;

interface Source {
  file: string;
  read: (json: unknown) => AnalyticPotential;
  /** The parameters of a potential near it, where that is possible. */
  near?: (json: unknown, by: Perturbation) => unknown;
}

const sources: Record<AnalyticName, Source> = {
  zhou2004: {
    file: 'zhou2004.json',
    read: (json) => zhouPotential(ZhouParameters.parse(json)),
    near: (json, by) => perturbed(ZhouParameters.parse(json), by),
  },
  'cleri-rosato': { file: 'cleri-rosato1993.json', read: (json) => cleriRosato(CleriRosatoParameters.parse(json)) },
  'finnis-sinclair': { file: 'finnis-sinclair1984.json', read: (json) => finnisSinclair(FinnisSinclairParameters.parse(json)) },
  'sutton-chen': { file: 'sutton-chen1990.json', read: (json) => suttonChen(SuttonChenParameters.parse(json)) },
};

/** A shipped potential, tabulated for the species of each structure; its average atoms are columns of the table. */
export async function openAnalytic({ potential: published, perturb }: AnalyticReference): Promise<Potential> {
  const source = sources[published];
  const text = parametersText(
    published,
    await readFile(new URL(`../../../../data/potentials/${source.file}`, import.meta.url), 'utf8'),
    perturb,
  );
  const potential = source.read(JSON.parse(text));
  const { name } = potential;
  const tables = new Map<string, { file: string; text: string }>();
  const tableFor = (structure: Structure): { file: string; text: string } => {
    const species = usedSpecies(structure);
    const key = sha256(text, tabulation, JSON.stringify(species));
    const known = tables.get(key);
    if (known !== undefined) return known;
    const table = { file: `${name}-${key.slice(0, 12)}.eam.alloy`, text: tabulate(potential, species) };
    tables.set(key, table);
    const oldest = tables.keys().next().value;
    if (tables.size > keptTables && oldest !== undefined) tables.delete(oldest);
    return table;
  };
  return {
    name,
    citation: potential.citation,
    elements: potential.elements,
    sha256: sha256(text, tabulation),
    engines: 'any',
    cutoffAngstrom: (structure) => potential.functions(elementsOf(usedSpecies(structure))).cutoffAngstrom,
    rejects: (structure) => rejects(potential, structure),
    singleSpecies: (structure) => {
      const [[species, composition] = [], ...others] = Object.entries(usedSpecies(structure));
      if (species === undefined || composition === undefined || others.length > 0) return undefined;
      return { functions: mixed(potential.functions(elementsOf({ [species]: composition })), { [species]: composition }), species };
    },
    files: (structure): TextFiles => {
      const { file, text: content } = tableFor(structure);
      return { [file]: content };
    },
    commands: (structure) => [
      'pair_style eam/alloy',
      `pair_coeff * * ../shared/${tableFor(structure).file} ${columnNames(usedSpecies(structure)).join(' ')}`,
    ],
  };
}

/** The parameters as text, whose hash is part of every identity: those of the file, or those near them. */
function parametersText(published: AnalyticName, text: string, perturb: Perturbation | undefined): string {
  if (perturb === undefined) return text;
  const { near } = sources[published];
  if (near === undefined)
    throw new InvalidInput(`the parameters of ${published} cannot be perturbed`, {
      path: 'perturb',
      value: perturb,
      remedy: 'Leave out perturb, or use zhou2004',
    });
  return JSON.stringify(near(JSON.parse(text), perturb));
}

function rejects(potential: AnalyticPotential, structure: Structure): string | undefined {
  const missing = missingElement(
    structure,
    potential.elements,
    `potential ${potential.name}`,
    'Choose another potential, or give a potential file.',
  );
  if (missing !== undefined) return missing;
  const elements = elementsOf(usedSpecies(structure));
  if (potential.mixes || elements.length === 1) return undefined;
  return `potential ${potential.name} describes pure metals only, not ${elements.join('-')}. Use zhou2004, or give a potential file.`;
}

/** Compositions with sorted keys, so that the same species give the same table. */
function usedSpecies(structure: Structure): Record<string, Composition> {
  return Object.fromEntries(
    speciesOf(structure).map((label) => [
      label,
      Object.fromEntries(Object.entries(structure.species[label] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))),
    ]),
  );
}

/** Column names of the table: labels may hold anything, and LAMMPS gives some words (`NULL`) a meaning. */
function columnNames(species: Record<string, Composition>): string[] {
  return Object.keys(species).map((label, i) => `${label.replaceAll(/[^A-Za-z0-9]/g, '')}_${i + 1}`);
}

function tabulate(potential: AnalyticPotential, species: Record<string, Composition>): string {
  const names = columnNames(species);
  const columns = Object.fromEntries(Object.values(species).map((composition, i) => [names[i] ?? '', composition]));
  const functions = mixed(potential.functions(elementsOf(columns)), columns);
  const mass = (composition: Composition): number =>
    Object.entries(composition).reduce((sum, [element, fraction]) => sum + fraction * potential.mass(element), 0);
  return setflText(
    `${potential.citation}; species ${JSON.stringify(columns)}`,
    Object.entries(columns).map(([label, composition]) => ({ label, mass: mass(composition) })),
    functions,
  );
}
