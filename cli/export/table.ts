import type { CandidateResult } from '../../connectors/store/candidate-result.js';
import type { ElasticMatrix } from '../../domain/elastic-tensor.js';
import { csvLine, type CsvValue } from '../csv.js';

/** Independent constants that some crystal of ours has; redundant ones are there too, so that a column means the same in every row. */
const constants = ['C11', 'C12', 'C13', 'C33', 'C44', 'C66'] as const;

/** A result as one flat record: ranking, properties and the ids that lead back to inputs, codes and jobs. Units are in the names. */
export function flatResult(result: CandidateResult) {
  const { row, prediction, elastic, provenance } = result;
  const fault = result.faults.find(({ slipSystem }) => slipSystem === row?.slipSystem);
  const idsOf = (kind: string): string => result.calculations.flatMap((it) => (it.kind === kind ? it.id : [])).join(' ');
  return {
    rank: row?.rank ?? null,
    candidate: result.candidate,
    formula: result.formula,
    lattice: result.lattice,
    prototype: result.prototype,
    state: result.state,
    reason: result.reason,
    slipSystem: row?.slipSystem ?? null,
    character: row?.character ?? null,
    peierlsMpa: row?.peierlsMpa ?? null,
    interval90LowMpa: row?.interval90[0] ?? null,
    interval90HighMpa: row?.interval90[1] ?? null,
    domain: row?.domain ?? null,
    domainDistance: prediction?.domainDistance ?? null,
    uncertaintyPhysical: prediction?.uncertainty.physical ?? null,
    uncertaintySystem: prediction?.uncertainty.system ?? null,
    uncertaintyInference: prediction?.uncertainty.inference ?? null,
    fidelity: row?.fidelity ?? null,
    predictor: row?.predictor ?? null,
    model: prediction?.model ?? null,
    aAngstrom: row?.a ?? null,
    cAngstrom: row?.c ?? null,
    densityGPerCm3: result.densityGPerCm3,
    energyPerAtomEv: result.energyPerAtomEv,
    bulkGpa: elastic?.moduli.bulk ?? null,
    shearGpa: elastic?.moduli.shear ?? null,
    youngGpa: elastic?.moduli.young ?? null,
    poisson: elastic?.moduli.poisson ?? null,
    pugh: elastic === null ? null : elastic.moduli.shear / elastic.moduli.bulk,
    ...(Object.fromEntries(constants.map((name) => [`${name}Gpa`, constant(elastic?.gpa, name)])) as Record<
      `${Constant}Gpa`,
      number | null
    >),
    unstableFaultMjPerM2: fault?.unstable ?? null,
    intrinsicFaultMjPerM2: fault?.intrinsic ?? null,
    warnings: result.warnings.join('; '),
    material: result.material,
    computer: result.computer,
    code: provenance['code'] ?? null,
    potential: provenance['potential'] ?? null,
    relaxationId: idsOf('relaxation'),
    elasticTensorId: idsOf('elastic-tensor'),
    gammaSurfaceIds: idsOf('gamma-surface'),
    updatedAt: result.updatedAt,
  };
}

type Constant = (typeof constants)[number];
export type FlatResult = ReturnType<typeof flatResult>;

/** Comma-separated values with a header; candidates without a place in the ranking follow with their reason. */
export async function* csvExport(results: AsyncIterable<CandidateResult>): AsyncGenerator<string> {
  let headed = false;
  for await (const result of results) {
    const flat = flatResult(result);
    if (!headed) yield `${csvLine(Object.keys(flat))}\n`;
    headed = true;
    yield `${csvLine(Object.values(flat) satisfies CsvValue[])}\n`;
  }
}

/** One JSON object a line: the flat record, and what does not fit a table: structure, matrix, gamma surfaces, all predictions. */
export async function* jsonlExport(results: AsyncIterable<CandidateResult>): AsyncGenerator<string> {
  for await (const result of results) {
    const { structure, elastic, surfaces, prediction, calculations, provenance } = result;
    yield `${JSON.stringify({ ...flatResult(result), structure, elasticGpa: elastic?.gpa ?? null, gammaSurfaces: surfaces, prediction, calculations, provenance })}\n`;
  }
}

function constant(gpa: ElasticMatrix | undefined, name: Constant): number | null {
  const [row, column] = [Number(name[1]) - 1, Number(name[2]) - 1];
  return gpa?.[row]?.[column] ?? null;
}
