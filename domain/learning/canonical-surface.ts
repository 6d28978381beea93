import { periodicSurface } from '../periodic-grid.js';
import { burgersInPlane, gammaGrid, planeOf } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';
import type { Vec2 } from '../vector.js';

/** Points along each period of a canonical grid: 12 puts every named fault of the close-packed, {110}, {112} and prismatic nets on it. */
export const canonicalPoints = 12;

/** A gamma surface in one frame for each plane symmetry: x along the Burgers vector, faults at (1/3, 1/3) of the close-packed net. */
export interface CanonicalSurface {
  /** angstrom. */
  periods: [Vec2, Vec2];
  /** mJ/m2, 12 x 12, first index along the first period; made exactly symmetric under the symmetry of the plane. */
  values: number[][];
  symmetry: PlaneGroup;
}

/** Fractional maps (u, v) -> (a u + b v, c u + d v), as [a, b, c, d]. */
const groups = {
  /** Close-packed: three-fold axis and the mirror through <112>; there is no two-fold axis. */
  p3m1: [
    [1, 0, 0, 1],
    [-1, -1, 1, 0],
    [0, 1, -1, -1],
    [0, 1, 1, 0],
    [-1, -1, 0, 1],
    [1, 0, -1, -1],
  ],
  /** bcc {110} on its rhombic cell. */
  c2mm: [
    [1, 0, 0, 1],
    [-1, 0, 0, -1],
    [0, 1, 1, 0],
    [0, -1, -1, 0],
  ],
  /** Prismatic. */
  p2mm: [
    [1, 0, 0, 1],
    [-1, 0, 0, -1],
    [1, 0, 0, -1],
    [-1, 0, 0, 1],
  ],
  /** bcc {112}: the twinning sense differs from the other one. */
  pm: [
    [1, 0, 0, 1],
    [1, 0, 0, -1],
  ],
  p1: [[1, 0, 0, 1]],
} as const;
export type PlaneGroup = keyof typeof groups;

const groupOfPlane: Record<string, PlaneGroup> = {
  'fcc {111}': 'p3m1',
  'hcp {0001}': 'p3m1',
  'bcc {110}': 'c2mm',
  'bcc {112}': 'pm',
  'hcp {10-10}': 'p2mm',
};

/** Resamples by coordinates, never by index: the record may use other periods, axes or a published grid's wrong second vector. */
export function canonicalSurface(record: SlipRecord): CanonicalSurface {
  const plane = planeOf(record);
  if (plane === undefined) throw new RangeError(`${record.id}: ${record.slip.plane} is not a known plane; records are checked when read`);
  const surface = periodicSurface(gammaGrid(record));
  const path = burgersInPlane(record);
  const length = Math.hypot(...path);
  const along: Vec2 = [path[0] / length, path[1] / length];
  const symmetry = groupOfPlane[`${record.lattice} ${plane.family}`] ?? 'p1';
  const scale = length / plane.burgersAngstrom;
  const periods = plane.periods.map(([x, y]): Vec2 => [x * scale, y * scale]) as [Vec2, Vec2];
  const at = (u: number, v: number, side: number): number => {
    const [x, y] = [u * periods[0][0] + v * periods[1][0], side * (u * periods[0][1] + v * periods[1][1])];
    return surface.value([x * along[0] - y * along[1], x * along[1] + y * along[0]]);
  };
  // Which of the two normals the record used shows in where its lattice points, and its faults, lie.
  const oddness = (side: number): number => Math.abs(at(0, 1, side)) + (symmetry === 'p3m1' ? at(1 / 3, 1 / 3, side) : 0);
  const side = symmetry !== 'p1' && oddness(-1) < oddness(1) - 1e-6 ? -1 : 1;
  const n = canonicalPoints;
  const raw = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => at(i / n, j / n, side)));
  return { periods, values: symmetrised(raw, symmetry), symmetry };
}

/** Mean over the symmetry group: this removes the noise of a computed surface, and leaves nothing for augmentation to vary. */
export function symmetrised(values: readonly (readonly number[])[], symmetry: PlaneGroup): number[][] {
  const n = values.length;
  const wrapped = (index: number): number => ((index % n) + n) % n;
  const maps = groups[symmetry];
  const image = (i: number, j: number): number =>
    maps.reduce((sum, [a, b, c, d]) => sum + (values[wrapped(a * i + b * j)]?.[wrapped(c * i + d * j)] ?? 0), 0) / maps.length;
  return values.map((row, i) => row.map((_, j) => image(i, j)));
}

/** Real plane waves of a canonical surface in its own axes; waves that hold less than a share of the largest are left out. */
export interface PlaneWaves {
  /** Reciprocal vectors, 1/angstrom, with the factor 2 pi. */
  reciprocal: readonly [Vec2, Vec2];
  /** Per wave: how often each reciprocal vector (at least 0 for the second), and the coefficients of cosine and sine, mJ/m2. */
  waves: readonly (readonly [h: number, k: number, cosine: number, sine: number])[];
  mean: number;
}

