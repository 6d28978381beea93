import { InvalidInput } from '../../../domain/failures.js';
import { determinant, inverse, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import { accepted, elementIn, entryOf, stem, type RawStructure, type StructureEntry } from './entry.js';

/**
 * Extended XYZ, as ASE and the codes of machine-learned force fields write it: frames of a count, a line of `key=value` pairs with
 * `Lattice="ax ay az bx by bz cx cy cz"` and `Properties=species:S:1:pos:R:3:...`, and a line for each atom, in angstrom. Each frame is an
 * entry, `<file>#<number>` where there are several. A frame that is not periodic in all directions is no crystal and is rejected.
 */
export function readExtendedXyz(text: string, file: string): StructureEntry[] {
  const lines = text.split(/\r\n|\n|\r/);
  const frames = framesOf(lines, file);
  return frames.map((start, index) => {
    const sourceId = frames.length === 1 ? stem(file) : `${stem(file)}#${index + 1}`;
    return entryOf({ source: 'file', file, format: 'extxyz', sourceId }, () => accepted(frame(lines, start, file), file));
  });
}

/** Whether the second line of a file is that of a frame. */
export function isExtendedXyz(text: string): boolean {
  return /^\s*\d+\s*\n[^\n]*\b(Lattice|Properties)\s*=/i.test(text);
}

/** Indices of the lines with the counts. */
function framesOf(lines: readonly string[], file: string): number[] {
  const starts: number[] = [];
  for (let at = 0; at < lines.length;) {
    if ((lines[at] ?? '').trim() === '') {
      at += 1;
      continue;
    }
    const count = Number(lines[at]);
    if (!Number.isInteger(count) || count < 1)
      throw problem('the number of atoms must be here', file, at, lines, 'Compare with the format page of ASE (extxyz)');
    if (at + 2 + count > lines.length)
      throw problem('the file ends before the last atom', file, lines.length - 1, lines, 'Write the file again');
    starts.push(at);
    at += 2 + count;
  }
  return starts;
}

function frame(lines: readonly string[], start: number, file: string): RawStructure {
  const pairs = pairsOf(lines[start + 1] ?? '');
  const lattice = latticeOf(pairs, file, start, lines);
  const columns = columnsOf(pairs.get('properties') ?? 'species:S:1:pos:R:3');
  const species = columns.get('species') ?? columns.get('element');
  const position = columns.get('pos') ?? columns.get('positions');
  if (species === undefined || position === undefined)
    throw problem('Properties name no species or no pos', file, start + 1, lines, 'Write them as Properties=species:S:1:pos:R:3');
  const toFractional = Math.abs(determinant(lattice)) < 1e-9 ? undefined : inverse(lattice);
  const sites = Array.from({ length: Number(lines[start]) }, (_, index) => {
    const at = start + 2 + index;
    const words = (lines[at] ?? '').trim().split(/\s+/);
    const cartesian = words.slice(position, position + 3).map(Number) as Vec3;
    if (cartesian.length < 3 || words[species] === undefined)
      throw problem('a symbol and three coordinates are needed', file, at, lines, 'Write the file again');
    return {
      species: elementIn(words[species]),
      occupancy: 1,
      position: toFractional === undefined ? cartesian : vecMat(cartesian, toFractional),
      place: `line ${at + 1}`,
    };
  });
  return { lattice, latticePlace: `line ${start + 2}`, sites };
}

function latticeOf(pairs: ReadonlyMap<string, string>, file: string, start: number, lines: readonly string[]): Mat3 {
  const numbers = (pairs.get('lattice') ?? '').trim().split(/\s+/).map(Number);
  if (numbers.length !== 9)
    throw problem(
      'there is no Lattice of nine numbers',
      file,
      start + 1,
      lines,
      'Molecules cannot be screened; give Lattice="..." of a crystal',
    );
  const open = (pairs.get('pbc') ?? 'T T T').split(/\s+/).some((word) => /^f/i.test(word));
  if (open) throw problem('it is not periodic in all directions', file, start + 1, lines, 'Give a crystal');
  const [ax = 0, ay = 0, az = 0, bx = 0, by = 0, bz = 0, cx = 0, cy = 0, cz = 0] = numbers;
  return [
    [ax, ay, az],
    [bx, by, bz],
    [cx, cy, cz],
  ];
}

/** `key=value key="several words"`, keys in lower case. */
function pairsOf(line: string): Map<string, string> {
  const found = line.matchAll(/([A-Za-z_][\w-]*)\s*=\s*(?:"([^"]*)"|(\S+))/g);
  return new Map([...found].map(([, key = '', quoted, bare]) => [key.toLowerCase(), quoted ?? bare ?? '']));
}

/** The first column of each property: `species:S:1:pos:R:3` -> species 0, pos 1. */
function columnsOf(properties: string): Map<string, number> {
  const words = properties.split(':');
  const columns = new Map<string, number>();
  let column = 0;
  for (let at = 0; at + 2 < words.length; at += 3) {
    columns.set((words[at] ?? '').toLowerCase(), column);
    column += Number(words[at + 2]);
  }
  return columns;
}

function problem(message: string, file: string, at: number, lines: readonly string[], remedy: string): InvalidInput {
  return new InvalidInput(message, { file, path: `line ${at + 1}`, value: (lines[at] ?? '').slice(0, 60), remedy });
}
