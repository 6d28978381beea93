import { z } from 'zod';
import { crystalStack, type CrystalStack } from './slip-cell.js';
import { isTranslation, type SlipGeometry, type SlipSystem } from './slip-system.js';
import type { Site, Structure } from './structure.js';
import { add, cross, norm, scale, subtract, unit, vecMat, type Mat3, type Vec2, type Vec3 } from './vector.js';

export const DislocationCharacter = z.enum(['edge', 'screw']);
export type DislocationCharacter = z.infer<typeof DislocationCharacter>;

/**
 * Size of a periodic array of dislocations in units that mean the same for every lattice: close-packed layers, sqrt(2/3) of the shortest
 * crystal translation, and that translation itself.
 */
export const ArraySize = z.strictObject({
  /** Thickness of the crystal, rigid slabs included. Below 20 the slabs squeeze the core. */
  layers: z.int().min(12).max(120),
  /** Distance between a dislocation and its periodic image along the glide direction. */
  glideLength: z.int().min(10).max(400),
  /** Rigid layers at the top and at the bottom: about the range of the interaction. */
  rigidLayers: z.int().min(2).max(12),
  /**
   * Shear of the whole cell across the Burgers vector, tan of the angle: it does no work on the dislocation and pulls its partials apart or
   * presses them together (Escaig).
   */
  crossShear: z.number().min(-0.05).max(0.05).optional(),
});
export type ArraySize = z.infer<typeof ArraySize>;

/** A crystal with one straight dislocation in its middle, between two rigid slabs; lengths in angstrom. */
export interface DislocationArray {
  /** x along the line (one period), y along the glide direction, z along the normal of the slip plane; not periodic along z. */
  structure: Structure;
  /** Length of the Burgers vector: along y for an edge, along x for a screw. */
  burgersAngstrom: number;
  glideLengthAngstrom: number;
  /** Distance after which a moved dislocation is in the same surroundings: the period of the lattice as seen along the line. */
  periodAngstrom: number;
  /** Lowest and highest z that are free to move lie strictly between these: the innermost rigid layers. */
  rigidBelow: number;
  rigidAbove: number;
  /** Heights between which the atoms right below and right above the slip plane are. */
  below: [number, number];
  above: [number, number];
}

/** The axes of an array and the crystal in them, one glide period wide. Coordinates in angstrom, heights above the slip plane. */
interface Slice {
  lineLength: number;
  glideRepeat: number;
  period: number;
  /** In one repeat unit along the normal: position along line and glide, height above the cut. */
  atoms: { species: string; line: number; glide: number; height: number }[];
  /** Offset of each repeat unit from the one below. */
  shift: { line: number; glide: number };
}

/** In-plane lattice vectors are looked for among these multiples of the two periods; bcc {110} needs 3. */
const searchRange = 8;
/** A core made on a symmetric place may stay on a saddle: it is made this part of a period beside. */
const offCentre = 0.3;
/** Lattice vectors closer to a right angle than this are at a right angle, in angstrom. */
const perpendicularTolerance = 0.01;

/**
 * The periodic array of dislocations of Osetsky & Bacon, Model. Simul. Mater. Sci. Eng. 11, 427 (2003).
 *
 * Edge: N glide periods above the slip plane and N-1 below, both fitted to (N-1/2) b. Screw: the halves are shifted against each other by
 * one Burgers vector over the length of the cell, which therefore is tilted by b/2. In the middle the misfit is gathered in a core; in the
 * rigid slabs it is exactly linear, because a slab that carried the pattern of a core would hold the dislocation where it was made.
 * Throws `RangeError` where no lattice vector is perpendicular to the Burgers vector (hcp first-order pyramidal planes).
 */
