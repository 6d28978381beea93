import { z } from 'zod';
import { assertNever } from './assert-never.js';
import { symmetricFunction } from './eigen.js';

/**
 * Symmetry of the elastic tensor in the crystal axes of a prototype: cubic along x, y, z; tetragonal (4/mmm) and hexagonal with c along z
 * and a1 along x; orthorhombic along x, y, z. `triclinic` asks for nothing but major symmetry.
 */
export const crystalSystems = ['cubic', 'tetragonal', 'hexagonal', 'orthorhombic', 'triclinic'] as const;
export const CrystalSystem = z.enum(crystalSystems);
export type CrystalSystem = z.infer<typeof CrystalSystem>;

/** Independent elastic constants by name, GPa: `{ C11, C12, C44 }` in a cubic crystal. */
export type ElasticConstants = Record<string, number>;

/** One independent constant: the upper-triangle entries [row, column, factor] of the 6x6 matrix that it feeds. */
interface IndependentConstant {
  name: string;
  entries: [row: number, column: number, factor: number][];
}

/** Nye, Physical Properties of Crystals (1985), table 9: the forms of the elastic matrix. Indices count from 0. */
export function independentConstants(system: CrystalSystem): IndependentConstant[] {
  switch (system) {
    case 'cubic':
      return [same('C11', '11 22 33'), same('C12', '12 13 23'), same('C44', '44 55 66')];
    case 'hexagonal':
      return [
        { name: 'C11', entries: [...same('C11', '11 22').entries, [5, 5, 0.5]] },
        {
          name: 'C12',
          entries: [
            [0, 1, 1],
            [5, 5, -0.5],
          ],
        },
        same('C13', '13 23'),
        same('C33', '33'),
        same('C44', '44 55'),
      ];
    case 'tetragonal':
      return [same('C11', '11 22'), same('C12', '12'), same('C13', '13 23'), same('C33', '33'), same('C44', '44 55'), same('C66', '66')];
    case 'orthorhombic':
      return ['11', '12', '13', '22', '23', '33', '44', '55', '66'].map((pair) => same(`C${pair}`, pair));
    case 'triclinic':
      return upperTriangle().map((pair) => same(`C${pair}`, pair));
    default:
      return assertNever(system);
  }
}

/** The 6x6 matrix that a set of independent constants stands for. A constant that is not named counts as zero. */
export function elasticMatrix(system: CrystalSystem, constants: ElasticConstants): number[][] {
  const matrix = Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]);
  for (const { name, entries } of independentConstants(system)) {
    for (const [row, column, factor] of entries) {
      const value = factor * (constants[name] ?? 0);
      addTo(matrix, row, column, value);
      if (row !== column) addTo(matrix, column, row, value);
    }
  }
  return matrix;
}

/**
 * The independent constants nearest to a measured matrix, in the Frobenius norm of the full fourth-rank tensor (so that the answer does
 * not depend on the Voigt notation), looking only at the columns that were measured.
 */
export function nearestConstants(
  system: CrystalSystem,
  measured: readonly (readonly number[])[],
  columns: readonly number[] = [0, 1, 2, 3, 4, 5],
): ElasticConstants {
  const names = independentConstants(system).map(({ name }) => name);
  const shapes = names.map((name) => elasticMatrix(system, { [name]: 1 }));
  const overlap = (left: readonly (readonly number[])[], right: readonly (readonly number[])[]): number =>
    columns.reduce(
      (sum, j) => sum + left.reduce((part, row, i) => part + multiplicity(i) * multiplicity(j) * (row[j] ?? 0) * (right[i]?.[j] ?? 0), 0),
      0,
    );
  const normal = symmetricFunction(
    shapes.map((left) => shapes.map((right) => overlap(left, right))),
    (x) => 1 / x,
  );
  const target = shapes.map((shape) => overlap(shape, measured));
  return Object.fromEntries(names.map((name, k) => [name, (normal[k] ?? []).reduce((sum, entry, l) => sum + entry * (target[l] ?? 0), 0)]));
}

/** How many components of the full tensor a Voigt index stands for: yz stands for yz and zy. */
function multiplicity(index: number): number {
  return index < 3 ? 1 : 2;
}

/** `same('C44', '44 55 66')`: three entries, equal to C44. */
function same(name: string, pairs: string): IndependentConstant {
  return { name, entries: pairs.split(' ').map((pair) => [Number(pair[0]) - 1, Number(pair[1]) - 1, 1]) };
}

function upperTriangle(): string[] {
  return [1, 2, 3, 4, 5, 6].flatMap((i) => [1, 2, 3, 4, 5, 6].filter((j) => j >= i).map((j) => `${i}${j}`));
}

function addTo(matrix: number[][], row: number, column: number, value: number): void {
  const target = matrix[row];
  if (target !== undefined) target[column] = (target[column] ?? 0) + value;
}
