import { describe, it } from 'vitest';
import { lnPeierlsStressGpa } from '../../../domain/joos-duesbery.js';
import { waveFunction, type PlaneWaves } from '../../../domain/learning/canonical-surface.js';
import { coreEnergy, relaxedCore, type PlanarCore } from '../../../domain/learning/peierls-nabarro.js';

const b = 2.5;
const k = 100;

const reciprocal: PlaneWaves['reciprocal'] = [
  [(2 * Math.PI) / b, 0],
  [0, 1],
];

/** gamma = (tau b / pi) sin^2(pi x / b), whose steepest slope is tau; mJ/m2. */
const sine = (tauGpa: number): PlaneWaves => {
  const half = ((tauGpa * b) / Math.PI / 2) * 100;
  return { reciprocal, mean: half, waves: [[1, 0, -half, 0]] };
};
const whole = (tauGpa: number): PlanarCore => ({
  energyFactor: [
    [k, 0],
    [0, k],
  ],
  parts: [[b, 0]],
  valleySpacingAngstrom: b / 2,
  surface: sine(tauGpa),
});

describe('plane waves', () => {
  it('are summed as their cosines and sines, whatever their directions', ({ expect }) => {
    const waves = Array.from({ length: 11 }, (_, i) => i - 5).flatMap((h) =>
      Array.from({ length: 6 }, (_, l) => [h, l, Math.sin(7 * h + l), Math.cos(3 * h - 5 * l)] as const),
    );
    const oblique: PlaneWaves = {
      reciprocal: [
        [2.1, 0.4],
        [-0.7, 1.9],
      ],
      waves,
      mean: 3,
    };
    const gamma = waveFunction(oblique);
    for (const [x, y] of [
      [0.3, -0.8],
      [-4.1, 2.7],
    ] as const) {
      const angle = (h: number, l: number): number => h * (2.1 * x + 0.4 * y) + l * (-0.7 * x + 1.9 * y);
      const sum = waves.reduce((before, [h, l, cosine, odd]) => before + cosine * Math.cos(angle(h, l)) + odd * Math.sin(angle(h, l)), 3);
      expect(gamma(x, y)).toBeCloseTo(sum, 10);
    }
  });
});

describe('semi-discrete variational Peierls-Nabarro model', () => {
  it.for([4, 8, 16])('has the width K b / (4 pi tau) and the stress of Joos and Duesbery for a sine of slope %d GPa', (tau, { expect }) => {
    const { halfWidthAngstrom, separationAngstrom, lnStressGpa } = relaxedCore(whole(tau));
    expect(halfWidthAngstrom / ((k * b) / (4 * Math.PI * tau))).toBeCloseTo(1, 2);
    expect(separationAngstrom).toBe(0);
    const closed = { energyFactorGpa: k, burgersAngstrom: b, restoringStressGpa: tau, valleySpacingAngstrom: b / 2 };
    // 0.4 % in the width is 4 % in a stress that falls as exp(-4 pi zeta / b).
    expect(Math.abs(lnStressGpa - lnPeierlsStressGpa(closed))).toBeLessThan(0.06);
  });

  it('reaches the Peierls-Nabarro stress 2 K exp(-4 pi zeta / b) in the limit of wide cores', ({ expect }) => {
    const { halfWidthAngstrom, lnStressGpa } = relaxedCore(whole(5));
    expect(lnStressGpa).toBeCloseTo(Math.log(2 * k) - (4 * Math.PI * halfWidthAngstrom) / b, 2);
  });

  it('does not pretend to resolve stresses below its rounding noise', ({ expect }) => {
    expect(relaxedCore(whole(0.5)).lnStressGpa).toBeGreaterThanOrEqual(Math.log(k) - 27 - 1e-9);
  });

  describe('with two partials', () => {
    /** Fault energy `fault` at b/2 along x, barriers beside it: two collinear halves, so that all is on one line. */
    const split = (fault: number): PlanarCore => {
      const barrier = 200;
      // cos(2 pi x / b) carries the fault and cos(4 pi x / b) the barriers; gamma(0) = 0.
      const [one, two] = [-fault / 2, -barrier / 2];
      return {
        ...whole(1),
        parts: [
          [b / 2, 0],
          [b / 2, 0],
        ],
        surface: {
          reciprocal,
          mean: -one - two,
          waves: [
            [1, 0, one, 0],
            [2, 0, two, 0],
          ],
        },
      };
    };

    it('balances their repulsion K b^2 / (8 pi d) with the fault energy', ({ expect }) => {
      expect(waveFunction(split(20).surface)(b / 2, 0)).toBeCloseTo(20, 9);
      const { separationAngstrom } = relaxedCore(split(20));
      // b1 K b2 / (2 pi d) = gamma for point-like partials; theirs are about an angstrom wide.
      expect(separationAngstrom / ((k * (b / 2) ** 2) / (2 * Math.PI * 0.2))).toBeCloseTo(1, 1);
    });

    it('is at a minimum of the energy', ({ expect }) => {
      const core = split(60);
      const { halfWidthAngstrom: zeta, separationAngstrom: d } = relaxedCore(core);
      const energy = coreEnergy(core);
      const lowest = energy(zeta, d);
      for (const factor of [0.9, 1.1]) {
        expect(energy(zeta * factor, d)).toBeGreaterThan(lowest);
        expect(energy(zeta, d * factor)).toBeGreaterThan(lowest);
      }
    });

    it('has the steepest slope of the misfit of discrete rows, in the mean square over the distance of its partials', ({ expect }) => {
      const core = { ...split(120), valleySpacingAngstrom: b };
      const { halfWidthAngstrom: zeta, separationAngstrom, lnStressGpa } = relaxedCore(core);
      const gamma = waveFunction(core.surface);
      const steepest = (d: number): number => {
        const slip = (x: number): number => (b / 2) * (1 + (Math.atan((x + d / 2) / zeta) + Math.atan((x - d / 2) / zeta)) / Math.PI);
        const energy = (u: number): number => {
          let sum = 0;
          for (let m = -5000; m <= 5000; m += 1) sum += gamma(slip(m * b - u), 0);
          return b * sum * 0.01;
        };
        return Math.max(
          ...Array.from({ length: 40 }, (_, i) => Math.abs(energy(((i + 1) * b) / 40) - energy((i * b) / 40)) / (b / 40) / b),
        );
      };
      // Eight distances over one period.
      const stresses = Array.from({ length: 8 }, (_, i) => steepest(separationAngstrom + ((i - 3.5) * b) / 8));
      expect(Math.abs(lnStressGpa - Math.log(Math.hypot(...stresses) / Math.sqrt(8)))).toBeLessThan(0.03);
    });
  });
});
