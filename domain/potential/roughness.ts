import type { EamFunctions } from './eam.js';

/** Distance between the points of the second difference, angstrom: about the width of a knot interval of published splines. */
const step = 0.05;

export interface Roughness {
  /**
   * How much the curvature of the effective pair interaction goes up and down beyond the nearest neighbours, in units of its value there: the sum of
   * its changes from 1.1 neighbour distances to the cut-off. The embedded potentials have 0.3 to 1.1 in fcc and hcp, 0.4 to 2.8 in bcc; published
   * splines, which wiggle, up to 12, and their Peierls stresses are higher (docs/learning.md).
   */
  waviness: number;
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
  const curvature = (r: number): number => pair(r + step) + pair(r - step) - 2 * pair(r);
  const from = 1.1 * neighbour;
  const curvatures = Array.from({ length: Math.ceil((end - from) / step) + 2 }, (_, i) => curvature(from + i * step));
  const changes = curvatures.slice(1).map((value, i) => Math.abs(value - (curvatures[i] ?? 0)));
  const inside = end - 1e-6;
  return {
    waviness: changes.reduce((sum, change) => sum + change, 0) / Math.abs(curvature(neighbour)),
    cutoffStepMev: Math.abs(1000 * pair(inside)),
    cutoffKinkMev: Math.abs((1000 * (pair(inside) - pair(inside - 1e-3))) / 1e-3),
  };
}
