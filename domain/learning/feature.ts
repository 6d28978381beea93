import { majorSymmetric, polycrystalModuli } from '../elastic-tensor.js';
import { energyFactorTensor, lineDirection } from '../energy-factor.js';
import { baselineCore } from '../baseline-predictor.js';
import { lnPeierlsStressGpa } from '../joos-duesbery.js';
import { planeOf } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';
import { cross, dot, matVec, unit, type Vec2 } from '../vector.js';
import { canonicalPoints, canonicalSurface, planeWaves, type CanonicalSurface } from './canonical-surface.js';
import { relaxedCore, type RelaxedCore } from './peierls-nabarro.js';

/** What a predictor sees of a slip record. All but the two scales are pure numbers. */
export interface Features {
  /** ln of the energy factor K of the line, K in GPa: targets and stresses are in its units. */
  lnK: number;
  /** In the order of `featureNames`. */
  values: number[];
  /** gamma/(K b), canonical 12 x 12 grid, row by row. */
  surface: number[];
  view: SurfaceView;
}

/** How much of a surface was seen. Coarse: on so few points that the higher plane waves are lost, 6 x 6 and not 12 x 12 or 8 x 12. */
export type SurfaceView = 'fine' | 'coarse' | 'few-faults';

/** Fewer points over both periods make a coarse view. */
export const finePoints = 64;

/** Raise when the value of any feature changes: stored features of another version are not used. */
export const featureVersion = 4;

/** Plane waves up to the fifth along each period, without their opposites. On a grid of six points those from the third on are what a fine one would call others. */
const highest = 5;
const waves = Array.from({ length: 2 * highest + 1 }, (_, index) => index - highest).flatMap((h) =>
  Array.from({ length: highest + 1 }, (_, k) => [h, k] as const).filter(([, k]) => k > 0 || h > 0),
);

const scalarNames = [
  'ln(gamma_us/Kb)',
  'ln(gamma_fault/Kb)',
  'ln(gamma_max/Kb)',
  'ln(tau_max/K)',
  'ln(K_edge/K_screw)',
  'ln(zener)',
  'C12/C11',
  'C44/C11',
  'c/a or 1',
  'poisson',
  'ln(tau_SVPN/K)',
  'ln(zeta/p)',
  'ln(1+d/p)',
  'ln(tau_JD/K)',
  'ln(tau_PN/K)',
  'shape 1',
  'shape 2',
  'shape 3',
  'ln(K/GPa)',
  'ln(b/angstrom)',
] as const;
export type FeatureName = (typeof scalarNames)[number];
/** Cosines, then sines, of the waves of the surface: pictures of it for learners that choose for themselves. */
export const waveNames: readonly string[] = [...waves.map(([h, k]) => `wave ${h} ${k}`), ...waves.map(([h, k]) => `wave ${h} ${k} odd`)];
export const featureNames: readonly string[] = [...scalarNames, ...waveNames];

/** Columns of the waves up to an order along each period. */
export function waveColumns(order: number): number[] {
  const low = waves.map(([h, k]) => Math.max(Math.abs(h), k) <= order);
  return [...low, ...low].flatMap((chosen, index) => (chosen ? [scalarNames.length + index] : []));
}

export function featuresOf(record: SlipRecord): Features {
  const plane = planeOf(record);
  if (plane === undefined) throw new RangeError(`${record.id}: ${record.slip.plane} is not a known plane; records are checked when read`);
  const c = majorSymmetric(record.elastic_gpa);
  const surface = canonicalSurface(record);
  const b = Math.hypot(...surface.periods[0]) || record.slip.burgers_angstrom;
  const along = unit(plane.direction);
  const across = cross(unit(plane.normal), along);
  const energyFactor = (character: SlipRecord['character']): [Vec2, Vec2] => {
    const tensor = energyFactorTensor(c, lineDirection({ normal: plane.normal, burgers: along, character }));
    const [x, y] = [matVec(tensor, along), matVec(tensor, across)];
    return [
      [dot(along, x), dot(along, y)],
      [dot(across, x), dot(across, y)],
    ];
  };
  const [edge, screw] = [energyFactor('edge'), energyFactor('screw')];
  const tensor = record.character === 'edge' ? edge : screw;
  const k = tensor[0][0];
  const kb = k * b * 100;
  const core = relaxed(record, surface, tensor, b, plane.valleySpacing[record.character], plane.dissociates);
  const closed = baselineCore(record);
  const values = surface.values.flat();
  const top = Math.max(...values);
  const [c11, c12, c44, c66] = [c[0]?.[0] ?? 0, c[0]?.[1] ?? 0, c[3]?.[3] ?? 0, c[5]?.[5] ?? 0];
  const hexagonal = record.lattice === 'hcp';
  const barrier = Math.max(...pathValues(surface, plane.dissociates));
  const fault = plane.dissociates ? (surface.values[canonicalPoints / 3]?.[canonicalPoints / 3] ?? 0) : barrier;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const { poisson } = polycrystalModuli({ gpa: c, axes: 'crystal' });
  return {
    lnK: Math.log(k),
    surface: values.map((value) => value / kb),
    view: viewOf(record),
    values: [
      Math.log(Math.max(barrier, 1) / kb),
      // A negative or vanishing fault energy counts as 2 mJ/m2, the noise of computed values.
      Math.log(Math.max(fault, 2) / kb),
      Math.log(top / kb),
      Math.log(closed.restoringStressGpa / k),
      Math.log(edge[0][0] / screw[0][0]),
      Math.log(hexagonal ? c44 / c66 : (2 * c44) / (c11 - c12)),
      c12 / c11,
      c44 / c11,
      hexagonal ? (record.c ?? record.a) / record.a : 1,
      poisson,
      core.lnStressGpa - Math.log(k),
      Math.log(core.halfWidthAngstrom / plane.valleySpacing[record.character]),
      Math.log1p(core.separationAngstrom / plane.valleySpacing[record.character]),
      Math.max(-30, lnPeierlsStressGpa(closed) - Math.log(closed.energyFactorGpa)),
      Math.max(-30, textbook(record, plane.family, poisson, b)),
      mean / top,
      barrier / top,
      (surface.values[canonicalPoints / 2]?.[canonicalPoints / 2] ?? 0) / top,
      Math.log(k),
      Math.log(b),
      ...waveShares(surface, top),
    ],
  };
}

