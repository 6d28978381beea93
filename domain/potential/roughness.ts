import type { EamFunctions } from './eam.js';

/** Distance between the points of the second difference, angstrom: about the width of a knot interval of published splines. */
const step = 0.05;

export interface Roughness {
  /**
   * How often the curvature of the effective pair interaction goes up and down its whole range between nearest neighbours and cut-off: sum of its
   * changes over its range. The embedded potentials have 2 to 3.5; what wiggles more shows in faults and Peierls barriers.
   */
  swings: number;
  /** Steps of the pair energy and of its slope at the cut-off, where pairs come and go: meV, and meV/angstrom. */
  cutoffStepMev: number;
  cutoffKinkMev: number;
}

/**
 * How smooth a potential of one species is where a crystal probes it. The effective pair interaction is phi(r) + 2 F'(rho) f(r), rho the density of
 * the perfect crystal: to first order that is what neighbours at r feel. `neighbour` is the nearest distance, `density` the crystal's.
 */
export function roughness(functions: EamFunctions, species: string, neighbour: number, density: number): Roughness {
  const { cutoffAngstrom: end } = functions;
  const h = 1e-3 * density;
  const slope = (functions.embedding(species, density + h) - functions.embedding(species, density - h)) / (2 * h);
  const pair = (r: number): number => functions.pair(species, species, r) + 2 * slope * functions.density(species, r);
  const from = 0.9 * neighbour;
  const places = Array.from({ length: Math.floor((end - from) / step) - 1 }, (_, i) => from + (i + 1) * step);
  const curvatures = places.map((r) => pair(r + step) + pair(r - step) - 2 * pair(r));
  const changes = curvatures.slice(1).map((curvature, i) => Math.abs(curvature - (curvatures[i] ?? 0)));
  const inside = end - 1e-6;
  return {
    swings: changes.reduce((sum, change) => sum + change, 0) / (Math.max(...curvatures) - Math.min(...curvatures)),
    cutoffStepMev: Math.abs(1000 * pair(inside)),
    cutoffKinkMev: Math.abs((1000 * (pair(inside) - pair(inside - 1e-3))) / 1e-3),
  };
}
