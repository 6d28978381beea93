import type { Structure } from '../../domain/structure.js';
import { cross, determinant, norm, scale, type Mat3, type Vec3 } from '../../domain/vector.js';

/**
 * Divisions of a k-point mesh through Gamma with about `kPointsPerAtom / atoms` points, spread in proportion to the reciprocal lattice
 * vectors. The size of the cell does not matter, only its shape: a crystal and the same crystal squeezed get the same mesh. `lattice` is
 * that of the undistorted member where a set is strained or tilted. A direction into vacuum gets one division, and the crystal there
 * counts without its vacuum.
 */
export function kMesh(
  lattice: Mat3,
  { sites }: Pick<Structure, 'sites'>,
  periodic: readonly [boolean, boolean, boolean],
  kPointsPerAtom: number,
): Vec3 {
  const reciprocal = reciprocalLengths(lattice);
  const filled = reciprocal.map((length, axis) => (periodic[axis] ? length : length / filledFraction(sites, axis))) as Vec3;
  const density = Math.cbrt(kPointsPerAtom / sites.length / (filled[0] * filled[1] * filled[2]));
  // Just below one half is rounded down like one half itself, so that equal axes never differ by a last bit.
  return filled.map((length, axis) => (periodic[axis] ? Math.max(1, Math.round(density * length - 1e-6)) : 1)) as Vec3;
}

function reciprocalLengths(lattice: Mat3): Vec3 {
  const [a, b, c] = lattice;
  const perVolume = (2 * Math.PI) / Math.abs(determinant(lattice));
  return [norm(scale(cross(b, c), perVolume)), norm(scale(cross(c, a), perVolume)), norm(scale(cross(a, b), perVolume))];
}

/** Part of an axis that holds atoms, one mean distance between layers beyond the outermost two. */
function filledFraction(sites: Structure['sites'], axis: number): number {
  const heights = [...new Set(sites.map(({ position }) => Number((position[axis] ?? 0).toFixed(4))))].sort((a, b) => a - b);
  const extent = (heights.at(-1) ?? 0) - (heights[0] ?? 0);
  const layers = heights.length;
  return layers < 2 ? 1 : Math.min(1, (extent * layers) / (layers - 1));
}
