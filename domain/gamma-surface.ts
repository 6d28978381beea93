import { z } from 'zod';
import type { Composition } from './composition.js';
import { overallComposition } from './formula.js';
import { evaluateFourier, fitFourier, FourierSeries, passTo, stationaryPoint, straightProfile } from './gamma-fourier.js';
import { gridOrbits, planeSymmetry } from './plane-symmetry.js';
import type { PointResult, PointTask } from './point.js';
import { PrototypeName } from './prototype.js';
import { quasirandom } from './quasirandom.js';
import { faultSlab, faultTilted, type Decoration } from './slip-cell.js';
import { slipGeometry, type SlipSystem } from './slip-system.js';
import type { Structure } from './structure.js';
import { norm, type Vec2 } from './vector.js';

const Pair = z.tuple([z.number(), z.number()]);
const GridSize = z.tuple([z.int().min(2).max(60), z.int().min(2).max(60)]);
const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** The error of a mean falls with the root of the number: more than this is wasted. */
export const mostArrangements = 16;

/** How a gamma surface is computed. Everything has a default. */
export const GammaSettings = z.strictObject({
  /** Points along the two periods. Default: the slip system's own grid, on which its named faults lie. */
  grid: GridSize.optional(),
  /** `slab`: one fault between two free surfaces, best for interatomic potentials. `tilted`: fully periodic, fewer atoms, for DFT. */
  geometry: z.enum(['slab', 'tilted']).default('slab'),
  /** Empty space of a slab, both sides together. */
  vacuumAngstrom: z.number().min(5).default(12),
  /** Least crystal on each side of the fault. Default: cut-off plus one layer, within 0.5 % of the limit for the Zhou EAM metals; 12 where there is no cut-off. */
  halfThicknessAngstrom: z.number().positive().optional(),
  /**
   * Extra spacings at the fault of a tilted cell, whose height is fixed. One: taken as it is. Three or more: each point is computed at all
   * of them and the energy is that of the parabola's minimum.
   */
  openingsAngstrom: z
    .array(z.number().min(-0.5).max(2))
    .refine((openings) => openings.length === 1 || new Set(openings).size >= 3, 'give one opening, or three or more to find the best')
    .default([0]),
  /**
   * Tilted cells of one opening: the perfect cell is computed once more, higher by this, which tells how stiff a cell is along the normal; then
   * the normal stress of each fault tells what it would gain by opening. The spacing is relaxed for the price of one cheap point.
   */
  stretchAngstrom: z.number().positive().max(0.2).optional(),
  /**
   * Average atoms become elements, arranged quasirandomly in a cell of so many periods along both in-plane vectors, the same arrangement at
   * every displacement. All points are computed in each of `arrangements`, and averaged. Default: average atoms, for potentials that know them.
   */
  quasirandom: z
    .strictObject({ periods: z.int().min(1).max(4), seed: z.int(), arrangements: z.int().min(1).max(mostArrangements).default(1) })
    .optional(),
});
export type GammaSettings = z.input<typeof GammaSettings>;

/** What assembling needs besides the results; plain JSON. */
export const GammaPlan = z.strictObject({
  prototype: PrototypeName,
  slipSystem: z.string(),
  plane: Triple,
  cut: z.strictObject({ phase: z.number(), gap: z.enum(['even', 'wide', 'narrow']) }),
  geometry: z.enum(['slab', 'tilted']),
  grid: GridSize,
  vectorsAngstrom: z.tuple([Pair, Pair]),
  burgersFraction: Pair,
  burgersAngstrom: z.number(),
  areaSquareAngstrom: z.number(),
  atoms: z.int(),
  openingsAngstrom: z.array(z.number()),
  /** How much higher the cell of the point `gamma/00-00/stretched` is, where there is one. */
  stretchAngstrom: z.number().optional(),
  /** In-plane periods of the computed cell, where it has more than one. */
  periods: z.int().optional(),
  /** Arrangements of its atoms, where there are several: each label below is that of the first one. */
  arrangements: z.int().optional(),
  specialPoints: z.record(z.string(), Pair),
  intrinsic: z.string().optional(),
  symmetry: z.strictObject({ matrices: z.array(z.tuple([Pair, Pair])), translations: z.array(Pair) }),
  /** One entry a class of equal points: the labels to be computed (one per opening) and the grid points they stand for. */
  orbits: z.array(z.strictObject({ labels: z.array(z.string()), members: z.array(Pair) })),
});
export type GammaPlan = z.infer<typeof GammaPlan>;

