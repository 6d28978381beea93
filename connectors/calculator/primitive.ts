import type { PointTask } from '../../domain/point.js';
import type { Site, Structure } from '../../domain/structure.js';
import { identity3, inverse, matMul, vecMat, type Mat3, type Vec3 } from '../../domain/vector.js';

/** A conventional cell as a first-principles code computes it: its primitive cell, and the way back. */
export interface Reduction {
  structure: Structure;
  /** Primitive lattice vectors (rows) in units of the conventional ones; rational, so strains leave it alone. */
  matrix: Mat3;
  /** Conventional cells hold this many primitive ones. */
  multiplicity: number;
  /** For each site of the conventional cell, the site of the primitive cell that it repeats. */
  copies: readonly number[];
}

/**
 * The cell that a first-principles code gets. Fault cells stay as they are, since the perfect one among them could be reduced and the others
 * not; every other cell is reduced to its primitive one, in which a strained fcc crystal costs a tenth.
 */
export function computedCell({ structure, relax, periodic }: Pick<PointTask, 'structure' | 'relax' | 'periodic'>): Reduction {
  return relax !== 'ions-along-z' && periodic.every(Boolean) ? primitiveCell(structure) : wholeCell(structure);
}

const half = 1 / 2;

/** Bravais centrings: the translations that prove one, and the primitive vectors. Fixed by the fractions alone, so all cells of a set reduce alike. */
const centrings: readonly { translations: readonly Vec3[]; matrix: Mat3 }[] = [
  {
    translations: [
      [0, half, half],
      [half, 0, half],
    ],
    matrix: [
      [0, half, half],
      [half, 0, half],
      [half, half, 0],
    ],
  },
  {
    translations: [[half, half, half]],
    matrix: [
      [-half, half, half],
      [half, -half, half],
      [half, half, -half],
    ],
  },
  {
    translations: [[half, half, 0]],
    matrix: [
      [half, -half, 0],
      [half, half, 0],
      [0, 0, 1],
    ],
  },
];

/** The primitive cell where the sites repeat under a face, body or base centring: a quarter of the atoms of fcc, half of bcc. Else the cell itself. */
export function primitiveCell(structure: Structure): Reduction {
  const found = centrings.find(({ translations }) => translations.every((shift) => repeats(structure, shift)));
  if (found === undefined) return wholeCell(structure);
  const back = inverse(found.matrix);
  const sites: Site[] = [];
  const copies = structure.sites.map(({ species, position }) => {
    const fraction = vecMat(position, back);
    const known = sites.findIndex((site) => site.species === species && sameModuloOne(site.position, fraction));
    if (known >= 0) return known;
    return sites.push({ species, position: fraction }) - 1;
  });
  const multiplicity = structure.sites.length / sites.length;
  return {
    structure: { lattice: matMul(found.matrix, structure.lattice), sites, species: structure.species },
    matrix: found.matrix,
    multiplicity,
    copies,
  };
}

/** The cell as it is. */
export function wholeCell(structure: Structure): Reduction {
  return { structure, matrix: identity3, multiplicity: 1, copies: structure.sites.map((_, index) => index) };
}

/**
 * The conventional cell after the primitive one has been relaxed: every copy moves as its original did. `lattice` and `fractions` are those
 * of the primitive cell; an atom that came back in another periodic image is taken as the nearest one.
 */
export function conventionalCell(original: Structure, reduction: Reduction, lattice: Mat3, fractions: readonly Vec3[]): Structure {
  const back = inverse(reduction.matrix);
  const sites = original.sites.map((site, index): Site => {
    const copy = reduction.copies[index] ?? -1;
    const [start, end] = [reduction.structure.sites[copy]?.position ?? [0, 0, 0], fractions[copy] ?? [Number.NaN, Number.NaN, Number.NaN]];
    const fraction = vecMat(site.position, back).map((value, axis) => value + centred((end[axis] ?? 0) - (start[axis] ?? 0))) as Vec3;
    return { species: site.species, position: vecMat(fraction, reduction.matrix) };
  });
  return { lattice: matMul(back, lattice), sites, species: original.species };
}

/** Whether every atom has an equal one at this fractional distance. */
function repeats({ sites }: Structure, shift: Vec3): boolean {
  return sites.every(({ species, position }) => {
    const image: Vec3 = [position[0] + shift[0], position[1] + shift[1], position[2] + shift[2]];
    return sites.some((other) => other.species === species && sameModuloOne(other.position, image));
  });
}

function sameModuloOne(a: Vec3, b: Vec3): boolean {
  return a.every((value, axis) => Math.abs(centred(value - (b[axis] ?? 0))) < 1e-5);
}

function centred(value: number): number {
  return value - Math.round(value);
}
