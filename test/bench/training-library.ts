import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { planCalculation } from '../../activities/calculation-plan.js';
import { loadTraining } from '../../cli/campaign-file.js';
import type { Calculator } from '../../connectors/calculator/calculator.js';
import { openForStatics, StaticsSettings, type Potential } from '../../connectors/calculator/lammps/potential.js';
import { staticsCalculator } from '../../connectors/calculator/statics/statics.js';
import type { CalculationDocument, MaterialDocument } from '../../connectors/store/document.js';
import { generatedMaterials } from '../../connectors/store/enumeration.js';
import { pack, unpack } from '../../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, PeierlsProperty, RelaxationProperty } from '../../connectors/store/property.js';
import { slipRecords } from '../../connectors/store/slip-record.js';
import type { Store } from '../../connectors/store/store.js';
import { protocolVersion, type CalculationInputs } from '../../domain/calculation.js';
import { Library, libraryCounts, libraryProtocol, libraryRecord, libraryText, metalOf } from '../../domain/library.js';
import { dislocationSizes } from '../../domain/peierls-stress.js';
import type { PointResult, PointTask } from '../../domain/point.js';
import type { ElasticSettings } from '../../domain/elastic-strain.js';
import { prototypes } from '../../domain/prototype.js';
import { readSlipRecord } from '../../domain/slip-record.js';
import { slipSystems } from '../../domain/slip-system.js';
import { eamKnots, eamTable, type EamTable } from '../../domain/statics/eam-table.js';
import { runPoint, staticsVersion } from '../../domain/statics/run-point.js';
import type { TrainingDislocation } from '../../domain/training.js';

// Goes on with a library in one process, without servers, saving after every metal:
//   npx tsx test/bench/training-library.ts deploy/training/virtual-metals.yaml data/library/virtual-metals.json [minutes] [part/parts]
// The planning and reading code is that of the campaigns; only queueing, workflows and store are left out. Metals are taken in a shuffled
// order, the lattices in turn, so that what there is at any time is balanced.

const [file, out, minutes = '60', part = '0/1'] = process.argv.slice(2);
if (file === undefined || out === undefined)
  throw new Error('usage: training-library.ts <training.yaml> <library.json> [minutes] [part/parts]');

/** What is computed of each metal, and with what. */
interface Task {
  calculator: Calculator;
  interaction: Potential;
  elasticSettings: ElasticSettings;
  dislocations: readonly TrainingDislocation[];
}

const deadline = Date.now() + Number(minutes) * 60_000;

const tables = new Map<string, EamTable>();
let citation = '';
const library: Library = existsSync(out)
  ? Library.parse(JSON.parse(readFileSync(out, 'utf8')))
  : {
      source: 'test/bench/training-library.ts',
      protocol: libraryProtocol,
      citation: '',
      engines: [],
      settings: {},
      counts: {},
      excluded: [],
      records: [],
    };
const known = new Set([...library.records, ...library.excluded].map(({ id }) => metalOf(id)));

for (const { definition, dislocations = [] } of await loadTraining(file, {})) {
  const { name: _calculator, ...settings } = definition.calculator;
  const calculator = await staticsCalculator(settings);
  const interaction = await openForStatics(StaticsSettings.parse(settings));
  tables.clear();
  for (const material of balanced(generatedMaterials(definition))) {
    if (Date.now() > deadline) break;
    const id = `${interaction.name}/${material.formula}-${material.prototype ?? ''}`;
    const refused = material.structure === undefined || calculator.rejects(unpack(material.structure)) !== undefined;
    if (refused || known.has(id) || !mine(id)) continue;
    const started = process.cpuUsage().user;
    const rows = library.records.length;
    await metal(id, material, { calculator, interaction, elasticSettings: definition.protocol.elastic, dislocations });
    save();
    process.stdout.write(
      `${id}: ${library.records.length - rows} rows in ${((process.cpuUsage().user - started) / 1e6).toFixed(1)} CPU s\n`,
    );
  }
}

/** Whether a metal belongs to the part that this process computes: metals are dealt out by a hash of their names. */
function mine(id: string): boolean {
  const [index = 0, count = 1] = part.split('/').map(Number);
  return createHash('sha256').update(id).digest().readUInt32BE() % count === index;
}

