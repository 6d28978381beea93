import type { Mat3 } from '../vector.js';
import type { EamTable } from './eam-table.js';
import { pairList, type PairList } from './pair-list.js';

/** Beyond the cut-off, in angstrom: pairs are listed anew only when an atom has moved by half of it. */
const skin = 0.4;

/**
 * Atoms of one embedded-atom species in a cell that may be periodic: energy and forces of given positions. Positions are x, y, z of each atom
 * in angstrom, and are never wrapped. Densities beyond the table are refused with `RangeError`: the crystal has collapsed.
 */
export class EmbeddedAtoms {
  readonly atoms: number;
  /** How often energy and forces were computed. */
  evaluations = 0;
  readonly #density: Float64Array;
  readonly #slope: Float64Array;
  readonly #listed: Float64Array;
  #pairs: PairList;
  readonly #table: EamTable;
  readonly #lattice: Mat3;
  readonly #periodic: readonly [boolean, boolean, boolean];

  constructor(table: EamTable, positions: Float64Array, lattice: Mat3, periodic: readonly [boolean, boolean, boolean]) {
    this.#table = table;
    this.#lattice = lattice;
    this.#periodic = periodic;
    this.atoms = positions.length / 3;
    this.#density = new Float64Array(this.atoms);
    this.#slope = new Float64Array(this.atoms);
    this.#listed = positions.slice();
    this.#pairs = pairList(positions, lattice, periodic, table.cutoffAngstrom + skin);
  }

  /** Energy in eV; fills `forces` (eV/angstrom) and, where given, `virial`: sum of r (x) force over pairs, xx yy zz yz xz xy, in eV. */
  evaluate(positions: Float64Array, forces: Float64Array, virial?: Float64Array): number {
    this.evaluations += 1;
    this.#list(positions);
    const { from, partner, offset } = this.#pairs;
    const { cutoffAngstrom, start, rowsPerSquare, pairs } = this.#table;
    const limit = cutoffAngstrom * cutoffAngstrom;
    const density = this.#density.fill(0);
    const slope = this.#slope;
    forces.fill(0);
    virial?.fill(0);
    let energy = 0;
    for (let i = 0; i < this.atoms; i += 1) {
      const x = positions[3 * i] as number;
      const y = positions[3 * i + 1] as number;
      const z = positions[3 * i + 2] as number;
      const end = from[i + 1] as number;
      let own = 0;
      for (let p = from[i] as number; p < end; p += 1) {
        const j = partner[p] as number;
        const dx = (positions[3 * j] as number) + (offset[3 * p] as number) - x;
        const dy = (positions[3 * j + 1] as number) + (offset[3 * p + 1] as number) - y;
        const dz = (positions[3 * j + 2] as number) + (offset[3 * p + 2] as number) - z;
        const square = dx * dx + dy * dy + dz * dz;
        if (square >= limit) continue;
        const place = (square - start) * rowsPerSquare;
        const row = place | 0;
        const t = place - row;
        const k = 8 * row;
        const f = (pairs[k] as number) + t * ((pairs[k + 1] as number) + t * ((pairs[k + 2] as number) + t * (pairs[k + 3] as number)));
        own += f;
        density[j] = (density[j] as number) + f;
        energy += (pairs[k + 4] as number) + t * ((pairs[k + 5] as number) + t * ((pairs[k + 6] as number) + t * (pairs[k + 7] as number)));
      }
      density[i] = (density[i] as number) + own;
    }
    energy += this.#embed();
    // Slopes against the squared distance: force on j along (dx, dy, dz) is -2 dE/d(r^2).
    const factor = -2 * rowsPerSquare;
    for (let i = 0; i < this.atoms; i += 1) {
      const x = positions[3 * i] as number;
      const y = positions[3 * i + 1] as number;
      const z = positions[3 * i + 2] as number;
      const end = from[i + 1] as number;
      const slopeHere = slope[i] as number;
      let fx = 0;
      let fy = 0;
      let fz = 0;
      for (let p = from[i] as number; p < end; p += 1) {
        const j = partner[p] as number;
        const dx = (positions[3 * j] as number) + (offset[3 * p] as number) - x;
        const dy = (positions[3 * j + 1] as number) + (offset[3 * p + 1] as number) - y;
        const dz = (positions[3 * j + 2] as number) + (offset[3 * p + 2] as number) - z;
        const square = dx * dx + dy * dy + dz * dz;
        if (square >= limit) continue;
        const place = (square - start) * rowsPerSquare;
        const row = place | 0;
        const t = place - row;
        const k = 8 * row;
        const densitySlope = (pairs[k + 1] as number) + t * (2 * (pairs[k + 2] as number) + 3 * t * (pairs[k + 3] as number));
        const pairSlope = (pairs[k + 5] as number) + t * (2 * (pairs[k + 6] as number) + 3 * t * (pairs[k + 7] as number));
        const strength = factor * (pairSlope + (slopeHere + (slope[j] as number)) * densitySlope);
        const px = strength * dx;
        const py = strength * dy;
        const pz = strength * dz;
        fx -= px;
        fy -= py;
        fz -= pz;
        forces[3 * j] = (forces[3 * j] as number) + px;
        forces[3 * j + 1] = (forces[3 * j + 1] as number) + py;
        forces[3 * j + 2] = (forces[3 * j + 2] as number) + pz;
        if (virial !== undefined) {
          virial[0] = (virial[0] as number) + dx * px;
          virial[1] = (virial[1] as number) + dy * py;
          virial[2] = (virial[2] as number) + dz * pz;
          virial[3] = (virial[3] as number) + dy * pz;
          virial[4] = (virial[4] as number) + dx * pz;
          virial[5] = (virial[5] as number) + dx * py;
        }
      }
      forces[3 * i] = (forces[3 * i] as number) + fx;
      forces[3 * i + 1] = (forces[3 * i + 1] as number) + fy;
      forces[3 * i + 2] = (forces[3 * i + 2] as number) + fz;
    }
    return energy;
  }

  /** Sum of F; leaves F' in `#slope`. */
  #embed(): number {
    const { embedding, rowsPerDensity } = this.#table;
    const rows = embedding.length / 4;
    let energy = 0;
    for (let i = 0; i < this.atoms; i += 1) {
      const place = (this.#density[i] as number) * rowsPerDensity;
      const row = place | 0;
      if (!(place >= 0)) throw new RangeError('two atoms have come closer than 1 angstrom: the crystal has collapsed');
      if (row >= rows) throw new RangeError(`atom ${i} has ${place / rows} times the largest density of the table`);
      const t = place - row;
      const c0 = embedding[4 * row] as number;
      const c1 = embedding[4 * row + 1] as number;
      const c2 = embedding[4 * row + 2] as number;
      const c3 = embedding[4 * row + 3] as number;
      energy += c0 + t * (c1 + t * (c2 + t * c3));
      this.#slope[i] = rowsPerDensity * (c1 + t * (2 * c2 + 3 * t * c3));
    }
    return energy;
  }

  #list(positions: Float64Array): void {
    const listed = this.#listed;
    const limit = (skin / 2) ** 2;
    for (let i = 0; i < listed.length; i += 3) {
      const dx = (positions[i] as number) - (listed[i] as number);
      const dy = (positions[i + 1] as number) - (listed[i + 1] as number);
      const dz = (positions[i + 2] as number) - (listed[i + 2] as number);
      if (dx * dx + dy * dy + dz * dz <= limit) continue;
      listed.set(positions);
      this.#pairs = pairList(positions, this.#lattice, this.#periodic, this.#table.cutoffAngstrom + skin);
      return;
    }
  }
}
