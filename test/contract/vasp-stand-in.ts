import { readFileSync, writeFileSync } from 'node:fs';
import { inverse, matMul, type Mat3 } from '../../domain/vector.js';

/**
 * Stands in for vasp_std, which no test may run: reads POSCAR, INCAR and POTCAR, and answers in the form of VASP for a crystal with given cubic
 * constants around the primitive cell of Al at 4.04 angstrom. It has bands enough from NBANDS = 8 on, and below that fails for shears only.
 */
const [C11, C12, C44] = [110, 60, 30];
const half = 4.04 / 2;
const reference: Mat3 = [
  [0, half, half],
  [half, 0, half],
  [half, half, 0],
];
const lines = readFileSync('POSCAR', 'utf8').split('\n');
const lattice = lines.slice(2, 5).map((line) => line.trim().split(/\s+/).map(Number)) as unknown as Mat3;
const bands = Number(/NBANDS = (\d+)/.exec(readFileSync('INCAR', 'utf8'))?.[1]);
if (!readFileSync('POTCAR', 'utf8').includes('PAW_PBE Al')) throw new Error('this is the POTCAR of something else');

const gradient = matMul(inverse(reference), lattice);
const axes = [0, 1, 2] as const;
const strain = axes.map((i) => axes.map((j) => (gradient[i][j] + gradient[j][i]) / 2 - (i === j ? 1 : 0)));
const at = (i: number, j: number): number => strain[i]?.[j] ?? Number.NaN;
const trace = at(0, 0) + at(1, 1) + at(2, 2);
const kilobar = axes.map((i) => axes.map((j) => -10 * (i === j ? (C11 - C12) * at(i, i) + C12 * trace : 2 * C44 * at(i, j))));
if (Math.abs(at(1, 2)) > 1e-4 && bands < 8) {
  process.stdout.write(' TOO FEW BANDS\n');
  process.exit(0);
}
const rows = (matrix: readonly (readonly number[])[]): string =>
  matrix.map((row) => `   <v> ${row.map((value) => value.toFixed(8)).join(' ')} </v>`).join('\n');
writeFileSync(
  'vasprun.xml',
  `<?xml version="1.0"?>
<modeling>
 <generator><i name="program" type="string">vasp </i><i name="version" type="string">6.9.9 </i></generator>
 <atominfo><array name="atoms"><set><rc><c>Al</c><c>   1</c></rc></set></array></atominfo>
 <calculation>
  <scstep><energy><i name="e_fr_energy"> -3.7 </i><i name="e_0_energy"> -3.7 </i></energy></scstep>
  <structure><crystal><varray name="basis">
${rows(lattice)}
  </varray></crystal><varray name="positions"><v> 0 0 0 </v></varray></structure>
  <varray name="forces"><v> 0 0 0 </v></varray>
  <varray name="stress">
${rows(kilobar)}
  </varray>
  <energy><i name="e_fr_energy"> -3.7 </i><i name="e_0_energy"> -3.7 </i></energy>
 </calculation>
</modeling>
`,
);
writeFileSync('OUTCAR', ' aborting loop because EDIFF is reached\n General timing and accounting informations for this job:\n');
writeFileSync('OSZICAR', '   1 F= -.37000000E+01 E0= -.37000000E+01  d E =0.000000E+00\n');
