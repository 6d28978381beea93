import { symmetricEigen } from './eigen.js';
import { asymmetry, majorSymmetric } from './elastic-tensor.js';
import { vegardVolume } from './element.js';
import { shortened } from './failures.js';
import { edgeMismatch, unskewed, type PeriodicGrid } from './periodic-grid.js';
import { knownPlanes, slipPlane, type SlipPlane } from './slip-plane.js';
import type { SlipRecord } from './slip-record.js';
import { dot, unit, type Vec2 } from './vector.js';

/**
 * Relative to the largest constant or gamma value. Published hcp tensors are up to 9.2 % asymmetric and published prismatic surfaces up to
 * 2.7 % aperiodic (zhaoyj21/PT), so 15 % and 5 % refuse only what is broken; 1 % is worth a remark.
 */
const limits = { asymmetry: 0.15, periodicity: 0.05, remark: 0.01, origin: 0.01 } as const;

/** Why a well-formed record cannot be used, or undefined. */
export function recordProblem(record: SlipRecord): string | undefined {
  for (const check of [compositionProblem, planeProblem, elasticProblem, gammaProblem]) {
    const problem = check(record);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What a reader of results should know about a record that can be used. */
export function recordRemarks(record: SlipRecord): string[] {
  return [...sizeRemarks(record), ...elasticRemarks(record), ...gammaRemarks(record)];
}

/** The plane of a record: from its label, or from the directions it states. */
export function planeOf(record: SlipRecord): SlipPlane | undefined {
  const { plane, normal, direction, burgers_angstrom: b } = record.slip;
  const named = slipPlane(record.lattice, plane, record.a, record.c ?? record.a);
  if (normal === undefined || direction === undefined) return named;
  if (named !== undefined) return { ...named, normal, direction };
  const periods = record.gamma.vectors_angstrom;
  const area = Math.abs(periods[0][0] * periods[1][1] - periods[0][1] * periods[1][0]);
  return {
    family: plane,
    normal,
    direction,
    burgersAngstrom: b,
    periods,
    valleySpacing: { edge: b / 2, screw: area / b },
    dissociates: false,
  };
}

/** The Burgers vector in the axes of the gamma surface, angstrom. */
export function burgersInPlane(record: SlipRecord): Vec2 {
  const { burgers_angstrom: b, burgers_in_plane_angstrom: stated } = record.slip;
  if (stated !== undefined) return stated;
  const [first, second] = record.gamma.vectors_angstrom;
  const candidates: Vec2[] = [first, second, [first[0] + second[0], first[1] + second[1]], [first[0] - second[0], first[1] - second[1]]];
  return candidates.find((vector) => Math.abs(Math.hypot(...vector) / b - 1) < 0.02) ?? [b, 0];
}

/**
 * The gamma surface as a periodic grid. Some published bcc grids are spanned by a second vector that is not a period (0.28868 b instead of
 * b/3 along b): those are moved onto the true period by their coordinates, whenever that makes them more periodic.
 */
export function gammaGrid(record: SlipRecord): PeriodicGrid & { mismatch: number; repaired: boolean } {
  const { vectors_angstrom: vectors, mj_per_m2: rows } = record.gamma;
  const [first, second] = vectors;
  const asGiven = { periods: vectors, values: open(rows), mismatch: edgeMismatch(rows), repaired: false };
  const period = planeOf(record)?.periods[1];
  if (period === undefined || Math.abs(first[1]) > 1e-3 || Math.abs(second[1] / period[1] - 1) > 0.01) return asGiven;
  const turns = (second[0] - period[0]) / first[0];
  const shift = turns - Math.round(turns);
  if (Math.abs(shift) < 1e-3) return asGiven;
  const straight = unskewed(rows, shift);
  const mismatch = edgeMismatch(straight);
  if (mismatch >= asGiven.mismatch) return asGiven;
  return { periods: [first, [second[0] - shift * first[0], second[1]]], values: open(straight), mismatch, repaired: true };
}

function compositionProblem({ element, composition }: SlipRecord): string | undefined {
  return element === undefined && composition === undefined ? 'composition: give "element" or "composition"' : undefined;
}

function planeProblem(record: SlipRecord): string | undefined {
  if (record.lattice === 'hcp' && typeof record.c !== 'number') return 'c: an hcp record needs the lattice parameter c, in angstrom';
  const plane = planeOf(record);
  if (plane === undefined) {
    const known = knownPlanes[record.lattice].join(', ');
    return `slip.plane: ${shortened(record.slip.plane)} is not a known plane of ${record.lattice} (${known}); give slip.normal and slip.direction`;
  }
  return Math.abs(dot(unit(plane.normal), unit(plane.direction))) > 1e-3
    ? 'slip.direction: does not lie in the plane of slip.normal'
    : undefined;
}

function elasticProblem({ elastic_gpa: gpa }: SlipRecord): string | undefined {
  const largest = largestIn(gpa);
  if (largest > 1500) return `elastic_gpa: the largest constant is ${largest}; constants are in GPa (1 GPa = 10 kbar)`;
  if (asymmetry(gpa) > limits.asymmetry * largest)
    return `elastic_gpa: the matrix is not symmetric (|Cij - Cji| reaches ${asymmetry(gpa).toFixed(1)} GPa)`;
  const lowest = symmetricEigen(majorSymmetric(gpa)).values[0] ?? 0;
  return lowest > 0 ? undefined : `elastic_gpa: the crystal is unstable (lowest eigenvalue ${lowest.toFixed(2)} GPa)`;
}

function gammaProblem(record: SlipRecord): string | undefined {
  const { points, vectors_angstrom: vectors, mj_per_m2: rows } = record.gamma;
  const [n, m] = points;
  if (rows.length !== n) return `gamma.mj_per_m2: has ${rows.length} rows, but gamma.points says ${n}`;
  const odd = rows.findIndex((row) => row.length !== m);
  if (odd >= 0) return `gamma.mj_per_m2[${odd}]: has ${rows[odd]?.length} values, but gamma.points says ${m}`;
  const area = Math.abs(vectors[0][0] * vectors[1][1] - vectors[0][1] * vectors[1][0]);
  if (area < 1) return `gamma.vectors_angstrom: the two vectors span ${area.toFixed(3)} square angstrom; give two in-plane periods`;
  const largest = Math.max(...rows.flat());
  if (largest < 10) return `gamma.mj_per_m2: the largest value is ${largest}; gamma is in mJ/m2 (1 J/m2 = 1000 mJ/m2)`;
  if (largest > 50_000) return `gamma.mj_per_m2: the largest value is ${largest}; gamma is in mJ/m2`;
  const origin = rows[0]?.[0] ?? Number.NaN;
  if (Math.abs(origin) > limits.origin * largest) return `gamma.mj_per_m2[0][0]: is ${origin}; the perfect crystal has gamma(0,0) = 0`;
  const { mismatch } = gammaGrid(record);
  if (mismatch <= limits.periodicity * largest) return undefined;
  return `gamma.mj_per_m2: not periodic, opposite edges differ by ${mismatch.toFixed(1)} of ${largest.toFixed(1)} mJ/m2; both ends of each period belong to the grid`;
}

/** Linear size of the lattice over that expected from atomic volumes; 1 where none are known, 2 (1.6) for cells doubled by order, D0_3 (D0_19). */
export function sizeRatio(record: SlipRecord): number {
  const cell = record.lattice === 'hcp' ? (record.a ** 2 * (record.c ?? record.a) * Math.sqrt(3)) / 2 : record.a ** 3;
  const usual = vegardVolume(record.composition ?? { [record.element ?? '']: 1 });
  const atoms = record.lattice === 'fcc' ? 4 : 2;
  return usual === undefined ? 1 : Math.cbrt(cell / atoms / usual);
}

function sizeRemarks(record: SlipRecord): string[] {
  const found: string[] = [];
  const ratio = sizeRatio(record);
  const doubled = record.lattice === 'hcp' ? 4 ** (1 / 3) : 2;
  if (Math.min(Math.abs(ratio - 1), Math.abs(ratio / doubled - 1)) > 0.15)
    found.push(`a: the lattice is ${ratio.toFixed(2)} times as large as atomic volumes suggest`);
  const expected = planeOf(record)?.burgersAngstrom ?? record.slip.burgers_angstrom;
  if (Math.abs(record.slip.burgers_angstrom / expected - 1) > 0.02)
    found.push(
      `slip.burgers_angstrom: is ${record.slip.burgers_angstrom}, but the shortest lattice vector there is ${expected.toFixed(3)} angstrom long`,
    );
  return found;
}

function elasticRemarks({ elastic_gpa: gpa, lattice }: SlipRecord): string[] {
  const found: string[] = [];
  if (asymmetry(gpa) > limits.remark * largestIn(gpa))
    found.push(`elastic_gpa: |Cij - Cji| reaches ${asymmetry(gpa).toFixed(1)} GPa; the symmetric part is used`);
  const [c66, identity] = [gpa[5]?.[5] ?? 0, ((gpa[0]?.[0] ?? 0) - (gpa[0]?.[1] ?? 0)) / 2];
  if (lattice === 'hcp' && Math.abs(c66 / identity - 1) > 0.05)
    found.push(`elastic_gpa: C66 is ${c66.toFixed(1)} GPa but (C11-C12)/2 is ${identity.toFixed(1)} GPa`);
  return found;
}

function gammaRemarks(record: SlipRecord): string[] {
  const found: string[] = [];
  const { repaired, mismatch } = gammaGrid(record);
  const values = record.gamma.mj_per_m2.flat();
  const [top, bottom] = [Math.max(...values), Math.min(...values)];
  if (repaired) found.push('gamma.vectors_angstrom: the second vector is not a period; values were moved onto the true period');
  if (mismatch > limits.remark * top) found.push(`gamma.mj_per_m2: opposite edges differ by ${mismatch.toFixed(1)} mJ/m2`);
  if (bottom < -0.001 * top)
    found.push(`gamma.mj_per_m2: the lowest value is ${bottom} mJ/m2; another stacking is more stable than this lattice`);
  return found;
}

function largestIn(gpa: readonly (readonly number[])[]): number {
  return Math.max(...gpa.flat().map(Math.abs));
}

/** Drops the repeated far ends. */
function open(rows: readonly (readonly number[])[]): number[][] {
  return rows.slice(0, -1).map((row) => row.slice(0, -1));
}