const Profile = z.strictObject({ maximumMjPerM2: z.number(), maximumSlopeGpa: z.number() });
const Fault = z.strictObject({ name: z.string(), at: Pair, mjPerM2: z.number() });

export const GammaWarning = z.strictObject({
  kind: z.enum(['negative-fault-energy', 'no-intrinsic-fault', 'reference-not-relaxed']),
  message: z.string(),
});
export type GammaWarning = z.infer<typeof GammaWarning>;

/** A gamma surface with what is read off it. Displacements `at` are in units of the two period vectors; x runs along the first. */
export const GammaSurface = z.strictObject({
  prototype: PrototypeName,
  slipSystem: z.string(),
  plane: Triple,
  cut: GammaPlan.shape.cut,
  geometry: GammaPlan.shape.geometry,
  burgersAngstrom: z.number(),
  burgersFraction: Pair,
  vectorsAngstrom: z.tuple([Pair, Pair]),
  areaSquareAngstrom: z.number(),
  /** Rows and columns of `mjPerM2`: both ends of each period are included. */
  points: Pair,
  mjPerM2: z.array(z.array(z.number())),
  specialPoints: z.array(Fault),
  /** The fault left by the leading partial dislocation, where the surface has that minimum. */
  intrinsic: Fault.optional(),
  /** The saddle on the easiest way to the intrinsic fault, or to the Burgers vector where there is none. */
  unstable: z.strictObject({ at: Pair, mjPerM2: z.number() }),
  /** On the straight way along the Burgers vector, and along the leading partial. */
  alongBurgers: Profile,
  alongPartial: Profile.optional(),
  /** Where the surface is the mean of several arrangements of atoms: standard errors of that mean. */
  arrangements: z
    .strictObject({ count: z.int(), unstableErrorMjPerM2: z.number(), intrinsicErrorMjPerM2: z.number().optional() })
    .optional(),
  fourier: FourierSeries,
  warnings: z.array(GammaWarning),
});
export type GammaSurface = z.infer<typeof GammaSurface>;

export type GammaFailure =
  | 'missing-point'
  | 'not-a-number'
  | 'cell-changed'
  | 'opening-not-bracketed'
  | 'no-stress'
  | 'negative-energy'
  | 'unphysical-energy';
export type AssembledGamma = { kind: 'completed'; surface: GammaSurface } | { kind: 'failed'; reason: GammaFailure; evidence: string };

const stretchedLabel = 'gamma/00-00/stretched';
/** eV/angstrom^2 in mJ/m^2. */
export const mjPerM2PerEvPerSquareAngstrom = 16021.766;
/** (mJ/m^2)/angstrom in GPa. */
const gpaPerSlope = 0.01;
/** Without a cut-off (DFT): five to six layers each side, where metals are converged to a few mJ/m2 (Al, Cu, Mg slabs in the literature). */
const unknownCutoffHalfThickness = 12;
/** A periodic cell has no surfaces: half of it does, six layers of fcc {111} (Al: `docs/first-principles.md`). */
const unknownCutoffTiltedHalfThickness = 6;
/** Numerical noise of a gamma value, mJ/m2: two reference energies converged to 1e-4 eV. */
const noise = 2;
/** A negative energy closer than this to a named fault, in angstrom, is that fault's basin and physical. */
const basin = 0.6;
/** Above this no cleavage of a metal lies: atoms overlap. */
const unphysical = 50_000;

