import type { Mat3 } from '../vector.js';
import { pairList } from './pair-list.js';

/**
 * Approximates the stiffness of a crystal by springs between near atoms, the same along x, y and z: -exp(-3 (r/r0 - 1)) between atoms up to
 * 2.2 nearest-neighbour distances r0 apart (Packwood et al., J. Chem. Phys. 144, 164109 (2016)). Long waves, which cost a plain minimiser most
 * of its steps, are then as stiff as short ones. Rigid atoms hold the others. Factored once, by a Cholesky decomposition within its envelope.
 */
export interface Preconditioner {
  /** Replaces three numbers an atom by the displacements that would balance them; rigid atoms get zero. */
  solve(vector: Float64Array): void;
}

const decay = 6;
const rangeFactor = 1.8;
/** Holds a crystal without rigid atoms in place, in units of a spring. */
const anchor = 1e-3;

/** `rigid[i]` is 1 for atoms that do not move. */
export function springPreconditioner(
  positions: Float64Array,
  lattice: Mat3,
  periodic: readonly [boolean, boolean, boolean],
  rigid: Uint8Array,
): Preconditioner {
  const shortest = nearestDistance(positions, lattice, periodic);
  const { from, partner, offset } = pairList(positions, lattice, periodic, rangeFactor * shortest);
  const order = envelopeOrder(positions, lattice, rigid);
  const size = order.length;
  const row = new Int32Array(rigid.length).fill(-1);
  for (const [k, atom] of order.entries()) row[atom] = k;
  const diagonal = new Float64Array(size).fill(anchor);
  const entries: [number, number, number][] = [];
  for (let i = 0; i < rigid.length; i += 1) {
    for (let p = from[i] ?? 0; p < (from[i + 1] ?? 0); p += 1) {
      const j = partner[p] ?? 0;
      if (i === j) continue;
      const r = pairLength(positions, i, j, offset, p);
      const spring = Math.exp(-decay * (r / shortest - 1));
      const [a, b] = [row[i] ?? -1, row[j] ?? -1];
      if (a >= 0) diagonal[a] = (diagonal[a] ?? 0) + spring;
      if (b >= 0) diagonal[b] = (diagonal[b] ?? 0) + spring;
      if (a >= 0 && b >= 0) entries.push([Math.max(a, b), Math.min(a, b), -spring]);
    }
  }
  const factor = envelopeCholesky(size, diagonal, entries);
  const work = new Float64Array(3 * size);
  return {
    solve: (vector) => {
      for (let k = 0; k < size; k += 1) {
        const atom = order[k] as number;
        work[3 * k] = vector[3 * atom] as number;
        work[3 * k + 1] = vector[3 * atom + 1] as number;
        work[3 * k + 2] = vector[3 * atom + 2] as number;
      }
      factor(work);
      vector.fill(0);
      for (let k = 0; k < size; k += 1) {
        const atom = order[k] as number;
        vector[3 * atom] = work[3 * k] as number;
        vector[3 * atom + 1] = work[3 * k + 1] as number;
        vector[3 * atom + 2] = work[3 * k + 2] as number;
      }
    },
  };
}

/** Moving atoms in an order in which springs join near rows: along the longest period, folded, since its ends meet. */
function envelopeOrder(positions: Float64Array, lattice: Mat3, rigid: Uint8Array): number[] {
  const lengths = lattice.map((vector) => Math.hypot(...vector));
  const axis = lengths.indexOf(Math.max(...lengths.slice(0, 2)));
  const period = lattice[axis]?.[axis] ?? 1;
  const key = (atom: number): number => {
    const part = (positions[3 * atom + axis] ?? 0) / period;
    return Math.abs(part - Math.floor(part) - 1 / 2);
  };
  const moving = Array.from(rigid.keys()).filter((atom) => rigid[atom] === 0);
  return moving
    .map((atom) => [key(atom), atom] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, atom]) => atom);
}

