import { z } from 'zod';
import { symmetricFunction } from './eigen.js';
import { elasticMatrix, nearestConstants, type CrystalSystem } from './elastic-symmetry.js';
import type { Mat3 } from './vector.js';

/** Six by six finite numbers, GPa, Voigt order xx yy zz yz xz xy, engineering shear strains. */
export const ElasticMatrix = z.array(z.array(z.number()).length(6)).length(6);
export type ElasticMatrix = z.infer<typeof ElasticMatrix>;

/**
 * Elastic tensor. `axes` says what x, y, z are: `crystal` = the axes of the prototype's conventional cell (cubic along the cube edges;
 * tetragonal c along z; hexagonal a1 along x and c along z), `rotated` = any other orthonormal axes.
 */
export const ElasticTensor = z.strictObject({ gpa: ElasticMatrix, axes: z.enum(['crystal', 'rotated']) });
export type ElasticTensor = z.infer<typeof ElasticTensor>;

/** Polycrystal averages, GPa except the ratio: Voigt (equal strain), Reuss (equal stress) and Hill (their mean). */
export interface PolycrystalModuli {
  bulk: { voigt: number; reuss: number; hill: number };
  shear: { voigt: number; reuss: number; hill: number };
  /** Young's modulus and Poisson's ratio of the Hill averages. */
  young: number;
  poisson: number;
}

/** Voigt index of a pair of cartesian indices. */
export const voigtIndex = [
  [0, 5, 4],
  [5, 1, 3],
  [4, 3, 2],
] as const;

/** Component C_ijkl of the fourth-rank tensor; indices 0..2. */
export function stiffness(gpa: readonly (readonly number[])[], i: number, j: number, k: number, l: number): number {
  return gpa[voigtIndex[i]?.[j] ?? -1]?.[voigtIndex[k]?.[l] ?? -1] ?? Number.NaN;
}

/** The same tensor in other axes; the rows of `axes` are the new unit vectors in the old axes. */
export function rotate(tensor: ElasticTensor, axes: Mat3): ElasticTensor {
  return { gpa: rotatedMatrix(tensor.gpa, axes), axes: 'rotated' };
}

/** Projects a tensor in crystal axes onto the form of a crystal system; a rotated tensor is a programming mistake. */
export function symmetrise(tensor: ElasticTensor, system: CrystalSystem): ElasticTensor {
  if (tensor.axes !== 'crystal') throw new RangeError('only a tensor in crystal axes has the zeros and equalities of its crystal system');
  return { gpa: elasticMatrix(system, nearestConstants(system, tensor.gpa)), axes: 'crystal' };
}

/** Voigt, Reuss and Hill averages (Hill, Proc. Phys. Soc. A 65, 349 (1952)). Meaningless for an unstable tensor: ask the gates first. */
export function polycrystalModuli({ gpa }: ElasticTensor): PolycrystalModuli {
  const c = (i: number, j: number): number => gpa[i]?.[j] ?? Number.NaN;
  const compliance = symmetricFunction(gpa, (x) => 1 / x);
  const s = (i: number, j: number): number => compliance[i]?.[j] ?? Number.NaN;
  const bulkVoigt = (c(0, 0) + c(1, 1) + c(2, 2) + 2 * (c(0, 1) + c(0, 2) + c(1, 2))) / 9;
  const shearVoigt = (c(0, 0) + c(1, 1) + c(2, 2) - c(0, 1) - c(0, 2) - c(1, 2) + 3 * (c(3, 3) + c(4, 4) + c(5, 5))) / 15;
  const bulkReuss = 1 / (s(0, 0) + s(1, 1) + s(2, 2) + 2 * (s(0, 1) + s(0, 2) + s(1, 2)));
  const shearReuss = 15 / (4 * (s(0, 0) + s(1, 1) + s(2, 2) - s(0, 1) - s(0, 2) - s(1, 2)) + 3 * (s(3, 3) + s(4, 4) + s(5, 5)));
  const bulk = { voigt: bulkVoigt, reuss: bulkReuss, hill: (bulkVoigt + bulkReuss) / 2 };
  const shear = { voigt: shearVoigt, reuss: shearReuss, hill: (shearVoigt + shearReuss) / 2 };
  return {
    bulk,
    shear,
    young: (9 * bulk.hill * shear.hill) / (3 * bulk.hill + shear.hill),
    poisson: (3 * bulk.hill - 2 * shear.hill) / (2 * (3 * bulk.hill + shear.hill)),
  };
}

/** Zener anisotropy 2 C44 / (C11 - C12) of a cubic tensor in crystal axes; 1 is isotropic. */
export function zenerRatio({ gpa }: ElasticTensor): number {
  return (2 * stiffness(gpa, 1, 2, 1, 2)) / (stiffness(gpa, 0, 0, 0, 0) - stiffness(gpa, 0, 0, 1, 1));
}

/** Pugh's ratio B/G of the Hill averages; above about 1.75 metals tend to be ductile (Pugh, Phil. Mag. 45, 823 (1954)). */
export function pughRatio({ bulk, shear }: PolycrystalModuli): number {
  return bulk.hill / shear.hill;
}

/** Largest |C_ij - C_ji|, GPa. */
export function asymmetry(gpa: readonly (readonly number[])[]): number {
  return Math.max(...gpa.flatMap((row, i) => row.map((entry, j) => Math.abs(entry - (gpa[j]?.[i] ?? Number.NaN)))));
}

/** (C + C^T) / 2: what a slightly asymmetric published matrix stands for. */
export function majorSymmetric(gpa: readonly (readonly number[])[]): number[][] {
  return gpa.map((row, i) => row.map((entry, j) => (entry + (gpa[j]?.[i] ?? Number.NaN)) / 2));
}

/** One index is rotated at a time: 4 x 81 x 3 products instead of 81 x 81. */
function rotatedMatrix(gpa: readonly (readonly number[])[], axes: Mat3): number[][] {
  let tensor = fourIndices((i, j, k, l) => stiffness(gpa, i, j, k, l));
  for (let turn = 0; turn < 4; turn += 1) {
    const previous = tensor;
    // Contracting the first index and appending the new one last leaves the order of indices unchanged after four turns.
    tensor = fourIndices((j, k, l, p) =>
      [0, 1, 2].reduce((sum, i) => sum + (axes[p]?.[i] ?? 0) * (previous[27 * i + 9 * j + 3 * k + l] ?? 0), 0),
    );
  }
  const pairs = [
    [0, 0],
    [1, 1],
    [2, 2],
    [1, 2],
    [0, 2],
    [0, 1],
  ] as const;
  return pairs.map(([i, j]) => pairs.map(([k, l]) => tensor[27 * i + 9 * j + 3 * k + l] ?? Number.NaN));
}

function fourIndices(entry: (i: number, j: number, k: number, l: number) => number): number[] {
  return Array.from({ length: 81 }, (_, n) => entry(Math.floor(n / 27), Math.floor(n / 9) % 3, Math.floor(n / 3) % 3, n % 3));
}