/** The points of a gamma surface: the perfect reference `gamma/00-00` first, then one for each class of equal displacements. */
export function gammaPoints(
  structure: Structure,
  system: SlipSystem,
  settings: GammaSettings,
  cutoffAngstrom?: number,
): { tasks: PointTask[]; plan: GammaPlan } {
  const {
    grid = system.grid,
    geometry,
    openingsAngstrom: chosen,
    stretchAngstrom: wantedStretch,
    quasirandom: random,
    ...sizes
  } = GammaSettings.parse(settings);
  const cell = slipGeometry(structure, system);
  const symmetry = planeSymmetry(structure, system);
  const openingsAngstrom = geometry === 'tilted' ? chosen : [0];
  const halfThickness =
    sizes.halfThicknessAngstrom ??
    (cutoffAngstrom !== undefined
      ? cutoffAngstrom + cell.gapAngstrom
      : geometry === 'tilted'
        ? unknownCutoffTiltedHalfThickness
        : unknownCutoffHalfThickness);
  const orbits = gridOrbits(symmetry, grid).map(({ representative, members }) => ({
    displacement: [representative[0] / grid[0], representative[1] / grid[1]] satisfies Vec2,
    members,
    labels: openingsAngstrom.map((_, index) => pointLabel(representative, openingsAngstrom.length > 1 ? index : undefined)),
  }));
  const cellAt = (displacement: Vec2, openingAngstrom: number, decoration?: Decoration): Structure =>
    geometry === 'slab'
      ? faultSlab(structure, system, {
          displacement,
          minHalfThicknessAngstrom: halfThickness,
          vacuumAngstrom: sizes.vacuumAngstrom,
          decoration,
        })
      : faultTilted(structure, system, { displacement, minThicknessAngstrom: 2 * halfThickness, openingAngstrom, decoration });
  const decorations =
    random === undefined
      ? [undefined]
      : Array.from({ length: random.arrangements }, (_, index) =>
          decorationOf(cellAt, overallComposition(structure), { ...random, seed: random.seed + index }),
        );
  const meshLattice = cellAt([0, 0], 0, decorations[0]).lattice;
  const stretchAngstrom = geometry === 'tilted' && openingsAngstrom.length === 1 ? wantedStretch : undefined;
  const tasks = decorations.flatMap((decoration, arrangement) => {
    const pointAt = (label: string, displacement: Vec2, openingAngstrom: number): PointTask => ({
      label: arrangedLabel(label, arrangement),
      structure: cellAt(displacement, openingAngstrom, decoration),
      periodic: [true, true, geometry === 'tilted'],
      relax: 'ions-along-z',
      meshLattice,
    });
    return [
      ...orbits.flatMap(({ displacement, labels }) =>
        labels.map((label, index) => pointAt(label, displacement, openingsAngstrom[index] ?? 0)),
      ),
      ...(stretchAngstrom === undefined ? [] : [pointAt(stretchedLabel, [0, 0], (openingsAngstrom[0] ?? 0) + stretchAngstrom)]),
    ];
  });
  const { name, plane, cut, prototype, specialPoints, intrinsic } = system;
  const plan: GammaPlan = {
    prototype,
    slipSystem: name,
    plane,
    cut,
    geometry,
    grid,
    openingsAngstrom,
    ...(stretchAngstrom !== undefined && { stretchAngstrom }),
    ...(random !== undefined && { periods: random.periods }),
    ...(decorations.length > 1 && { arrangements: decorations.length }),
    symmetry,
    specialPoints: Object.fromEntries(Object.entries(specialPoints).map(([label, [u, v]]) => [label, [u, v]])),
    ...(intrinsic !== undefined && { intrinsic }),
    vectorsAngstrom: cell.planeVectors,
    burgersFraction: cell.burgersFraction,
    burgersAngstrom: norm(cell.burgers),
    areaSquareAngstrom: cell.areaSquareAngstrom,
    atoms: tasks[0]?.structure.sites.length ?? 0,
    orbits: orbits.map(({ labels, members }) => ({ labels, members })),
  };
  return { tasks, plan };
}

/** Elements for the cell of a fault, from its undisplaced member: every displacement has the same atoms in the same places. */
function decorationOf(
  cellAt: (displacement: Vec2, openingAngstrom: number, decoration?: Decoration) => Structure,
  composition: Composition,
  { periods, seed }: { periods: number; seed: number },
): Decoration {
  const repeats = [periods, periods] as const;
  const sites = cellAt([0, 0], 0).sites.length * periods * periods;
  const blank = { repeats, elements: Array.from({ length: sites }, () => 'any') };
  const cell = cellAt([0, 0], 0, blank);
  const heights = [...new Set(cell.sites.map(({ position }) => position[2].toFixed(4)))];
  const groups = cell.sites.map(({ position }) => heights.indexOf(position[2].toFixed(4)));
  return { repeats, elements: quasirandom(cell, composition, { seed, groups }).elements };
}

