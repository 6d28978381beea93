import type { Calculator } from '../connectors/calculator/calculator.js';
import type { CalculationDocument } from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { ElasticProperty, RelaxationProperty } from '../connectors/store/property.js';
import type { Store } from '../connectors/store/store.js';
import { assertNever } from '../domain/assert-never.js';
import type { CalculationInputs, CalculationOutcome } from '../domain/calculation.js';
import { faultArrangements } from '../domain/campaign.js';
import { elasticPoints, fitElastic } from '../domain/elastic-strain.js';
import { polycrystalModuli } from '../domain/elastic-tensor.js';
import { InvalidInput } from '../domain/failures.js';
import { assembleGamma, gammaPoints } from '../domain/gamma-surface.js';
import { momentLost } from '../domain/magnetic-set.js';
import { concludePeierls, peierlsPoints } from '../domain/peierls-stress.js';
import type { PointResult, PointTask } from '../domain/point.js';
import { cellParameters, parentCell, prototypes } from '../domain/prototype.js';
import { slipSystem } from '../domain/slip-system.js';

/** The points of a calculation and how their results become a property. Derived afresh from the inputs, so it is never stored. */
export interface CalculationPlan {
  tasks: PointTask[];
  conclude(results: Record<string, PointResult>): { outcome: CalculationOutcome; value?: unknown };
}

/** Expands a calculation into points; a relaxation that it starts from is read from the store. */
export async function planCalculation(store: Store, calculator: Calculator, document: CalculationDocument): Promise<CalculationPlan> {
  const inputs = unpack(document.inputs);
  if (inputs.kind === 'relaxation') return relaxationPlan(inputs);
  const earlier = async (id: string): Promise<unknown> => {
    const property = await store.collection('properties').findOne({ _id: id });
    if (property === null) throw new InvalidInput(`the calculation ${id} that this ${inputs.kind} starts from has no result`);
    return unpack(property.value);
  };
  const relaxed = RelaxationProperty.parse(await earlier(inputs.relaxation));
  switch (inputs.kind) {
    case 'elastic-tensor':
      return elasticPlan(inputs, relaxed);
    case 'gamma-surface':
      return gammaPlan(inputs, relaxed, calculator);
    case 'peierls-stress':
      return peierlsPlan(inputs, relaxed, ElasticProperty.parse(await earlier(inputs.elastic)));
    default:
      return assertNever(inputs);
  }
}

/** Folder of a point under `points/`: `strain/e1/+0.005` becomes `strain_e1_+0.005`. */
export function pointFolder(label: string): string {
  return label.replaceAll('/', '_');
}

function relaxationPlan(inputs: Extract<CalculationInputs, { kind: 'relaxation' }>): CalculationPlan {
  const { repeats } = inputs.structure;
  const { cellFreedom } = prototypes[inputs.prototype];
  return {
    tasks: [{ label: 'relax', structure: inputs.structure, periodic: [true, true, true], relax: 'cell-and-ions', cellFreedom }],
    conclude: ({ relax }) => {
      if (relax === undefined) return failed('missing-point', 'the relaxation has no result');
      const value: RelaxationProperty = {
        structure: { ...relax.structure, ...(repeats !== undefined && { repeats }) },
        ...cellParameters({ lattice: relax.structure.lattice, repeats }, inputs.prototype),
        energyPerAtomEv: relax.energyEv / relax.structure.sites.length,
        ...(relax.bandGapEv !== undefined && { bandGapEv: relax.bandGapEv }),
      };
      return { outcome: { kind: 'completed' }, value };
    },
  };
}

function elasticPlan(inputs: Extract<CalculationInputs, { kind: 'elastic-tensor' }>, relaxed: RelaxationProperty): CalculationPlan {
  const { tasks, plan } = elasticPoints(relaxed.structure, prototypes[inputs.prototype].crystalSystem, inputs.settings);
  return {
    tasks,
    conclude: (results) => {
      const lost = momentLost(results);
      if (lost !== undefined) return failed('moment-lost', lost);
      const fit = fitElastic(plan, results, relaxed.energyPerAtomEv * relaxed.structure.sites.length);
      if (fit.kind === 'failed') return failed(fit.reason, fit.evidence);
      const { tensor, constants, residualGpa, residualStressGpa, report } = fit;
      const value = { gpa: tensor.gpa, constants, residualGpa, residualStressGpa, report, moduli: moduliOf(fit.tensor) };
      // Its dislocations are not those of a metal, which is what follows is about.
      const finding = !report.stable ? 'unstable' : relaxed.bandGapEv === undefined ? undefined : 'not-a-metal';
      return { outcome: { kind: 'completed', ...(finding !== undefined && { finding }) }, value };
    },
  };
}

function moduliOf(tensor: Parameters<typeof polycrystalModuli>[0]) {
  const { bulk, shear, young, poisson } = polycrystalModuli(tensor);
  return { bulk: bulk.hill, shear: shear.hill, young, poisson };
}

function gammaPlan(
  inputs: Extract<CalculationInputs, { kind: 'gamma-surface' }>,
  relaxed: RelaxationProperty,
  calculator: Calculator,
): CalculationPlan {
  const system = slipSystem(inputs.prototype, inputs.slipSystem);
  const { tasks, plan } = gammaPoints(
    parentCell(relaxed.structure, inputs.prototype),
    system,
    {
      grid: inputs.grid,
      geometry: inputs.geometry,
      openingsAngstrom: inputs.openingsAngstrom,
      ...(inputs.stretchAngstrom !== undefined && { stretchAngstrom: inputs.stretchAngstrom }),
      ...faultArrangements(relaxed.structure, inputs.arrangements),
    },
    calculator.cutoffAngstrom(relaxed.structure),
  );
  return {
    tasks,
    conclude: (results) => {
      const lost = momentLost(results);
      if (lost !== undefined) return failed('moment-lost', lost);
      const assembled = assembleGamma(plan, results);
      if (assembled.kind === 'failed') return failed(assembled.reason, assembled.evidence);
      return { outcome: { kind: 'completed' }, value: assembled.surface };
    },
  };
}

function peierlsPlan(
  inputs: Extract<CalculationInputs, { kind: 'peierls-stress' }>,
  relaxed: RelaxationProperty,
  elastic: ElasticProperty,
): CalculationPlan {
  const system = slipSystem(inputs.prototype, inputs.slipSystem);
  const { tasks, plan } = peierlsPoints(relaxed.structure, system, inputs.character, elastic.gpa, inputs.sizes);
  return {
    tasks,
    conclude: (results) => {
      const stress = concludePeierls(plan, results);
      if (stress === undefined) return failed('missing-point', 'a cell has no load trace');
      // That a dislocation has no Peierls stress is an answer: it is kept, and asked once.
      return { outcome: { kind: 'completed', ...(stress.kind === 'not-calculable' && { finding: stress.reason }) }, value: stress };
    },
  };
}

function failed(reason: string, evidence: string): { outcome: CalculationOutcome } {
  return { outcome: { kind: 'failed', reason, evidence } };
}
