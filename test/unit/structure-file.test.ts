import { describe, it } from 'vitest';
import { matchPrototype } from '../../connectors/source/match-prototype.js';
import { readStructureFile, type StructureFile } from '../../connectors/source/structure-file/read.js';
import { symmetryOperation } from '../../connectors/source/structure-file/symmetry-operation.js';
import { InvalidInput } from '../../domain/failures.js';
import { cartesian, volume, type Structure } from '../../domain/structure.js';
import { codCif, optimadeResponse, poscar, pymatgenAluminium, ti3alCif } from './data/structure-files.js';

type Attributes = Record<string, unknown>;
const optimadeWith = (change: Attributes): string =>
  JSON.stringify({ data: optimadeResponse.data.map((entry) => ({ ...entry, attributes: { ...entry.attributes, ...change } })) });
const only = (file: StructureFile): Structure => {
  const [first] = file.structures;
  if (first === undefined) throw new Error(file.rejected.map(({ reason }) => reason).join('; '));
  return first.structure;
};
const reason = (name: string, text: string): string =>
  readStructureFile(name, text)
    .rejected.map((one) => one.reason)
    .join('; ');

describe('extended XYZ', () => {
  // Written by ASE 3.29.0 (`ase.io.write`): copper with forces of its EMT, magnesium without.
  const frames = `4
Lattice="3.6 0.0 0.0 0.0 3.6 0.0 0.0 0.0 3.6" Properties=species:S:1:pos:R:3:energies:R:1:forces:R:3 energy=-0.02675507474316774 free_energy=-0.02675507474316774 stress="0.007000141271404378 -2.870676856133596e-17 2.3691889977567114e-17 -2.870676856133596e-17 0.007000141271404073 6.767606354551154e-19 2.3691889977567114e-17 6.767606354551154e-19 0.007000141271404073" pbc="T T T"
Cu       0.00000000       0.00000000       0.00000000      -0.00668877      -0.00000000      -0.00000000      -0.00000000
Cu       0.00000000       1.80000000       1.80000000      -0.00668877       0.00000000      -0.00000000       0.00000000
Cu       1.80000000       0.00000000       1.80000000      -0.00668877      -0.00000000      -0.00000000       0.00000000
Cu       1.80000000       1.80000000       0.00000000      -0.00668877      -0.00000000      -0.00000000      -0.00000000
2
Lattice="3.21 0.0 0.0 -1.605 2.7799415461480477 0.0 0.0 0.0 5.21" Properties=species:S:1:pos:R:3 pbc="T T T"
Mg       0.00000000       0.00000000       0.00000000
Mg      -0.00000000       1.85329436       2.60500000
`;

  it('gives a structure a frame, whatever columns there are', ({ expect }) => {
    const { structures, rejected } = readStructureFile('run.extxyz', frames);
    expect(rejected).toEqual([]);
    expect(structures.map(({ id, provenance }) => [id, provenance.format])).toEqual([
      ['run#1', 'extxyz'],
      ['run#2', 'extxyz'],
    ]);
    expect(structures.map(({ structure }) => matchPrototype(structure))).toMatchObject([{ prototype: 'A1' }, { prototype: 'A3' }]);
    expect(structures[0]?.structure.lattice[0]).toEqual([3.6, 0, 0]);
  });

  it('is known by its second line, too', ({ expect }) => {
    const text = '1\nLattice="2.87 0 0 0 2.87 0 0 0 2.87" Properties=pos:R:3:species:S:1 pbc="T T T"\n0 0 0 Fe\n';
    expect(only(readStructureFile('iron.txt', text)).sites).toEqual([{ species: 'Fe', position: [0, 0, 0] }]);
  });

  it.for([
    ['a molecule', '1\nProperties=species:S:1:pos:R:3\nFe 0 0 0\n', /line 2: there is no Lattice of nine numbers/],
    ['a slab', '1\nLattice="3 0 0 0 3 0 0 0 30" pbc="T T F"\nFe 0 0 0\n', /line 2: it is not periodic in all directions/],
    ['an atom without coordinates', '1\nLattice="3 0 0 0 3 0 0 0 3"\nFe 0 0\n', /line 3: a symbol and three coordinates are needed/],
    ['a coordinate that is no number', '1\nLattice="3 0 0 0 3 0 0 0 3"\nFe 0 0 nan\n', /not finite/],
    ['no positions', '1\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1\nFe\n', /no species or no pos/],
  ] as const)('with %s is set aside with the reason', ([, text, message], { expect }) => {
    expect(reason('x.xyz', text)).toMatch(message);
  });

  it.for([
    ['cut off', '2\nLattice="3 0 0 0 3 0 0 0 3"\nFe 0 0 0', /the file ends before the last atom/],
    ['without a count', 'Fe\nLattice="3 0 0 0 3 0 0 0 3"\nFe 0 0 0\n', /line 1: the number of atoms must be here/],
  ] as const)('%s is no file', ([, text, message], { expect }) => {
    expect(() => readStructureFile('x.xyz', text)).toThrow(message);
  });
});

