import { prototypes, type PrototypeName } from './prototype.js';
import type { Structure } from './structure.js';
import { add, cross, dot, inverse, norm, subtract, transpose, unit, vecMat, type Vec2, type Vec3 } from './vector.js';

/** A glide plane and direction of a prototype, with everything needed to cut the crystal there. Indices refer to the conventional cell. */
export interface SlipSystem {
  prototype: PrototypeName;
  name: string;
  /** Miller indices; the normal points from the fixed half to the displaced one. */
  plane: Vec3;
  /** Two crystal translations that span one period of the gamma surface, right-handed about the normal. */
  inPlane: [Vec3, Vec3];
  /** The shortest perfect translation along the slip direction (a superdislocation's in ordered crystals). */
  burgers: Vec3;
  /**
   * Where between the atomic layers the cut runs: `phase` = hkl . r modulo 1 in the ideal prototype, `gap` = what that spacing is among
   * those of the stack. Atoms with a larger phase belong to the displaced half.
   */
  cut: { phase: number; gap: 'even' | 'wide' | 'narrow' };
  /** Default number of points along both periods; the named points fall on it. */
  grid: [number, number];
  /**
   * For calculators whose runs cost milliseconds, where `grid` is not fine enough: on 6x6 the unstable fault energy of fcc Al is 2.1 % off a
   * direct scan, on 12x12 0.1 % (Zhou EAM, `test/integration/direct-lammps.test.ts`).
   */
  fineGrid?: [number, number];
  /** Named displacements, in units of the two periods. */
  specialPoints: Readonly<Record<string, readonly [number, number]>>;
  /** The special point that the leading partial dislocation leaves behind, where there is one. */
  intrinsic?: string;
  /** Belongs to the default set of a campaign. */
  primary: boolean;
}

export interface SlipGeometry {
  /** Unit normal. This and the vectors below are cartesian in the axes of the structure; lengths in angstrom. */
  normal: Vec3;
  a1: Vec3;
  a2: Vec3;
  burgers: Vec3;
  /** a1 and a2 in the slip plane's own axes: x along a1, z along the normal. */
  planeVectors: [Vec2, Vec2];
  /** The Burgers vector in units of a1 and a2. */
  burgersFraction: Vec2;
  areaSquareAngstrom: number;
  /** Thickness of one repeat unit of the stack: the spacing of the lattice planes hkl. */
  repeatAngstrom: number;
  /** Distance between the two atomic layers on either side of the cut. */
  gapAngstrom: number;
}

/** Positions closer than this are the same, in angstrom: far above the noise of a relaxation, far below any bond. */
export const positionTolerance = 0.02;
/** How far free coordinates (x of D0_19) may have relaxed from the prototype's, in angstrom. */
const prototypeTolerance = 0.3;

type Plane = Pick<SlipSystem, 'plane' | 'inPlane' | 'cut'>;
type SlipTable = Readonly<Record<PrototypeName, readonly Omit<SlipSystem, 'prototype'>[]>>;

const third = 1 / 3;
/** Midpoint of the period along a1. */
const midway: Vec2 = [1 / 2, 0];
const centre: Vec2 = [1 / 2, 1 / 2];
const closePacked = (fault: 'ISF' | 'I2') => ({
  specialPoints: { [fault]: [third, third], AA: [2 * third, 2 * third] } as const,
  intrinsic: fault,
});
/** A close-packed layer whose period is doubled by order: complex and superlattice intrinsic faults, antiphase boundary. */
const orderedClosePacked = { APB: midway, CSF: [1 / 6, 1 / 6], SISF: [2 * third, 2 * third], AA: [third, third] } as const;

