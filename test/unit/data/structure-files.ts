/** Structure files as programs write them (pymatgen 2024, VESTA, COD, VASP 6, optimade-python-tools), shortened by hand. */

/** Written by pymatgen's CifWriter with symprec: Ti3Al, hexagonal, coordinates rounded to eight digits. */
export const ti3alCif = `# generated using pymatgen
data_Ti3Al
_symmetry_space_group_name_H-M   P6_3/mmc
_cell_length_a   5.73693000
_cell_length_b   5.73693000
_cell_length_c   4.68253000
_cell_angle_alpha   90.00000000
_cell_angle_beta   90.00000000
_cell_angle_gamma   120.00000000
_symmetry_Int_Tables_number   194
_chemical_formula_structural   Ti3Al
_cell_volume   133.46690000
loop_
 _symmetry_equiv_pos_site_id
 _symmetry_equiv_pos_as_xyz
  1  'x, y, z'
  2  '-x, -y, -z'
  3  'x-y, x, z+1/2'
  4  '-x+y, -x, -z+1/2'
  5  '-y, x-y, z'
  6  'y, -x+y, -z'
  7  '-x, -y, z+1/2'
  8  'x, y, -z+1/2'
  9  '-x+y, -x, z'
  10  'x-y, x, -z'
  11  'y, -x+y, z+1/2'
  12  '-y, x-y, -z+1/2'
  13  '-y, -x, -z+1/2'
  14  'y, x, z+1/2'
  15  '-x, -x+y, -z'
  16  'x, x-y, z'
  17  '-x+y, y, -z+1/2'
  18  'x-y, -y, z+1/2'
  19  'y, x, -z'
  20  '-y, -x, z'
  21  'x, x-y, -z+1/2'
  22  '-x, -x+y, z+1/2'
  23  'x-y, -y, -z'
  24  '-x+y, y, z'
loop_
 _atom_site_type_symbol
 _atom_site_label
 _atom_site_symmetry_multiplicity
 _atom_site_fract_x
 _atom_site_fract_y
 _atom_site_fract_z
 _atom_site_occupancy
  Ti0+  Ti0  6  0.16666667  0.33333333  0.25000000  1
  Al0+  Al1  2  0.33333333  0.66666667  0.75000000  1.0
`;

/** In the manner of the Crystallography Open Database: several blocks, text fields, uncertainties, a question mark, three-digit thirds. */
export const codCif = `#------------------------------------------------------------------------------
#$Date: 2016-02-13 $
data_global
_journal_name_full 'Acta Crystallographica'
_publ_section_title
;
 The crystal structures of copper and
 _cell_length_a is not a tag here
;
data_9008468
_cod_database_code 9008468
_chemical_name_common ?
_space_group_name_H-M_alt "F m -3 m"
_cell_length_a 3.61496(2)
_cell_length_b 3.61496(2)
_cell_length_c 3.61496(2)
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_space_group_symop_operation_xyz
  x,y,z
  X,1/2+Y,1/2+Z
  .5+x,y,z+.5
  x+1/2,y+1/2,z
loop_
_atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z
CU1 0.00000 0.0(1) 0.00000
data_mg
_cell_length_a 3.2094(3)
_cell_length_b 3.2094(3)
_cell_length_c 5.2107
_cell_angle_gamma 120
loop_
_atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z _atom_site_occupancy
Mg1 0.333 0.667 0.25 .
Mg2 0.667 0.333 0.75 1.00(0)
`;

export const poscar = `Ni3Al from VASP
   1.00000000000000
     3.5700000000000001    0.0000000000000000    0.0000000000000000
     0.0000000000000000    3.5700000000000001    0.0000000000000000
     0.0000000000000000    0.0000000000000000    3.5700000000000001
   Ni_pv  Al
     3     1
Selective dynamics
Direct
  0.0000000000000000  0.5000000000000000  0.5000000000000000   T   T   F
  0.5000000000000000  0.0000000000000000  0.5000000000000000   T   T   F
  0.5000000000000000  0.5000000000000000  0.0000000000000000   T   T   F
  0.0000000000000000  0.0000000000000000  0.0000000000000000   T   T   F

  0.00000000E+00  0.00000000E+00  0.00000000E+00
`;

const aluminiumLattice = [
  [0, 2.02, 2.02],
  [2.02, 0, 2.02],
  [2.02, 2.02, 0],
];

export const pymatgenAluminium = {
  '@module': 'pymatgen.core.structure',
  '@class': 'Structure',
  charge: 0,
  lattice: { matrix: aluminiumLattice, pbc: [true, true, true], a: 2.857, b: 2.857, c: 2.857, alpha: 60, beta: 60, gamma: 60, volume: 16.48 },
  properties: {},
  sites: [{ species: [{ element: 'Al', occu: 1 }], abc: [0, 0, 0], properties: {}, label: 'Al', xyz: [0, 0, 0] }],
};

/** A response of an OPTIMADE v1.2 server. */
export const optimadeResponse = {
  data: [
    {
      id: 'oqmd-1234',
      type: 'structures',
      attributes: {
        chemical_formula_reduced: 'AlTi',
        nelements: 2,
        dimension_types: [1, 1, 1],
        nperiodic_dimensions: 3,
        lattice_vectors: [
          [2.832, 0, 0],
          [0, 2.832, 0],
          [0, 0, 4.07],
        ],
        cartesian_site_positions: [
          [0, 0, 0],
          [1.416, 1.416, 2.035],
        ],
        nsites: 2,
        species: [
          { name: 'Ti', chemical_symbols: ['Ti'], concentration: [1] },
          { name: 'Al', chemical_symbols: ['Al'], concentration: [1] },
        ],
        species_at_sites: ['Ti', 'Al'],
        structure_features: [],
        last_modified: '2026-01-02T03:04:05Z',
      },
      links: { self: 'https://example.org/v1/structures/oqmd-1234' },
    },
  ],
  links: { next: null },
  meta: { api_version: '1.2.0', more_data_available: false, database: { id: 'oqmd', version: '2025.11' } },
};
