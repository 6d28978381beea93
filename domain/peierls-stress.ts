import { z } from 'zod';
import { arrayAxes, ArraySize, dislocationArray, DislocationCharacter, peierlsPeriod, shortestTranslation } from './dislocation-array.js';
import { rotate, type ElasticMatrix } from './elastic-tensor.js';
import type { GammaSurface } from './gamma-surface.js';
import { energyFactorTensor, lineDirection } from './energy-factor.js';
import { readTrace, type TraceReading } from './load-trace.js';
import { planeSymmetry } from './plane-symmetry.js';
import type { PointResult, PointTask } from './point.js';
import { prototypes } from './prototype.js';
import { slipGeometry, slipSystem, type SlipSystem } from './slip-system.js';
import type { Structure } from './structure.js';
import { add, dot, matVec, norm, scale, subtract } from './vector.js';

export { ArraySize, DislocationCharacter } from './dislocation-array.js';

/** Stress below which a trace is numerical noise, MPa: increments relaxed to 1e-5 eV/angstrom repeat after a period within 0.01 (docs/physics-peierls-stress.md). */
export const numericalFloorMpa = 0.02;

const Reading = z.strictObject({
  size: ArraySize,
  atoms: z.int(),
  regime: z.enum(['smooth', 'jump']),
  forwardMpa: z.number(),
  /** From the same trace where it is smooth, from a run of its own where the senses differ by symmetry; else the senses are the same. */
  backwardMpa: z.number().optional(),
  resolutionMpa: z.number(),
  plane: z.enum(['own', 'other']),
});

/** The Peierls stress of one dislocation, or why it has none. */
export const PeierlsStress = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('calculated'),
    slipSystem: z.string(),
    character: DislocationCharacter,
    /** Root mean square over cells, MPa; of the easier sense where the plane has one. */
    peierlsMpa: z.number(),
    /** Standard error of the mean over sizes of the cell, with the resolution of the jumps and the numerical floor. */
    errorMpa: z.number(),
    belowFloor: z.boolean(),
    /** `other`: a screw that left its valley on another plane of its zone than the loaded one. */
    plane: z.enum(['own', 'other']),
    /** Shear modulus of the slip system, GPa. */
    modulusGpa: z.number(),
    burgersAngstrom: z.number(),
    readings: z.array(Reading).min(1),
  }),
  z.strictObject({
    kind: z.literal('not-calculable'),
    slipSystem: z.string(),
    character: DislocationCharacter,
    reason: z.enum(['cross-slip', 'transformed', 'array-artefact', 'increments-exhausted', 'not-converged']),
    evidence: z.string(),
  }),
]);
export type PeierlsStress = z.infer<typeof PeierlsStress>;

/** What reading the results needs besides them. */
export interface PeierlsPlan {
  slipSystem: string;
  character: DislocationCharacter;
  /** Screws of bcc metals may leave their valley on any plane of their zone; elsewhere that is another slip system. */
  zoneIsOneSystem: boolean;
  modulusGpa: number;
  burgersAngstrom: number;
  cells: {
    size: ArraySize;
    label: string;
    reverse?: string;
    atoms: number;
    areaSquareAngstrom: number;
    heightAngstrom: number;
    slipPerPeriod: number;
    forceNorm: number;
  }[];
}

/** Two-norm of all forces, eV/angstrom. Tighter ones move the stress by 0.01 MPa (protocols: 1e-5 against 1e-7). */
const forceNorm = { fcc: 1e-5, bcc: 2e-5, hcp: 1e-5 } as const;

/** [layers, distance of a dislocation from its image in shortest translations] of cells that are stiff enough to trace small stresses. */
type CellSizes = readonly (readonly [number, number])[];
/** Two heights: their mean is the value, their difference the error bar. */
const compactCore: Record<DislocationCharacter, CellSizes> = {
  edge: [
    [20, 30],
    [28, 30],
  ],
  screw: [
    [20, 28],
    [28, 28],
  ],
};
/**
 * Two partials feel A |cos(pi d / period)| at a distance d that slabs, images and any stress across the Burgers vector change; so one cell reads
 * a phase. Each height is therefore sheared across by what moves d half a period: two places whose squares add up to A^2. In arrays 1.9 heights
 * long what slabs and images do to the screw components cancels (docs/physics-peierls-stress.md).
 */