const halfBcc = '1/2 1/2 1/2';
const bcc110 = plane('-1 1 0', halfBcc, '1/2 1/2 -1/2', 1 / 2);
const bcc112 = plane('1 1 -2', halfBcc, '1 -1 0', 1 / 2);
const b2110 = plane('-1 1 0', '0 0 1', '1 1 0', 1 / 2);
const l10 = plane('1 1 1', '1/2 -1/2 0', '1/2 1/2 -1', 1 / 2);
const l10Points = { APB: centre, SISF: [0, third], CSF: [1 / 2, 5 / 6] } as const;
/**
 * Parity: A3 has the layer at height 3/4 below the cut and the one at 1/4 above it, for which (a1+a2)/3 makes the I2 fault and not the AA
 * stacking. In the doubled cell of D0_19 the same fractional positions stack in the other sense, so the cut is the other one.
 */
const basal = plane('0 0 1', '1 0 0', '1 1 0', 0);
const prismWide = plane('0 -1 0', '1 0 0', '0 0 1', 0, 'wide');
const pyramidalWide = plane('0 1 1', '1 0 0', '0 1 -1', 1 / 2, 'wide');
const pyramidalTwo = plane('1 1 2', '-1 -1 1', '1 -1 0', 0);

/** One row a slip system: name, plane with its cut, Burgers vector, default grid, whether primary, named points. */
const systems: SlipTable = {
  A1: [
    row('{111}<110>', plane('1 1 1', '1/2 0 -1/2', '0 1/2 -1/2', 1 / 2), '1/2 0 -1/2', [6, 6], true, {
      ...closePacked('ISF'),
      fineGrid: [12, 12],
    }),
  ],
  A2: [
    row('{110}<111>', bcc110, halfBcc, [6, 6], true, { specialPoints: { 'b/2': midway } }),
    row('{112}<111>', bcc112, halfBcc, [6, 10], false, { specialPoints: { 'b/2': midway } }),
  ],
  A3: [
    row('basal', basal, '1 0 0', [6, 6], true, closePacked('I2')),
    row('prismatic-wide', prismWide, '1 0 0', [6, 6], true, { specialPoints: { 'b/2': midway } }),
    row('pyramidal-i-wide', pyramidalWide, '0 1 -1', [10, 10], false),
    row('pyramidal-i-narrow', { ...pyramidalWide, cut: { phase: 0, gap: 'narrow' } }, '0 1 -1', [10, 10], false),
    row('pyramidal-ii', pyramidalTwo, '-1 -1 1', [12, 10], false, { specialPoints: { 'b/2': midway } }),
    row('prismatic-narrow', { ...prismWide, cut: { phase: 1 / 2, gap: 'narrow' } }, '1 0 0', [6, 6], false, {
      specialPoints: { 'b/2': midway },
    }),
  ],
  L1_2: [
    row('{111}<110>', plane('1 1 1', '1 0 -1', '0 1 -1', 1 / 2), '1 0 -1', [12, 12], true, {
      specialPoints: orderedClosePacked,
      intrinsic: 'CSF',
    }),
    row('{001}<110>', plane('0 0 1', '1 0 0', '0 1 0', 1 / 4), '1 1 0', [8, 8], false, {
      specialPoints: { APB: centre },
      intrinsic: 'APB',
    }),
  ],
  L1_0: [
    row('{111}<110]', l10, '1/2 -1/2 0', [6, 12], true, { specialPoints: l10Points, intrinsic: 'CSF' }),
    row('{111}<101]', l10, '1 0 -1', [6, 12], false, { specialPoints: l10Points, intrinsic: 'SISF' }),
  ],
  B2: [
    row('{110}<111>', b2110, '1 1 1', [8, 12], true, { specialPoints: { APB: centre }, intrinsic: 'APB' }),
    row('{110}<001>', b2110, '0 0 1', [8, 12], false, { specialPoints: { APB: centre } }),
    row('{112}<111>', plane('1 1 -2', '1 1 1', '1 -1 0', 1 / 2), '1 1 1', [12, 10], false, {
      specialPoints: { APB: midway },
      intrinsic: 'APB',
    }),
  ],
  D0_3: [
    row('{110}<111>', plane('-1 1 0', '0 0 1', '1/2 1/2 0', 1 / 4), '1 1 1', [12, 8], true, {
      specialPoints: { 'APB-NN': [1 / 4, 1 / 2], 'APB-NNN': midway },
      intrinsic: 'APB-NN',
    }),
  ],
  D0_19: [
    row('basal', { ...basal, cut: { phase: 1 / 2, gap: 'even' } }, '1 0 0', [12, 12], true, {
      specialPoints: orderedClosePacked,
      intrinsic: 'CSF',
    }),
    row('prismatic-wide-majority', prismWide, '1 0 0', [12, 10], true, { specialPoints: { APB: midway }, intrinsic: 'APB' }),
    row('prismatic-wide-mixed', { ...prismWide, cut: { phase: 1 / 2, gap: 'wide' } }, '1 0 0', [12, 10], false, {
      specialPoints: { APB: midway },
      intrinsic: 'APB',
    }),
    row('pyramidal-ii', plane('1 1 1', '-1 0 1', '0 -1 1', 0), '-1 -1 2', [8, 8], false, { specialPoints: { APB: centre } }),
  ],
};

