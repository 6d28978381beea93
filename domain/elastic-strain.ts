import { z } from 'zod';
import { symmetricFunction } from './eigen.js';
import { elasticGates, type ElasticGateReport } from './elastic-gate.js';
import { CrystalSystem, elasticMatrix, nearestConstants, type ElasticConstants } from './elastic-symmetry.js';
import { voigtIndex, type ElasticTensor } from './elastic-tensor.js';
import type { PointResult, PointTask } from './point.js';
import { deformed, type Structure } from './structure.js';
import { determinant, inverse, matMul, transpose, type Mat3 } from './vector.js';

export const ElasticSettings = z.strictObject({
  /** The only method: stresses of strained cells. Kept in the record so that another one could not be mistaken for it. */
  method: z.literal('stress').default('stress'),
  /**
   * Strain sizes; stretches are applied with both signs, of which shears need one. The default pair costs four points a stretch, as is usual
   * in DFT: the signs cancel the second order, two sizes remove the third, and their disagreement shows noise. A single 0.005 halves the
   * cost of smooth potentials.
   */
  amplitudes: z
    .array(z.number().min(0.0005).max(0.03))
    .min(1)
    .max(4)
    .refine((sizes) => new Set(sizes).size === sizes.length, 'strain amplitudes must differ from one another')
    .default([0.005, 0.01]),
});
export type ElasticSettings = z.infer<typeof ElasticSettings>;

/** What was asked, for reading the answers: Voigt component 1..6 and signed Lagrangian strain (engineering, for shear) by label. */
export const ElasticPlan = z.strictObject({
  crystalSystem: CrystalSystem,
  lattice: z.tuple([
    z.tuple([z.number(), z.number(), z.number()]),
    z.tuple([z.number(), z.number(), z.number()]),
    z.tuple([z.number(), z.number(), z.number()]),
  ]),
  strains: z.array(z.strictObject({ label: z.string(), component: z.int().min(1).max(6), amplitude: z.number() })).min(2),
});
export type ElasticPlan = z.infer<typeof ElasticPlan>;

export interface CompletedElasticFit {
  kind: 'completed';
  tensor: ElasticTensor;
  constants: ElasticConstants;
  /** Rms over the measured entries, GPa, of measured minus fitted. */
  residualGpa: number;
  /** Largest stress component of the unstrained crystal, GPa, from the part of the stresses that is even in the strain. */
  residualStressGpa: number;
  /** `stable: false` is a finding about the crystal, not a failure of the calculation. */
  report: ElasticGateReport;
}

export type ElasticFit =
  | CompletedElasticFit
  | { kind: 'failed'; reason: 'missing-point' | 'no-stress' | 'not-a-number' | 'cell-changed'; evidence: string };

/** Strains that determine every constant of the crystal system (Nye's forms); orthorhombic and triclinic crystals need all six. */
const measuredComponents: Record<CrystalSystem, readonly number[]> = {
  cubic: [1, 4],
  hexagonal: [1, 3, 4],
  tetragonal: [1, 3, 4, 6],
  orthorhombic: [1, 2, 3, 4, 5, 6],
  triclinic: [1, 2, 3, 4, 5, 6],
};

/**
 * Whether the two signs of each shear are one crystal seen from two sides: a twofold axis or a mirror across an axis of the shear turns one
 * into the other. So it is in all prototypes but the quasirandom ones.
 */
function reversesShears({ repeats }: Structure, crystalSystem: CrystalSystem): boolean {
  return repeats === undefined && crystalSystem !== 'triclinic';
}

/**
 * The strained cells of an elastic tensor. The structure must be relaxed by the same calculator and stand in its crystal axes. No
 * unstrained point is needed: opposite strains cancel it.
 */
