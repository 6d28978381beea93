import { z } from 'zod';
import type { Vec2, Vec3 } from './vector.js';

export const ParentLattice = z.enum(['fcc', 'bcc', 'hcp']);
export type ParentLattice = z.infer<typeof ParentLattice>;

/** Geometry of a slip plane of a parent lattice: what its label in a slip record stands for. */
export interface SlipPlane {
  /** Miller indices of the family, without any remark on the cut. */
  family: string;
  /** Normal and Burgers vector in crystal axes, as directions. */
  normal: Vec3;
  direction: Vec3;
  /** Burgers vector length, angstrom. */
  burgersAngstrom: number;
  /** Periods of the gamma surface, angstrom; x along the Burgers vector. */
  periods: [Vec2, Vec2];
  /** Distance between Peierls valleys of a straight line, angstrom. */
  valleySpacing: { edge: number; screw: number };
  /** Whether dislocations split into Shockley partials along <112> (fcc) or <1-100> (hcp basal). */
  dissociates: boolean;
}

/** The plane families that slip records may name, by parent lattice. */
export const knownPlanes: Record<ParentLattice, readonly string[]> = {
  fcc: ['{111}'],
  bcc: ['{110}', '{112}'],
  hcp: ['{10-10}', '{0001}'],
};

/**
 * The plane that a label names, or undefined. Hexagonal axes: a1 along x, so the prismatic plane of a1 has its normal along y.
 * `a` and `c` in angstrom.
 */
export function slipPlane(lattice: ParentLattice, label: string, a: number, c: number): SlipPlane | undefined {
  const family = familyOf(label);
  switch (`${lattice} ${family}`) {
    case 'fcc {111}':
      return closePacked('{111}', [1, 1, 1], [1, -1, 0], a / Math.SQRT2);
    case 'hcp {0001}':
      return closePacked('{0001}', [0, 0, 1], [1, 0, 0], a);
    case 'bcc {110}':
      return rhombicBcc((a * Math.sqrt(3)) / 2);
    case 'bcc {112}':
      return {
        ...rectangular('{112}', [(a * Math.sqrt(3)) / 2, a * Math.SQRT2], [1 / 3, 1 / 2]),
        normal: [1, 1, -2],
        direction: [1, 1, 1],
      };
    case 'hcp {10-10}':
      return { ...rectangular('{10-10}', [a, c], [1 / 2, 1 / 2]), normal: [0, 1, 0], direction: [1, 0, 0] };
    default:
      return undefined;
  }
}

/** Triangular net of the close-packed planes; rows of atoms b/2 apart for the edge and b sqrt(3)/2 for the screw. */
function closePacked(family: string, normal: Vec3, direction: Vec3, b: number): SlipPlane {
  const height = (b * Math.sqrt(3)) / 2;
  const net: [Vec2, Vec2] = [
    [b, 0],
    [b / 2, height],
  ];
  return { family, normal, direction, burgersAngstrom: b, periods: net, valleySpacing: { edge: b / 2, screw: height }, dissociates: true };
}

/** Net of bcc {110}: both periods are 1/2<111>, at 70.53 degrees. */
function rhombicBcc(b: number): SlipPlane {
  const height = (b * 2 * Math.SQRT2) / 3;
  return {
    family: '{110}',
    normal: [1, -1, 0],
    direction: [1, 1, 1],
    burgersAngstrom: b,
    periods: [
      [b, 0],
      [b / 3, height],
    ],
    valleySpacing: { edge: b / 3, screw: height },
    dissociates: false,
  };
}

/** Rectangular net of sides b and w; valleys are given as fractions of b (edge) and w (screw). */
function rectangular(family: string, [b, w]: Vec2, [edge, screw]: Vec2): Omit<SlipPlane, 'normal' | 'direction'> {
  const periods: [Vec2, Vec2] = [
    [b, 0],
    [0, w],
  ];
  return { family, burgersAngstrom: b, periods, valleySpacing: { edge: edge * b, screw: screw * w }, dissociates: false };
}

/** `{10-10} narrow cut` -> `{10-10}`, `(111)` -> `{111}`, `{111}<110>` -> `{111}`, `basal` -> `{0001}`, `prismatic-wide` -> `{10-10}`. */
function familyOf(label: string): string | undefined {
  const text = label.trim().toLowerCase();
  if (text.startsWith('basal')) return '{0001}';
  if (text.startsWith('prism')) return '{10-10}';
  const indices = /^[{(]\s*([-\d\s]+)\s*[})]/.exec(text)?.[1];
  return indices === undefined ? undefined : `{${indices.replaceAll(/\s/g, '')}}`;
}