/**
 * Puts the results together. A surface with a hole, a value that is no number or an impossible energy is refused, never patched. Where there are
 * several arrangements of atoms it is their mean.
 */
export function assembleGamma(plan: GammaPlan, results: Readonly<Record<string, PointResult>>): AssembledGamma {
  const { arrangements = 1 } = plan;
  const labels = [...plan.orbits.flatMap((orbit) => orbit.labels), ...(plan.stretchAngstrom === undefined ? [] : [stretchedLabel])];
  const each = Array.from({ length: arrangements }, (_, index) =>
    Object.fromEntries(labels.map((label) => [label, results[arrangedLabel(label, index)]])),
  );
  const missing = each.flatMap((own, index) =>
    labels.filter((label) => own[label] === undefined).map((label) => arrangedLabel(label, index)),
  );
  if (missing.length > 0) return failed('missing-point', `no result for ${missing.join(', ')}`);
  const warnings: GammaWarning[] = [];
  const samples: number[][] = [];
  for (const own of each) {
    const found = arrangementValues(plan, own as Record<string, PointResult>);
    if (found.kind === 'failed') return found;
    samples.push(found.values);
    if (warnings.length === 0) warnings.push(...found.warnings);
  }
  const values = plan.orbits.map((_, index) => mean(samples.map((own) => own[index] ?? Number.NaN)));
  for (const [index, value] of values.entries()) {
    const { labels: [label] = [], members = [] } = plan.orbits[index] ?? {};
    if (value > unphysical) return failed('unphysical-energy', `${label} gives ${value.toFixed(0)} mJ/m2: atoms overlap`);
    if (value > -noise) continue;
    const fault = nearestFault(plan, members);
    if (fault === undefined)
      return failed(
        'negative-energy',
        `${label} gives ${value.toFixed(1)} mJ/m2, below the perfect crystal and away from every named fault`,
      );
    warnings.push({
      kind: 'negative-fault-energy',
      message: `${label} (${fault}) gives ${value.toFixed(1)} mJ/m2: another stacking is more stable than this crystal`,
    });
  }
  const surface = describe(plan, values, warnings);
  return { kind: 'completed', surface: arrangements === 1 ? surface : { ...surface, arrangements: errorsOfMean(plan, surface, samples) } };
}

/** The energy of each class of points in one arrangement of atoms, mJ/m2, by the labels of the first one. */
function arrangementValues(plan: GammaPlan, results: Readonly<Record<string, PointResult>>) {
  const warnings: GammaWarning[] = [];
  const energies: number[] = [];
  for (const orbit of plan.orbits) {
    const checked = orbitEnergy(plan, orbit.labels, results);
    if (checked.kind === 'failed') return checked;
    if (energies.length === 0 && Math.abs(checked.opening) > 0.05)
      warnings.push({
        kind: 'reference-not-relaxed',
        message: `the perfect crystal prefers an opening of ${checked.opening.toFixed(3)} angstrom`,
      });
    energies.push(checked.energyEv);
  }
  if (plan.stretchAngstrom !== undefined) {
    const gains = openingGains(plan, plan.stretchAngstrom, results);
    if (typeof gains === 'string') return failed('no-stress', gains);
    for (const [index, gain] of gains.entries()) energies[index] = (energies[index] ?? Number.NaN) - gain;
  }
  const [reference = Number.NaN] = energies;
  const area = plan.areaSquareAngstrom * (plan.periods ?? 1) ** 2;
  const values = energies.map((energy) => ((energy - reference) / area) * mjPerM2PerEvPerSquareAngstrom);
  return { kind: 'found', values, warnings } as const;
}