/** Points along both periods by default: finer where a run costs milliseconds. */
export function defaultGrid({ grid, fineGrid }: SlipSystem, fidelity: 'md' | 'mlff' | 'dft'): [number, number] {
  return fidelity === 'md' ? (fineGrid ?? grid) : grid;
}

/** The slip systems of a prototype, the usual ones first. */
export function slipSystems(prototype: PrototypeName): SlipSystem[] {
  return systems[prototype].map((system) => ({ prototype, ...system }));
}

/** The system of that name. Throws `RangeError` with the names there are. */
export function slipSystem(prototype: PrototypeName, name: string): SlipSystem {
  const found = slipSystems(prototype).find((system) => system.name === name);
  if (found === undefined)
    throw new RangeError(
      `prototype ${prototype} has no slip system "${name}"; it has ${systems[prototype].map((system) => system.name).join(', ')}`,
    );
  return found;
}

/**
 * The slip system on an actual crystal. Throws `RangeError` when the structure is not that prototype in its conventional cell: a vector
 * that is no translation of the crystal, or a cut that does not run through the gap it names.
 */
export function slipGeometry(structure: Structure, system: SlipSystem): SlipGeometry {
  for (const vector of [...system.inPlane, system.burgers]) {
    if (!isTranslation(structure, vector))
      throw new RangeError(`[${vector.join(' ')}] of ${system.prototype} ${system.name} is not a translation of the crystal`);
  }
  const a1 = vecMat(system.inPlane[0], structure.lattice);
  const a2 = vecMat(system.inPlane[1], structure.lattice);
  const normal = unit(cross(a1, a2));
  const x = unit(a1);
  const y = cross(normal, x);
  const burgers = vecMat(system.burgers, structure.lattice);
  const [u, v] = solve2([dot(a1, x), dot(a1, y)], [dot(a2, x), dot(a2, y)], [dot(burgers, x), dot(burgers, y)]);
  return {
    normal,
    a1,
    a2,
    burgers,
    planeVectors: [
      [dot(a1, x), 0],
      [dot(a2, x), dot(a2, y)],
    ],
    burgersFraction: [u, v],
    areaSquareAngstrom: norm(cross(a1, a2)),
    repeatAngstrom: repeatDistance(structure, system),
    gapAngstrom: checkedGap(structure, system),
  };
}

/** Signed heights of the sites above the cut plane in units of the repeat. A rigid shift of the crystal does not change them. */
export function heightsAboveCut(structure: Structure, { plane, prototype, cut }: SlipSystem): number[] {
  const cutPhase = cut.phase + dot(plane, originOf(structure, prototype));
  return structure.sites.map((site) => dot(plane, site.position) - cutPhase);
}

/** Whether shifting the whole crystal by a vector (fractional, conventional cell) leaves it unchanged. */
export function isTranslation(structure: Structure, vector: Vec3): boolean {
  return structure.sites.every((site) =>
    structure.sites.some((other) => other.species === site.species && equivalent(structure, add(site.position, vector), other.position)),
  );
}

