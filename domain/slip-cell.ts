import { heightsAboveCut, slipGeometry, solve2, type SlipGeometry, type SlipSystem } from './slip-system.js';
import type { Site, Structure } from './structure.js';
import { cross, dot, scale, unit, vecMat, type Mat3, type Vec2, type Vec3 } from './vector.js';

/** A crystal seen as a stack on a slip plane: identical repeat units, each offset from the one below by the same in-plane shift. */
export interface CrystalStack {
  geometry: SlipGeometry;
  /** Offset of each repeat unit from the one below, in units of a1 and a2. */
  shift: Vec2;
  /** Atoms of the unit right above the cut: in-plane position in units of a1 and a2, height above the cut in angstrom. */
  unit: { species: string; inPlane: Vec2; height: number }[];
}

/** Elements on the sites of a fault cell that is repeated so many times along a1 and a2: a random alloy without average atoms. */
export interface Decoration {
  repeats: readonly [number, number];
  /** In the order of sites of the cell: unit by unit, atom by atom, copy by copy. */
  elements: readonly string[];
}

export interface FaultSlabOptions {
  /** Displacement of the upper half in units of a1 and a2. */
  displacement: Vec2;
  /** Each half is at least this thick. */
  minHalfThicknessAngstrom: number;
  /** Empty space along z, shared by both surfaces. */
  vacuumAngstrom: number;
  decoration?: Decoration | undefined;
}

export interface FaultTiltedOptions {
  displacement: Vec2;
  /** Crystal between one fault and its periodic image is at least this thick. */
  minThicknessAngstrom: number;
  /** Extra distance between the two halves at the fault, along the normal. Default 0. */
  openingAngstrom?: number;
  decoration?: Decoration | undefined;
}

/** Longest stacking sequence looked for, in repeat units (bcc {112} has 6). Planes whose stack never repeats (hcp pyramidal) keep a slightly tilted cell. */
const longestPeriod = 6;

/**
 * A slab with one fault in the middle and two free surfaces: a1 along x, the normal along z, z not periodic.
 * Both halves hold whole repeat units, so the slab has the composition of the crystal.
 */
export function faultSlab(structure: Structure, system: SlipSystem, options: FaultSlabOptions): Structure {
  const stack = crystalStack(structure, system);
  const unitsPerHalf = Math.max(1, Math.ceil(options.minHalfThicknessAngstrom / stack.geometry.repeatAngstrom - 1e-6));
  const height = 2 * unitsPerHalf * stack.geometry.repeatAngstrom + options.vacuumAngstrom;
  const lattice: Mat3 = [...inPlaneVectors(stack.geometry), [0, 0, height]];
  const sites = Array.from({ length: 2 * unitsPerHalf }, (_, index) => index - unitsPerHalf).flatMap((level) =>
    stack.unit.map(({ species, inPlane, height: above }): Site => {
      const slip: Vec2 = level < 0 ? [0, 0] : options.displacement;
      const u = inPlane[0] + level * stack.shift[0] + slip[0];
      const v = inPlane[1] + level * stack.shift[1] + slip[1];
      return { species, position: [u, v, 1 / 2 + (above + level * stack.geometry.repeatAngstrom) / height] };
    }),
  );
  return laidOut({ lattice, sites, species: structure.species }, options.decoration);
}

/**
 * A fully periodic cell with one fault: the crystal is whole inside the cell and the third lattice vector is tilted by the displacement,
 * so that each image above is displaced against the one below. a1 along x, the normal along z.
 */
export function faultTilted(structure: Structure, system: SlipSystem, options: FaultTiltedOptions): Structure {
  const stack = crystalStack(structure, system);
  const { repeatAngstrom } = stack.geometry;
  const period = stackingPeriod(stack) ?? 1;
  const units = period * Math.max(1, Math.ceil(options.minThicknessAngstrom / (period * repeatAngstrom) - 1e-6));
  const height = units * repeatAngstrom + (options.openingAngstrom ?? 0);
  const [a1, a2] = inPlaneVectors(stack.geometry);
  // The stack's own offset is reduced to the nearest image; the displacement is kept whole, so that the tilt is continuous in it.
  const tu = centred(units * stack.shift[0]) + options.displacement[0];
  const tv = centred(units * stack.shift[1]) + options.displacement[1];
  const lattice: Mat3 = [a1, a2, [tu * a1[0] + tv * a2[0], tu * a1[1] + tv * a2[1], height]];
  const sites = Array.from({ length: units }, (_, level) => level).flatMap((level) =>
    stack.unit.map(({ species, inPlane, height: above }): Site => {
      const z = (above + level * repeatAngstrom) / height;
      return { species, position: [inPlane[0] + level * stack.shift[0] - z * tu, inPlane[1] + level * stack.shift[1] - z * tv, z] };
    }),
  );
  return laidOut({ lattice, sites, species: structure.species }, options.decoration);
}

