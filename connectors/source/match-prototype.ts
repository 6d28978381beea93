import type { Composition } from '../../domain/composition.js';
import { prettyName } from '../../domain/formula.js';
import type { CellParameters, PrototypeName } from '../../domain/prototype.js';
import type { Structure } from '../../domain/structure.js';
import { norm, vecMat, type Vec3 } from '../../domain/vector.js';
import { openSymmetryFinder, standardCrystal, type StandardCrystal } from './standard-crystal.js';

/** What a structure is, so that `buildPrototype` can make it again in our axes. A is the majority sublattice of the A3B compounds. */
export interface MatchedPrototype extends CellParameters {
  kind: 'matched';
  prototype: PrototypeName;
  occupants: { A: Composition; B?: Composition };
  spaceGroup: number;
}

export type PrototypeMatch = MatchedPrototype | { kind: 'unmatched'; reason: string };

/**
 * Distances within which atoms count as symmetric, angstrom, tried in turn: exact cells, files with four decimals, relaxed cells.
 */
const tolerances = [1e-4, 1e-3, 1e-2] as const;

/** Names the prototype of one structure. For many, open a matcher once. */
export function matchPrototype(structure: Structure): PrototypeMatch {
  return openPrototypeMatcher()(structure);
}

/**
 * Opens the symmetry finder and returns the function that names prototypes. A space group is not a prototype:
 * Fm-3m also holds Heuslers and rocksalt, Pm-3m the ReO3 type, P6_3/mmc much else; so the occupied Wyckoff positions decide.
 */
export function openPrototypeMatcher(): (structure: Structure) => PrototypeMatch {
  openSymmetryFinder();
  return (structure) => {
    let outcome: PrototypeMatch = { kind: 'unmatched', reason: 'its symmetry could not be determined' };
    const occupants = distinctOccupants(structure);
    for (const tolerance of tolerances) {
      const crystal = standardCrystal(structure, [...occupants.keys()], tolerance);
      if (crystal === undefined) continue;
      outcome = named(crystal, [...occupants.values()]);
      if (outcome.kind === 'matched') return outcome;
    }
    return outcome;
  };
}

/** The prototype of a standard cell. Wyckoff letters depend on the choice of origin, so both settings of each pair are listed. */
function named(crystal: StandardCrystal, compositions: readonly Composition[]): PrototypeMatch {
  const { spaceGroup, symbol, pearson, orbits, a, c } = crystal;
  const found = `${symbol} (${pearson}) with ${orbits.map(({ wyckoff, multiplicity }) => `${multiplicity}${wyckoff}`).join(' ')}`;
  const unmatched = (reason: string): PrototypeMatch => ({ kind: 'unmatched', reason: `${reason}: ${found}` });
  const match = (prototype: PrototypeName, A: number, B?: number, size: CellParameters = { a }): PrototypeMatch => {
    const [first, second] = [compositions[A], compositions[B ?? -1]];
    if (first === undefined || (B !== undefined && second === undefined)) return unmatched('occupants are not known');
    return { kind: 'matched', prototype, occupants: { A: first, ...(second === undefined ? {} : { B: second }) }, spaceGroup, ...size };
  };
  const letters = (...sets: string[]): number[] | undefined => occupantsOf(orbits, sets);
  const kinds = new Set(orbits.map(({ occupant }) => occupant)).size;
  switch (`${spaceGroup} ${pearson}`) {
    case '225 cF4':
      return match('A1', orbits[0]?.occupant ?? -1);
    case '229 cI2':
      return match('A2', orbits[0]?.occupant ?? -1);
    case '194 hP2':
      return letters('c', 'd') === undefined
        ? unmatched('not the close-packed sites')
        : between(c / a, 1.4, 2)
          ? match('A3', orbits[0]?.occupant ?? -1, undefined, { a, c })
          : unmatched(`c/a of ${(c / a).toFixed(3)} is far from close packing`);
    case '221 cP4': {
      const [minority, majority] = letters('a c', 'b d') ?? [];
      return minority === undefined || majority === undefined
        ? unmatched('four sites that are not those of L1_2')
        : match('L1_2', majority, minority);
    }
    case '221 cP2': {
      const [A, B] = letters('a b') ?? [];
      return A === undefined || B === undefined
        ? unmatched('two sites that are not those of B2')
        : match('B2', ...inOrder(A, B, compositions));
    }
    case '123 tP2': {
      const [A, B] = letters('a d', 'b c') ?? [];
      if (A === undefined || B === undefined) return unmatched('two sites that are not those of L1_0');
      // The 4-atom cell of the fcc parent is sqrt(2) wider. Along the Bain path c/a runs from 1 (fcc) to 0.71 (bcc); 0.84 is half way.
      const ratio = c / (a * Math.SQRT2);
      return between(ratio, 2 ** -0.25, 1.25)
        ? match('L1_0', ...inOrder(A, B, compositions), { a: a * Math.SQRT2, c })
        : unmatched(`c/a of ${ratio.toFixed(3)} is nearer to B2 or far from close packing`);
    }
    case '225 cF16': {
      const [B, octahedral, tetrahedral] = letters('a b c') ?? [];
      if (B === undefined || octahedral === undefined || tetrahedral === undefined)
        return unmatched('sixteen sites that are not those of D0_3');
      if (kinds === 2 && octahedral === tetrahedral) return match('D0_3', tetrahedral, B);
      return kinds === 2 && B === tetrahedral
        ? match('D0_3', tetrahedral, octahedral)
        : unmatched('a Heusler compound or the like, not D0_3');
    }
    case '194 hP8': {
      const [minority, majority] = letters('c h', 'd h') ?? [];
      if (minority === undefined || majority === undefined) return unmatched('eight sites that are not those of D0_19');
      return closePackedLayers(crystal, minority) && between((2 * c) / a, 1.4, 2)
        ? match('D0_19', majority, minority, { a, c })
        : unmatched('sites of D0_19, but not close-packed');
    }
    default:
      return unmatched('none of the prototypes A1 A2 A3 L1_2 L1_0 B2 D0_3 D0_19');
  }
}