export function dislocationArray(
  structure: Structure,
  system: SlipSystem,
  character: DislocationCharacter,
  size: ArraySize,
): DislocationArray {
  const stack = crystalStack(structure, system);
  const { repeatAngstrom, gapAngstrom } = stack.geometry;
  const neighbour = shortestTranslation(structure);
  const layer = neighbour * Math.sqrt(2 / 3);
  const slice = cutSlice(stack, system, character);
  const burgers = norm(stack.geometry.burgers);
  const units = Math.max(2, Math.round((size.layers * layer) / (2 * repeatAngstrom)));
  const repeats = Math.max(4, Math.round((size.glideLength * neighbour) / slice.glideRepeat));
  const glideLength = character === 'edge' ? (repeats - 1 / 2) * burgers : repeats * slice.glideRepeat;
  const half = units * repeatAngstrom;
  const heights = slice.atoms.flatMap(({ height }) => levels(units).map((level) => height + level * repeatAngstrom));
  const rigid = half - size.rigidLayers * layer;
  const rigidBelow = Math.max(...heights.filter((height) => height < -rigid));
  const rigidAbove = Math.min(...heights.filter((height) => height > rigid));
  const centre = 1 / 2 + (offCentre * slice.period) / glideLength;
  const sites: Site[] = [];
  for (const level of levels(units)) {
    const upper = level >= 0;
    const periods = character === 'edge' && !upper ? repeats - 1 : repeats;
    for (const atom of slice.atoms) {
      const height = atom.height + level * repeatAngstrom;
      const line = wrapped(atom.line + level * slice.shift.line, slice.lineLength);
      const glide = wrapped(atom.glide + level * slice.shift.glide, slice.glideRepeat);
      for (let k = 0; k < periods; k += 1) {
        const y = glide + k * slice.glideRepeat;
        const misfit = accumulatedMisfit(y / (periods * slice.glideRepeat), centre, coreSharpness(height));
        const shift = ((upper ? 1 : -1) * burgers * misfit) / 2;
        // An edge has one plane more above: the upper half is pressed together and the lower one drawn out.
        const across = (size.crossShear ?? 0) * height;
        const [px, py] = character === 'edge' ? [line + across, y - shift] : [line + shift, y + across];
        const v = py / glideLength;
        const u = character === 'edge' ? px / slice.lineLength : px / slice.lineLength - v / 2;
        sites.push({ species: atom.species, position: [wrapped(u, 1), wrapped(v, 1), (height + half) / (2 * half)] });
      }
    }
  }
  const tilt = character === 'edge' ? 0 : burgers / 2;
  const edgeOfUnit = (side: 1 | -1): [number, number] => {
    const near = heights.filter((height) => side * height > 0 && side * height < gapAngstrom / 2 + nearLayer);
    const [low, high] = [Math.min(...near), Math.max(...near)];
    return [half + low - layerTolerance, half + high + layerTolerance];
  };
  return {
    structure: {
      lattice: [
        [slice.lineLength, 0, 0],
        [tilt, glideLength, 0],
        [0, 0, 2 * half],
      ],
      sites,
      species: structure.species,
    },
    burgersAngstrom: burgers,
    glideLengthAngstrom: glideLength,
    periodAngstrom: slice.period,
    rigidBelow: half + rigidBelow,
    rigidAbove: half + rigidAbove,
    below: edgeOfUnit(-1),
    above: edgeOfUnit(1),
  };

  /** 1 where the misfit is spread evenly over the cell, near 0 where it is gathered in a core. */
  function coreSharpness(height: number): number {
    const distance = Math.abs(height);
    const edge = Math.min(-rigidBelow, rigidAbove);
    const core = Math.tanh((Math.PI * (distance + gapAngstrom)) / glideLength);
    const t = Math.min(1, Math.max(0, distance / edge));
    return core + (1 - core) * t * t * (3 - 2 * t);
  }
}

/** Atoms this much farther from the slip plane than the nearest ones still belong to their layer (corrugated planes), angstrom. */
const nearLayer = 0.3;
const layerTolerance = 0.2;

/** Unit vectors along line, glide direction and normal in the axes of the crystal: the rows that turn its tensors into the array's axes. */
export function arrayAxes({ normal, burgers }: SlipGeometry, character: DislocationCharacter): Mat3 {
  const b = unit(burgers);
  const across = cross(normal, b);
  return character === 'edge' ? [scale(across, -1), b, normal] : [b, across, normal];
}

/**
 * Share of the Burgers vector by which the halves are displaced at `t` of the length, from 0 at t = 0 to 1 at t = 1, for a core at `centre`:
 * a step for q -> 0, a straight line for q = 1.
 */
