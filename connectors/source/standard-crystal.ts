import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { analyze_cell, initSync, type MoyoDataset } from '@spglib/moyo-wasm';
import { prettyName } from '../../domain/formula.js';
import type { Structure } from '../../domain/structure.js';
import { norm, type Mat3, type Vec3 } from '../../domain/vector.js';

/** A crystal as symmetry analysis sees it: space group, and the orbits of its standard cell with their Wyckoff letters and occupants. */
export interface StandardCrystal {
  spaceGroup: number;
  symbol: string;
  pearson: string;
  orbits: { wyckoff: string; occupant: number; multiplicity: number }[];
  a: number;
  c: number;
  /** Fractional positions in the standard cell. */
  atoms: { occupant: number; position: Vec3 }[];
  lattice: Mat3;
}

/** Starts the symmetry finder (moyo, WebAssembly, some 10 ms). Opening it again is harmless. */
export function openSymmetryFinder(): void {
  initSync({ module: readFileSync(createRequire(import.meta.url).resolve('@spglib/moyo-wasm/moyo_wasm_bg.wasm')) });
}

/** The crystal in its standard setting; `names` are the occupants to tell apart. Undefined where no symmetry fits the tolerance (angstrom). */
export function standardCrystal(structure: Structure, names: readonly string[], tolerance: number): StandardCrystal | undefined {
  const kinds = structure.sites.map((site) => names.indexOf(prettyName(structure.species[site.species] ?? {})));
  const dataset = analysed(structure, kinds, tolerance);
  if (dataset === undefined) return undefined;
  const { std_cell: cell, orbits, wyckoffs } = dataset;
  const [x0, x1, x2, y0, y1, y2, z0, z1, z2] = cell.lattice.basis;
  const lattice: Mat3 = [
    [x0, x1, x2],
    [y0, y1, y2],
    [z0, z1, z2],
  ];
  // The orbits are those of the given cell, which may be smaller or larger than the standard one.
  const share = cell.numbers.length / kinds.length;
  return {
    spaceGroup: dataset.number,
    symbol: dataset.hm_symbol.replaceAll(' ', ''),
    pearson: dataset.pearson_symbol,
    orbits: [...new Set(orbits)].map((first) => ({
      wyckoff: wyckoffs[first] ?? '?',
      occupant: kinds[first] ?? -1,
      multiplicity: orbits.filter((orbit) => orbit === first).length * share,
    })),
    a: norm(lattice[0]),
    c: norm(lattice[2]),
    atoms: cell.positions.map((position, index) => ({ occupant: (cell.numbers[index] ?? 0) - 1, position })),
    lattice,
  };
}

function analysed(structure: Structure, kinds: readonly number[], tolerance: number): MoyoDataset | undefined {
  const numbers = kinds.map((kind) => kind + 1);
  const cell = { lattice: { basis: structure.lattice.flat() }, positions: structure.sites.map(({ position }) => position), numbers };
  try {
    return analyze_cell(JSON.stringify(cell), tolerance, 'Standard');
  } catch {
    // moyo throws plain text when a tolerance fits no symmetry; the next tolerance may.
    return undefined;
  }
}
