import { unpack } from '../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../connectors/store/property.js';
import { findAll } from '../connectors/store/store.js';
import { protocolVersion } from '../domain/calculation.js';
import { InvalidInput } from '../domain/failures.js';
import { dislocationSizes } from '../domain/peierls-stress.js';
import type { Dependencies } from './dependencies.js';
import { identified, recordCalculations, type Identified, type PlannedCalculation } from './planned-calculation.js';

/** Activities of training campaigns. */
export function trainingActivities(dependencies: Dependencies) {
  const { store } = dependencies;
  return {
    /**
     * Decides on the cells of a metal's Peierls stresses, which its fault energies and elastic constants call for, and writes the
     * calculations down. A dislocation whose partials no affordable cell holds apart is left out. Repeat-safe: keys are hashes of inputs.
     */
    async planPeierls({ candidate }: { candidate: string }): Promise<PlannedCalculation[]> {
      const document = await store.collection('candidates').findOne({ _id: candidate });
      const campaign = document && (await store.collection('campaigns').findOne({ _id: document.campaign }));
      if (document === null || campaign === null) throw new InvalidInput(`candidate ${candidate} has lost its campaign`);
      const properties = await findAll(
        store.collection('properties'),
        document.calculations.map(({ id }) => id),
      );
      const [relaxation] = properties.filter(({ kind }) => kind === 'relaxation');
      const [elastic] = properties.filter(({ kind }) => kind === 'elastic-tensor');
      if (relaxation === undefined || elastic === undefined || campaign.dislocations === undefined) return [];
      const { structure } = RelaxationProperty.parse(unpack(relaxation.value));
      const { gpa } = ElasticProperty.parse(unpack(elastic.value));
      const surfaces = properties.filter(({ kind }) => kind === 'gamma-surface').map(({ value }) => GammaProperty.parse(unpack(value)));
      const settings = unpack(campaign.definition).calculator as { name: string } & Record<string, unknown>;
      const calculator = await dependencies.calculators.get(settings);
      const wanted: Identified[] = [];
      for (const { slipSystem, characters } of unpack(campaign.dislocations)) {
        const surface = surfaces.find((it) => it.slipSystem === slipSystem);
        if (surface === undefined) continue;
        for (const character of characters) {
          const sizes = dislocationSizes(structure, surface, character, gpa, calculator.cutoffAngstrom(structure));
          if (sizes === undefined) continue;
          wanted.push(
            identified(
              {
                kind: 'peierls-stress',
                protocolVersion,
                calculator: { name: calculator.name, fingerprint: calculator.fingerprint(structure) },
                prototype: document.prototype,
                relaxation: relaxation._id,
                elastic: elastic._id,
                slipSystem,
                character,
                sizes,
              },
              `Peierls stress ${slipSystem} ${character}`,
            ),
          );
        }
      }
      const { planned, references } = await recordCalculations(store, document, settings, wanted);
      const others = document.calculations.filter(({ id }) => !references.some((it) => it.id === id));
      await store
        .collection('candidates')
        .updateOne({ _id: candidate }, { $set: { calculations: [...others, ...references], updatedAt: new Date().toISOString() } });
      return planned;
    },
  };
}
