import { elements as periodicTable } from '../element.js';
import { crystalDensity, shortestDistance, type EamFunctions } from './eam.js';
import { readHeader, type TabulatedStyle } from './tabulated.js';

/** 27.2 eV and 0.529 angstrom, as LAMMPS rounds Hartree and bohr in funcfl files: phi = 27.2 * 0.529 Z(r)^2 / r. */
const chargeProduct = 27.2 * 0.529;
/** As far above the density of the crystal as the tables of the analytic potentials reach. */
const densityRange = 3;

/** Values from zero on, evenly spaced. */
interface Column {
  step: number;
  values: readonly number[];
}

/**
 * The embedded-atom functions of one element of a potential file, interpolated as LAMMPS does, so that a rough table is as rough here.
 * Throws `UnreadablePotential`, and `RangeError` for an element that is not in the file.
 */
export function tabulatedFunctions(text: string, style: Exclude<TabulatedStyle, 'meam'>, element: string): EamFunctions {
  const { elements, cutoffAngstrom = 0 } = readHeader(text, style);
  const place = elements.indexOf(element);
  if (place < 0) throw new RangeError(`the potential file has ${elements.join(', ')}, not ${element}`);
  const { embedding, density, pair } = style === 'eam' ? funcfl(text) : setfl(text, style, place);
  const [f, rho, product] = [interpolation(embedding), interpolation(density), interpolation(pair)];
  const from = (distance: number): number => Math.max(distance, shortestDistance);
  const inRange = (distance: number): boolean => distance < cutoffAngstrom;
  const densityAt = (distance: number): number => (inRange(distance) ? rho(from(distance)) : 0);
  // Files reach up to a hundred times the density of the crystal; tables of as many rows would be coarse where it matters.
  const volume = periodicTable[element as keyof typeof periodicTable]?.atomicVolume;
  const crystal = volume === undefined ? Number.POSITIVE_INFINITY : crystalDensity('fcc', Math.cbrt(4 * volume), densityAt);
  return {
    cutoffAngstrom,
    maxDensity: Math.min(densityRange * crystal, embedding.step * (embedding.values.length - 1)),
    embedding: (_, value) => f(value),
    density: (_, distance) => densityAt(distance),
    pair: (_a, _b, distance) => (inRange(distance) ? product(from(distance)) / from(distance) : 0),
  };
}

interface Columns {
  embedding: Column;
  density: Column;
  /** r phi(r) in eV angstrom. */
  pair: Column;
}

/** After the header: per element "Z mass a lattice", F and f (eam/fs: an f for each neighbour), then r phi of pairs (1,1), (2,1), (2,2)... */
function setfl(text: string, style: 'eam/alloy' | 'eam/fs', place: number): Columns {
  const lines = text.split(/\r?\n/, 5);
  const n = Number(words(lines[3] ?? '')[0]);
  const [rows = 0, densityStep = 0, distances = 0, distanceStep = 0] = words(lines[4] ?? '').map(Number);
  const body = words(afterLines(text, 5));
  const densities = style === 'eam/fs' ? n : 1;
  const block = 4 + rows + densities * distances;
  const start = place * block + 4;
  const own = start + rows + (style === 'eam/fs' ? place * distances : 0);
  const pairs = n * block + ((place * (place + 1)) / 2 + place) * distances;
  const numbers = (at: number, count: number): number[] => body.slice(at, at + count).map(Number);
  return {
    embedding: { step: densityStep, values: numbers(start, rows) },
    density: { step: distanceStep, values: numbers(own, distances) },
    pair: { step: distanceStep, values: numbers(pairs, distances) },
  };
}

/** After the header: F, the effective charge Z, f. */
function funcfl(text: string): Columns {
  const lines = text.split(/\r?\n/, 3);
  const [rows = 0, densityStep = 0, distances = 0, distanceStep = 0] = words(lines[2] ?? '').map(Number);
  const body = words(afterLines(text, 3)).map(Number);
  return {
    embedding: { step: densityStep, values: body.slice(0, rows) },
    density: { step: distanceStep, values: body.slice(rows + distances, rows + 2 * distances) },
    pair: { step: distanceStep, values: body.slice(rows, rows + distances).map((charge) => chargeProduct * charge * charge) },
  };
}

/** Cubic Hermite pieces whose slopes are five-point differences, three-point ones near the ends; straight on after the last row. */
function interpolation({ step, values }: Column): (x: number) => number {
  const last = values.length - 1;
  const at = (i: number): number => values[i] ?? Number.NaN;
  const slope = (i: number): number => {
    if (i === 0) return at(1) - at(0);
    if (i === last) return at(last) - at(last - 1);
    if (i === 1 || i === last - 1) return (at(i + 1) - at(i - 1)) / 2;
    return (at(i - 2) - at(i + 2) + 8 * (at(i + 1) - at(i - 1))) / 12;
  };
  return (x) => {
    const place = x / step;
    const i = Math.min(last - 1, Math.max(0, Math.floor(place)));
    const t = Math.min(1, place - i);
    const [low, high, rise] = [slope(i), slope(i + 1), at(i + 1) - at(i)];
    const inside = at(i) + t * (low + t * (3 * rise - 2 * low - high + t * (low + high - 2 * rise)));
    return place > last ? inside + (place - last) * high : inside;
  };
}

function afterLines(text: string, count: number): string {
  let at = 0;
  for (let line = 0; line < count; line += 1) at = text.indexOf('\n', at) + 1;
  return text.slice(at);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
