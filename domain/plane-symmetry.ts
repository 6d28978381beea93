import {
  equivalent,
  heightsAboveCut,
  isTranslation,
  positionTolerance,
  slipGeometry,
  solve2,
  type SlipGeometry,
  type SlipSystem,
} from './slip-system.js';
import type { Structure } from './structure.js';
import { add, cross, dot, inverse, matMul, norm, scale, subtract, transpose, vecMat, type Mat3, type Vec2, type Vec3 } from './vector.js';

/** Acts on a displacement (u, v) in units of a1 and a2: (m00 u + m01 v, m10 u + m11 v). */
export type PlaneMatrix = [Vec2, Vec2];

/** The symmetry of a gamma surface: gamma(M u) = gamma(u) for every matrix, gamma(u + t) = gamma(u) for every translation. Plain JSON. */
export interface PlaneSymmetry {
  matrices: PlaneMatrix[];
  /** Translations inside the (a1, a2) cell, the zero one included: more than one where the cell is centred. */
  translations: Vec2[];
}

export interface GridOrbit {
  /** Grid indices along a1 and a2 of the point to compute: the first member in reading order. */
  representative: [number, number];
  members: [number, number][];
}

/**
 * Finds the symmetry of gamma(u) from the atoms. A crystal symmetry that keeps the cut plane and the normal carries the displaced half onto
 * itself, so its in-plane part R gives gamma(R u) = gamma(u). One that keeps the cut plane and turns the normal over exchanges the halves:
 * the lower half is then displaced by R u, the upper one against it by -R u, and gamma(-R u) = gamma(u).
 */
export function planeSymmetry(structure: Structure, system: SlipSystem): PlaneSymmetry {
  const geometry = slipGeometry(structure, system);
  const vectors = inPlaneTranslations(structure, geometry);
  const matrices: PlaneMatrix[] = [];
  for (const image1 of vectors.filter((w) => Math.abs(norm(w) - norm(geometry.a1)) < positionTolerance)) {
    for (const image2 of vectors.filter((w) => Math.abs(norm(w) - norm(geometry.a2)) < positionTolerance)) {
      if (Math.abs(dot(image1, image2) - dot(geometry.a1, geometry.a2)) > positionTolerance * norm(geometry.a1)) continue;
      for (const side of [1, -1] as const) {
        if (!isCutSymmetry(structure, system, geometry, [image1, image2, scale(geometry.normal, side)])) continue;
        const columns = [fractions(geometry, scale(image1, side)), fractions(geometry, scale(image2, side))] as const;
        const matrix: PlaneMatrix = [
          [columns[0][0], columns[1][0]],
          [columns[0][1], columns[1][1]],
        ];
        if (!matrices.some((other) => sameMatrix(other, matrix))) matrices.push(matrix);
      }
    }
  }
  return { matrices, translations: cellTranslations(geometry, vectors) };
}

/** Classes of equal gamma on an n x m grid over (a1, a2): only the representatives need to be computed. */
export function uniquePoints(structure: Structure, system: SlipSystem, grid: readonly [number, number]): GridOrbit[] {
  return gridOrbits(planeSymmetry(structure, system), grid);
}

/** The same for a symmetry already found. A symmetry that does not carry the grid onto itself is used where it does. */
export function gridOrbits(symmetry: PlaneSymmetry, [n, m]: readonly [number, number]): GridOrbit[] {
  const orbits: GridOrbit[] = [];
  const seen = new Set<number>();
  for (let start = 0; start < n * m; start += 1) {
    if (seen.has(start)) continue;
    seen.add(start);
    const members = [start];
    // The list grows while it is walked: a breadth-first search through the images of each member.
    for (const member of members) {
      for (const image of gridImages(symmetry, [Math.floor(member / m), member % m], [n, m])) {
        if (seen.has(image)) continue;
        seen.add(image);
        members.push(image);
      }
    }
    const points = members.toSorted((a, b) => a - b).map((index): [number, number] => [Math.floor(index / m), index % m]);
    orbits.push({ representative: [Math.floor(start / m), start % m], members: points });
  }
  return orbits;
}

function gridImages({ matrices, translations }: PlaneSymmetry, [i, j]: [number, number], [n, m]: readonly [number, number]): number[] {
  return matrices.flatMap(([row1, row2]) =>
    translations.flatMap(([tu, tv]) => {
      const row = n * ((row1[0] * i) / n + (row1[1] * j) / m + tu);
      const column = m * ((row2[0] * i) / n + (row2[1] * j) / m + tv);
      if (Math.abs(row - Math.round(row)) > 1e-6 || Math.abs(column - Math.round(column)) > 1e-6) return [];
      return [modulo(Math.round(row), n) * m + modulo(Math.round(column), m)];
    }),
  );
}

