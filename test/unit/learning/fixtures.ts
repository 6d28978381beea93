import { elasticMatrix } from '../../../domain/elastic-symmetry.js';
import type { Example } from '../../../domain/learning/example.js';
import { featureNames } from '../../../domain/learning/feature.js';
import { randomNumbers } from '../../../domain/learning/random.js';
import type { SlipRecord } from '../../../domain/slip-record.js';
import { crcCubic } from '../data/crc-elastic.js';

/** Three-fold surface of the close-packed net with a fault at (1/3, 1/3), or with the faults exchanged. */
export function triangular(u: number, v: number, top: number, odd = 1.5): number {
  const [x, y] = [2 * Math.PI * u, 2 * Math.PI * v];
  const even = 3 - Math.cos(x) - Math.cos(y) - Math.cos(x + y);
  return (top / 8.4) * (even - odd * (Math.sin(x) + Math.sin(y) - Math.sin(x + y)));
}

export function rhombic(u: number, v: number, top: number): number {
  return (top / 4) * (2 - Math.cos(2 * Math.PI * u) - Math.cos(2 * Math.PI * v));
}

/** A record with CRC elastic constants and the lowest plane waves on a 13 x 13 grid over the usual periods. */
export function slipRecord(lattice: 'fcc' | 'bcc', element: keyof typeof crcCubic, a: number, top: number, odd = 1.5): SlipRecord {
  const b = lattice === 'fcc' ? a / Math.SQRT2 : (a * Math.sqrt(3)) / 2;
  const second: [number, number] = lattice === 'bcc' ? [b / 3, (b * 2 * Math.SQRT2) / 3] : [b / 2, (b * Math.sqrt(3)) / 2];
  const at = (u: number, v: number): number => (lattice === 'bcc' ? rhombic(u, v, top) : triangular(u, v, top, odd));
  return {
    id: `${element} ${lattice}`,
    element: element as NonNullable<SlipRecord['element']>,
    lattice,
    a,
    elastic_gpa: elasticMatrix('cubic', crcCubic[element] ?? {}),
    slip: { plane: lattice === 'fcc' ? '{111}' : '{110}', burgers_angstrom: b },
    gamma: {
      points: [13, 13],
      vectors_angstrom: [[b, 0], second],
      mj_per_m2: Array.from({ length: 13 }, (_, i) => Array.from({ length: 13 }, (__, j) => at(i / 12, j / 12))),
    },
    character: 'edge',
  };
}

export const alloys = ['Ag', 'Al', 'Au', 'Cu', 'Ni', 'Pd', 'Pt'];

/** Examples whose target is a smooth function of two features plus noise: 4 rows for every element and pair of elements. */
export function examples(options: { noise?: number; seed?: number; kind?: string; floor?: number } = {}): Example[] {
  const { noise = 0.1, seed = 1, kind = 'fcc {111} screw', floor = Number.NEGATIVE_INFINITY } = options;
  const random = randomNumbers(seed);
  const systems = alloys.flatMap((first, index) => alloys.slice(index).map((second) => [...new Set([first, second])]));
  return systems.flatMap((elements) =>
    [0, 1, 2, 3].map((copy): Example => {
      const x = featureNames.map(() => random() * 2 - 1);
      const truth = -9 + 1.5 * (x[0] ?? 0) + Math.sin(2 * (x[10] ?? 0)) + noise * (random() + random() + random() - 1.5) * 2;
      return {
        id: `${elements.join('-')} ${copy}`,
        kind,
        group: `${kind} @ synthetic`,
        elements,
        features: {
          lnK: Math.log(60),
          values: x,
          surface: Array.from({ length: 144 }, (_, cell) => 0.01 * (1 + (x[0] ?? 0)) * (cell % 12)),
          view: 'fine',
        },
        target: Math.max(floor, truth),
        censored: truth <= floor,
        floorMpa: 1000 * 60 * Math.exp(Math.max(floor, -20)),
        noise: 0,
      };
    }),
  );
}