const splitCore: CellSizes = [
  [24, 25],
  [28, 31],
];
/** Collinear partials (antiphase boundaries) cannot be pulled apart so: three lengths sample the phase, long enough for `lengthPerSeparation`. */
const collinearCore: CellSizes = [
  [20, 32],
  [24, 40],
  [28, 50],
];
const longestArray = 120;
/** Partials nearer to half of the array settle there whatever the fault energy says. */
const lengthPerSeparation = 2.8;
/** Chosen: more would make another crystal of the one around a narrow core, tan of the angle. */
const largestCrossShear = 0.012;

/**
 * Cell sizes for a dislocation on a slip plane whose gamma surface is known. Undefined where there is none: a fault without energy binds no
 * partials, and no affordable array holds wide collinear ones apart.
 */
export function dislocationSizes(
  structure: Structure,
  { prototype, slipSystem: name, intrinsic }: Pick<GammaSurface, 'prototype' | 'slipSystem' | 'intrinsic'>,
  character: DislocationCharacter,
  elasticGpa: ElasticMatrix,
  cutoffAngstrom = unknownCutoff,
): ArraySize[] | undefined {
  const system = slipSystem(prototype, name);
  const neighbour = shortestTranslation(structure);
  const layer = neighbour * Math.sqrt(2 / 3);
  const rigidLayers = Math.max(4, Math.ceil(cutoffAngstrom / layer - 0.1));
  const sized = ([layers, glideLength]: readonly [number, number]): ArraySize => ({
    layers: layers + 2 * (rigidLayers - 4),
    glideLength,
    rigidLayers,
  });
  if (intrinsic === undefined) return compactCore[character].map(sized);
  if (intrinsic.mjPerM2 <= 0) return undefined;
  const pair = partials(structure, system, character, elasticGpa, intrinsic);
  if (pair.separationAngstrom === 0) return compactCore[character].map(sized);
  if (pair.acrossAngstrom < 1e-3 * neighbour) {
    const wanted = (lengthPerSeparation * pair.separationAngstrom) / neighbour;
    if (wanted > longestArray) return undefined;
    return collinearCore.map(sized).map((size, index) => ({
      ...size,
      glideLength: Math.max(size.glideLength, Math.ceil(wanted * (1 + index / 8))),
    }));
  }
  const period = peierlsPeriod(structure, system, character);
  return splitCore.map(sized).flatMap((size) => {
    const height = (size.layers - 2 * size.rigidLayers) * layer;
    const shear = Math.min(largestCrossShear, crossShearOfPeriod(pair, period, height) / 4);
    return [-1, 1].map((sign) => ({ ...size, crossShear: Number((sign * shear).toPrecision(3)) }));
  });
}

/** How many cells a dislocation of a slip system takes at most. */
export function mostCells(system: SlipSystem, character: DislocationCharacter): number {
  return system.intrinsic === undefined ? compactCore[character].length : 2 * splitCore.length;
}

/** Thickness of rigid slabs for a potential that does not state its range, angstrom. */
export const unknownCutoff = 8;

interface Partials {
  /** Force between them times their distance, b1.K.b2/(2 pi), GPa angstrom^2; at most 0 where they attract. */
  repulsion: number;
  /** Equilibrium distance in an infinite crystal. */
  separationAngstrom: number;
  /** What the first has of Burgers vector across the whole one; the second has the opposite. */
  acrossAngstrom: number;
  /** Shear modulus of the plane across the Burgers vector, GPa. */
  acrossGpa: number;
}

/**
 * Equilibrium distance of two partials: gamma = b1.K.b2 / (2 pi d) with the energy factor tensor K of the line
 * (Hirth & Lothe, ch. 10 and 13). `fault` is the intrinsic fault in units of the two periods.
 */
