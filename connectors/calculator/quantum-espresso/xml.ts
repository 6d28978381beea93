import type { Mat3, Vec3 } from '../../../domain/vector.js';

/** What a `data-file-schema.xml` says, in its own units (hartree, bohr). A field that is missing or cut short is absent. */
export interface PwXml {
  version?: string;
  /** `</qes:espresso>` is there. */
  complete: boolean;
  exitStatus?: number;
  scfConverged?: boolean;
  /** Of a relaxation. */
  relaxationConverged?: boolean;
  /** Rows. */
  cell?: Mat3;
  positions?: Vec3[];
  energy?: number;
  forces?: Vec3[];
  /** As printed: positive under compression. */
  stress?: Mat3;
  magnetization?: number;
  /** Largest occupation of the highest band computed at any k-point; over a thousandth or so, bands are missing. */
  highestOccupation?: number;
  /** Between the highest filled and the lowest empty band, without spin; negative where they overlap, as in a metal. */
  bandGap?: number;
}

/**
 * Reads the XML of pw.x by the names of its elements, which have stayed over the schema versions since QE 6.0 while their surroundings
 * changed (`status` became `exit_status`). It is read as text: a parser that insists on well-formed input is of no use for the files of
 * runs that were killed. Never throws.
 */
export function readPwXml(text: string): PwXml {
  // Millions of eigenvalues, of which only the occupations of the highest bands matter.
  const bands = between(text, '<band_structure>', '</band_structure>');
  const output = between(text, '<output>', '</output>') ?? '';
  const slim = bands === undefined ? output : output.replace(bands, '');
  const finalCell = between(slim, '<atomic_structure', '</atomic_structure>') ?? '';
  const status = integer(element(text, 'exit_status') ?? element(text, 'status'));
  const cell = ['a1', 'a2', 'a3'].map((name) => vectors(element(finalCell, name))?.[0]);
  return definedOnly({
    version: /<creator\b[^>]*\bVERSION="([^"]+)"/i.exec(text)?.[1],
    complete: text.trimEnd().endsWith('</qes:espresso>'),
    exitStatus: status,
    scfConverged: truth(element(between(slim, '<scf_conv>', '</scf_conv>') ?? '', 'convergence_achieved')),
    relaxationConverged: truth(element(between(slim, '<opt_conv>', '</opt_conv>') ?? '', 'convergence_achieved')),
    cell: cell.every((row) => row !== undefined) ? (cell as Mat3) : undefined,
    positions: [...finalCell.matchAll(/<atom\b[^>]*>([^<]*)<\/atom>/g)].flatMap((match) => vectors(match[1]) ?? []),
    energy: number(element(between(slim, '<total_energy>', '</total_energy>') ?? '', 'etot')),
    forces: vectors(element(slim, 'forces')),
    stress: vectors(element(slim, 'stress')) as Mat3 | undefined,
    magnetization: number(element(between(slim, '<magnetization>', '</magnetization>') ?? '', 'total')),
    highestOccupation: bands === undefined ? undefined : highestOccupation(bands),
    bandGap: bands === undefined ? undefined : bandGap(bands),
  });
}

/** Content of the last `<name ...>...</name>` in the text. */
function element(text: string, name: string): string | undefined {
  const end = text.lastIndexOf(`</${name}>`);
  const start = end < 0 ? -1 : Math.max(text.lastIndexOf(`<${name}>`, end), text.lastIndexOf(`<${name} `, end));
  return start < 0 ? undefined : text.slice(text.indexOf('>', start) + 1, end);
}

function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  return start < 0 || end < 0 ? undefined : text.slice(start, end + close.length);
}

/** Rows of three; Fortran's `1.0e-100` without its `e` and `NaN` become NaN, which the reader of the result looks for. */
function vectors(text: string | undefined): Vec3[] | undefined {
  const values = text?.trim().split(/\s+/).map(number);
  if (values === undefined || values.length % 3 !== 0 || values.length === 0) return undefined;
  const rows = Array.from({ length: values.length / 3 }, (_, i) => values.slice(3 * i, 3 * i + 3).map((value) => value ?? Number.NaN));
  return rows as Vec3[];
}

/** Lowest energy of the first band that the electrons do not need, less the highest of the last that they fill. */
function bandGap(bands: string): number | undefined {
  const pairs = (number(element(bands, 'nelec')) ?? Number.NaN) / 2;
  if (!Number.isInteger(pairs) || truth(element(bands, 'lsda')) !== false) return undefined;
  const energies = [...bands.matchAll(/<eigenvalues\b[^>]*>([^<]*)<\/eigenvalues>/g)].map(([, text = '']) => {
    const values = text.trim().split(/\s+/);
    return [number(values[pairs - 1]) ?? Number.NaN, number(values[pairs]) ?? Number.NaN] as const;
  });
  const gap = Math.min(...energies.map(([, empty]) => empty)) - Math.max(...energies.map(([filled]) => filled));
  return Number.isFinite(gap) ? gap : undefined;
}

function highestOccupation(bands: string): number | undefined {
  const last = [...bands.matchAll(/<occupations\b[^>]*>([^<]*)<\/occupations>/g)].map(
    (match) => number(match[1]?.trim().split(/\s+/).at(-1)) ?? Number.NaN,
  );
  return last.length === 0 ? undefined : Math.max(...last);
}

function number(text: string | undefined): number | undefined {
  return text === undefined || text.trim() === '' ? undefined : Number(text.trim().replace(/d/i, 'e'));
}

function integer(text: string | undefined): number | undefined {
  const value = number(text);
  return Number.isInteger(value) ? value : undefined;
}

function truth(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  return /^\s*(true|1)\s*$/i.test(text);
}

function definedOnly(fields: { [Key in keyof PwXml]: PwXml[Key] | undefined }): PwXml {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as PwXml;
}