export function elasticPoints(
  structure: Structure,
  crystalSystem: CrystalSystem,
  settings: ElasticSettings,
): { tasks: PointTask[]; plan: ElasticPlan } {
  // A quasirandom cell has no symmetry of its own: all six strains, projected on that of the lattice, and the misfit tells how far off it is.
  const components = structure.repeats === undefined ? measuredComponents[crystalSystem] : measuredComponents.triclinic;
  const strains = components.flatMap((component) =>
    settings.amplitudes.flatMap((size) =>
      (component > 3 && reversesShears(structure, crystalSystem) ? [size] : [size, -size]).map((amplitude) => ({
        label: `strain/e${component}/${amplitude > 0 ? '+' : '-'}${size}`,
        component,
        amplitude,
      })),
    ),
  );
  const tasks = strains.map(({ label, component, amplitude }): PointTask => ({
    label,
    structure: deformed(structure, stretch(component, amplitude)),
    periodic: [true, true, true],
    relax: 'ions',
    meshLattice: structure.lattice,
  }));
  return { tasks, plan: { crystalSystem, lattice: structure.lattice, strains } };
}

/**
 * Reads the tensor from the stresses. Strains are Lagrangian and stresses second Piola-Kirchhoff, the conjugate pair of which the elastic
 * constants are the derivatives: the tensor is symmetric at any residual stress and the only error of +e against -e is third order.
 * A missing point is refused, never filled in. The energies of the same points check the largest strain along x; with the energy of the
 * unstrained cell, from the relaxation, also C11.
 */
export function fitElastic(plan: ElasticPlan, results: Readonly<Record<string, PointResult>>, energyAtRestEv?: number): ElasticFit {
  const stresses = new Map<string, number[]>();
  for (const { label } of plan.strains) {
    const result = results[label];
    if (result === undefined) return { kind: 'failed', reason: 'missing-point', evidence: `no result for ${label}` };
    if (result.stressGpa === undefined) return { kind: 'failed', reason: 'no-stress', evidence: `${label} has no stress` };
    if (!result.stressGpa.every(Number.isFinite))
      return { kind: 'failed', reason: 'not-a-number', evidence: `the stress of ${label} holds a value that is not finite` };
    const strain = plan.strains.find((one) => one.label === label);
    const gradient = strain === undefined ? undefined : stretch(strain.component, strain.amplitude);
    if (gradient === undefined || !sameLattice(deformedLattice(plan.lattice, gradient), result.structure.lattice))
      return { kind: 'failed', reason: 'cell-changed', evidence: `the cell of ${label} is not the strained cell that was asked for` };
    stresses.set(label, secondPiolaKirchhoff(result.stressGpa, gradient));
  }
  const components = [...new Set(plan.strains.map(({ component }) => component))];
  const measured = Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]);
  const restStress = [0, 0, 0, 0, 0, 0];
  for (const component of components) {
    const { slope, rest } = column(plan, stresses, component);
    for (const [i, row] of measured.entries()) row[component - 1] = slope[i] ?? Number.NaN;
    for (const [i, value] of rest.entries()) restStress[i] = (restStress[i] ?? 0) + value / components.length;
  }
  const columns = components.map((component) => component - 1);
  const constants = nearestConstants(plan.crystalSystem, measured, columns);
  const tensor: ElasticTensor = { gpa: elasticMatrix(plan.crystalSystem, constants), axes: 'crystal' };
  const misfits = columns.flatMap((j) => measured.map((row, i) => (row[j] ?? 0) - (tensor.gpa[i]?.[j] ?? 0)));
  const residualGpa = Math.hypot(...misfits) / Math.sqrt(misfits.length);
  const residualStressGpa = Math.max(...restStress.map(Math.abs));
  return {
    kind: 'completed',
    tensor,
    constants,
    residualGpa,
    residualStressGpa,
    report: elasticGates(tensor, plan.crystalSystem, { residualGpa, residualStressGpa, ...energyEvidence(plan, results, energyAtRestEv) }),
  };
}

/** eV/angstrom^3 in GPa (CODATA 2018). */
const gpaPerEvPerCubicAngstrom = 160.2176634;

/** E(+e) and E(-e) of the largest strain along x: their difference is the stress at rest, their sum less twice the energy at rest is C11. */
function energyEvidence(plan: ElasticPlan, results: Readonly<Record<string, PointResult>>, energyAtRestEv: number | undefined) {
  const size = Math.max(...plan.strains.map(({ amplitude }) => amplitude));
  const at = (amplitude: number): number | undefined =>
    results[plan.strains.find((strain) => strain.component === 1 && strain.amplitude === amplitude)?.label ?? '']?.energyEv;
  const [plus, minus] = [at(size), at(-size)];
  if (plus === undefined || minus === undefined) return {};
  const perVolume = gpaPerEvPerCubicAngstrom / determinant(plan.lattice);
  return {
    energies: {
      stressGpa: ((plus - minus) / (2 * size)) * perVolume,
      ...(energyAtRestEv !== undefined && { c11Gpa: ((plus + minus - 2 * energyAtRestEv) / size ** 2) * perVolume }),
    },
  };
}