/** Whether the isometry a1, a2, normal -> images, with a suitable shift, maps the crystal onto itself and the cut plane onto itself. */
function isCutSymmetry(structure: Structure, system: SlipSystem, geometry: SlipGeometry, images: Mat3): boolean {
  const rotation = matMul(inverse([geometry.a1, geometry.a2, geometry.normal]), images);
  const toFraction = inverse(structure.lattice);
  const rotated = structure.sites.map((site) => vecMat(vecMat(vecMat(site.position, structure.lattice), rotation), toFraction));
  const mapsLattice = structure.lattice.every((vector) => isTranslation(structure, vecMat(vecMat(vector, rotation), toFraction)));
  const [first] = structure.sites;
  const [firstImage] = rotated;
  if (!mapsLattice || first === undefined || firstImage === undefined) return false;
  const heights = heightsAboveCut(structure, system);
  const side = dot(images[2], geometry.normal);
  return structure.sites.some((target, targetIndex) => {
    if (target.species !== first.species) return false;
    // The image of the first site must lie as far from the cut as the site itself; whole repeat units are lattice steps.
    const misfit = (heights[targetIndex] ?? 0) - side * (heights[0] ?? 0);
    if (Math.abs(misfit - Math.round(misfit)) * geometry.repeatAngstrom > positionTolerance) return false;
    const shift = subtract(target.position, firstImage);
    return structure.sites.every((site, index) =>
      structure.sites.some(
        (other) => other.species === site.species && equivalent(structure, add(rotated[index] ?? site.position, shift), other.position),
      ),
    );
  });
}

/** Translations of the crystal that lie in the slip plane, as long as the longer of a1 and a2 or shorter. Cartesian, angstrom. */
function inPlaneTranslations(structure: Structure, { normal, a1, a2 }: SlipGeometry): Vec3[] {
  const reach = Math.max(norm(a1), norm(a2)) + positionTolerance;
  const origin = structure.sites[0]?.position ?? [0, 0, 0];
  const centrings = structure.sites.map((site) => subtract(site.position, origin)).filter((vector) => isTranslation(structure, vector));
  const bounds = transpose(inverse(structure.lattice)).map((reciprocal) => Math.ceil(reach * norm(reciprocal)) + 1) as Vec3;
  const vectors: Vec3[] = [];
  for (const [h, k, l] of boxPoints(bounds)) {
    for (const centring of centrings) {
      const vector = vecMat(add([h, k, l], centring), structure.lattice);
      if (Math.abs(dot(vector, normal)) < positionTolerance && norm(vector) <= reach) vectors.push(vector);
    }
  }
  return vectors;
}

function boxPoints(bounds: Vec3): Vec3[] {
  const [hs, ks, ls] = bounds.map((bound) => Array.from({ length: 2 * bound + 1 }, (_, index) => index - bound)) as [
    number[],
    number[],
    number[],
  ];
  return hs.flatMap((h) => ks.flatMap((k) => ls.map((l): Vec3 => [h, k, l])));
}

function cellTranslations(geometry: SlipGeometry, vectors: readonly Vec3[]): Vec2[] {
  const translations: Vec2[] = [[0, 0]];
  for (const vector of vectors) {
    const [u, v] = fractions(geometry, vector).map((value) => value - Math.floor(value + 1e-3)) as Vec2;
    if (!translations.some((other) => Math.abs(other[0] - u) + Math.abs(other[1] - v) < 1e-3)) translations.push([u, v]);
  }
  return translations;
}

/** Coordinates in units of a1 and a2, cleaned of rounding: translations of our crystals are multiples of 1/12. */
function fractions({ normal, a1, planeVectors }: SlipGeometry, vector: Vec3): Vec2 {
  const x = scale(a1, 1 / norm(a1));
  const y = cross(normal, x);
  const inPlane: Vec2 = [dot(vector, x), dot(vector, y)];
  return solve2(...planeVectors, inPlane).map((value) => Math.round(value * 12) / 12 + 0) as Vec2;
}

function sameMatrix(a: PlaneMatrix, b: PlaneMatrix): boolean {
  return a.flat().every((value, index) => Math.abs(value - (b.flat()[index] ?? Number.NaN)) < 1e-6);
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
