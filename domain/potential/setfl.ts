import type { EamFunctions } from './eam.js';

/** One column of a setfl file: the name LAMMPS maps atom types to. */
export interface SetflSpecies {
  label: string;
  mass: number;
}

/**
 * Rows of the tables. LAMMPS interpolates with cubic splines; against tables eight times finer, these rows (0.006 angstrom and 0.3 % of the
 * equilibrium density apart) move energies by 1e-9 eV and stresses by 1e-5 of their value, and they halve the time a point spends on parsing.
 */
export const tableRows = { distance: 1000, density: 1000 } as const;

/** Digits of a table value: below this the second differences of the splines would show rounding. */
const digits = 13;

/**
 * Text of a setfl (`eam/alloy`) file: three comment lines, "n labels", "Nrho drho Nr dr cutoff", then per species
 * "Z mass a lattice", F(rho) and f(r), then r phi(r) of every pair with the second index running up to the first.
 */
export function setflText(comment: string, species: readonly SetflSpecies[], functions: EamFunctions): string {
  const dr = functions.cutoffAngstrom / (tableRows.distance - 1);
  const drho = functions.maxDensity / (tableRows.density - 1);
  const blocks: string[] = [
    comment.replaceAll('\n', ' '),
    'eV, angstrom; tabulated by peierls from the analytic form',
    `smooth cut-off at ${functions.cutoffAngstrom} angstrom`,
    [species.length, ...species.map(({ label }) => label)].join(' '),
    [tableRows.density, drho, tableRows.distance, dr, functions.cutoffAngstrom].join(' '),
  ];
  for (const { label, mass } of species) {
    blocks.push(
      `0 ${mass} 0 none`,
      column(tableRows.density, (i) => functions.embedding(label, i * drho)),
      column(tableRows.distance, (i) => functions.density(label, i * dr)),
    );
  }
  for (const [index, { label: a }] of species.entries())
    for (const { label: b } of species.slice(0, index + 1))
      blocks.push(column(tableRows.distance, (i) => i * dr * functions.pair(a, b, i * dr)));
  return `${blocks.join('\n')}\n`;
}

function column(rows: number, value: (row: number) => number): string {
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 4) {
    const line: string[] = [];
    for (let i = row; i < Math.min(row + 4, rows); i++) line.push(compact(value(i)));
    lines.push(line.join(' '));
  }
  return lines.join('\n');
}

/** Shortest text with enough digits: `-0.0123`, `1.5e-9`. */
function compact(value: number): string {
  return String(Number(value.toPrecision(digits)));
}
