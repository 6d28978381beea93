/**
 * Embedded-atom functions of a set of species that share one cut-off. Energy of a crystal:
 * E = sum_i F_i(rho_i) + 1/2 sum_{i != j} phi_ij(r_ij), with rho_i = sum_{j != i} f_j(r_ij). Energies in eV, distances in angstrom.
 */
export interface EamFunctions {
  /** Every function and its first derivative are zero from here on. */
  readonly cutoffAngstrom: number;
  /** Largest electron density worth tabulating, a few times that of the equilibrium crystals. */
  readonly maxDensity: number;
  /** F(rho) in eV. */
  readonly embedding: (species: string, density: number) => number;
  /** f(r), in the density unit of the potential. */
  readonly density: (species: string, distance: number) => number;
  /** phi(r) of an (unordered) pair of species in eV. */
  readonly pair: (a: string, b: string, distance: number) => number;
}

/** A published analytic potential: which elements it has and its functions for any set of them. */
export interface AnalyticPotential {
  readonly name: string;
  readonly citation: string;
  readonly elements: readonly string[];
  /** Whether unlike elements interact: without it there are neither compounds nor average atoms. */
  readonly mixes: boolean;
  /** Atomic mass in g/mol; written into tables, irrelevant for statics. */
  mass(element: string): number;
  /** The cut-off belongs to the set: it is the same for all members. Throws `RangeError` for an element that is not in `elements`. */
  functions(elements: readonly string[]): EamFunctions;
}

/**
 * Distances below this are never met in a solid; tables are flat there so that they stay finite (angstrom).
 * Half a typical hydrogen bond; the value of the reference tabulation of the Zhou potentials.
 */
export const shortestDistance = 0.5;

/**
 * Goes from 1 at `end - width` to 0 at `end` with continuous first and second derivatives: 1 - s^3 (6 s^2 - 15 s + 10).
 * A truncated tail makes stacking faults and Peierls barriers rough; a smooth one does not.
 */
export function smoothSwitch(distance: number, end: number, width: number): number {
  if (distance >= end) return 0;
  const s = (distance - (end - width)) / width;
  if (s <= 0) return 1;
  return 1 - s * s * s * (6 * s * s - 15 * s + 10);
}

/** Number of neighbours and their squared distance in units of the squared lattice parameter, nearest first. */
export const shells = {
  fcc: [
    [12, 0.5],
    [6, 1],
    [24, 1.5],
    [12, 2],
    [24, 2.5],
  ],
  bcc: [
    [8, 0.75],
    [6, 1],
    [12, 2],
    [24, 2.75],
    [8, 3],
  ],
} as const;

/** Electron density in the perfect crystal, counted over the first five shells: a scale for tables, not a physical result. */
export function crystalDensity(lattice: keyof typeof shells, a: number, density: (distance: number) => number): number {
  return shells[lattice].reduce((sum, [count, squared]) => sum + count * density(a * Math.sqrt(squared)), 0);
}

/** Looks up the parameters of an element and says which potential lacks it. */
export function parametersOf<T>(elements: Readonly<Record<string, T>>, element: string, potential: string): T {
  const parameters = elements[element];
  if (parameters === undefined) throw new RangeError(`potential ${potential} has no ${element}; it has ${Object.keys(elements).join(' ')}`);
  return parameters;
}
