import { bundleScript } from '../connectors/bundle/script.js';
import type { Calculator } from '../connectors/calculator/calculator.js';
import { CalculatorPool } from '../connectors/calculator/open.js';
import { candidateDocuments, generatedMaterials } from '../connectors/store/enumeration.js';
import { unpack } from '../connectors/store/nested-array.js';
import type { MaterialDocument } from '../connectors/store/document.js';
import { gammaGeometry, gammaOpening } from '../domain/campaign.js';
import { elasticPoints } from '../domain/elastic-strain.js';
import { gammaPoints } from '../domain/gamma-surface.js';
import { unknownCutoff, usualSizes } from '../domain/peierls-stress.js';
import { parentCell, prototypes } from '../domain/prototype.js';
import { defaultGrid, slipSystems, type SlipSystem } from '../domain/slip-system.js';
import type { LoadedCampaign } from './campaign-file.js';
import { type Output } from './output.js';
import { describeSample, sampleSource } from './sample-source.js';
import { table } from './table.js';

/** A page of a database holds hundreds that are none of our crystals. */
const shownRefusals = 20;

/** `peierls screen --dry-run`: counts candidates, points and bundles without starting anything. */
export async function dryRun(loaded: LoadedCampaign, output: Output): Promise<number> {
  const { definition, fileMaterials } = loaded;
  const calculator = await new CalculatorPool().get(definition.calculator as { name: string });
  const samples = await Promise.all(loaded.sources.map((source) => sampleSource(source)));
  const materials = [...generatedMaterials(definition), ...fileMaterials, ...samples.flatMap((sample) => sample.materials)];
  const candidates = candidateDocuments(definition.name, 1, materials, new Date().toISOString());
  const refused = materials.filter((material) => material.prototype === undefined);
  const byPrototype = new Map<string, { candidates: number; points: number; bundles: number }>();
  let rejected = 0;
  let firstReason = '';
  for (const candidate of candidates) {
    const material = materials.find(({ _id }) => _id === candidate.material);
    const reason = material?.structure === undefined ? 'it has no structure' : calculator.rejects(unpack(material.structure));
    if (material === undefined || reason !== undefined) {
      rejected += 1;
      firstReason ||= `${candidate._id}: ${reason ?? 'it has no material'}`;
      continue;
    }
    const entry = byPrototype.get(candidate.prototype) ?? { candidates: 0, points: 0, bundles: 0 };
    const { points, bundles } = cost(material, loaded, calculator);
    byPrototype.set(candidate.prototype, {
      candidates: entry.candidates + 1,
      points: entry.points + points,
      bundles: entry.bundles + bundles,
    });
  }
  const rows = [...byPrototype].map(([prototype, it]) => [prototype, it.candidates, it.points, it.bundles]);
  const sum = (column: number): number => rows.reduce((total, row) => total + Number(row[column]), 0);
  const totals = { candidates: sum(1), points: sum(2), bundles: sum(3) };
  const script = bundleScript({
    attempt: 'p0123456789ab-1',
    command: [definition.calculator['name'] as string],
    preamble: ['# (scheduler header of the computer)'],
    points: [{ folder: 'relax', args: exampleArguments(materials, calculator) }],
  });
  output.result(
    {
      campaign: definition.name,
      ...totals,
      rejected,
      refused: refused.map(({ _id, refused: reason }) => ({ material: _id, reason })),
      sources: samples.map(({ name, total, read, usable }) => ({ name, total, read, usable })),
      script,
    },
    [
      ...table(['crystal', 'candidates', 'points', 'bundles'], [...rows, ['total', totals.candidates, totals.points, totals.bundles]]),
      ...(rejected > 0 ? [`${rejected} candidates will be rejected; the first, ${firstReason}`] : []),
      ...samples.map(describeSample),
      ...refused.slice(0, shownRefusals).map(({ _id, refused: reason }) => `${_id} cannot be screened: ${reason ?? ''}`),
      ...(refused.length > shownRefusals ? [`... and ${refused.length - shownRefusals} more; --json lists all`] : []),
      '',
      'A bundle is one queue entry; its job script looks like this:',
      ...script
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ],
  );
  return 0;
}

/** Arguments of a relaxation of the first material that the calculator takes. */
function exampleArguments(materials: readonly MaterialDocument[], calculator: Calculator): string[] {
  const structures = materials.flatMap(({ structure }) => (structure === undefined ? [] : [unpack(structure)]));
  const structure = structures.find((one) => calculator.rejects(one) === undefined);
  if (structure === undefined) return [];
  return calculator.writePoint({ label: 'relax', structure, periodic: [true, true, true], relax: 'cell-and-ions' }).args;
}

function cost(
  { prototype, structure: packed }: MaterialDocument,
  { definition, dislocations = [] }: LoadedCampaign,
  calculator: Calculator,
): { points: number; bundles: number } {
  if (prototype === undefined || packed === undefined) return { points: 0, bundles: 0 };
  const structure = unpack(packed);
  const { protocol } = definition;
  const elastic = elasticPoints(structure, prototypes[prototype].crystalSystem, protocol.elastic).tasks.length;
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
        },
        cutoff,
      ).tasks.length,
  );
  // How many cells a dislocation takes does not depend on its fault energy; how long they are does.
  const peierls = systems.flatMap((system) =>
    (asked(system)?.characters ?? []).map(
      (character) =>
        usualSizes(parentCell(structure, prototype), system, character, { cutoffAngstrom: cutoff ?? unknownCutoff })?.length ?? 0,
    ),
  );
  const points = [elastic, ...gamma, ...peierls].reduce((sum, count) => sum + count, 1);
  return { points, bundles: 2 + gamma.length + peierls.length };
}

function chosen(system: SlipSystem, wanted: 'primary' | 'all' | string[]): boolean {
  return wanted === 'all' || (wanted === 'primary' ? system.primary : wanted.includes(system.name));
}