function accumulatedMisfit(t: number, centre: number, q: number): number {
  const rise = (x: number): number => Math.atan(Math.tan(Math.PI * x) / q) / Math.PI + Math.round(x);
  return q >= 1 ? t : rise(t - centre) - rise(-centre);
}

function cutSlice(stack: CrystalStack, system: SlipSystem, character: DislocationCharacter): Slice {
  const [a1, a2] = stack.geometry.planeVectors;
  const cartesian = ([u, v]: Vec2): Vec2 => [u * a1[0] + v * a2[0], u * a1[1] + v * a2[1]];
  const burgers = cartesian(stack.geometry.burgersFraction);
  const length = Math.hypot(...burgers);
  const along = ([x, y]: Vec2): number => (x * burgers[0] + y * burgers[1]) / length;
  const across = ([x, y]: Vec2): number => (y * burgers[0] - x * burgers[1]) / length;
  const range = Array.from({ length: 2 * searchRange + 1 }, (_, i) => i - searchRange);
  const lattice = range.flatMap((m) => range.map((n) => cartesian([m, n])));
  const widths = lattice
    .filter((vector) => Math.abs(along(vector)) < perpendicularTolerance)
    .map((vector) => Math.abs(across(vector)))
    .filter((width) => width > perpendicularTolerance);
  if (widths.length === 0)
    throw new RangeError(
      `no lattice vector of ${system.prototype} ${system.name} is perpendicular to the Burgers vector: its dislocations have no short period`,
    );
  const width = Math.min(...widths);
  // Line, glide and normal are right-handed: an edge has its line along -across.
  const frame = (point: Vec2): { line: number; glide: number } =>
    character === 'edge' ? { line: -across(point), glide: along(point) } : { line: along(point), glide: across(point) };
  const [lineLength, glideRepeat] = character === 'edge' ? [width, length] : [length, width];
  const net: { line: number; glide: number }[] = [];
  for (const vector of lattice) {
    const point = frame(vector);
    const place = { line: wrapped(point.line, lineLength), glide: wrapped(point.glide, glideRepeat) };
    if (!net.some((other) => near(other.line - place.line, lineLength) && near(other.glide - place.glide, glideRepeat))) net.push(place);
  }
  const rows = net.map(({ glide }) => glide).filter((glide) => glide > perpendicularTolerance);
  return {
    lineLength,
    glideRepeat,
    period: Math.min(glideRepeat, ...rows),
    atoms: net.flatMap((offset) =>
      stack.unit.map(({ species, inPlane, height }) => {
        const point = frame(cartesian(inPlane));
        return { species, line: point.line + offset.line, glide: point.glide + offset.glide, height };
      }),
    ),
    shift: frame(cartesian(stack.shift)),
  };
}

/** Distance after which a moved dislocation is in the same surroundings, angstrom: the period of the lattice as seen along its line. */
export function peierlsPeriod(structure: Structure, system: SlipSystem, character: DislocationCharacter): number {
  return cutSlice(crystalStack(structure, system), system, character).period;
}

/** Shortest translation of the lattice, angstrom: a/sqrt2 (fcc), a sqrt3/2 (bcc), a (hcp). */
export function shortestTranslation(structure: Structure): number {
  const [first] = structure.sites;
  if (first === undefined) throw new RangeError('the structure has no atoms');
  const steps = [-1, 0, 1];
  const images = steps.flatMap((i) => steps.flatMap((j) => steps.map((k): Vec3 => [i, j, k])));
  const lengths = structure.sites
    .flatMap((site) => images.map((image) => add(subtract(site.position, first.position), image)))
    .filter((vector) => norm(vecMat(vector, structure.lattice)) > 1 && isTranslation(structure, vector))
    .map((vector) => norm(vecMat(vector, structure.lattice)));
  return Math.min(...lengths);
}

function levels(units: number): number[] {
  return Array.from({ length: 2 * units }, (_, index) => index - units);
}

function wrapped(value: number, period: number): number {
  const remainder = value - period * Math.floor(value / period);
  return period - remainder < 1e-9 * period ? 0 : remainder;
}

function near(offset: number, period: number): boolean {
  return Math.abs(offset - period * Math.round(offset / period)) < perpendicularTolerance;
}
