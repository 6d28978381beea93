import { bundleScript } from '../connectors/bundle/script.js';
import type { Calculator } from '../connectors/calculator/calculator.js';
import { CalculatorPool } from '../connectors/calculator/open.js';
import { candidateDocuments, generatedMaterials, sampledCandidates } from '../connectors/store/enumeration.js';
import { unpack } from '../connectors/store/nested-array.js';
import type { CandidateDocument, MaterialDocument } from '../connectors/store/document.js';
import type { CalculationKind } from '../domain/calculation.js';
import { campaignRungs, faultArrangements, gammaGeometry, gammaOpening, type Protocol, type ResolvedRung } from '../domain/campaign.js';
import type { CostSample } from '../domain/cost.js';
import { elasticPoints } from '../domain/elastic-strain.js';
import type { Fidelity } from '../domain/fidelity.js';
import { gammaPoints } from '../domain/gamma-surface.js';
import { mostCells } from '../domain/peierls-stress.js';
import type { PointTask } from '../domain/point.js';
import { parentCell, prototypes, type PrototypeName } from '../domain/prototype.js';
import { defaultGrid, slipSystems, type SlipSystem } from '../domain/slip-system.js';
import type { Structure } from '../domain/structure.js';
import type { LoadedCampaign } from './campaign-file.js';
import { candidateCost, costText, recordedCosts, type CandidateCost, type PlannedPoint } from './predicted-cost.js';
import { significant, type Output } from './output.js';
import { describeSample, sampleSource } from './sample-source.js';
import { table } from './table.js';

/** A page of a database holds hundreds that are none of our crystals. */
const shownRefusals = 20;

/** A crystal's share of what a rung computes. */
interface Share {
  candidates: number;
  points: number;
  bundles: number;
}

/** What a rung would compute for every candidate that its calculator takes. */
interface RungPlan {
  fidelity: Fidelity;
  calculator: Calculator;
  byPrototype: Map<string, Share>;
  rejected: number;
  firstReason: string;
  /** Of those whose cost is known. */
  costs: CandidateCost[];
  unknownCosts: number;
}

/** `peierls screen --dry-run`: counts candidates, points and bundles, and predicts what they cost, without starting any of them; shows a job script. */
export async function dryRun(loaded: LoadedCampaign, output: Output, showScript = true): Promise<number> {
  const { definition, fileMaterials } = loaded;
  const samples = await Promise.all(loaded.sources.map((source) => sampleSource(source)));
  const materials = [...generatedMaterials(definition), ...fileMaterials, ...samples.flatMap((sample) => sample.materials)];
  const all = candidateDocuments(definition.name, 1, materials, new Date().toISOString());
  const candidates = sampledCandidates(all, materials, definition.sample);
  const refused = materials.filter((material) => material.prototype === undefined);
  const interpolated = candidates.filter(({ interpolate }) => interpolate === true).length;
  const simulated = candidates.filter(({ interpolate }) => interpolate !== true);
  const recorded = await recordedCosts(output);
  const rungs = campaignRungs(definition);
  const plans: RungPlan[] = [];
  for (const rung of rungs) plans.push(await planRung(rung, loaded, simulated, materials, recorded));
  const [lowest] = plans;
  if (lowest === undefined) throw new RangeError('a campaign has a rung');
  const { calculator, byPrototype, rejected, firstReason } = lowest;
  const rows = [...byPrototype].map(([prototype, it]) => [prototype, it.candidates, it.points, it.bundles]);
  const sum = (column: number): number => rows.reduce((total, row) => total + Number(row[column]), 0);
  const totals = { candidates: sum(1), points: sum(2), bundles: sum(3) };
  const cost = plans.map((plan, index) => rungCost(plan, rungs[index], totals.candidates));
  const script = bundleScript({
    attempt: 'p0123456789ab-1',
    command: [calculator.name],
    preamble: ['# (scheduler header of the computer)'],
    points: [{ folder: 'relax', args: exampleArguments(materials, calculator) }],
  });
  output.result(
    {
      campaign: definition.name,
      ...totals,
      ...(interpolated > 0 && { interpolated }),
      rejected,
      cost,
      refused: refused.map(({ _id, refused: reason }) => ({ material: _id, reason })),
      sources: samples.map(({ name, total, read, usable, excluded }) => ({ name, total, read, usable, excluded })),
      script,
    },
    [
      ...table(['crystal', 'candidates', 'points', 'bundles'], [...rows, ['total', totals.candidates, totals.points, totals.bundles]]),
      ...(interpolated > 0 ? [`${interpolated} more are not simulated: their properties are interpolated between those that are`] : []),
      ...(rejected > 0 ? [`${rejected} candidates will be rejected; the first, ${firstReason}`] : []),
      '',
      ...cost.flatMap(costLines),
      '',
      ...samples.map(describeSample),
      ...refused.slice(0, shownRefusals).map(({ _id, refused: reason }) => `${_id} cannot be screened: ${reason ?? ''}`),
      ...(refused.length > shownRefusals ? [`... and ${refused.length - shownRefusals} more; --json lists all`] : []),
      ...(showScript
        ? [
            'A bundle is one queue entry; its job script looks like this:',
            ...script
              .trimEnd()
              .split('\n')
              .map((line) => `  ${line}`),
          ]
        : []),
    ],
  );
  return 0;
}