describe('CIF', () => {
  it('of Ti3Al unfolds by its symmetry operations into eight atoms of D0_19', ({ expect }) => {
    const file = readStructureFile('in/Ti3Al.cif', ti3alCif);
    expect(file.structures.map(({ id, provenance }) => [id, provenance])).toEqual([
      ['Ti3Al', { source: 'file', file: 'in/Ti3Al.cif', format: 'cif', sourceId: 'Ti3Al' }],
    ]);
    const structure = only(file);
    expect(structure.sites.map(({ species }) => species)).toEqual([...Array<string>(6).fill('Ti'), 'Al', 'Al']);
    expect(volume(structure)).toBeCloseTo(133.4669, 2);
    expect(matchPrototype(structure)).toMatchObject({ prototype: 'D0_19', occupants: { A: { Ti: 1 }, B: { Al: 1 } } });
  });

  it('with several blocks, text fields, uncertainties and upper-case labels gives one structure a crystal', ({ expect }) => {
    const { structures, rejected } = readStructureFile('cod.cif', codCif);
    expect(rejected).toEqual([]);
    expect(structures.map(({ id }) => id)).toEqual(['9008468', 'mg']);
    const [copper, magnesium] = structures;
    expect(copper?.structure.sites.map(({ species }) => species)).toEqual(['Cu', 'Cu', 'Cu', 'Cu']);
    expect(copper?.structure.lattice[0][0]).toBeCloseTo(3.61496, 10);
    expect(magnesium?.structure.sites[0]?.position[0]).toBeCloseTo(1 / 3, 12);
    expect(magnesium?.structure.lattice[1]).toEqual([expect.closeTo(-1.6047, 10), expect.closeTo(3.2094 * Math.sqrt(0.75), 10), 0]);
  });

  it('builds triclinic cells with the stated lengths and angles', ({ expect }) => {
    const text = `data_t\n_cell_length_a 3\n_cell_length_b 4\n_cell_length_c 5\n_cell_angle_alpha 80\n_cell_angle_beta 95\n_cell_angle_gamma 110\n${atomLoop('Fe 0 0 0')}`;
    const [a, b, c] = only(readStructureFile('t.cif', text)).lattice;
    const angle = (p: readonly number[], q: readonly number[]): number =>
      (Math.acos(p.reduce((sum, x, k) => sum + x * (q[k] ?? 0), 0) / Math.hypot(...p) / Math.hypot(...q)) * 180) / Math.PI;
    expect([Math.hypot(...a), Math.hypot(...b), Math.hypot(...c)].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([3, 4, 5]);
    expect([angle(b, c), angle(a, c), angle(a, b)].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([80, 95, 110]);
  });

  it.for([
    ['a partial occupancy', cell(3, 'Cu 0 0 0 0.5', true), /^x\.cif: line 10: Cu has a partial occupancy \(found 0\.5\)/],
    ['a vacancy', cell(3, 'Va1 0 0 0'), /line 9: this is no chemical element \(found "Va1"\)/],
    ['a dummy', cell(3, 'X 0 0 0'), /no chemical element \(found "X"\)/],
    ['a negative edge', cell(-3, 'Cu 0 0 0'), /^x\.cif: line 2: cell edges and angles must be positive/],
    [
      'a named group without operations',
      `${cell(3, 'Cu 0 0 0')}_symmetry_space_group_name_H-M 'F m -3 m'\n`,
      /the space group is named but its operations are not listed \(found "F m -3 m"\)/,
    ],
    ['two atoms in one place', cell(3, 'Cu 0 0 0\nAu 0 0 0.01'), /line 10: Au and Cu stand in one place/],
    ['a coordinate that is not given', cell(3, 'Cu ? 0 0'), /line 9: _atom_site_fract_x is not given/],
    ['a word where a number belongs', cell(3, 'Cu abc 0 0'), /line 9: this is not a number \(found "abc"\)/],
    [
      'a broken operation',
      `${cell(3, 'Cu 0 0 0')}loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,q'\n`,
      /line 12: this is not a symmetry operation \(found "x,y,q"\)/,
    ],
  ] as const)('with %s is rejected with the line, the value and a remedy', ([, text, message], { expect }) => {
    expect(reason('x.cif', text)).toMatch(message);
    expect(reason('x.cif', text)).toMatch(/\. [A-Z].+/);
  });

  it.for([
    ['an unclosed quote', "data_x\n_a 'b\n", /line 2: the quote is not closed/],
    ['an unclosed text field', 'data_x\n_a\n;text\n', /line 3: the text that starts with ";" does not end/],
    ['a loop with a value too few', 'data_x\nloop_\n_a\n_b\n1 2 3\n', /line 2: the loop has 2 tags and 3 values/],
    ['a tag without value', 'data_x\n_a\n_b 1\n', /line 2: _a has no value/],
    ['no crystal', 'data_x\n_a 1\n', /no data_ block holds a cell and atoms/],
  ] as const)('with %s cannot be read', ([, text, message], { expect }) => {
    expect(() => readStructureFile('x.cif', text)).toThrow(message);
    expect(() => readStructureFile('x.cif', text)).toThrow(InvalidInput);
  });

  it('keeps the good block beside a bad one', ({ expect }) => {
    const { structures, rejected } = readStructureFile(
      'x.cif',
      `${cell(3, 'Cu 0 0 0')}${cell(-3, 'Cu 0 0 0').replace('data_x', 'data_y')}`,
    );
    expect([structures.map(({ id }) => id), rejected.map(({ id }) => id)]).toEqual([['x'], ['y']]);
  });

  it('understands every way of writing an operation', ({ expect }) => {
    const read = (text: string): unknown => symmetryOperation(text, 'x.cif', 'line 1');
    expect(read('-y+1/2, x - y , .25+Z')).toEqual({
      rotation: [
        [0, -1, 0],
        [1, -1, 0],
        [0, 0, 1],
      ],
      translation: [0.5, 0, 0.25],
    });
    expect(() => read('x,y')).toThrow('not a symmetry operation');
  });
});

describe('POSCAR', () => {
  it('with selective dynamics and velocities gives L1_2', ({ expect }) => {
    const file = readStructureFile('run/POSCAR', poscar);
    expect(file.structures[0]).toMatchObject({ id: 'POSCAR', provenance: { format: 'poscar' } });
    expect(matchPrototype(only(file))).toMatchObject({
      prototype: 'L1_2',
      occupants: { A: { Ni: 1 }, B: { Al: 1 } },
      a: expect.closeTo(3.57, 9),
    });
  });

  it('with a negative scale has that volume, and cartesian positions scale with it', ({ expect }) => {
    const structure = only(
      readStructureFile('a.vasp', lines('-54', '1 0 0', '0 1 0', '0 0 1', 'W', '2', 'Cartesian', '0 0 0', '0.5 0.5 0.5')),
    );
    expect(volume(structure)).toBeCloseTo(54, 9);
    expect(structure.sites[1]?.position).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)]);
    expect(cartesian(structure)[1]?.[0]).toBeCloseTo(Math.cbrt(54) / 2, 9);
  });

  it('is recognised by its content where the name says nothing', ({ expect }) => {
    expect(readStructureFile('input.txt', poscar).structures).toHaveLength(1);
    expect(readStructureFile('input.txt', ti3alCif).structures).toHaveLength(1);
  });

  it.for([
    [
      'a left-handed lattice',
      lines('1.0', '0 3 0', '3 0 0', '0 0 3', 'W', '1', 'Direct', '0 0 0'),
      /POSCAR: line 3: the lattice vectors are left-handed/,
    ],
    [
      'NaN in the lattice',
      lines('1.0', 'NaN 0 0', '0 3 0', '0 0 3', 'W', '1', 'Direct', '0 0 0'),
      /POSCAR: line 3: the lattice is not finite/,
    ],
    [
      'too many atoms',
      lines('1.0', '90 0 0', '0 90 0', '0 0 90', 'W', '1001', 'Direct', ...Array.from({ length: 1001 }, (_, i) => `${i / 1001} 0 0`)),
      /more than 1000 atoms \(found 1001\)/,
    ],
    [
      'an unknown element',
      lines('1.0', '3 0 0', '0 3 0', '0 0 3', 'Qq', '1', 'Direct', '0 0 0'),
      /line 9: this is no chemical element \(found "Qq"\)/,
    ],
  ] as const)('with %s is rejected', ([, text, message], { expect }) => {
    expect(reason('POSCAR', text)).toMatch(message);
  });

  it.for([
    [
      'no element symbols',
      lines('1.0', '3 0 0', '0 3 0', '0 0 3', '1', 'Direct', '0 0 0'),
      /POSCAR: line 6: element symbols are missing .* Insert a line of element symbols/,
    ],
    [
      'a word in the lattice',
      lines('1.0', '3 0 x', '0 3 0', '0 0 3', 'W', '1', 'Direct', '0 0 0'),
      /line 3: 3 numbers are needed here \(found "3 0 x"\)/,
    ],
    ['too few positions', lines('1.0', '3 0 0', '0 3 0', '0 0 3', 'W', '2', 'Direct', '0 0 0'), /line 10: the file ends too early/],
    [
      'an unknown mode',
      lines('1.0', '3 0 0', '0 3 0', '0 0 3', 'W', '1', 'Fractional', '0 0 0'),
      /line 8: this line must say Direct or Cartesian/,
    ],
  ] as const)('with %s cannot be read', ([, text, message], { expect }) => {
    expect(() => readStructureFile('POSCAR', text)).toThrow(message);
  });
});

