import { createHash } from 'node:crypto';
import type { EamFunctions } from '../../../../domain/potential/eam.js';
import type { Structure } from '../../../../domain/structure.js';
import type { TextFiles } from '../../calculator.js';

/** An interatomic potential ready for use: everything is read, nothing touches the disk afterwards. */
export interface Potential {
  readonly name: string;
  readonly citation: string;
  /** Elements it has parameters for. */
  readonly elements: readonly string[];
  /** SHA-256 of its parameters or files: same hash, same numbers. */
  readonly sha256: string;
  /** `native` where the WebAssembly build cannot run it. */
  readonly engines: 'any' | 'native';
  cutoffAngstrom(structure: Structure): number;
  /** Why it cannot describe the structure, or undefined. */
  rejects(structure: Structure): string | undefined;
  /** Files of the set, by the name under which the commands refer to them in `../shared/`. */
  files(structure: Structure): TextFiles;
  /** Its embedded-atom functions and the name in them of the only species of the structure, where it has such; `domain/statics` computes with them. */
  singleSpecies?(structure: Structure): { functions: EamFunctions; species: string } | undefined;
  /** `pair_style` and `pair_coeff` lines for the atom types `speciesOf(structure)`. */
  commands(structure: Structure): string[];
}

/** Species labels that occur, sorted: atom type i of LAMMPS is the i-th of them. All points of a set agree on it. */
export function speciesOf(structure: Structure): string[] {
  return [...new Set(structure.sites.map((site) => site.species))].sort();
}

/** The element of a pure species, or undefined for an average atom. */
export function pureElement(structure: Structure, species: string): string | undefined {
  const [element, ...others] = Object.keys(structure.species[species] ?? {});
  return others.length === 0 ? element : undefined;
}

/** A sentence for the first element that is missing, or the first average atom that is not possible. */
export function missingElement(structure: Structure, elements: readonly string[], where: string, remedy: string): string | undefined {
  for (const species of speciesOf(structure)) {
    for (const element of Object.keys(structure.species[species] ?? {})) {
      if (!elements.includes(element)) return `${where} has ${elements.join(', ')}, not ${element}. ${remedy}`;
    }
  }
  return undefined;
}

export function sha256(...texts: string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
}