/** One column of the tensor from the odd part of the stresses, and the stress at rest from the even part. */
function column(plan: ElasticPlan, stresses: ReadonlyMap<string, number[]>, component: number): { slope: number[]; rest: number[] } {
  const own = plan.strains.filter((strain) => strain.component === component);
  const sizes = own.map(({ amplitude }) => amplitude).filter((amplitude) => amplitude > 0);
  const stress = (amplitude: number): number[] | undefined =>
    stresses.get(own.find((strain) => strain.amplitude === amplitude)?.label ?? '');
  // A shear that was computed with one sign has with the other one the same stress, its own component reversed.
  const at = (amplitude: number, i: number): number =>
    stress(amplitude)?.[i] ?? (i === component - 1 ? -1 : 1) * (stress(-amplitude)?.[i] ?? Number.NaN);
  const indices = [0, 1, 2, 3, 4, 5];
  return {
    slope: indices.map((i) =>
      atZero(
        sizes,
        sizes.map((size) => (at(size, i) - at(-size, i)) / (2 * size)),
      ),
    ),
    rest: indices.map((i) =>
      atZero(
        sizes,
        sizes.map((size) => (at(size, i) + at(-size, i)) / 2),
      ),
    ),
  };
}

/** Value at zero strain of a quantity that is even in the strain: a least-squares line against its square, or the single value. */
function atZero(sizes: readonly number[], values: readonly number[]): number {
  const count = sizes.length;
  const squares = sizes.map((size) => size * size);
  const meanSquare = squares.reduce((sum, square) => sum + square, 0) / count;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return mean;
  const covariance = squares.reduce((sum, square, k) => sum + (square - meanSquare) * ((values[k] ?? 0) - mean), 0);
  const variance = squares.reduce((sum, square) => sum + (square - meanSquare) ** 2, 0);
  return mean - (covariance / variance) * meanSquare;
}

/** The symmetric deformation gradient, free of rotation, whose Lagrangian strain has one Voigt component: F = (1 + 2E)^(1/2). */
function stretch(component: number, amplitude: number): Mat3 {
  const doubled = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => (i === j ? 1 : 0) + (voigtIndex[i]?.[j] === component - 1 ? (i === j ? 2 * amplitude : amplitude) : 0)),
  );
  return toMat3(symmetricFunction(doubled, Math.sqrt));
}

/** S = det(F) F^-1 sigma F^-T, in Voigt order. */
function secondPiolaKirchhoff(cauchy: readonly number[], gradient: Mat3): number[] {
  const sigma = toMat3([0, 1, 2].map((i) => [0, 1, 2].map((j) => cauchy[voigtIndex[i]?.[j] ?? -1] ?? Number.NaN)));
  const back = inverse(gradient);
  const s = matMul(matMul(back, sigma), transpose(back));
  const volumeRatio = determinant(gradient);
  return [s[0][0], s[1][1], s[2][2], s[1][2], s[0][2], s[0][1]].map((value) => value * volumeRatio);
}

function deformedLattice(lattice: Mat3, gradient: Mat3): Mat3 {
  return matMul(lattice, transpose(gradient));
}

/** Within 1e-4 angstrom: codes print lattices with five decimals or more. */
function sameLattice(expected: Mat3, found: Mat3): boolean {
  return expected.flat().every((value, k) => Math.abs(value - (found.flat()[k] ?? Number.NaN)) < 1e-4);
}

function toMat3(rows: number[][]): Mat3 {
  const row = (i: number): [number, number, number] => [rows[i]?.[0] ?? Number.NaN, rows[i]?.[1] ?? Number.NaN, rows[i]?.[2] ?? Number.NaN];
  return [row(0), row(1), row(2)];
}
