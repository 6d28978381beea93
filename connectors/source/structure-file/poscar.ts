import { InvalidInput } from '../../../domain/failures.js';
import { determinant, inverse, scale, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import { accepted, elementIn, entryOf, stem, type RawStructure, type StructureEntry } from './entry.js';

/**
 * A VASP 5 POSCAR: remark, scale (negative = cell volume; three numbers = one for each cartesian direction), lattice, element symbols,
 * counts, optional selective dynamics, Direct or Cartesian, positions. What follows the positions (velocities) is ignored.
 */
export function readPoscar(text: string, file: string): StructureEntry[] {
  const lines = text.split(/\r\n|\n|\r/);
  const sourceId = stem(file);
  const raw = rawStructure(lines, file);
  return [entryOf({ source: 'file', file, format: 'poscar', sourceId }, () => accepted(raw, file))];
}

function rawStructure(lines: readonly string[], file: string): RawStructure {
  const given: Mat3 = [numbers(lines, 3, 3, file), numbers(lines, 4, 3, file), numbers(lines, 5, 3, file)];
  const factors = scaleFactors(lines, given, file);
  const lattice = given.map((row) => stretched(row, factors)) as Mat3;
  const symbols = words(lines, 6);
  if (symbols.length === 0 || symbols.some((word) => /^\d/.test(word)))
    throw new InvalidInput('element symbols are missing', {
      file,
      path: 'line 6',
      value: lines[5],
      remedy: 'Insert a line of element symbols above the counts (VASP 5 format)',
    });
  const counts = numbers(lines, 7, symbols.length, file);
  if (!counts.every((count) => Number.isInteger(count) && count >= 0))
    throw new InvalidInput('atom counts must be whole numbers', {
      file,
      path: 'line 7',
      value: lines[6],
      remedy: 'Give one count for each element symbol',
    });
  const selective = /^\s*s/i.test(lines[7] ?? '');
  const modeLine = selective ? 9 : 8;
  const mode = words(lines, modeLine)[0]?.[0]?.toLowerCase();
  if (mode === undefined || !'dck'.includes(mode))
    throw new InvalidInput('this line must say Direct or Cartesian', {
      file,
      path: `line ${modeLine}`,
      value: lines[modeLine - 1],
      remedy: 'Write Direct or Cartesian',
    });
  const labels = symbols.flatMap((symbol, kind) => Array.from({ length: counts[kind] ?? 0 }, () => elementIn(symbol)));
  const toFractional = mode === 'd' || Math.abs(determinant(lattice)) < 1e-9 ? undefined : inverse(lattice);
  const sites = labels.map((species, index) => {
    const line = modeLine + 1 + index;
    const [x, y, z] = numbers(lines, line, 3, file);
    const position: Vec3 = toFractional === undefined ? [x, y, z] : vecMat(stretched([x, y, z], factors), toFractional);
    return { species, occupancy: 1, position, place: `line ${line}` };
  });
  return { lattice, latticePlace: 'line 3', sites };
}

function scaleFactors(lines: readonly string[], given: Mat3, file: string): Vec3 {
  const count =
    words(lines, 2).length >= 3 &&
    words(lines, 2)
      .slice(0, 3)
      .every((word) => !Number.isNaN(Number(word)))
      ? 3
      : 1;
  const [first = 1, second = first, third = first] = numbers(lines, 2, count, file);
  if (first === 0)
    throw new InvalidInput('the scale is zero', {
      file,
      path: 'line 2',
      value: lines[1],
      remedy: 'Write 1.0, or minus the cell volume in cubic angstrom',
    });
  if (count === 3 || first > 0 || Number.isNaN(first)) return [first, second, third];
  const factor = Math.cbrt(-first / Math.abs(determinant(given)));
  return scale([1, 1, 1], factor);
}

function stretched([x, y, z]: Vec3, [fx, fy, fz]: Vec3): Vec3 {
  return [x * fx, y * fy, z * fz];
}

/** The first numbers of a line. `NaN` is a number that was written, to be rejected as one; `abc` is not. */
function numbers(lines: readonly string[], line: number, count: 3, file: string): Vec3;
function numbers(lines: readonly string[], line: number, count: number, file: string): number[];
function numbers(lines: readonly string[], line: number, count: number, file: string): number[] {
  const found = words(lines, line).slice(0, count);
  const values = found.map((word) => Number(word.replace(/[dD](?=[+-]?\d+$)/, 'e')));
  if (found.length === count && values.every((value, index) => !Number.isNaN(value) || /^[+-]?nan$/i.test(found[index] ?? '')))
    return values;
  const problem = lines.length < line ? 'the file ends too early' : `${count} number${count > 1 ? 's are' : ' is'} needed here`;
  throw new InvalidInput(problem, {
    file,
    path: `line ${line}`,
    value: lines[line - 1],
    remedy: 'Compare with the POSCAR page of the VASP manual',
  });
}

function words(lines: readonly string[], line: number): string[] {
  return (lines[line - 1] ?? '')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
}
