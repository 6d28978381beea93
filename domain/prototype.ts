import { z } from 'zod';
import type { Composition } from './composition.js';
import { vegardVolume } from './element.js';
import { overallComposition, prettyName } from './formula.js';
import type { Structure } from './structure.js';
import { norm, type Mat3, type Vec3 } from './vector.js';

/** Strukturbericht names of the crystals we screen. A solid solution is A1, A2 or A3 with an average atom. */
export const PrototypeName = z.enum(['A1', 'A2', 'A3', 'L1_2', 'L1_0', 'B2', 'D0_3', 'D0_19']);
export type PrototypeName = z.infer<typeof PrototypeName>;

export interface Prototype {
  /** The lattice that remains when the sublattices are occupied alike. */
  parent: 'fcc' | 'bcc' | 'hcp';
  crystalSystem: 'cubic' | 'tetragonal' | 'hexagonal';
  spaceGroup: number;
  /** Strains that keep the symmetry: one size, or a and c. */
  cellFreedom: 'isotropic' | 'uniaxial';
  /** c/a at which nearest neighbours of the parent lattice are equidistant; 1 where there is only a. */
  idealAxialRatio: number;
  example: string;
  /** Fractional positions in the conventional cell. A is the majority sublattice of the A3B compounds. */
  sublattices: { A: readonly Vec3[]; B?: readonly Vec3[] };
}

export interface CellParameters {
  /** Angstrom. */
  a: number;
  /** Angstrom; absent where the cell is cubic. */
  c?: number;
}

const faceCentring: readonly Vec3[] = [
  [0, 0, 0],
  [0, 1 / 2, 1 / 2],
  [1 / 2, 0, 1 / 2],
  [1 / 2, 1 / 2, 0],
];

/**
 * Conventional cells and Wyckoff positions of the International Tables (space groups 225, 229, 194, 221, 123, 221, 225, 194).
 * L1_0 is the 4-atom cell of the fcc parent, not the primitive tetragonal one, so that fcc indices hold. In D0_19 x(6h) = 5/6, the parent's value.
 */
export const prototypes: Readonly<Record<PrototypeName, Prototype>> = {
  A1: { ...cubic('fcc', 225, 'Cu'), sublattices: { A: faceCentring } },
  A2: { ...cubic('bcc', 229, 'W'), sublattices: { A: bodyCentred([0, 0, 0]) } },
  A3: { ...hexagonal(Math.sqrt(8 / 3), 'Mg'), sublattices: { A: layered([1 / 3, 2 / 3]) } },
  L1_2: { ...cubic('fcc', 221, 'AlNi3'), sublattices: { A: faceCentring.slice(1), B: faceCentring.slice(0, 1) } },
  L1_0: {
    parent: 'fcc',
    crystalSystem: 'tetragonal',
    spaceGroup: 123,
    cellFreedom: 'uniaxial',
    idealAxialRatio: 1,
    example: 'AlTi',
    sublattices: { A: faceCentring.filter(([, , z]) => z === 0), B: faceCentring.filter(([, , z]) => z !== 0) },
  },
  B2: { ...cubic('bcc', 221, 'AlFe'), sublattices: { A: [[0, 0, 0]], B: [[1 / 2, 1 / 2, 1 / 2]] } },
  D0_3: {
    ...cubic('bcc', 225, 'AlFe3'),
    sublattices: { A: [...faceCentred(1 / 4), ...faceCentred(3 / 4), ...faceCentred(1 / 2)], B: faceCentring },
  },
  D0_19: {
    ...hexagonal(Math.sqrt(2 / 3), 'AlTi3'),
    sublattices: { A: layered([5 / 6, 2 / 3], [1 / 3, 1 / 6], [5 / 6, 1 / 6]), B: layered([1 / 3, 2 / 3]) },
  },
};

/**
 * The crystal in its conventional cell with fixed axes: cubic along x, y, z; tetragonal c along z; hexagonal a1 along x, a2 at 120 degrees, c along z.
 * Several elements on one sublattice make an average atom. Without a size, Vegard's law on atomic volumes gives a starting guess.
 */