export function partials(
  structure: Structure,
  system: SlipSystem,
  character: DislocationCharacter,
  elasticGpa: ElasticMatrix,
  fault: { at: readonly [number, number]; mjPerM2: number },
): Partials {
  const geometry = slipGeometry(structure, system);
  const { a1, a2, burgers, normal } = geometry;
  const first = add(scale(a1, fault.at[0]), scale(a2, fault.at[1]));
  const second = subtract(burgers, first);
  const k = energyFactorTensor(elasticGpa, lineDirection({ normal, burgers, character }));
  const repulsion = dot(first, matVec(k, second)) / (2 * Math.PI);
  const index = character === 'edge' ? 4 : 3;
  return {
    repulsion,
    // 1 GPa angstrom^2 / (mJ/m^2) = 100 angstrom.
    separationAngstrom: Math.max(0, (100 * repulsion) / Math.max(fault.mjPerM2, 1e-3)),
    acrossAngstrom: norm(subtract(first, scale(burgers, dot(first, burgers) / dot(burgers, burgers)))),
    acrossGpa: rotate({ gpa: elasticGpa, axes: 'crystal' }, arrayAxes(geometry, character)).gpa[index]?.[index] ?? Number.NaN,
  };
}

/**
 * Shear across the Burgers vector that moves the partials' distance by one period, between rigid slabs `height` apart. Repulsion, fault and
 * slabs balance at repulsion (1/d - B d) = gamma; B = pi^2/(3 height^2) times 1.3 is what four alloys of Cu and Ni showed
 * (docs/physics-peierls-stress.md).
 */
function crossShearOfPeriod(
  { repulsion, separationAngstrom, acrossAngstrom, acrossGpa }: Partials,
  period: number,
  height: number,
): number {
  const confinement = (1.3 * Math.PI ** 2) / (3 * height ** 2);
  const inverse = 1 / separationAngstrom;
  const distance = 2 / (inverse + Math.hypot(inverse, 2 * Math.sqrt(confinement)));
  return (repulsion * (1 / distance ** 2 + confinement) * period) / (acrossAngstrom * acrossGpa);
}

/** Loaded arrays of a dislocation, one a cell size; a second one in the other sense where the barrier is not the same both ways. */
export function peierlsPoints(
  structure: Structure,
  system: SlipSystem,
  character: DislocationCharacter,
  elasticGpa: ElasticMatrix,
  sizes: readonly ArraySize[],
): { tasks: PointTask[]; plan: PeierlsPlan } {
  const { parent } = prototypes[system.prototype];
  const axis = character === 'edge' ? 'y' : 'x';
  const rotated = rotate({ gpa: elasticGpa, axes: 'crystal' }, arrayAxes(slipGeometry(structure, system), character));
  const index = axis === 'y' ? 3 : 4;
  const modulusGpa = rotated.gpa[index]?.[index] ?? Number.NaN;
  const bothSenses = parent === 'bcc' && !isEven(structure, system);
  const tasks: PointTask[] = [];
  let burgersAngstrom = 0;
  const cells = sizes.map((size, k): PeierlsPlan['cells'][number] => {
    const array = dislocationArray(structure, system, character, size);
    burgersAngstrom = array.burgersAngstrom;
    const [line, glide] = array.structure.lattice;
    const slipPerPeriod = (array.burgersAngstrom * array.periodAngstrom) / array.glideLengthAngstrom;
    const loaded = (sense: 1 | -1): string => {
      const label = `peierls/${k}-l${size.layers}-${sense > 0 ? 'forward' : 'backward'}`;
      tasks.push({
        label,
        structure: array.structure,
        periodic: [true, true, false],
        relax: 'shear-loading',
        loading: {
          axis,
          sense,
          rigidBelow: array.rigidBelow,
          rigidAbove: array.rigidAbove,
          below: array.below,
          above: array.above,
          slipPerPeriod,
          modulusGpa,
          forceNorm: forceNorm[parent],
        },
      });
      return label;
    };
    return {
      size,
      label: loaded(1),
      ...(bothSenses && { reverse: loaded(-1) }),
      atoms: array.structure.sites.length,
      areaSquareAngstrom: line[0] * glide[1],
      heightAngstrom: array.rigidAbove - array.rigidBelow,
      slipPerPeriod,
      forceNorm: forceNorm[parent],
    };
  });
  const zoneIsOneSystem = parent === 'bcc' && character === 'screw';
  return { tasks, plan: { slipSystem: system.name, character, zoneIsOneSystem, modulusGpa, burgersAngstrom, cells } };
}

