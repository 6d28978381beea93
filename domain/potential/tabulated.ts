import { assertNever } from '../assert-never.js';
import { elements as periodicTable } from '../element.js';

/** What the header of a potential file says: enough to know whether it can describe a structure. */
export interface TabulatedHeader {
  elements: string[];
  /** Undefined where the file does not state it. */
  cutoffAngstrom: number | undefined;
  comment: string;
}

/** Reading a header failed; the message says what was expected and found. */
export class UnreadablePotential extends Error {
  override readonly name = 'UnreadablePotential';
}

export type TabulatedStyle = 'eam' | 'eam/alloy' | 'eam/fs' | 'meam';

/** Reads the header of a potential file in the format of a LAMMPS pair style. Throws `UnreadablePotential`. */
export function readHeader(text: string, style: TabulatedStyle): TabulatedHeader {
  switch (style) {
    case 'eam':
      return funcflHeader(text);
    case 'eam/alloy':
    case 'eam/fs':
      return setflHeader(text, style);
    case 'meam':
      return meamLibraryHeader(text);
    default:
      return assertNever(style);
  }
}

/** setfl and eam.fs share the header: three comments, "2 Al Cu", "Nrho drho Nr dr cutoff". */
function setflHeader(text: string, style: 'eam/alloy' | 'eam/fs'): TabulatedHeader {
  const lines = firstLines(text, 5);
  const [count, ...elements] = words(lines[3]);
  if (Number(count) !== elements.length || elements.length === 0)
    throw new UnreadablePotential(
      `line 4 should be the number of elements and their symbols, for instance "2 Al Cu", not "${lines[3] ?? ''}"`,
    );
  const numbers = words(lines[4]).map(Number);
  const [rows, densityStep, distances, distanceStep, cutoff] = numbers;
  if (
    numbers.length < 5 ||
    numbers.some((value) => !Number.isFinite(value)) ||
    !rows ||
    !densityStep ||
    !distances ||
    !distanceStep ||
    !cutoff
  )
    throw new UnreadablePotential(`line 5 should be "Nrho drho Nr dr cutoff", not "${lines[4] ?? ''}"`);
  const n = elements.length;
  const densities = style === 'eam/fs' ? n * n : n;
  const expected = n * (rows + 4) + densities * distances + ((n * (n + 1)) / 2) * distances;
  // Counting words of a whole file is cheap compared with finding out on a compute node that it was cut short.
  const present = countWords(text, 5);
  if (present < expected)
    throw new UnreadablePotential(
      `the ${style} tables should hold ${expected} values and hold ${present}: the file is truncated or of another style`,
    );
  return { elements, cutoffAngstrom: cutoff, comment: lines.slice(0, 3).join(' ').trim() };
}

/** funcfl: a comment, "Z mass a lattice", "Nrho drho Nr dr cutoff"; one element, given by its atomic number. */
function funcflHeader(text: string): TabulatedHeader {
  const lines = firstLines(text, 3);
  const atomicNumber = Number(words(lines[1])[0]);
  const symbol = Object.entries(periodicTable).find(([, element]) => element.number === atomicNumber)?.[0];
  if (symbol === undefined) throw new UnreadablePotential(`line 2 should start with an atomic number, not "${lines[1] ?? ''}"`);
  const cutoff = Number(words(lines[2])[4]);
  if (!(cutoff > 0)) throw new UnreadablePotential(`line 3 should be "Nrho drho Nr dr cutoff", not "${lines[2] ?? ''}"`);
  return { elements: [symbol], cutoffAngstrom: cutoff, comment: lines[0]?.trim() ?? '' };
}

/** A MEAM library has entries such as `'Ni4' 'fcc' 12. 28 58.6934 ...`; its cut-off is in the parameter file. */
function meamLibraryHeader(text: string): TabulatedHeader {
  const elements = [...text.matchAll(/^\s*'([A-Za-z][A-Za-z0-9]*)'\s+'[a-z0-9]+'/gm)].flatMap((match) => match[1] ?? []);
  if (elements.length === 0) throw new UnreadablePotential("no entry such as 'Ni4' 'fcc' 12. 28 58.69 was found: not a MEAM library");
  return { elements, cutoffAngstrom: undefined, comment: firstLines(text, 1)[0]?.trim() ?? '' };
}

function firstLines(text: string, count: number): string[] {
  return text.split(/\r?\n/, count);
}

function words(line: string | undefined): string[] {
  return (line ?? '').split(/\s+/).filter((word) => word !== '');
}

function countWords(text: string, skippedLines: number): number {
  let at = 0;
  for (let line = 0; line < skippedLines; line++) at = text.indexOf('\n', at) + 1;
  let count = 0;
  let inside = false;
  for (; at < text.length; at++) {
    const blank = text.charCodeAt(at) <= 32;
    if (!blank && !inside) count++;
    inside = !blank;
  }
  return count;
}