export function buildPrototype(name: PrototypeName, occupants: { A: Composition; B?: Composition }, size?: CellParameters): Structure {
  const prototype = prototypes[name];
  const { A, B } = prototype.sublattices;
  if (B !== undefined && occupants.B === undefined) throw new RangeError(`prototype ${name} has two sublattices; say what occupies B`);
  if (B === undefined && occupants.B !== undefined) throw new RangeError(`prototype ${name} has one sublattice; nothing can occupy B`);
  const groups = [{ positions: A, composition: occupants.A }];
  if (B !== undefined && occupants.B !== undefined) groups.push({ positions: B, composition: occupants.B });
  const sites = groups.flatMap(({ positions, composition }) =>
    positions.map((position): Structure['sites'][number] => ({ species: prettyName(composition), position: [...position] })),
  );
  const species = Object.fromEntries(groups.map(({ composition }) => [prettyName(composition), composition]));
  return { lattice: conventionalLattice(prototype, size ?? guessSize(name, groups)), sites, species };
}

/** a, and c where the crystal is not cubic, of a structure in the conventional cell of its prototype, or several of them. */
export function cellParameters({ lattice, repeats }: Pick<Structure, 'lattice' | 'repeats'>, prototype: PrototypeName): CellParameters {
  const [a, b, c] = lattice.map((vector, axis) => norm(vector) / (repeats?.[axis] ?? 1)) as Vec3;
  return prototypes[prototype].crystalSystem === 'cubic' ? { a: (a + b + c) / 3 } : { a: (a + b) / 2, c };
}

/** The conventional cell that a special quasirandom structure stands for, with average atoms; any other structure is its own. */
export function parentCell(structure: Structure, prototype: PrototypeName): Structure {
  if (structure.repeats === undefined) return structure;
  return buildPrototype(prototype, { A: overallComposition(structure) }, cellParameters(structure, prototype));
}

function conventionalLattice(prototype: Prototype, { a, c }: CellParameters): Mat3 {
  const height = prototype.crystalSystem === 'cubic' ? a : (c ?? a * prototype.idealAxialRatio);
  const second: Vec3 = prototype.crystalSystem === 'hexagonal' ? [-a / 2, (a * Math.sqrt(3)) / 2, 0] : [0, a, 0];
  return [[a, 0, 0], second, [0, 0, height]];
}

function guessSize(name: PrototypeName, groups: readonly { positions: readonly Vec3[]; composition: Composition }[]): CellParameters {
  const prototype = prototypes[name];
  const cellVolume = groups.reduce((sum, { positions, composition }) => {
    const perAtom = vegardVolume(composition);
    if (perAtom === undefined)
      throw new RangeError(`no atomic volume is known for ${prettyName(composition)}; give the size of the ${name} cell`);
    return sum + positions.length * perAtom;
  }, 0);
  const basalFactor = prototype.crystalSystem === 'hexagonal' ? Math.sqrt(3) / 2 : 1;
  const a = Math.cbrt(cellVolume / (basalFactor * prototype.idealAxialRatio));
  return prototype.crystalSystem === 'cubic' ? { a } : { a, c: a * prototype.idealAxialRatio };
}

function cubic(parent: 'fcc' | 'bcc', spaceGroup: number, example: string): Omit<Prototype, 'sublattices'> {
  return { parent, crystalSystem: 'cubic', spaceGroup, cellFreedom: 'isotropic', idealAxialRatio: 1, example };
}

function hexagonal(idealAxialRatio: number, example: string): Omit<Prototype, 'sublattices'> {
  return { parent: 'hcp', crystalSystem: 'hexagonal', spaceGroup: 194, cellFreedom: 'uniaxial', idealAxialRatio, example };
}

function faceCentred(offset: number): Vec3[] {
  return faceCentring.map(([x, y, z]) => [(x + offset) % 1, (y + offset) % 1, (z + offset) % 1]);
}

function bodyCentred([x, y, z]: Vec3): Vec3[] {
  return [
    [x, y, z],
    [x + 1 / 2, y + 1 / 2, z + 1 / 2],
  ];
}

/** Positions at height 1/4 and their inversion images at 3/4: the two layers of P6_3/mmc. */
function layered(...inPlane: readonly (readonly [number, number])[]): Vec3[] {
  return [...inPlane.map(([x, y]): Vec3 => [x, y, 1 / 4]), ...inPlane.map(([x, y]): Vec3 => [1 - x, 1 - y, 3 / 4])];
}
