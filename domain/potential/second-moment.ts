import { z } from 'zod';
import { type AnalyticPotential, crystalDensity, parametersOf, shortestDistance, smoothSwitch } from './eam.js';

/*
 * Three families whose embedding is -A sqrt(rho) (second moment of the density of states), for pure metals: the papers give no
 * interaction between unlike atoms. Written as embedded-atom functions.
 */

const length = z.number().positive();
const header = { name: z.string(), citation: z.string() };

/** E_i = sum_j A exp(-p(r/r0-1)) - sqrt(sum_j xi^2 exp(-2q(r/r0-1))), r0 = a/sqrt2; a in angstrom, A and xi in eV. */
export const CleriRosatoElement = z.strictObject({ mass: length, a: length, A: length, xi: length, p: length, q: length });
export const CleriRosatoParameters = z.object({ ...header, elements: z.record(z.string(), CleriRosatoElement) });
export type CleriRosatoParameters = z.infer<typeof CleriRosatoParameters>;

/** V = (r-c)^2 (C0 + C1 r + C2 r^2) below c; rho = sum (r-d)^2 + beta (r-d)^3/d below d; lengths in angstrom. */
export const FinnisSinclairElement = z.strictObject({
  mass: length,
  a: length,
  d: length,
  A: length,
  beta: z.number(),
  c: length,
  C: z.tuple([z.number(), z.number(), z.number()]),
});
export const FinnisSinclairParameters = z.object({ ...header, elements: z.record(z.string(), FinnisSinclairElement) });
export type FinnisSinclairParameters = z.infer<typeof FinnisSinclairParameters>;

/** E = epsilon [1/2 sum (a/r)^n - c sum sqrt(sum (a/r)^m)]; epsilon in eV, a in angstrom. */
export const SuttonChenElement = z.strictObject({ mass: length, a: length, epsilon: length, n: length, m: length, c: length });
export const SuttonChenParameters = z.object({ ...header, elements: z.record(z.string(), SuttonChenElement) });
export type SuttonChenParameters = z.infer<typeof SuttonChenParameters>;

/** The published sums end with the fifth fcc shell (1.581 a); the tail is switched off before the sixth (1.732 a). */
export function cleriRosato({ name, citation, elements }: CleriRosatoParameters): AnalyticPotential {
  return pureMetals(name, citation, elements, ({ a, A, xi, p, q }) => {
    const r0 = a / Math.SQRT2;
    const end = 1.72 * a;
    const width = 0.13 * a;
    return {
      end,
      lattice: 'fcc',
      prefactor: 1,
      density: (r) => smoothSwitch(r, end, width) * xi * xi * Math.exp(-2 * q * (r / r0 - 1)),
      pair: (r) => 2 * smoothSwitch(r, end, width) * A * Math.exp(-p * (r / r0 - 1)),
    };
  });
}

/** Used as published: value and slope vanish at both cut-offs, which lie too close to neighbour shells for a further switch. */
export function finnisSinclair({ name, citation, elements }: FinnisSinclairParameters): AnalyticPotential {
  return pureMetals(name, citation, elements, ({ d, A, beta, c, C }) => ({
    end: Math.max(c, d),
    lattice: 'bcc',
    prefactor: A,
    // The cubic term would turn the density negative at very short distances.
    density: (r) => (r < d ? Math.max(0, (r - d) ** 2 * (1 + (beta * (r - d)) / d)) : 0),
    pair: (r) => (r < c ? (r - c) ** 2 * (C[0] + r * (C[1] + r * C[2])) : 0),
  }));
}

/** The potential is long ranged; it is switched off between 2.0 and 2.4 a, where lattice parameters agree within 0.06 %. */
export function suttonChen({ name, citation, elements }: SuttonChenParameters): AnalyticPotential {
  return pureMetals(name, citation, elements, ({ a, epsilon, n, m, c }) => {
    const end = 2.4 * a;
    const width = 0.4 * a;
    return {
      end,
      lattice: 'fcc',
      prefactor: epsilon * c,
      density: (r) => smoothSwitch(r, end, width) * (a / r) ** m,
      pair: (r) => smoothSwitch(r, end, width) * epsilon * (a / r) ** n,
    };
  });
}

interface SecondMoment {
  /** Cut-off in angstrom. */
  end: number;
  lattice: 'fcc' | 'bcc';
  /** F(rho) = -prefactor sqrt(rho). */
  prefactor: number;
  density: (distance: number) => number;
  pair: (distance: number) => number;
}

function pureMetals<T extends { mass: number; a: number }>(
  name: string,
  citation: string,
  elements: Record<string, T>,
  functionsOf: (parameters: T) => SecondMoment,
): AnalyticPotential {
  const of = (element: string): T => parametersOf(elements, element, name);
  return {
    name,
    citation,
    elements: Object.keys(elements),
    mixes: false,
    mass: (element) => of(element).mass,
    functions: (chosen) => {
      const [element, ...others] = chosen;
      if (element === undefined || others.length > 0)
        throw new RangeError(`potential ${name} has pure metals only, not ${chosen.join('-')}`);
      const parameters = of(element);
      const { end, lattice, prefactor, density, pair } = functionsOf(parameters);
      const from = (r: number): number => Math.max(r, shortestDistance);
      return {
        cutoffAngstrom: end,
        maxDensity: 3 * crystalDensity(lattice, parameters.a, density),
        embedding: (_, value) => -prefactor * Math.sqrt(value),
        density: (_, r) => density(from(r)),
        pair: (_a, _b, r) => pair(from(r)),
      };
    },
  };
}
