import { cartesian, type Structure } from '../../domain/structure.js';
import { add, norm, scale, subtract } from '../../domain/vector.js';

/** Elements of a structure, sorted. */
export function elementsOf(structure: Pick<Structure, 'sites' | 'species'>): string[] {
  return [...new Set(structure.sites.flatMap(({ species }) => Object.keys(structure.species[species] ?? {})))].sort();
}

/** The element on a site of a structure without average atoms. */
export function elementOf({ species }: Pick<Structure, 'species'>, name: string): string {
  return Object.keys(species[name] ?? {})[0] ?? name;
}

/** A sentence for a structure with an average atom, which only potentials made for it can compute. */
export function averageAtom({ species }: Pick<Structure, 'species'>, who: string): string | undefined {
  const average = Object.entries(species).find(([, composition]) => Object.keys(composition).length > 1);
  return (
    average &&
    `"${average[0]}" is an average atom, which ${who} not know. Screen solid solutions with lammps, or as special quasirandom structures: { generator: sqs }.`
  );
}

/** No two atoms of a metal are closer: the shortest bond of any is 2.2 angstrom (Be). */
export const closestAngstrom = 1.5;

/** Bands of a metal overlap; k-points that miss where they do leave less than this between them, eV. */
const leastGapEv = 0.1;

/** The band gap of a result, where there is one. */
export function gapOf(bandGapEv: number | undefined): { bandGapEv?: number } {
  return bandGapEv === undefined || bandGapEv < leastGapEv ? {} : { bandGapEv };
}

/** The shortest distance between two atoms, periodic images included. */
export function shortestDistance(structure: Structure): number {
  const atoms = cartesian(structure);
  const [a, b, c] = structure.lattice;
  let shortest = Infinity;
  const range = [-1, 0, 1];
  const images = range.flatMap((i) => range.flatMap((j) => range.map((k) => add(add(scale(a, i), scale(b, j)), scale(c, k)))));
  for (const [i, one] of atoms.entries()) {
    for (const [j, other] of atoms.entries()) {
      for (const image of images) {
        const distance = norm(add(subtract(other, one), image));
        if ((i !== j || distance > 1e-9) && distance < shortest) shortest = distance;
      }
    }
  }
  return shortest;
}
