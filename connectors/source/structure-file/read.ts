import { InvalidInput } from '../../../domain/failures.js';
import type { Structure } from '../../../domain/structure.js';
import { readCif } from './cif.js';
import type { StructureEntry, StructureProvenance } from './entry.js';
import { isExtendedXyz, readExtendedXyz } from './extended-xyz.js';
import { isOptimade, readOptimade, readOptimadeLines } from './optimade.js';
import { readPoscar } from './poscar.js';
import { isPymatgen, readPymatgen } from './pymatgen.js';

export interface StructureFile {
  structures: { id: string; structure: Structure; provenance: StructureProvenance }[];
  /** Entries that were understood and cannot be used, with the place, the value and the remedy. */
  rejected: { id: string; reason: string }[];
}

const formats =
  'Known formats: CIF (.cif), VASP 5 (POSCAR, CONTCAR, .vasp), extended XYZ (.xyz, .extxyz), pymatgen and OPTIMADE JSON (.json), OPTIMADE lines (.jsonl)';

/** Reads any structure file; the name decides where it can, the content otherwise. Throws `InvalidInput` only when the file as a whole cannot be read. */
export function readStructureFile(name: string, text: string): StructureFile {
  if (text.trim() === '') throw new InvalidInput('the file is empty', { file: name, remedy: formats });
  const entries = reader(name, text)(text, name);
  return {
    structures: entries.flatMap((entry) =>
      entry.kind === 'accepted' ? [{ id: entry.id, structure: entry.structure, provenance: entry.provenance }] : [],
    ),
    rejected: entries.flatMap((entry) => (entry.kind === 'rejected' ? [{ id: entry.id, reason: entry.reason }] : [])),
  };
}

function reader(name: string, text: string): (text: string, file: string) => StructureEntry[] {
  const file = name.split(/[\\/]/).at(-1) ?? name;
  if (/\.cif$/i.test(file)) return readCif;
  if (/\.jsonl$/i.test(file)) return readOptimadeLines;
  if (/^(poscar|contcar)|\.(vasp|poscar|contcar)$/i.test(file)) return readPoscar;
  if (/\.(ext)?xyz$/i.test(file) || isExtendedXyz(text)) return readExtendedXyz;
  if (/\.json$/i.test(file) || /^\s*[{[]/.test(text)) return readJson;
  if (/^\s*(#.*\s+)*data_/i.test(text)) return readCif;
  // `Cu4 / 1.0 / 3.61 0 0`: a remark, a scale, and three numbers.
  if (/^[^\n]*\n\s*-?[\d.]+\s*\n\s*-?[\d.eE+-]+\s+-?[\d.eE+-]+\s+-?[\d.eE+-]+/.test(text)) return readPoscar;
  throw new InvalidInput('the format is not known', { file: name, path: 'line 1', value: text.slice(0, 40), remedy: formats });
}

function readJson(text: string, file: string): StructureEntry[] {
  if (/^\s*\{\s*"x-optimade"/.test(text)) return readOptimadeLines(text, file);
  const content = parsed(text, file);
  if (isOptimade(content)) return readOptimade(content, file);
  if (isPymatgen(content)) return readPymatgen(content, file);
  throw new InvalidInput('this JSON is neither a pymatgen structure nor an OPTIMADE response', {
    file,
    path: '$',
    value: text.slice(0, 40),
    remedy: formats,
  });
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidInput('this is not JSON', {
      file,
      path: '$',
      value: text.slice(0, 40),
      remedy: 'JSON has no NaN or Infinity; download or write the file again',
      cause,
    });
  }
}