async function metal(
  id: string,
  { prototype, structure: packed, formula }: MaterialDocument,
  { calculator, interaction, elasticSettings, dislocations }: Task,
): Promise<void> {
  if (prototype === undefined || packed === undefined) return;
  const structure = unpack(packed);
  citation = String(calculator.describe(structure)['citation'] ?? '');
  const common = { protocolVersion, calculator: { name: 'statics', fingerprint: calculator.fingerprint(structure) }, prototype };
  const values = new Map<string, unknown>();
  const exclude = (what: string, reason: string): void => void library.excluded.push({ id: what, reason });

  const relaxed = await answer('relaxation', { kind: 'relaxation', ...common, structure });
  if (relaxed === undefined) return;
  const relaxation = RelaxationProperty.parse(relaxed);
  const strained = await answer('elastic', {
    kind: 'elastic-tensor',
    ...common,
    relaxation: 'relaxation',
    settings: elasticSettings,
  });
  if (strained === undefined) return;
  const elastic = ElasticProperty.parse(strained);
  const broken = elastic.report.gates.filter((gate) => !gate.passed).map((gate) => gate.message);
  if (broken.length > 0) return exclude(id, `mechanically unstable or not credible: ${broken.join('; ')}`);
  const own = new Set(slipSystems(prototype).map(({ name }) => name));
  for (const { slipSystem, characters, grid } of dislocations.filter((it) => own.has(it.slipSystem))) {
    const name = `${id}/${slipSystem}`;
    const inputs = { kind: 'gamma-surface', ...common, relaxation: 'relaxation', slipSystem, grid, geometry: 'slab' } as const;
    const surfaceValue = await answer(name, inputs);
    if (surfaceValue === undefined) continue;
    const surface = GammaProperty.parse(surfaceValue);
    const slips = slipRecords({ _id: id, lattice: prototypes[prototype].parent, formula, prototype }, relaxation, elastic, [surface]);
    for (const character of characters) {
      const row = `${name}/${character}`;
      const sizes = dislocationSizes(relaxation.structure, surface, character, elastic.gpa, calculator.cutoffAngstrom(structure));
      if (sizes === undefined) {
        exclude(row, `array-artefact: a fault energy of ${surface.intrinsic?.mjPerM2.toFixed(1) ?? 'no'} mJ/m2 holds no partials together`);
        continue;
      }
      const loaded = {
        kind: 'peierls-stress',
        ...common,
        relaxation: 'relaxation',
        elastic: 'elastic',
        slipSystem,
        character,
        sizes,
      } as const;
      const stressValue = await answer(row, loaded);
      if (stressValue === undefined) continue;
      const stress = PeierlsProperty.parse(stressValue);
      const entry = readSlipRecord(slips.find((slip) => slip.character === character));
      if (stress.kind !== 'calculated') exclude(row, `${stress.reason}: ${stress.evidence}`);
      else if (entry.kind === 'refused') exclude(row, entry.error);
      else
        library.records.push(
          libraryRecord(entry.record, stress, {
            potential: interaction.name,
            energy_ev: Number(relaxation.energyPerAtomEv.toPrecision(7)),
          }),
        );
    }
  }

  /** Plans, runs and concludes one calculation; a failure is noted under `what`. */
  async function answer(what: string, inputs: CalculationInputs): Promise<unknown> {
    const place = what.startsWith(id) ? what : id;
    const store = { collection: () => ({ findOne: async ({ _id }: { _id: string }) => ({ value: pack(values.get(_id)) }) }) };
    const document = { inputs: pack(inputs) } as CalculationDocument;
    const plan = await planCalculation(store as unknown as Store, calculator, document);
    const results: Record<string, PointResult> = {};
    for (const task of plan.tasks) {
      const outcome = runPoint(table(interaction, task.structure), task);
      if (outcome.kind === 'failed') {
        exclude(place, `${inputs.kind} ${task.label}: ${outcome.reason}: ${outcome.evidence.split('\n')[0]?.slice(0, 160) ?? ''}`);
        return undefined;
      }
      results[task.label] = outcome.result;
      // A first cell that says why there is no Peierls stress has decided.
      if (inputs.kind === 'peierls-stress' && plan.conclude(results).outcome.kind === 'completed') break;
    }
    const { outcome, value } = plan.conclude(results);
    if (outcome.kind === 'failed') {
      exclude(place, `${inputs.kind} ${outcome.reason}: ${outcome.evidence.slice(0, 200)}`);
      return undefined;
    }
    values.set(what, value);
    return value;
  }
}

/** The table of a metal is made once; the one before it is not needed any more. */
function table(interaction: Potential, structure: PointTask['structure']): EamTable {
  const key = JSON.stringify(structure.species);
  const known = tables.get(key);
  if (known !== undefined) return known;
  const functions = interaction.singleSpecies?.(structure);
  if (functions === undefined) throw new Error(`${interaction.name} has no functions of the one species ${key}`);
  tables.clear();
  const made = eamTable(eamKnots(functions.functions, functions.species));
  tables.set(key, made);
  return made;
}

function save(): void {
  library.citation ||= citation;
  library.engines = [...new Set([...library.engines, staticsVersion])].toSorted();
  library.counts = libraryCounts(library);
  writeFileSync(`${out}.tmp`, libraryText(library));
  renameSync(`${out}.tmp`, out ?? '');
}

/** By number of elements, shuffled by a hash of the name, the lattices in turn. */
function balanced(materials: readonly MaterialDocument[]): MaterialDocument[] {
  const rank = ({ _id }: MaterialDocument): string => createHash('sha256').update(_id).digest('hex');
  const size = ({ occupants }: MaterialDocument): number => Object.keys(occupants?.A ?? {}).length;
  const shuffled = materials.toSorted((a, b) => size(a) - size(b) || (rank(a) < rank(b) ? -1 : 1));
  const turns = new Map<string, number>();
  const turn = new Map(
    shuffled.map((material) => {
      const key = `${size(material)} ${material.prototype ?? ''}`;
      turns.set(key, (turns.get(key) ?? 0) + 1);
      return [material._id, turns.get(key) ?? 0];
    }),
  );
  return shuffled.toSorted((a, b) => size(a) - size(b) || (turn.get(a._id) ?? 0) - (turn.get(b._id) ?? 0));
}
