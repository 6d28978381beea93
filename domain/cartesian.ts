import type { Structure } from './structure.js';
import { determinant, vecMat, type Mat3, type Vec3 } from './vector.js';

/** Cell volume in cubic angstrom. */
export function volume(structure: Structure): number {
  return determinant(structure.lattice);
}

/** Cartesian positions in angstrom, in site order. */
export function cartesian(structure: Structure): Vec3[] {
  return structure.sites.map((site) => vecMat(site.position, structure.lattice));
}

/** The same atoms under a deformation gradient: every vector v becomes F v (columns), fractional coordinates unchanged. */
export function deformed(structure: Structure, gradient: Mat3): Structure {
  const [fx, fy, fz] = gradient;
  const apply = (v: Vec3): Vec3 => [
    fx[0] * v[0] + fx[1] * v[1] + fx[2] * v[2],
    fy[0] * v[0] + fy[1] * v[1] + fy[2] * v[2],
    fz[0] * v[0] + fz[1] * v[1] + fz[2] * v[2],
  ];
  const [a, b, c] = structure.lattice;
  return { ...structure, lattice: [apply(a), apply(b), apply(c)] };
}