/** Puts the traces together. All cells must agree that there is a Peierls stress; one that says why not decides. */
export function concludePeierls(plan: PeierlsPlan, results: Readonly<Record<string, PointResult>>): PeierlsStress | undefined {
  const { slipSystem, character, modulusGpa, burgersAngstrom } = plan;
  const readings: z.infer<typeof Reading>[] = [];
  for (const cell of plan.cells) {
    const forward = reading(plan, cell, results[cell.label]);
    const backward = cell.reverse === undefined ? undefined : reading(plan, cell, results[cell.reverse]);
    if (forward === undefined || (cell.reverse !== undefined && backward === undefined)) return undefined;
    for (const one of [forward, backward]) {
      if (one?.kind === 'not-calculable')
        return { kind: 'not-calculable', slipSystem, character, reason: one.reason, evidence: one.evidence };
      if (one?.kind === 'jump' && one.plane === 'other' && !plan.zoneIsOneSystem)
        return {
          kind: 'not-calculable',
          slipSystem,
          character,
          reason: 'cross-slip',
          evidence: `at ${one.forwardMpa.toFixed(0)} MPa the crystal with ${cell.size.layers} layers slipped elsewhere than on this plane`,
        };
    }
    if (forward.kind === 'not-calculable' || backward?.kind === 'not-calculable') return undefined;
    const backwardMpa = backward?.forwardMpa ?? (forward.kind === 'smooth' ? forward.backwardMpa : undefined);
    const easier = backward !== undefined && backward.forwardMpa < forward.forwardMpa ? backward : forward;
    readings.push({
      size: cell.size,
      atoms: cell.atoms,
      regime: easier.kind,
      forwardMpa: forward.forwardMpa,
      ...(backwardMpa !== undefined && { backwardMpa }),
      resolutionMpa: easier.kind === 'jump' ? easier.resolutionMpa : 0,
      plane: easier.kind === 'jump' ? easier.plane : 'own',
    });
  }
  // Where the senses differ by symmetry the dislocation glides in the easier one; else they are two readings of the same barrier.
  const asymmetric = plan.cells.some(({ reverse }) => reverse !== undefined);
  const values = readings.map(({ forwardMpa, backwardMpa = forwardMpa }) =>
    asymmetric ? Math.min(forwardMpa, backwardMpa) : (forwardMpa + backwardMpa) / 2,
  );
  // The mean square over the phases of two partials is that of the barrier, whatever their distance.
  const peierlsMpa = rootMeanSquare(values);
  const sizes = readings.map(({ size }) => `${size.layers} ${size.glideLength}`);
  const ofCells = [...new Set(sizes)].map((size) => rootMeanSquare(values.filter((_, index) => sizes[index] === size)));
  const mean = ofCells.reduce((sum, value) => sum + value, 0) / ofCells.length;
  const scatter = Math.hypot(...ofCells.map((value) => value - mean)) / Math.sqrt(ofCells.length * Math.max(1, ofCells.length - 1));
  return {
    kind: 'calculated',
    slipSystem,
    character,
    peierlsMpa,
    errorMpa: Math.hypot(scatter, numericalFloorMpa / 2, ...readings.map(({ resolutionMpa }) => resolutionMpa / readings.length)),
    belowFloor: peierlsMpa < numericalFloorMpa,
    plane: readings.some(({ plane }) => plane === 'other') ? 'other' : 'own',
    modulusGpa,
    burgersAngstrom,
    readings,
  };
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.hypot(...values) / Math.sqrt(values.length);
}

function reading(plan: PeierlsPlan, cell: PeierlsPlan['cells'][number], result: PointResult | undefined): TraceReading | undefined {
  if (result?.trace === undefined) return undefined;
  return readTrace(result.trace, { ...cell, modulusGpa: plan.modulusGpa });
}

/** Whether the gamma surface is the same at u and -u, and with it the barrier in both senses. */
function isEven(structure: Structure, system: SlipSystem): boolean {
  return planeSymmetry(structure, system).matrices.some(([[a, b], [c, d]]) => a === -1 && d === -1 && Math.abs(b) + Math.abs(c) < 1e-6);
}