async function planRung(
  rung: ResolvedRung,
  loaded: LoadedCampaign,
  candidates: readonly CandidateDocument[],
  materials: readonly MaterialDocument[],
  recorded: readonly CostSample[],
): Promise<RungPlan> {
  const calculator = await new CalculatorPool().get(rung.calculator);
  const { fidelity } = calculator;
  const plan: RungPlan = { fidelity, calculator, byPrototype: new Map(), rejected: 0, firstReason: '', costs: [], unknownCosts: 0 };
  const byId = new Map(materials.map((material) => [material._id, material]));
  for (const candidate of candidates) {
    const material = byId.get(candidate.material);
    const structure = material?.structure === undefined ? undefined : unpack(material.structure);
    const reason = structure === undefined ? 'it has no structure' : calculator.rejects(structure);
    if (structure === undefined || reason !== undefined) {
      plan.rejected += 1;
      plan.firstReason ||= `${candidate._id}: ${reason ?? 'it has no structure'}`;
      continue;
    }
    const entry = plan.byPrototype.get(candidate.prototype) ?? { candidates: 0, points: 0, bundles: 0 };
    const { sized, unsized, bundles } = pointsOf(candidate.prototype, structure, rung.protocol, loaded, calculator);
    plan.byPrototype.set(candidate.prototype, {
      candidates: entry.candidates + 1,
      points: entry.points + sized.length + unsized,
      bundles: entry.bundles + bundles,
    });
    const estimate = unsized > 0 ? undefined : candidateCost(sized, structure, calculator, recorded);
    if (estimate === undefined) plan.unknownCosts += 1;
    else plan.costs.push(estimate);
  }
  return plan;
}

/** What a rung costs: for each candidate, and for all that are expected on it. */
function rungCost({ fidelity, calculator, costs, unknownCosts }: RungPlan, rung: ResolvedRung | undefined, all: number) {
  const promote = rung?.promote;
  const expected = promote === undefined ? all : Math.min(promote.most ?? promote.top, all);
  const mean = (of: (cost: CandidateCost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;
  const common = { fidelity, calculator: calculator.name, candidates: expected };
  const [first] = costs;
  if (first === undefined || unknownCosts > costs.length)
    return {
      ...common,
      coreHoursPerCandidate: null,
      interval90: null,
      coreHours: null,
      basis: `${calculator.name} has never run such points here`,
    };
  const perCandidate = mean(({ coreHours }) => coreHours);
  const interval90: [number, number] = [mean(({ low }) => low), mean(({ high }) => high)];
  const unknown = unknownCosts === 0 ? '' : `; ${unknownCosts} candidates that cannot be judged counted like the others`;
  return {
    ...common,
    coreHoursPerCandidate: perCandidate,
    interval90,
    coreHours: perCandidate * expected,
    basis: `${first.basis}${unknown}`,
  };
}

function costLines({
  fidelity,
  calculator,
  candidates,
  coreHoursPerCandidate,
  interval90,
  coreHours,
  basis,
}: ReturnType<typeof rungCost>): string[] {
  const name = `${fidelity} (${calculator})`;
  if (coreHoursPerCandidate === null || interval90 === null || coreHours === null)
    return [`${name}: core hours are not known: ${basis}. Run one candidate first.`];
  const [low, high] = interval90;
  return [
    `${name}: ${costText({ coreHours: coreHoursPerCandidate, low, high })} core hours a candidate, ${significant(coreHours)} for ${candidates}`,
    `  judged by ${basis}`,
  ];
}

/** Arguments of a relaxation of the first material that the calculator takes. */
function exampleArguments(materials: readonly MaterialDocument[], calculator: Calculator): string[] {
  const structures = materials.flatMap(({ structure }) => (structure === undefined ? [] : [unpack(structure)]));
  const structure = structures.find((one) => calculator.rejects(one) === undefined);
  if (structure === undefined) return [];
  return calculator.writePoint({ label: 'relax', structure, periodic: [true, true, true], relax: 'cell-and-ions' }).args;
}

function pointsOf(
  prototype: PrototypeName,
  structure: Structure,
  protocol: Protocol,
  { dislocations = [] }: LoadedCampaign,
  calculator: Calculator,
): { sized: PlannedPoint[]; unsized: number; bundles: number } {
  const planned = (kind: CalculationKind, tasks: readonly PointTask[]): PlannedPoint[] =>
    tasks.map((task) => ({ kind, atoms: task.structure.sites.length }));
  const elastic = elasticPoints(structure, prototypes[prototype].crystalSystem, protocol.elastic).tasks;
  const systems = slipSystems(prototype).filter((system) => chosen(system, protocol.slipSystems));
  const cutoff = calculator.cutoffAngstrom(structure);
  const asked = (system: SlipSystem) => dislocations.find(({ slipSystem }) => slipSystem === system.name);
  const gamma = systems.map(
    (system) =>
      gammaPoints(
        parentCell(structure, prototype),
        system,
        {
          grid: asked(system)?.grid ?? protocol.gamma.grid ?? defaultGrid(system, calculator.fidelity),
          geometry: gammaGeometry(protocol, calculator.fidelity),
          ...gammaOpening(protocol, calculator.fidelity),
          ...faultArrangements(structure, protocol.gamma.arrangements),
        },
        cutoff,
      ).tasks,
  );
  const peierls = systems.flatMap((system) => (asked(system)?.characters ?? []).map((character) => mostCells(system, character)));
  return {
    sized: [
      { kind: 'relaxation', atoms: structure.sites.length },
      ...planned('elastic-tensor', elastic),
      ...gamma.flatMap((tasks) => planned('gamma-surface', tasks)),
    ],
    unsized: peierls.reduce((total, count) => total + count, 0),
    bundles: 2 + gamma.length + peierls.length,
  };
}

function chosen(system: SlipSystem, wanted: 'primary' | 'all' | string[]): boolean {
  return wanted === 'all' || (wanted === 'primary' ? system.primary : wanted.includes(system.name));
}