describe('pymatgen JSON', () => {
  it('gives one structure, an array, or those of Materials Project documents with their ids', ({ expect }) => {
    expect(readStructureFile('Al.json', JSON.stringify(pymatgenAluminium)).structures[0]).toMatchObject({
      id: 'Al',
      structure: { species: { Al: { Al: 1 } } },
    });
    expect(readStructureFile('two.json', JSON.stringify([pymatgenAluminium, pymatgenAluminium])).structures.map(({ id }) => id)).toEqual([
      'two-1',
      'two-2',
    ]);
    const document = {
      material_id: 'mp-134',
      structure: pymatgenAluminium,
      last_updated: { $date: '2025-09-25T00:00:00Z' },
      builder_meta: { database_version: '2025.09.25', license: 'BY-C' },
    };
    expect(readStructureFile('mp.json', JSON.stringify({ data: [document] })).structures[0]?.provenance).toEqual({
      source: 'file',
      file: 'mp.json',
      format: 'pymatgen',
      sourceId: 'mp-134',
      lastUpdated: '2025-09-25T00:00:00Z',
      databaseVersion: '2025.09.25',
      licence: 'BY-C',
    });
  });

  it.for([
    [
      'shares a site',
      {
        sites: [
          {
            species: [
              { element: 'Cu', occu: 0.5 },
              { element: 'Au', occu: 0.5 },
            ],
            abc: [0, 0, 0],
          },
        ],
      },
      /^a\.json: sites\[0\]: Cu\/Au has a partial occupancy \(found 0\.5\)/,
    ],
    [
      'has a dummy',
      { sites: [{ species: [{ element: 'X0+', occu: 1 }], abc: [0, 0, 0] }] },
      /sites\[0\]: this is no chemical element \(found "X0\+"\)/,
    ],
    ['is a slab', { lattice: { ...pymatgenAluminium.lattice, pbc: [true, true, false] } }, /lattice\.pbc: the structure is not periodic/],
    ['is a molecule', { '@class': 'Molecule' }, /@class: this is not a crystal \(found "Molecule"\)/],
    [
      'has null in the lattice',
      {
        lattice: {
          matrix: [
            [null, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
        },
      },
      /lattice\.matrix: the lattice is not finite/,
    ],
  ] as const)('that %s is rejected', ([, change, message], { expect }) => {
    expect(reason('a.json', JSON.stringify({ ...pymatgenAluminium, ...change }))).toMatch(message);
  });
});

describe('OPTIMADE', () => {
  it('response gives structures with id, date, version and address', ({ expect }) => {
    const file = readStructureFile('page.json', JSON.stringify(optimadeResponse));
    expect(file.structures[0]?.provenance).toEqual({
      source: 'file',
      file: 'page.json',
      format: 'optimade',
      sourceId: 'oqmd-1234',
      databaseVersion: '2025.11',
      lastUpdated: '2026-01-02T03:04:05Z',
      url: 'https://example.org/v1/structures/oqmd-1234',
    });
    expect(matchPrototype(only(file))).toMatchObject({ prototype: 'L1_0' });
  });

  it('may be a single entry or lines, of which a bad one does not stop the rest', ({ expect }) => {
    const [entry] = optimadeResponse.data;
    expect(readStructureFile('one.json', JSON.stringify({ data: entry })).structures).toHaveLength(1);
    const text = [
      '{"x-optimade":{"meta":{"api_version":"1.2"}}}',
      '{"type":"info","id":"structures"}',
      JSON.stringify(entry),
      '{"id": ',
      JSON.stringify({ ...entry, id: 'b' }),
    ].join('\n');
    const { structures, rejected } = readStructureFile('bulk.jsonl', text);
    expect(structures.map(({ id }) => id)).toEqual(['oqmd-1234', 'b']);
    expect(rejected).toEqual([{ id: 'line 4', reason: expect.stringContaining('bulk.jsonl: line 4: this is not JSON') }]);
  });

  it('page without entries is empty, not wrong', ({ expect }) => {
    expect(readStructureFile('page.json', JSON.stringify({ data: [], meta: {} }))).toEqual({ structures: [], rejected: [] });
  });

  it.for([
    [
      'is a layer',
      { dimension_types: [1, 1, 0] },
      /^p\.json: data\[0\]\.attributes\.dimension_types: the structure is not periodic .*found \[1,1,0\]/,
    ],
    ['has structure features', { structure_features: ['disorder'] }, /structure_features: the structure is not fully described/],
    [
      'is disordered',
      {
        species: [
          { name: 'Ti', chemical_symbols: ['Ti', 'Al'], concentration: [0.5, 0.5] },
          { name: 'Al', chemical_symbols: ['Al'], concentration: [1] },
        ],
      },
      /Ti\/Al has a partial occupancy/,
    ],
    [
      'has a vacancy',
      {
        species: [
          { name: 'Ti', chemical_symbols: ['vacancy'], concentration: [1] },
          { name: 'Al', chemical_symbols: ['Al'], concentration: [1] },
        ],
      },
      /no chemical element \(found "vacancy"\)/,
    ],
    [
      'has an X',
      {
        species: [
          { name: 'Ti', chemical_symbols: ['X'], concentration: [1] },
          { name: 'Al', chemical_symbols: ['Al'], concentration: [1] },
        ],
      },
      /no chemical element \(found "X"\)/,
    ],
    [
      'has a left-handed lattice',
      {
        lattice_vectors: [
          [0, 2.8, 0],
          [2.8, 0, 0],
          [0, 0, 4],
        ],
      },
      /lattice_vectors: the lattice vectors are left-handed/,
    ],
    [
      'has null in its lattice',
      {
        lattice_vectors: [
          [null, 0, 0],
          [0, 2.8, 0],
          [0, 0, 4],
        ],
      },
      /lattice_vectors: the lattice is not finite/,
    ],
    ['contradicts itself', { nsites: 3 }, /nsites: there are 2 positions \(found 3\)/],
    ['lacks species', { species_at_sites: ['Ti'] }, /species_at_sites: there are 2 positions and 1 species/],
    ['has no positions', { cartesian_site_positions: null }, /positions are missing/],
  ] as const)('entry that %s is rejected with the field', ([, change, message], { expect }) => {
    expect(reason('p.json', optimadeWith(change))).toMatch(message);
  });
});

describe('a file of no known kind', () => {
  it.for([
    ['empty', '', /empty\.txt: the file is empty/],
    ['prose', 'Dear colleague,\nplease find attached', /the format is not known .*Known formats: CIF/],
    ['another JSON', '{"answer": 42}', /neither a pymatgen structure nor an OPTIMADE response/],
    ['broken JSON', '{"data": [', /this is not JSON/],
  ] as const)('(%s) is refused with the formats there are', ([, text, message], { expect }) => {
    expect(() => readStructureFile('empty.txt', text)).toThrow(message);
  });
});

function atomLoop(rows: string, occupancy = false): string {
  return `loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y _atom_site_fract_z\n${occupancy ? '_atom_site_occupancy\n' : ''}${rows}\n`;
}

/** A cubic cell; atoms start on line 9, or 10 with occupancies. */
function cell(a: number, rows: string, occupancy = false): string {
  return `data_x\n_cell_length_a ${a}\n_cell_length_b ${a}\n_cell_length_c ${a}\n${atomLoop(rows, occupancy)}`;
}

function lines(...rest: string[]): string {
  return ['remark', ...rest].join('\n');
}
