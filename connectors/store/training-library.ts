import type { CalculationDocument, CandidateDocument } from './document.js';
import { unpack } from './nested-array.js';
import { ElasticProperty, GammaProperty, PeierlsProperty, RelaxationProperty } from './property.js';
import { slipRecords } from './slip-record.js';
import { findAll, type Store } from './store.js';
import { libraryCounts, libraryProtocol, libraryRecord, type Library, type LibraryRecord } from '../../domain/library.js';
import { readSlipRecord } from '../../domain/slip-record.js';
import type { TrainingDislocation } from '../../domain/training.js';

type Excluded = Library['excluded'][number];

/** The library of a training campaign from what the store holds of it: complete or partial, it is a valid library at any time. */
export async function trainingLibrary(store: Store, campaign: string): Promise<Library> {
  const document = await store.collection('campaigns').findOne({ _id: campaign });
  const dislocations = document?.dislocations === undefined ? [] : unpack(document.dislocations);
  const candidates = await store.collection('candidates').find({ campaign }).toArray();
  const records: LibraryRecord[] = [];
  const excluded: Excluded[] = [];
  const engines = new Set<string>();
  const provenance: Record<string, string | number> = {};
  for (const candidate of candidates.filter(({ state }) => state !== 'pending' && state !== 'running')) {
    const ids = candidate.calculations.map(({ id }) => id);
    const calculations = await findAll(store.collection('calculations'), ids);
    for (const { provenance: of } of calculations) {
      if (typeof of['code'] === 'string') engines.add(of['code']);
      for (const key of ['citation', 'potential', 'potentialSha256']) {
        const value = of[key];
        if (value !== undefined) provenance[key] ??= value;
      }
    }
    const rows = await metalRows(store, candidate, calculations, dislocations);
    records.push(...rows.records);
    excluded.push(...rows.excluded);
  }
  return {
    source: `peierls library build, training campaign ${campaign}`,
    protocol: libraryProtocol,
    citation: String(provenance['citation'] ?? ''),
    engines: [...engines].toSorted(),
    settings: { calculator: document === null ? null : unpack(document.definition).calculator, dislocations, ...provenance },
    counts: libraryCounts({ records, excluded }),
    excluded,
    records,
  };
}

async function metalRows(
  store: Store,
  candidate: CandidateDocument,
  calculations: readonly CalculationDocument[],
  dislocations: readonly TrainingDislocation[],
): Promise<{ records: LibraryRecord[]; excluded: Excluded[] }> {
  const potential = String(calculations.flatMap(({ provenance }) => provenance['potential'] ?? [])[0] ?? 'potential');
  const id = `${potential}/${candidate.formula}-${candidate.prototype}`;
  const verdict = candidate.verdict;
  if (candidate.state !== 'ranked') return { records: [], excluded: [{ id, reason: verdict?.reason ?? candidate.state }] };
  const properties = await findAll(
    store.collection('properties'),
    calculations.map(({ _id }) => _id),
  );
  const values = (kind: string): unknown[] => properties.filter((it) => it.kind === kind).map(({ value }) => unpack(value));
  const relaxation = RelaxationProperty.parse(values('relaxation')[0]);
  const elastic = ElasticProperty.parse(values('elastic-tensor')[0]);
  const surfaces = values('gamma-surface').map((value) => GammaProperty.parse(value));
  const stresses = values('peierls-stress').map((value) => PeierlsProperty.parse(value));
  const slips = slipRecords({ ...candidate, _id: id }, relaxation, elastic, surfaces);
  const records: LibraryRecord[] = [];
  const excluded: Excluded[] = [];
  for (const surface of surfaces) {
    for (const character of dislocations.find((it) => it.slipSystem === surface.slipSystem)?.characters ?? []) {
      const name = `${id}/${surface.slipSystem}/${character}`;
      const stress = stresses.find((it) => it.slipSystem === surface.slipSystem && it.character === character);
      const slip = slips.find((it) => it.slip.system === surface.slipSystem && it.character === character);
      if (stress?.kind !== 'calculated' || slip === undefined) {
        excluded.push({
          id: name,
          reason: stress?.kind === 'not-calculable' ? `${stress.reason}: ${stress.evidence}` : why(calculations, surface, character),
        });
        continue;
      }
      const entry = readSlipRecord(slip);
      if (entry.kind === 'refused') excluded.push({ id: name, reason: `record refused: ${entry.error}` });
      else records.push(libraryRecord(entry.record, stress, { potential, energy_ev: Number(relaxation.energyPerAtomEv.toPrecision(7)) }));
    }
  }
  return { records, excluded };
}

/** Why there is no stress: its calculation failed, or was never planned because no cell holds the partials. */
function why(calculations: readonly CalculationDocument[], { slipSystem, intrinsic }: GammaProperty, character: string): string {
  const asked = calculations.find((calculation) => {
    const inputs = unpack(calculation.inputs);
    return inputs.kind === 'peierls-stress' && inputs.slipSystem === slipSystem && inputs.character === character;
  });
  if (asked?.outcome?.kind === 'failed') return `${asked.outcome.reason}: ${asked.outcome.evidence.split('\n')[0]?.slice(0, 200) ?? ''}`;
  if (asked !== undefined) return 'not finished';
  const energy = intrinsic?.mjPerM2.toFixed(1) ?? 'no';
  return `array-artefact: a fault energy of ${energy} mJ/m2 holds no partials together`;
}