export function planeWaves({ periods, values }: CanonicalSurface, share = 2e-4): PlaneWaves {
  const n = values.length;
  const [[ax, ay], [bx, by]] = periods;
  const factor = (2 * Math.PI) / (ax * by - ay * bx);
  const found: [number, number, number, number][] = [];
  // The highest waves of an even grid (n/2) are half determined and hold noise: they are left out.
  for (let h = -n / 2 + 1; h < n / 2; h += 1) {
    for (let k = 0; k < n / 2; k += 1) {
      if (k === 0 && h <= 0) continue;
      let [cosine, sine] = [0, 0];
      for (const [i, row] of values.entries()) {
        for (const [j, value] of row.entries()) {
          const angle = (2 * Math.PI * (h * i + k * j)) / n;
          cosine += (value * Math.cos(angle)) / (n * n);
          sine += (value * Math.sin(angle)) / (n * n);
        }
      }
      found.push([h, k, 2 * cosine, 2 * sine]);
    }
  }
  const largest = Math.max(...found.map(([, , cosine, sine]) => Math.hypot(cosine, sine)));
  const waves = found.filter(([, , cosine, sine]) => Math.hypot(cosine, sine) > share * largest);
  // The perfect crystal has gamma 0 exactly: anything else would be an endless energy along the line of an infinite slip plane.
  const mean = -waves.reduce((sum, [, , cosine]) => sum + cosine, 0);
  const reciprocal: [Vec2, Vec2] = [
    [factor * by, -factor * bx],
    [-factor * ay, factor * ax],
  ];
  return { reciprocal, waves, mean };
}

/** Value at points in mJ/m2. */
export function waveFunction({ reciprocal: [first, second], waves, mean }: PlaneWaves): (x: number, y: number) => number {
  const amplitudes = new Float64Array(canonicalPoints * (canonicalPoints - 1));
  for (const [h, k, cosine, sine] of waves) amplitudes.set([cosine, sine], canonicalPoints * (h + highest) + 2 * k);
  return (x, y) => sumOfWaves(amplitudes, mean, first[0] * x + first[1] * y, second[0] * x + second[1] * y);
}

const highest = canonicalPoints / 2 - 1;
const [cosines, sines] = [new Float64Array(2 * highest + 1), new Float64Array(2 * highest + 1)];

/**
 * Mean and waves at two angles, which are those of the first wave along each period; their multiples follow by recurrence. Called fifteen
 * thousand times a core: arrays that are made once and a loop over `k` that is written out make it more than twice as fast.
 */
function sumOfWaves(amplitudes: Float64Array, mean: number, first: number, second: number): number {
  const [c, s] = [Math.cos(first), Math.sin(first)];
  let [cosine, sine] = [1, 0];
  for (let h = 0; h <= highest; h += 1) {
    cosines[highest - h] = cosine;
    sines[highest - h] = -sine;
    cosines[highest + h] = cosine;
    sines[highest + h] = sine;
    const next = cosine * c - sine * s;
    sine = sine * c + cosine * s;
    cosine = next;
  }
  const [c1, s1] = [Math.cos(second), Math.sin(second)];
  const [c2, s2] = [c1 * c1 - s1 * s1, s1 * c1 + c1 * s1];
  const [c3, s3] = [c2 * c1 - s2 * s1, s2 * c1 + c2 * s1];
  const [c4, s4] = [c3 * c1 - s3 * s1, s3 * c1 + c3 * s1];
  const [c5, s5] = [c4 * c1 - s4 * s1, s4 * c1 + c4 * s1];
  let sum = mean;
  for (let h = 0; h <= 2 * highest; h += 1) {
    const place = canonicalPoints * h;
    const ch = cosines[h] ?? 0;
    const sh = sines[h] ?? 0;
    sum += (amplitudes[place] ?? 0) * ch + (amplitudes[place + 1] ?? 0) * sh;
    sum += (amplitudes[place + 2] ?? 0) * (ch * c1 - sh * s1) + (amplitudes[place + 3] ?? 0) * (sh * c1 + ch * s1);
    sum += (amplitudes[place + 4] ?? 0) * (ch * c2 - sh * s2) + (amplitudes[place + 5] ?? 0) * (sh * c2 + ch * s2);
    sum += (amplitudes[place + 6] ?? 0) * (ch * c3 - sh * s3) + (amplitudes[place + 7] ?? 0) * (sh * c3 + ch * s3);
    sum += (amplitudes[place + 8] ?? 0) * (ch * c4 - sh * s4) + (amplitudes[place + 9] ?? 0) * (sh * c4 + ch * s4);
    sum += (amplitudes[place + 10] ?? 0) * (ch * c5 - sh * s5) + (amplitudes[place + 11] ?? 0) * (sh * c5 + ch * s5);
  }
  return sum;
}