/** Whether two fractional positions are the same up to a translation of the conventional cell. */
export function equivalent({ lattice }: Structure, a: Vec3, b: Vec3, toleranceAngstrom = positionTolerance): boolean {
  const difference: Vec3 = [centred(a[0] - b[0]), centred(a[1] - b[1]), centred(a[2] - b[2])];
  return norm(vecMat(difference, lattice)) < toleranceAngstrom;
}

/** Coordinates of a plane vector in the basis (a, b). */
export function solve2(a: Vec2, b: Vec2, vector: Vec2): Vec2 {
  const area = a[0] * b[1] - a[1] * b[0];
  return [(vector[0] * b[1] - vector[1] * b[0]) / area, (a[0] * vector[1] - a[1] * vector[0]) / area];
}

/** Where the prototype's origin lies in the structure. Sites may be rigidly shifted and in any order, but must be the prototype's. */
function originOf(structure: Structure, prototype: PrototypeName): Vec3 {
  const { A, B = [] } = prototypes[prototype].sublattices;
  const [anchor = [0, 0, 0]] = A;
  const speciesAt = (position: Vec3) =>
    structure.sites.find((site) => equivalent(structure, site.position, position, prototypeTolerance))?.species;
  const origins = structure.sites.map((site) => subtract(site.position, anchor));
  const found = origins.find((origin) =>
    [A, B].every((sublattice) => {
      const species = new Set(sublattice.map((position) => speciesAt(add(position, origin))));
      return species.size <= 1 && !species.has(undefined);
    }),
  );
  if (found === undefined || structure.sites.length !== A.length + B.length)
    throw new RangeError(`the structure is not ${prototype} in its conventional cell; build it with buildPrototype`);
  return found;
}

function plane(indices: string, a1: string, a2: string, phase: number, gap: SlipSystem['cut']['gap'] = 'even'): Plane {
  return { plane: vector(indices), inPlane: [vector(a1), vector(a2)], cut: { phase, gap } };
}

function row(
  name: string,
  plane: Plane,
  burgers: string,
  grid: SlipSystem['grid'],
  primary: boolean,
  points: Pick<SlipSystem, 'specialPoints' | 'intrinsic' | 'fineGrid'> = { specialPoints: {} },
): Omit<SlipSystem, 'prototype'> {
  return { name, ...plane, burgers: vector(burgers), grid, primary, ...points };
}

/** Reads `1/2 0 -1/2`. */
function vector(text: string): Vec3 {
  return text.split(' ').map((part) => {
    const [numerator, denominator = 1] = part.split('/').map(Number);
    return Number(numerator) / denominator;
  }) as Vec3;
}

function repeatDistance({ lattice }: Structure, { plane }: SlipSystem): number {
  return 1 / norm(vecMat(plane, transpose(inverse(lattice))));
}

/** The spacing at the cut, after checking that the cut halves it and that it is the one among the stack's spacings that the system names. */
function checkedGap(structure: Structure, system: SlipSystem): number {
  const repeat = repeatDistance(structure, system);
  const heights = heightsAboveCut(structure, system)
    .map((height) => (height - Math.floor(height)) * repeat)
    .toSorted((a, b) => a - b);
  const [lowest = 0, highest = 0] = [heights[0], heights.at(-1)];
  const gap = repeat - highest + lowest;
  const others = heights.slice(1).map((height, index) => height - (heights[index] ?? 0));
  const spacings = others.filter((spacing) => spacing > positionTolerance);
  const asNamed = {
    even: spacings.every((spacing) => Math.abs(spacing - gap) < 0.1 * gap),
    wide: spacings.some((spacing) => spacing < 0.9 * gap),
    narrow: spacings.some((spacing) => spacing > 1.1 * gap),
  };
  if (!asNamed[system.cut.gap] || Math.abs(lowest - gap / 2) > 0.1 * gap)
    throw new RangeError(`the cut of ${system.prototype} ${system.name} does not halve the ${system.cut.gap} spacing of this structure`);
  return gap;
}

function centred(value: number): number {
  return value - Math.round(value);
}
