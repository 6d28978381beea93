import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import type { Structure } from '../../domain/structure.js';
import { dot, norm, type Vec3 } from '../../domain/vector.js';

/**
 * Relaxed structures as one CIF of many blocks (CIF 1.1), each in P 1 with all its atoms; average atoms are sites shared by their elements.
 * Candidates that have no relaxed structure are left out.
 */
export async function* cifExport(results: AsyncIterable<CandidateResult>): AsyncGenerator<string> {
  for await (const result of results) if (result.structure !== null) yield cifBlock(result, result.structure);
}

function cifBlock(result: CandidateResult, structure: Structure): string {
  const { row, calculations } = result;
  const [a, b, c] = structure.lattice;
  const angle = (p: Vec3, q: Vec3): string => ((Math.acos(dot(p, q) / (norm(p) * norm(q))) * 180) / Math.PI).toFixed(6);
  return [
    `data_${result.candidate.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`,
    `_chemical_formula_sum ${quoted(formulaSum(structure))}`,
    `_cell_length_a ${norm(a).toFixed(8)}`,
    `_cell_length_b ${norm(b).toFixed(8)}`,
    `_cell_length_c ${norm(c).toFixed(8)}`,
    `_cell_angle_alpha ${angle(b, c)}`,
    `_cell_angle_beta ${angle(a, c)}`,
    `_cell_angle_gamma ${angle(a, b)}`,
    `_symmetry_space_group_name_H-M 'P 1'`,
    `_symmetry_Int_Tables_number 1`,
    `_peierls_candidate ${quoted(result.candidate)}`,
    `_peierls_prototype ${quoted(result.prototype)}`,
    `_peierls_relaxation ${quoted(calculations.find(({ kind }) => kind === 'relaxation')?.id ?? '?')}`,
    ...(row === null
      ? []
      : [
          `_peierls_stress_mpa ${row.peierlsMpa}`,
          `_peierls_interval90_mpa ${quoted(row.interval90.join(' '))}`,
          `_peierls_rank ${row.rank}`,
        ]),
    'loop_',
    '_symmetry_equiv_pos_as_xyz',
    `'x, y, z'`,
    'loop_',
    '_atom_site_label',
    '_atom_site_type_symbol',
    '_atom_site_fract_x',
    '_atom_site_fract_y',
    '_atom_site_fract_z',
    '_atom_site_occupancy',
    ...structure.sites.flatMap(({ species, position }, index) =>
      Object.entries(structure.species[species] ?? {}).map(([symbol, share]) =>
        [`${symbol}${index + 1}`, symbol, ...position.map(fraction), String(Number(share.toFixed(6)))].join(' '),
      ),
    ),
    '',
    '',
  ].join('\n');
}

/** Rounded, and never a negative zero or a whole cell. */
function fraction(value: number): string {
  const inside = value - Math.floor(value);
  return (inside > 1 - 5e-11 ? 0 : inside).toFixed(10);
}

/** Atoms in the cell, in alphabetical order: `Al1 Ni3`, `Cu2 Pt2`. */
function formulaSum(structure: Structure): string {
  const amounts = new Map<string, number>();
  for (const { species } of structure.sites)
    for (const [symbol, share] of Object.entries(structure.species[species] ?? {})) amounts.set(symbol, (amounts.get(symbol) ?? 0) + share);
  return [...amounts]
    .sort(([p], [q]) => (p < q ? -1 : 1))
    .map(([symbol, amount]) => `${symbol}${Number(amount.toFixed(4))}`)
    .join(' ');
}

/** A character string of CIF: quotes end at a quote that is followed by white space, so either kind serves unless both occur. */
function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.includes("'") ? `"${line.replaceAll('"', '')}"` : `'${line}'`;
}