/** Of the grid that a record states, both ends of each period counted. */
export function viewOf({ gamma: { made_of: origin, points } }: SlipRecord): SurfaceView {
  return origin ?? ((points[0] - 1) * (points[1] - 1) < finePoints ? 'coarse' : 'fine');
}

/** Plane waves of a surface in units of its maximum, in the order of `waveNames`. */
function waveShares({ values }: CanonicalSurface, top: number): number[] {
  const n = canonicalPoints;
  const share = ([h, k]: readonly [number, number], wave: (angle: number) => number): number => {
    const along = (i: number, row: readonly number[]): number =>
      row.reduce((sum, value, j) => sum + value * wave((2 * Math.PI * (h * i + k * j)) / n), 0);
    const found = values.reduce((sum, row, i) => sum + along(i, row), 0) / (n * n * top);
    // What a symmetry forbids is zero and not rounding.
    return Math.abs(found) < 1e-9 ? 0 : found;
  };
  return [...waves.map((own) => share(own, Math.cos)), ...waves.map((own) => share(own, Math.sin))];
}

/** Value of one feature by name. */
export function feature({ values }: Pick<Features, 'values'>, name: FeatureName): number {
  return values[featureNames.indexOf(name)] ?? Number.NaN;
}

function relaxed(
  record: SlipRecord,
  surface: CanonicalSurface,
  energyFactor: [Vec2, Vec2],
  b: number,
  valleySpacingAngstrom: number,
  dissociates: boolean,
): RelaxedCore {
  const partial: Vec2 = [b / 2, b / (2 * Math.sqrt(3))];
  return relaxedCore({
    energyFactor,
    valleySpacingAngstrom: valleySpacingAngstrom * (b / record.slip.burgers_angstrom),
    parts: dissociates ? [partial, [partial[0], -partial[1]]] : [[b, 0]],
    surface: planeWaves(surface),
  });
}

/**
 * Peierls and Nabarro's own form from elastic constants alone: (2 G/(1-nu)) exp(-4 pi zeta/b), zeta = d/(2(1-nu)) for the edge and d/2 for the
 * screw, over its isotropic K = G/(1-nu) or G. d is the distance of the two layers that slide.
 */
function textbook(record: SlipRecord, family: string, poisson: number, b: number): number {
  const { a, c } = record;
  const spacing: Record<string, number> = {
    'fcc {111}': a / Math.sqrt(3),
    'bcc {110}': a / Math.SQRT2,
    'bcc {112}': a / Math.sqrt(6),
    'hcp {0001}': (c ?? a) / 2,
    'hcp {10-10}': (a * Math.sqrt(3)) / (record.slip.plane.includes('narrow') ? 6 : 3),
  };
  const d = spacing[`${record.lattice} ${family}`] ?? b;
  const zeta = record.character === 'edge' ? d / (2 * (1 - poisson)) : d / 2;
  return Math.LN2 - (4 * Math.PI * zeta) / b;
}

/** gamma along the straight way of slip, mJ/m2: to the fault where there is one, else along half the Burgers vector. */
function pathValues({ values }: CanonicalSurface, dissociates: boolean): number[] {
  const steps = dissociates ? canonicalPoints / 3 : canonicalPoints / 2;
  return Array.from({ length: steps + 1 }, (_, index) => values[index]?.[dissociates ? index : 0] ?? 0);
}