/** How far the means at the faults of a surface may be off, from the scatter of the arrangements there. */
function errorsOfMean(plan: GammaPlan, surface: GammaSurface, samples: readonly (readonly number[])[]): GammaSurface['arrangements'] {
  const surfaces = samples.map((values) => fitFourier(plan.symmetry, plan.vectorsAngstrom, orbitSamples(plan, values)));
  const errorAt = (at: Vec2): number => {
    const own = surfaces.map((fourier) => evaluateFourier(fourier, at).value);
    const centre = mean(own);
    return Math.hypot(...own.map((value) => value - centre)) / Math.sqrt(own.length * (own.length - 1));
  };
  return {
    count: samples.length,
    unstableErrorMjPerM2: errorAt(surface.unstable.at),
    ...(surface.intrinsic !== undefined && { intrinsicErrorMjPerM2: errorAt(surface.intrinsic.at) }),
  };
}

/** What the fit is told of a class of points: where it is, its energy, and how many points it stands for. */
function orbitSamples({ grid: [n, m], orbits }: GammaPlan, values: readonly number[]) {
  return orbits.map(({ members: [[i, j] = [0, 0], ...others] }, index) => ({
    at: [i / n, j / m] satisfies Vec2,
    value: values[index] ?? Number.NaN,
    weight: 1 + others.length,
  }));
}

function describe(plan: GammaPlan, values: readonly number[], warnings: readonly GammaWarning[]): GammaSurface {
  const {
    grid,
    openingsAngstrom: _openings,
    stretchAngstrom: _stretch,
    atoms: _atoms,
    periods: _periods,
    arrangements: _arrangements,
    specialPoints: named,
    intrinsic: leading,
    symmetry,
    orbits: _orbits,
    ...system
  } = plan;
  const [n, m] = grid;
  const fourier = fitFourier(symmetry, system.vectorsAngstrom, orbitSamples(plan, values));
  const specialPoints = Object.entries(named).map(([name, at]) => ({ name, at, mjPerM2: evaluateFourier(fourier, at).value }));
  const start = leading === undefined ? undefined : named[leading];
  const minimum = start && stationaryPoint(fourier, start, 0.1);
  const intrinsic =
    plan.intrinsic !== undefined && minimum?.kind === 'minimum'
      ? { name: plan.intrinsic, at: minimum.at, mjPerM2: minimum.value }
      : undefined;
  const lost: GammaWarning = {
    kind: 'no-intrinsic-fault',
    message: `the surface has no minimum at ${leading}: the partial dislocation is not bound`,
  };
  const pass = passTo(fourier, intrinsic?.at ?? system.burgersFraction);
  const profile = (target: Vec2) => {
    const { maximum, steepest } = straightProfile(fourier, system.vectorsAngstrom, target);
    return { maximumMjPerM2: maximum, maximumSlopeGpa: steepest * gpaPerSlope };
  };
  return {
    ...system,
    points: [n + 1, m + 1],
    mjPerM2: fullGrid(plan, values),
    specialPoints,
    ...(intrinsic && { intrinsic, alongPartial: profile(intrinsic.at) }),
    unstable: { at: pass.at, mjPerM2: pass.value },
    alongBurgers: profile(system.burgersFraction),
    fourier,
    warnings: leading !== undefined && intrinsic === undefined ? [...warnings, lost] : [...warnings],
  };
}

/** The energy of one class of points: of the only opening, or of the minimum of the parabola through several. */
function orbitEnergy(plan: GammaPlan, labels: readonly string[], results: Readonly<Record<string, PointResult>>) {
  const energies: number[] = [];
  for (const label of labels) {
    const { energyEv = Number.NaN, structure } = results[label] ?? {};
    if (!Number.isFinite(energyEv)) return failed('not-a-number', `the energy of ${label} is ${energyEv}`);
    const lengths = plan.vectorsAngstrom.map(([x, y], index) =>
      Math.abs((plan.periods ?? 1) * Math.hypot(x, y) - norm(structure?.lattice[index] ?? [0, 0, 0])),
    );
    if (structure?.sites.length !== plan.atoms || lengths.some((difference) => difference > 1e-3))
      return failed('cell-changed', `${label} does not hold the ${plan.atoms} atoms in the cell that was asked for`);
    energies.push(energyEv);
  }
  const [energyEv = Number.NaN] = energies;
  if (energies.length === 1) return { kind: 'found', energyEv, opening: 0 } as const;
  const best = parabolaMinimum(plan.openingsAngstrom, energies);
  if (best === undefined) return failed('opening-not-bracketed', `the openings of ${labels.join(', ')} do not bracket the lowest energy`);
  return { kind: 'found', ...best } as const;
}

