import { z } from 'zod';
import { type AnalyticPotential, type EamFunctions, parametersOf, shortestDistance, smoothSwitch } from './eam.js';

const four = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** Symbols of Zhou, Johnson, Wadley, Phys. Rev. B 69, 144113 (2004), table III; `innerFactor` and `outerFactor` limit the pieces of F. */
export const ZhouElement = z.strictObject({
  mass: z.number().positive(),
  re: z.number().positive(),
  fe: z.number().positive(),
  rhoe: z.number().positive(),
  rhos: z.number().positive(),
  alpha: z.number(),
  beta: z.number(),
  A: z.number(),
  B: z.number(),
  kappa: z.number(),
  lambda: z.number(),
  Fn: four,
  F: four,
  eta: z.number(),
  Fe: z.number(),
  innerFactor: z.number().positive(),
  outerFactor: z.number().positive(),
});
export type ZhouElement = z.infer<typeof ZhouElement>;

export const ZhouParameters = z.object({ name: z.string(), citation: z.string(), elements: z.record(z.string(), ZhouElement) });
export type ZhouParameters = z.infer<typeof ZhouParameters>;

/**
 * The published functions are merely truncated at sqrt5 re, exactly the fifth fcc shell. They are extended by a tenth and
 * switched off over the last 0.8 angstrom, which moves no lattice parameter by more than 1e-3 angstrom.
 */
const extension = 1.1;
const switchWidth = 0.8;
/** Table end in units of the equilibrium density; two atoms on top of each other across a fault reach about twice it. */
const densityRange = 3;

export function zhouPotential(parameters: ZhouParameters): AnalyticPotential {
  const { name, citation, elements } = parameters;
  return {
    name,
    citation,
    elements: Object.keys(elements),
    mixes: true,
    mass: (element) => parametersOf(elements, element, name).mass,
    functions: (chosen) =>
      zhouFunctions(Object.fromEntries(chosen.map((element) => [element, parametersOf(elements, element, name)])), name),
  };
}

function zhouFunctions(elements: Record<string, ZhouElement>, name: string): EamFunctions {
  const of = (element: string): ZhouElement => parametersOf(elements, element, name);
  const all = Object.values(elements);
  const end = extension * Math.sqrt(5) * Math.max(...all.map((p) => p.re));
  const cut = (distance: number): number => smoothSwitch(distance, end, switchWidth);
  return {
    cutoffAngstrom: end,
    maxDensity: densityRange * Math.max(...all.map((p) => p.rhoe)),
    embedding: (element, density) => embedding(of(element), density),
    density: (element, distance) => cut(distance) * rawDensity(of(element), Math.max(distance, shortestDistance)),
    pair: (a, b, distance) => {
      const r = Math.max(distance, shortestDistance);
      const factor = cut(distance);
      if (factor === 0) return 0;
      if (a === b) return factor * rawPair(of(a), r);
      // Johnson's rule, the cross pair of the paper: 1/2 (f_b/f_a phi_aa + f_a/f_b phi_bb).
      const ratio = rawDensity(of(b), r) / rawDensity(of(a), r);
      return (factor / 2) * (ratio * rawPair(of(a), r) + rawPair(of(b), r) / ratio);
    },
  };
}

/** Electron density of an atom at a distance, without the cut-off. */
export function rawDensity(p: ZhouElement, r: number): number {
  const x = r / p.re;
  return (p.fe * Math.exp(-p.beta * (x - 1))) / (1 + (x - p.lambda) ** 20);
}

/** Energy of a pair of equal atoms, without the cut-off. */
export function rawPair(p: ZhouElement, r: number): number {
  const x = r / p.re;
  const repulsion = (p.A * Math.exp(-p.alpha * (x - 1))) / (1 + (x - p.kappa) ** 20);
  return repulsion - (p.B * Math.exp(-p.beta * (x - 1))) / (1 + (x - p.lambda) ** 20);
}

/** Three pieces with continuous value and slope; the second derivative jumps at `innerFactor` and `outerFactor` times rhoe. */
function embedding(p: ZhouElement, density: number): number {
  const inner = p.innerFactor * p.rhoe;
  if (density < inner) return cubic(p.Fn, density / inner - 1);
  if (density < p.outerFactor * p.rhoe) return cubic(p.F, density / p.rhoe - 1);
  const x = density / p.rhos;
  return p.Fe * (1 - p.eta * Math.log(x)) * x ** p.eta;
}

function cubic([c0, c1, c2, c3]: readonly [number, number, number, number], x: number): number {
  return c0 + x * (c1 + x * (c2 + x * c3));
}
