import { z } from 'zod';
import { arrayAxes, ArraySize, dislocationArray, DislocationCharacter, shortestTranslation } from './dislocation-array.js';
import { rotate, type ElasticMatrix } from './elastic-tensor.js';
import type { GammaSurface } from './gamma-surface.js';
import { energyFactorTensor, lineDirection } from './energy-factor.js';
import { readTrace, type TraceReading } from './load-trace.js';
import { planeSymmetry } from './plane-symmetry.js';
import type { PointResult, PointTask } from './point.js';
import { prototypes } from './prototype.js';
import { slipGeometry, slipSystem, type SlipSystem } from './slip-system.js';
import type { Structure } from './structure.js';
import { add, dot, matVec, scale, subtract } from './vector.js';

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
    /** Standard error of the mean over cells, with the resolution of the jumps and the numerical floor. */
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
 * Two partials feel A |cos(pi d / period)|, and images and slabs move their distance d by a good part of the period at any affordable size
 * (docs/physics-peierls-stress.md): three cells sample that phase.
 */
const splitCore: CellSizes = [
  [20, 32],
  [24, 40],
  [28, 50],
];
const longestArray = 120;
/** Partials nearer to half of the array settle there whatever the fault energy says. */
const lengthPerSeparation = 2.8;

/**
 * Cell sizes for a dislocation whose partials are `separationAngstrom` apart (0 where it does not split). Undefined where no affordable
 * array is long enough: the partials of neighbouring dislocations would hold each other.
 */
export function usualSizes(
  structure: Structure,
  system: SlipSystem,
  character: DislocationCharacter,
  options: { cutoffAngstrom: number; separationAngstrom?: number },
): ArraySize[] | undefined {
  const neighbour = shortestTranslation(structure);
  const wanted = (lengthPerSeparation * (options.separationAngstrom ?? 0)) / neighbour;
  if (wanted > longestArray) return undefined;
  const rigidLayers = Math.max(4, Math.ceil(options.cutoffAngstrom / (neighbour * Math.sqrt(2 / 3)) - 0.1));
  const sizes = system.intrinsic === undefined ? compactCore[character] : splitCore;
  return sizes.map(([layers, glideLength], index) => ({
    layers: layers + 2 * (rigidLayers - 4),
    glideLength: Math.max(glideLength, Math.ceil(wanted * (1 + index / 8))),
    rigidLayers,
  }));
}

/** The usual sizes for a dislocation whose gamma surface is known. Undefined where it splits too widely for them. */
export function dislocationSizes(
  structure: Structure,
  surface: Pick<GammaSurface, 'prototype' | 'slipSystem' | 'intrinsic'>,
  character: DislocationCharacter,
  elasticGpa: ElasticMatrix,
  cutoffAngstrom: number | undefined,
): ArraySize[] | undefined {
  const system = slipSystem(surface.prototype, surface.slipSystem);
  const { intrinsic } = surface;
  if (intrinsic !== undefined && intrinsic.mjPerM2 <= 0) return undefined;
  const separationAngstrom = intrinsic === undefined ? 0 : partialSeparation(structure, system, character, elasticGpa, intrinsic);
  return usualSizes(structure, system, character, { cutoffAngstrom: cutoffAngstrom ?? unknownCutoff, separationAngstrom });
}

/** Thickness of rigid slabs for a potential that does not state its range, angstrom. */
export const unknownCutoff = 8;

/**
 * Equilibrium distance of two partials, angstrom: gamma = b1.K.b2 / (2 pi d) with the energy factor tensor K of the line
 * (Hirth & Lothe, ch. 10 and 13). `fault` is the intrinsic fault in units of the two periods; 0 where the partials attract.
 */
export function partialSeparation(
  structure: Structure,
  system: SlipSystem,
  character: DislocationCharacter,
  elasticGpa: ElasticMatrix,
  fault: { at: readonly [number, number]; mjPerM2: number },
): number {
  const { a1, a2, burgers, normal } = slipGeometry(structure, system);
  const first = add(scale(a1, fault.at[0]), scale(a2, fault.at[1]));
  const second = subtract(burgers, first);
  const k = energyFactorTensor(elasticGpa, lineDirection({ normal, burgers, character }));
  // 1 GPa angstrom^2 / (mJ/m^2) = 100 angstrom.
  const separation = (100 * dot(first, matVec(k, second))) / (2 * Math.PI * Math.max(fault.mjPerM2, 1e-3));
  return Math.max(0, separation);
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
  const peierlsMpa = Math.hypot(...values) / Math.sqrt(values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scatter = Math.hypot(...values.map((value) => value - mean)) / Math.sqrt(values.length * Math.max(1, values.length - 1));
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

function reading(plan: PeierlsPlan, cell: PeierlsPlan['cells'][number], result: PointResult | undefined): TraceReading | undefined {
  if (result?.trace === undefined) return undefined;
  return readTrace(result.trace, { ...cell, modulusGpa: plan.modulusGpa });
}

/** Whether the gamma surface is the same at u and -u, and with it the barrier in both senses. */
function isEven(structure: Structure, system: SlipSystem): boolean {
  return planeSymmetry(structure, system).matrices.some(([[a, b], [c, d]]) => a === -1 && d === -1 && Math.abs(b) + Math.abs(c) < 1e-6);
}
