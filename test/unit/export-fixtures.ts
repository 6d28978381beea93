import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import type { GammaProperty } from '../../connectors/store/property.js';
import { massDensity } from '../../domain/density.js';
import { buildPrototype, type PrototypeName } from '../../domain/prototype.js';
import type { Composition } from '../../domain/composition.js';

/** fcc {111} by one star of waves: zero at the lattice points, 300 mJ/m2 on top of an atom. */
export const gammaSurface: GammaProperty = {
  prototype: 'A1',
  slipSystem: '{111}<110>',
  plane: [1, 1, 1],
  cut: { phase: 0.5, gap: 'even' },
  geometry: 'slab',
  burgersAngstrom: 2.5,
  burgersFraction: [1, 0],
  vectorsAngstrom: [
    [2.5, 0],
    [1.25, 2.165],
  ],
  areaSquareAngstrom: 5.4,
  points: [2, 2],
  mjPerM2: [
    [0, 200],
    [200, 300],
  ],
  specialPoints: [],
  intrinsic: { name: 'ISF', at: [1 / 3, 1 / 3], mjPerM2: 40 },
  unstable: { at: [1.17, -0.83], mjPerM2: 160 },
  alongBurgers: { maximumMjPerM2: 200, maximumSlopeGpa: 3 },
  fourier: {
    terms: [
      { kind: 'cos', waves: [[0, 0]], coefficient: 200 },
      {
        kind: 'cos',
        waves: [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
        coefficient: -66.6,
      },
    ],
    rmsResidual: 0,
  },
  warnings: [],
};

/** A ranked candidate of an imagined campaign; `changes` replace what a test is about. */
export function exportResult(
  formula: string,
  prototype: PrototypeName,
  occupants: { A: Composition; B?: Composition },
  changes: Partial<CandidateResult> = {},
): CandidateResult {
  const structure = buildPrototype(prototype, occupants);
  const row = {
    rank: 1,
    candidate: `demo/${formula}-${prototype}`,
    formula,
    lattice: 'fcc',
    prototype,
    slipSystem: '{111}<110>',
    character: 'screw' as const,
    peierlsMpa: 120,
    interval90: [40, 360] as [number, number],
    domain: 'inside',
    fidelity: 'md',
    predictor: 'ensemble',
    a: 3.6,
    c: null,
    bulkGpa: 140,
    shearGpa: 48,
    youngGpa: 129,
    pugh: 0.34,
    unstableFaultMjPerM2: 160,
    intrinsicFaultMjPerM2: 40,
    model: 'abcdef',
    topProbability: 0.5,
    pareto: false,
    bulkOverShear: 2.9,
    cauchyPressureGpa: 20,
    unstableFaultOverGb: 0.013,
    ductility: 'ductile' as const,
    densityGPerCm3: massDensity(structure),
    pricePerKg: null,
    soluteMpa: null,
    soluteMpaAt300K: null,
    soluteBarrierEv: null,
    soluteVolumes: null,
    peierlsPlusSoluteMpa: null,
  };
  return {
    candidate: row.candidate,
    material: `generator:${formula}-${prototype}`,
    state: 'ranked',
    formula,
    lattice: 'fcc',
    prototype,
    row,
    prediction: {
      id: row.candidate,
      slipSystem: row.slipSystem,
      character: 'screw',
      peierlsMpa: 120,
      interval90: [40, 360],
      domain: 'inside',
      domainDistance: 0,
      uncertainty: { physical: 0.3, system: 0.2, inference: 0.5 },
      predictor: 'ensemble',
      model: 'abcdef',
    },
    reason: 'elastically stable, gamma surfaces complete',
    warnings: [],
    structure,
    densityGPerCm3: massDensity(structure),
    energyPerAtomEv: -3.5,
    elastic: null,
    faults: [{ slipSystem: '{111}<110>', unstable: 160, intrinsic: 40 }],
    surfaces: [gammaSurface],
    calculations: [
      { id: 'a'.repeat(64), kind: 'relaxation', label: 'relaxation', reused: false },
      { id: 'b'.repeat(64), kind: 'elastic-tensor', label: 'elastic tensor', reused: true },
    ],
    computer: 'local',
    provenance: { code: 'LAMMPS 20210929', potential: 'zhou2004', citation: 'Zhou, Johnson & Wadley <2004>' },
    updatedAt: '2026-01-02T03:04:05.678Z',
    ...changes,
  };
}

/** A candidate that has no place in the ranking. */
export function rejectedResult(reason: string): CandidateResult {
  return exportResult(
    'CuZr',
    'B2',
    { A: { Cu: 1 }, B: { Zr: 1 } },
    { state: 'rejected', row: null, prediction: null, reason, structure: null, densityGPerCm3: null, surfaces: [] },
  );
}

/** All text of an export. */
export async function textOf(
  write: (results: AsyncIterable<CandidateResult>) => AsyncIterable<string>,
  results: readonly CandidateResult[],
): Promise<string> {
  let text = '';
  for await (const piece of write(stream(results))) text += piece;
  return text;
}

async function* stream(results: readonly CandidateResult[]): AsyncGenerator<CandidateResult> {
  yield* results;
}

/** Cells of comma-separated values by RFC 4180, read by other code than wrote them. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const match of text.trimEnd().matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\n|$)/g)) {
    const [whole, cell = '', end] = match;
    if (whole === '' && match.index === text.trimEnd().length && rows.at(-1)?.length !== 0) break;
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows;
}