/** Occupants in the order of the letters of the first set (`a b c`) that the orbits fill, one orbit a letter. */
function occupantsOf(orbits: StandardCrystal['orbits'], sets: readonly string[]): number[] | undefined {
  const present = orbits
    .map(({ wyckoff }) => wyckoff)
    .toSorted()
    .join(' ');
  const set = sets.find((one) => one === present);
  return set?.split(' ').map((letter) => orbits.find(({ wyckoff }) => wyckoff === letter)?.occupant ?? -1);
}

/** Where both sublattices are alike, the alphabet decides, so that one crystal has one description. */
function inOrder(A: number, B: number, compositions: readonly Composition[]): [number, number] {
  const name = (index: number): string => prettyName(compositions[index] ?? {});
  return name(A) <= name(B) ? [A, B] : [B, A];
}

/** Each minority atom of D0_19 has six majority neighbours in its layer at a/2; 5 % allows for the free parameter x(6h). */
function closePackedLayers({ atoms, lattice, a }: StandardCrystal, minority: number): boolean {
  const centre = atoms.find(({ occupant }) => occupant === minority)?.position;
  if (centre === undefined) return false;
  const shifts = [-1, 0, 1].flatMap((u) => [-1, 0, 1].map((v): Vec3 => [u, v, 0]));
  const distances = atoms
    .filter(({ occupant, position }) => occupant !== minority && Math.abs(centred(position[2] - centre[2])) < 0.02)
    .flatMap(({ position }) =>
      shifts.map(([u, v]) => norm(vecMat([centred(position[0] - centre[0]) + u, centred(position[1] - centre[1]) + v, 0], lattice))),
    );
  return distances.filter((distance) => Math.abs(distance / (a / 2) - 1) < 0.05).length === 6;
}

/** Labels with one composition are one kind of atom: `Al1` and `Al2` of a file are both aluminium. */
function distinctOccupants(structure: Structure): Map<string, Composition> {
  return new Map(
    structure.sites.map((site) => {
      const composition = structure.species[site.species] ?? {};
      return [prettyName(composition), composition];
    }),
  );
}

function between(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function centred(value: number): number {
  return value - Math.round(value);
}
