import type { Composition } from '../composition.js';
import { elasticMatrix } from '../elastic-symmetry.js';
import { majorSymmetric } from '../elastic-tensor.js';
import { evaluateFourier, fitFourier } from '../gamma-fourier.js';
import { planeSymmetry } from '../plane-symmetry.js';
import { buildPrototype, prototypes } from '../prototype.js';
import { planeOf } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';
import { slipGeometry, slipSystem } from '../slip-system.js';
import { unit, type Vec2 } from '../vector.js';
import { canonicalSurface } from './canonical-surface.js';

/** What tables of first-principles results give of a cubic metal: a lattice parameter, three elastic constants, one or two fault energies. */
export interface FewFaults {
  id: string;
  composition: Composition;
  prototype: 'A1' | 'A2';
  character: 'edge' | 'screw';
  /** angstrom. */
  a: number;
  elasticGpa: { C11: number; C12: number; C44: number };
  /** mJ/m2. Unstable: half way to the intrinsic fault (fcc {111}), or to the Burgers vector (bcc {110}). */
  faults: { unstable: number; intrinsic?: number };
}

/**
 * What tables leave out of an fcc surface, in units of the unstable fault energy: half way along the Burgers vector, and atoms on top of each other.
 * Medians of the first 145 fcc metals of the library that were not perturbed (a quarter each is below 2.7 and 4.3, or above 3.3 and 5.4). The smoothest surface without them
 * is three times too flat there.
 */
const usualHeights: readonly { at: Vec2; ratio: number }[] = [
  { at: [1 / 2, 0], ratio: 2.98 },
  { at: [2 / 3, 2 / 3], ratio: 4.8 },
];

const systems = { A1: '{111}<110>', A2: '{110}<111>' } as const;
/** Points along each period, both ends counted: every named fault lies on it. */
const points = 13;

/**
 * A slip record whose gamma surface is the smoothest one that has the symmetry of its plane and meets the stated faults: as many symmetric plane
 * waves, longest first, as there are numbers. One number for bcc {110}: gamma = usf/2 (2 - cos 2 pi u - cos 2 pi v). What that costs where the
 * whole surface is known: docs/learning.md. Throws `RangeError` for an fcc metal without its intrinsic fault, or a bcc one with such.
 */
export function recordOfFewFaults({ id, composition, prototype, character, a, elasticGpa, faults }: FewFaults): SlipRecord {
  const system = slipSystem(prototype, systems[prototype]);
  const structure = buildPrototype(prototype, { A: composition }, { a });
  const geometry = slipGeometry(structure, system);
  const named = system.intrinsic === undefined ? undefined : system.specialPoints[system.intrinsic];
  if ((named === undefined) !== (faults.intrinsic === undefined))
    throw new RangeError(`${id}: ${systems[prototype]} ${named === undefined ? 'has no' : 'needs its'} intrinsic fault energy`);
  const target: Vec2 = named === undefined ? geometry.burgersFraction : [...named];
  const series = fitFourier(planeSymmetry(structure, system), geometry.planeVectors, [
    { at: [0, 0], value: 0 },
    { at: [target[0] / 2, target[1] / 2], value: faults.unstable },
    ...(faults.intrinsic === undefined ? [] : [{ at: target, value: faults.intrinsic }]),
    ...(prototype === 'A1' ? usualHeights.map(({ at, ratio }) => ({ at, value: ratio * faults.unstable })) : []),
  ]);
  const places = Array.from({ length: points }, (_, index) => index / (points - 1));
  const [first, second] = geometry.planeVectors;
  const [u, v] = geometry.burgersFraction;
  return {
    id,
    composition,
    lattice: prototypes[prototype].parent,
    a,
    elastic_gpa: elasticMatrix('cubic', elasticGpa),
    slip: {
      plane: prototype === 'A1' ? '{111}' : '{110}',
      burgers_angstrom: Math.hypot(...geometry.burgers),
      burgers_in_plane_angstrom: [u * first[0] + v * second[0], u * first[1] + v * second[1]],
      normal: geometry.normal,
      direction: unit(geometry.burgers),
    },
    gamma: {
      points: [points, points],
      vectors_angstrom: geometry.planeVectors,
      mj_per_m2: places.map((at) => places.map((to) => evaluateFourier(series, [at, to]).value)),
      made_of: 'few-faults',
    },
    character,
  };
}

const prototypeOf: ReadonlyMap<string, 'A1' | 'A2'> = new Map([
  ['fcc {111}', 'A1'],
  ['bcc {110}', 'A2'],
]);

/** A record of fcc {111} or bcc {110} as tables would give it. Undefined for other planes and Burgers vectors. */
export function faultsAlone(record: SlipRecord): SlipRecord | undefined {
  const plane = planeOf(record);
  const prototype = prototypeOf.get(`${record.lattice} ${plane?.family ?? ''}`);
  if (prototype === undefined || plane === undefined || record.gamma.made_of !== undefined) return undefined;
  if (Math.abs(record.slip.burgers_angstrom / plane.burgersAngstrom - 1) > 0.05) return undefined;
  const { values } = canonicalSurface(record);
  const at = (i: number, j: number): number => values[i]?.[j] ?? Number.NaN;
  const c = majorSymmetric(record.elastic_gpa);
  return recordOfFewFaults({
    id: record.id,
    composition: record.composition ?? { [record.element ?? '']: 1 },
    prototype,
    character: record.character,
    a: record.a,
    elasticGpa: { C11: c[0]?.[0] ?? 0, C12: c[0]?.[1] ?? 0, C44: c[3]?.[3] ?? 0 },
    faults: prototype === 'A1' ? { unstable: at(2, 2), intrinsic: at(4, 4) } : { unstable: at(6, 0) },
  });
}