/** Solves for three right-hand sides at once, interleaved. Throws `RangeError` where the matrix is not positive definite. */
function envelopeCholesky(
  size: number,
  diagonal: Float64Array,
  entries: readonly (readonly [number, number, number])[],
): (vector: Float64Array) => void {
  const first = Int32Array.from({ length: size }, (_, i) => i);
  for (const [i, j] of entries) first[i] = Math.min(first[i] ?? i, j);
  // Row i holds columns first[i]..i, ending at place end[i].
  const end = new Int32Array(size);
  let length = 0;
  for (let i = 0; i < size; i += 1) {
    length += i - (first[i] ?? i) + 1;
    end[i] = length - 1;
  }
  const lower = new Float64Array(length);
  for (const [i, j, value] of entries) lower[(end[i] ?? 0) - (i - j)] = (lower[(end[i] ?? 0) - (i - j)] ?? 0) + value;
  for (let i = 0; i < size; i += 1) lower[end[i] ?? 0] = diagonal[i] ?? 0;
  for (let i = 0; i < size; i += 1) {
    const startI = first[i] as number;
    const baseI = (end[i] as number) - i;
    for (let j = startI; j <= i; j += 1) {
      const baseJ = (end[j] as number) - j;
      const from = Math.max(startI, first[j] as number);
      let sum = lower[baseI + j] as number;
      for (let k = from; k < j; k += 1) sum -= (lower[baseI + k] as number) * (lower[baseJ + k] as number);
      if (j < i) lower[baseI + j] = sum / (lower[baseJ + j] as number);
      else if (sum > 0) lower[baseI + i] = Math.sqrt(sum);
      else throw new RangeError('the springs of the preconditioner do not hold the crystal');
    }
  }
  return (vector) => {
    for (let i = 0; i < size; i += 1) {
      const base = (end[i] as number) - i;
      let x = vector[3 * i] as number;
      let y = vector[3 * i + 1] as number;
      let z = vector[3 * i + 2] as number;
      for (let k = first[i] as number; k < i; k += 1) {
        const entry = lower[base + k] as number;
        x -= entry * (vector[3 * k] as number);
        y -= entry * (vector[3 * k + 1] as number);
        z -= entry * (vector[3 * k + 2] as number);
      }
      const pivot = lower[base + i] as number;
      vector[3 * i] = x / pivot;
      vector[3 * i + 1] = y / pivot;
      vector[3 * i + 2] = z / pivot;
    }
    for (let i = size - 1; i >= 0; i -= 1) {
      const base = (end[i] as number) - i;
      const pivot = lower[base + i] as number;
      const x = (vector[3 * i] as number) / pivot;
      const y = (vector[3 * i + 1] as number) / pivot;
      const z = (vector[3 * i + 2] as number) / pivot;
      vector[3 * i] = x;
      vector[3 * i + 1] = y;
      vector[3 * i + 2] = z;
      for (let k = first[i] as number; k < i; k += 1) {
        const entry = lower[base + k] as number;
        vector[3 * k] = (vector[3 * k] as number) - entry * x;
        vector[3 * k + 1] = (vector[3 * k + 1] as number) - entry * y;
        vector[3 * k + 2] = (vector[3 * k + 2] as number) - entry * z;
      }
    }
  };
}

function nearestDistance(positions: Float64Array, lattice: Mat3, periodic: readonly [boolean, boolean, boolean]): number {
  for (let reach = 3; reach < 30; reach *= 1.5) {
    const { from, partner, offset } = pairList(positions, lattice, periodic, reach);
    let shortest = Infinity;
    for (let i = 0; i + 1 < from.length; i += 1) {
      for (let p = from[i] ?? 0; p < (from[i + 1] ?? 0); p += 1) {
        const j = partner[p] ?? 0;
        const r = pairLength(positions, i, j, offset, p);
        shortest = Math.min(shortest, r);
      }
    }
    if (Number.isFinite(shortest)) return shortest;
  }
  throw new RangeError('the atoms have no neighbours within 30 angstrom');
}

/** Length of pair p, from atom i to the image of atom j. */
function pairLength(positions: Float64Array, i: number, j: number, offset: Float64Array, p: number): number {
  return Math.hypot(...[0, 1, 2].map((k) => (positions[3 * j + k] ?? 0) + (offset[3 * p + k] ?? 0) - (positions[3 * i + k] ?? 0)));
}