/** GPa in eV/angstrom^3 (CODATA 2018). */
const evPerCubicAngstromPerGpa = 1 / 160.2176634;

/**
 * What each class of points would gain, in eV, if the spacing at the fault could follow the normal stress: (A sigma)^2 / 2k, with k the
 * stiffness of the cell against its height, from the stresses of the perfect cell at two heights. A sentence where stresses are missing.
 */
function openingGains(plan: GammaPlan, stretch: number, results: Readonly<Record<string, PointResult>>): number[] | string {
  const area = plan.areaSquareAngstrom * (plan.periods ?? 1) ** 2;
  const pull = (label: string): number => (results[label]?.stressGpa?.[2] ?? Number.NaN) * evPerCubicAngstromPerGpa * area;
  const firsts = plan.orbits.map(({ labels: [label = ''] }) => label);
  const without = [...firsts, stretchedLabel].find((label) => !Number.isFinite(pull(label)));
  if (without !== undefined) return `${without} has no stress along the normal`;
  const stiffness = (pull(stretchedLabel) - pull(firsts[0] ?? '')) / stretch;
  if (!(stiffness > 0)) return `the perfect cell does not resist being stretched by ${stretch} angstrom`;
  return firsts.map((label) => pull(label) ** 2 / (2 * stiffness));
}

/** Least-squares parabola; undefined when its minimum lies outside the abscissae. */
function parabolaMinimum(x: readonly number[], y: readonly number[]): { energyEv: number; opening: number } | undefined {
  const [centre, base] = [mean(x), mean(y)];
  const t = x.map((value) => value - centre);
  const w = y.map((value) => value - base);
  const moment = (power: number, values: readonly number[] = t.map(() => 1)) =>
    mean(t.map((value, index) => value ** power * (values[index] ?? 0)));
  const [t2, t3, t4] = [moment(2), moment(3), moment(4) - moment(2) ** 2];
  const determinant = t2 * t4 - t3 * t3;
  const slope = (moment(1, w) * t4 - moment(2, w) * t3) / determinant;
  const bend = (moment(2, w) * t2 - moment(1, w) * t3) / determinant;
  const vertex = -slope / (2 * bend);
  if (!(bend > 0) || vertex < Math.min(...t) || vertex > Math.max(...t)) return undefined;
  return { energyEv: base - bend * t2 + slope * vertex + bend * vertex * vertex, opening: centre + vertex };
}

function nearestFault(
  { grid, specialPoints, vectorsAngstrom: [a1, a2] }: GammaPlan,
  members: readonly (readonly [number, number])[],
): string | undefined {
  const near = ([u, v]: readonly [number, number]) =>
    members.some(([i, j]) => {
      const du = i / grid[0] - u - Math.round(i / grid[0] - u);
      const dv = j / grid[1] - v - Math.round(j / grid[1] - v);
      return Math.hypot(du * a1[0] + dv * a2[0], du * a1[1] + dv * a2[1]) < basin;
    });
  return Object.entries(specialPoints).find(([, at]) => near(at))?.[0];
}

function fullGrid({ grid: [n, m], orbits }: GammaPlan, values: readonly number[]): number[][] {
  const byPoint = new Map(orbits.flatMap(({ members }, index) => members.map(([i, j]) => [i * m + j, values[index] ?? Number.NaN])));
  return Array.from({ length: n + 1 }, (_, i) => Array.from({ length: m + 1 }, (_, j) => byPoint.get((i % n) * m + (j % m)) ?? Number.NaN));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `gamma/01-01` of the third arrangement is `gamma/01-01/a3`; that of the first has no mark. */
function arrangedLabel(label: string, arrangement: number): string {
  return arrangement === 0 ? label : `${label}/a${arrangement + 1}`;
}

function pointLabel([i, j]: readonly [number, number], opening: number | undefined): string {
  const point = `gamma/${String(i).padStart(2, '0')}-${String(j).padStart(2, '0')}`;
  return opening === undefined ? point : `${point}/o${opening}`;
}

function failed(reason: GammaFailure, evidence: string): { kind: 'failed'; reason: GammaFailure; evidence: string } {
  return { kind: 'failed', reason, evidence };
}
