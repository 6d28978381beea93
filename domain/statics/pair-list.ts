import { cross, dot, norm, type Mat3, type Vec3 } from '../vector.js';

/**
 * Every pair of atoms within a distance once, as rows of the first atom: pairs `from[i]` to `from[i + 1]` belong to atom i. Of an atom's own
 * images, one of each two opposite ones is listed.
 */
export interface PairList {
  from: Int32Array;
  partner: Int32Array;
  /** Vector from the partner's home position to the image meant, three numbers a pair, angstrom. */
  offset: Float64Array;
}

/** Pairs within `reach` angstrom; `positions` holds x, y, z of each atom. Rows of `lattice` are the periods where `periodic` says so. */
export function pairList(positions: Float64Array, lattice: Mat3, periodic: readonly [boolean, boolean, boolean], reach: number): PairList {
  const atoms = positions.length / 3;
  const images = imageVectors(positions, lattice, periodic, reach);
  const { cubes, first, entries, place } = sorted(positions, images, reach);
  const limit = reach * reach;
  const from = new Int32Array(atoms + 1);
  let partner = new Int32Array(64 * atoms);
  let offset = new Float64Array(192 * atoms);
  let count = 0;
  for (let i = 0; i < atoms; i += 1) {
    const x = positions[3 * i] as number;
    const y = positions[3 * i + 1] as number;
    const z = positions[3 * i + 2] as number;
    const home = place(x, y, z);
    for (let dk = -1; dk <= 1; dk += 1) {
      for (let dj = -1; dj <= 1; dj += 1) {
        // Three cubes in a row are neighbours in the sorted list as well.
        const row = home + cubes[0] * (dj + cubes[1] * dk);
        for (let e = first[row - 1] as number; e < (first[row + 2] as number); e += 1) {
          const entry = entries[e] as number;
          const j = entry % atoms;
          if (j < i) continue;
          const k = 3 * ((entry / atoms) | 0);
          const ox = images[k] as number;
          const oy = images[k + 1] as number;
          const oz = images[k + 2] as number;
          if (j === i && !leads(ox, oy, oz)) continue;
          const dx = (positions[3 * j] as number) + ox - x;
          const dy = (positions[3 * j + 1] as number) + oy - y;
          const dz = (positions[3 * j + 2] as number) + oz - z;
          if (dx * dx + dy * dy + dz * dz >= limit) continue;
          if (count === partner.length)
            [partner, offset] = [grown(partner, new Int32Array(2 * count)), grown(offset, new Float64Array(6 * count))];
          partner[count] = j;
          offset[3 * count] = ox;
          offset[3 * count + 1] = oy;
          offset[3 * count + 2] = oz;
          count += 1;
        }
      }
    }
    from[i + 1] = count;
  }
  return { from, partner: partner.slice(0, count), offset: offset.slice(0, 3 * count) };
}

/** One of each pair of opposite vectors; not the zero vector. */
function leads(x: number, y: number, z: number): boolean {
  const tiny = 1e-9;
  if (Math.abs(z) > tiny) return z > 0;
  return Math.abs(y) > tiny ? y > 0 : x > tiny;
}

/** Lattice vectors by which an image of an atom can be within reach of another atom of the cell, three numbers each. */
function imageVectors(
  positions: Float64Array,
  [a, b, c]: Mat3,
  periodic: readonly [boolean, boolean, boolean],
  reach: number,
): Float64Array {
  const normals = [cross(b, c), cross(c, a), cross(a, b)];
  const ranges = [a, b, c].map((vector, axis) => {
    const normal = normals[axis] ?? c;
    if (!periodic[axis]) return [0];
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < positions.length; i += 3) {
      const height = dot([positions[i] ?? 0, positions[i + 1] ?? 0, positions[i + 2] ?? 0], normal) / norm(normal);
      low = Math.min(low, height);
      high = Math.max(high, height);
    }
    const count = Math.ceil(((reach + high - low) * norm(normal)) / Math.abs(dot(vector, normal)));
    return Array.from({ length: 2 * count + 1 }, (_, k) => k - count);
  });
  const [alongA = [], alongB = [], alongC = []] = ranges;
  const combine = (i: number, j: number, k: number): Vec3 => [
    i * a[0] + j * b[0] + k * c[0],
    i * a[1] + j * b[1] + k * c[1],
    i * a[2] + j * b[2] + k * c[2],
  ];
  return Float64Array.from(alongA.flatMap((i) => alongB.flatMap((j) => alongC.flatMap((k) => combine(i, j, k)))));
}

interface SortedImages {
  /** Cubes as wide as the reach along x, y, z. */
  cubes: [number, number, number];
  /** Entries of cube n are `first[n]` to `first[n + 1]`. */
  first: Int32Array;
  /** Image number times number of atoms, plus atom. */
  entries: Int32Array;
  place: (x: number, y: number, z: number) => number;
}

/** Sorts all images of all atoms that lie within reach of the box around the atoms into cubes. */
function sorted(positions: Float64Array, images: Float64Array, reach: number): SortedImages {
  const atoms = positions.length / 3;
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 1) {
    const axis = (i % 3) as 0 | 1 | 2;
    low[axis] = Math.min(low[axis], positions[i] as number);
    high[axis] = Math.max(high[axis], positions[i] as number);
  }
  // One cube of images around, and one more that stays empty, so that a cube always has neighbours.
  const width = reach * (1 + 1e-9);
  const cubes = [0, 1, 2].map((axis) => Math.floor(((high[axis] ?? 0) - (low[axis] ?? 0)) / width) + 5) as [number, number, number];
  const place = (x: number, y: number, z: number): number =>
    (((x - low[0]) / width + 2) | 0) + cubes[0] * ((((y - low[1]) / width + 2) | 0) + cubes[1] * (((z - low[2]) / width + 2) | 0));
  const counts = new Int32Array(cubes[0] * cubes[1] * cubes[2] + 1);
  const kept: number[] = [];
  const places: number[] = [];
  for (let k = 0; k < images.length / 3; k += 1) {
    const ox = images[3 * k] as number;
    const oy = images[3 * k + 1] as number;
    const oz = images[3 * k + 2] as number;
    for (let i = 0; i < atoms; i += 1) {
      const x = (positions[3 * i] as number) + ox;
      const y = (positions[3 * i + 1] as number) + oy;
      const z = (positions[3 * i + 2] as number) + oz;
      if (
        x < low[0] - reach ||
        y < low[1] - reach ||
        z < low[2] - reach ||
        x > high[0] + reach ||
        y > high[1] + reach ||
        z > high[2] + reach
      )
        continue;
      const cube = place(x, y, z);
      counts[cube] = (counts[cube] as number) + 1;
      kept.push(k * atoms + i);
      places.push(cube);
    }
  }
  const first = new Int32Array(counts.length + 1);
  for (let cube = 0; cube < counts.length; cube += 1) first[cube + 1] = (first[cube] as number) + (counts[cube] as number);
  const next = first.slice();
  const entries = new Int32Array(kept.length);
  for (let e = 0; e < kept.length; e += 1) {
    const cube = places[e] as number;
    const at = next[cube] as number;
    entries[at] = kept[e] as number;
    next[cube] = at + 1;
  }
  return { cubes, first, entries, place };
}

function grown<T extends Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
