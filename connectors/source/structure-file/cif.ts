import { InvalidInput } from '../../../domain/failures.js';
import type { Structure } from '../../../domain/structure.js';
import { norm, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import { cifBlocks, type CifBlock, type CifLoop, type CifValue } from './cif-syntax.js';
import { accepted, elementIn, entryOf, stem, type RawStructure, type StructureEntry } from './entry.js';
import { applyOperation, symmetryOperation, type SymmetryOperation } from './symmetry-operation.js';

/** Every crystal of a CIF file; blocks without atoms (publication data) are passed over. */
export function readCif(text: string, file: string): StructureEntry[] {
  const blocks = cifBlocks(text, file).filter((block) => atomLoop(block) !== undefined || block.items.has('_cell_length_a'));
  if (blocks.length === 0)
    throw new InvalidInput('no data_ block holds a cell and atoms', {
      file,
      path: 'line 1',
      value: text.slice(0, 40),
      remedy: 'Give _cell_length_a .. and a loop of _atom_site_ values',
    });
  return blocks.map((block, index) => {
    const name = block.name === '' ? stem(file) : block.name;
    const repeated = blocks.slice(0, index).some((other) => other.name === block.name);
    const code = block.items.get('_cod_database_code') ?? block.items.get('_database_code_icsd');
    const sourceId = code?.given === true ? code.text : repeated ? `${name}-${index + 1}` : name;
    return entryOf({ source: 'file', file, format: 'cif', sourceId }, () => crystal(block, file));
  });
}

function crystal(block: CifBlock, file: string): Structure {
  const { lattice, place } = cell(block, file);
  const operations = symmetry(block, file);
  const raw: RawStructure = { lattice, latticePlace: place, sites: [] };
  for (const atom of atoms(block, file)) {
    const images = operations.map((operation) => applyOperation(operation, atom.position));
    // Special positions come out several times; 0.05 angstrom is far above rounded coordinates and far below a bond.
    const distinct = images.filter((image, index) => !images.slice(0, index).some((other) => samePlace(image, other, lattice)));
    raw.sites.push(...distinct.map((position) => ({ ...atom, position })));
    if (raw.sites.length > 1000) break;
  }
  return accepted(raw, file);
}

/** Cell edges and angles as vectors: a along x, b in the xy plane. */
function cell(block: CifBlock, file: string): { lattice: Mat3; place: string } {
  const value = (tag: string, fallback?: number): number => {
    const found = block.items.get(tag);
    if (found?.given !== true && fallback !== undefined) return fallback;
    if (found?.given !== true)
      throw new InvalidInput(`${tag} is missing`, {
        file,
        path: `line ${found?.line ?? block.line}`,
        remedy: 'Give the six cell parameters',
      });
    return numberIn(found, file);
  };
  const lengths = (['a', 'b', 'c'] as const).map((axis) => value(`_cell_length_${axis}`));
  const angles = (['alpha', 'beta', 'gamma'] as const).map((angle) => value(`_cell_angle_${angle}`, 90));
  const place = `line ${block.items.get('_cell_length_a')?.line ?? block.line}`;
  const [a = 0, b = 0, c = 0] = lengths;
  if (!lengths.every((length) => length > 0) || !angles.every((angle) => angle > 0 && angle < 180))
    throw new InvalidInput('cell edges and angles must be positive, angles below 180', {
      file,
      path: place,
      value: [...lengths, ...angles].join(' '),
      remedy: 'Correct the _cell_ values',
    });
  const [alpha = 0, beta = 0, gamma = 0] = angles.map((degrees) => (degrees === 90 ? 0 : Math.cos((degrees * Math.PI) / 180)));
  const sine = Math.sqrt(1 - gamma * gamma);
  const cy = (alpha - beta * gamma) / sine;
  return {
    lattice: [
      [a, 0, 0],
      [b * gamma, b * sine, 0],
      [c * beta, c * cy, c * Math.sqrt(1 - beta * beta - cy * cy)],
    ],
    place,
  };
}

/** The symmetry operations; a file that names a group other than P 1 must list them. */
function symmetry(block: CifBlock, file: string): SymmetryOperation[] {
  const tags = ['_space_group_symop_operation_xyz', '_symmetry_equiv_pos_as_xyz'];
  for (const tag of tags) {
    const loop = block.loops.find((one) => one.tags.includes(tag));
    const single = block.items.get(tag);
    if (loop !== undefined)
      return loop.rows
        .flatMap((row) => row[loop.tags.indexOf(tag)] ?? [])
        .map((value) => symmetryOperation(value.text, file, `line ${value.line}`));
    if (single !== undefined) return [symmetryOperation(single.text, file, `line ${single.line}`)];
  }
  const group = ['_symmetry_space_group_name_h-m', '_space_group_name_h-m_alt', '_space_group_it_number', '_symmetry_int_tables_number']
    .map((tag) => block.items.get(tag))
    .find((value) => value?.given === true);
  if (group !== undefined && !['P1', '1'].includes(group.text.replaceAll(/[\s_]/g, '').toUpperCase())) {
    const remedy = 'Export the file with symmetry operations, or in P 1';
    throw new InvalidInput('the space group is named but its operations are not listed', {
      file,
      path: `line ${group.line}`,
      value: group.text,
      remedy,
    });
  }
  return [symmetryOperation('x,y,z', file, `line ${block.line}`)];
}

function atoms(block: CifBlock, file: string): RawStructure['sites'] {
  const loop = atomLoop(block);
  if (loop === undefined)
    throw new InvalidInput('there is no loop of _atom_site_ values', {
      file,
      path: `line ${block.line}`,
      remedy: 'Give _atom_site_label and _atom_site_fract_x, y, z',
    });
  const column = (row: CifValue[], tag: string): CifValue | undefined => row[loop.tags.indexOf(tag)];
  return loop.rows.map((row) => {
    const type = column(row, '_atom_site_type_symbol') ?? column(row, '_atom_site_label');
    const place = `line ${row[0]?.line ?? block.line}`;
    if (type === undefined)
      throw new InvalidInput('atoms need a label or a type symbol', { file, path: place, remedy: 'Give _atom_site_label' });
    const coordinate = (axis: string): number => {
      const value = column(row, `_atom_site_fract_${axis}`);
      if (value?.given !== true)
        throw new InvalidInput(`_atom_site_fract_${axis} is not given`, {
          file,
          path: place,
          value: value?.text,
          remedy: 'Fractional coordinates are needed',
        });
      return snapped(value, file);
    };
    const occupancy = column(row, '_atom_site_occupancy');
    return {
      species: elementIn(type.text),
      occupancy: occupancy?.given === true ? numberIn(occupancy, file) : 1,
      position: [coordinate('x'), coordinate('y'), coordinate('z')],
      place,
    };
  });
}

function atomLoop(block: CifBlock): CifLoop | undefined {
  return block.loops.find((loop) => loop.tags.includes('_atom_site_fract_x'));
}

/** `3.6146(2)` -> 3.6146. */
function numberIn({ text, line }: CifValue, file: string): number {
  const plain = text.replace(/\(\d+\)$/, '');
  const value = Number(plain);
  if (plain !== '' && !Number.isNaN(value)) return value;
  throw new InvalidInput('this is not a number', {
    file,
    path: `line ${line}`,
    value: text,
    remedy: 'Write numbers as 3.6146 or 3.6146(2)',
  });
}

/** A coordinate; `0.333` and `0.66667` become the thirds and sixths that they round, so that symmetry images coincide. */
function snapped(value: CifValue, file: string): number {
  const number = numberIn(value, file);
  const digits = /\.(\d+)/.exec(value.text)?.[1]?.length ?? 0;
  const sixth = Math.round(number * 6) / 6;
  return digits >= 3 && Math.abs(number - sixth) < 0.51 * 10 ** -digits ? sixth : number;
}

function samePlace(p: Vec3, q: Vec3, lattice: Mat3): boolean {
  const centred = (value: number): number => value - Math.round(value);
  return norm(vecMat([centred(p[0] - q[0]), centred(p[1] - q[1]), centred(p[2] - q[2])], lattice)) < 0.05;
}