/** Brings sites into the cell; of a decorated one only after the copies have their elements, so that an atom keeps its own under any displacement. */
function laidOut({ lattice: [a1, a2, a3], sites, species }: Structure, decoration: Decoration | undefined): Structure {
  const inside = ([u, v, z]: Vec3): Vec3 => [wrapped(u), wrapped(v), z];
  if (decoration === undefined)
    return { lattice: [a1, a2, a3], sites: sites.map((site) => ({ ...site, position: inside(site.position) })), species };
  const { repeats, elements } = decoration;
  const [n, m] = repeats;
  const copies = Array.from({ length: n }, (_, p) => Array.from({ length: m }, (__, q) => [p, q] as const)).flat();
  return {
    lattice: [scale(a1, n), scale(a2, m), a3],
    sites: sites.flatMap(({ position: [u, v, z] }, index) =>
      copies.map(([p, q], copy): Site => ({
        species: elements[index * copies.length + copy] ?? '',
        position: inside([(u + p) / n, (v + q) / m, z]),
      })),
    ),
    species: Object.fromEntries([...new Set(elements)].sort().map((element) => [element, { [element]: 1 }])),
  };
}

/** Reduces the crystal to the (a1, a2) cell, one repeat unit along the normal, starting at the cut. */
export function crystalStack(structure: Structure, system: SlipSystem): CrystalStack {
  const geometry = slipGeometry(structure, system);
  const heights = heightsAboveCut(structure, system);
  const inPlane = (position: Vec3): Vec2 => inPlaneCoordinates(structure, geometry, position);
  const climb = stepUp(system.plane);
  const sheet = sheetPoints(structure, system, geometry);
  const unit: CrystalStack['unit'] = [];
  for (const [index, { species, position }] of structure.sites.entries()) {
    const above = heights[index] ?? 0;
    // Lattice steps along the stack that bring this site into the unit above the cut.
    const steps = -Math.floor(above);
    const base = inPlane([position[0] + steps * climb[0], position[1] + steps * climb[1], position[2] + steps * climb[2]]);
    for (const offset of sheet) {
      const point: Vec2 = [wrapped(base[0] + offset[0]), wrapped(base[1] + offset[1])];
      const atom = { species, inPlane: point, height: (above + steps) * geometry.repeatAngstrom };
      if (!unit.some((other) => sameAtom(geometry, other, atom))) unit.push(atom);
    }
  }
  return { geometry, shift: inPlane(climb), unit: unit.toSorted((a, b) => a.height - b.height) };
}

/** Number of repeat units after which the stack is right above itself, if it ever is. */
export function stackingPeriod({ shift }: CrystalStack): number | undefined {
  return Array.from({ length: longestPeriod }, (_, index) => index + 1).find((units) =>
    shift.every((s) => Math.abs(centred(units * s)) < 1e-4),
  );
}

/** Points of the conventional lattice inside the plane, modulo a1 and a2. More than one when the fault cell is larger than the conventional one. */
function sheetPoints(structure: Structure, system: SlipSystem, geometry: SlipGeometry): Vec2[] {
  const points: Vec2[] = [];
  const range = [-2, -1, 0, 1, 2];
  for (const h of range) {
    for (const k of range) {
      for (const l of range) {
        if (dot(system.plane, [h, k, l]) !== 0) continue;
        const [u, v] = inPlaneCoordinates(structure, geometry, [h, k, l]).map(wrapped) as Vec2;
        if (!points.some((other) => Math.abs(centred(other[0] - u)) + Math.abs(centred(other[1] - v)) < 1e-6)) points.push([u, v]);
      }
    }
  }
  return points;
}

/** The shortest lattice vector with hkl . n = 1: one repeat unit up. */
function stepUp(plane: Vec3): Vec3 {
  const range = [0, 1, -1];
  const steps = range.flatMap((h) => range.flatMap((k) => range.map((l): Vec3 => [h, k, l])));
  const found = steps.toSorted((a, b) => dot(a, a) - dot(b, b)).find((step) => dot(plane, step) === 1);
  if (found === undefined) throw new RangeError(`plane (${plane.join(' ')}) has a common factor or indices beyond the table`);
  return found;
}

function inPlaneCoordinates({ lattice }: Structure, geometry: SlipGeometry, position: Vec3): Vec2 {
  const x = unit(geometry.a1);
  const y = cross(geometry.normal, x);
  const point = vecMat(position, lattice);
  return solve2(...geometry.planeVectors, [dot(point, x), dot(point, y)]);
}

function inPlaneVectors({ planeVectors: [a1, a2] }: SlipGeometry): [Vec3, Vec3] {
  return [
    [a1[0], a1[1], 0],
    [a2[0], a2[1], 0],
  ];
}

function sameAtom({ planeVectors: [a1, a2] }: SlipGeometry, a: CrystalStack['unit'][number], b: CrystalStack['unit'][number]): boolean {
  const [u, v] = [centred(a.inPlane[0] - b.inPlane[0]), centred(a.inPlane[1] - b.inPlane[1])];
  return a.species === b.species && Math.hypot(u * a1[0] + v * a2[0], u * a1[1] + v * a2[1], a.height - b.height) < 0.1;
}

function wrapped(value: number): number {
  const remainder = value - Math.floor(value);
  return remainder > 1 - 1e-9 ? 0 : remainder;
}

function centred(value: number): number {
  return value - Math.round(value);
}
