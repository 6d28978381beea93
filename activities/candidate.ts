import type { CandidateDocument } from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { protocolVersion } from '../domain/calculation.js';
import { campaignRungs, gammaGeometry, gammaOpening } from '../domain/campaign.js';
import { InvalidInput } from '../domain/failures.js';
import { defaultGrid, slipSystems, type SlipSystem } from '../domain/slip-system.js';
import { summariseCandidate } from './candidate-summary.js';
import type { Dependencies } from './dependencies.js';
import { identified, recordCalculations, type PlannedCalculation } from './planned-calculation.js';
import { Router } from './router.js';

export type CandidatePlan =
  | { kind: 'rejected'; reason: string }
  | {
      kind: 'planned';
      computer: string;
      priority?: number;
      attempts: number;
      wallTimeSeconds: number;
      relaxation: PlannedCalculation;
      elastic: PlannedCalculation;
      gamma: PlannedCalculation[];
      /** Set where Peierls stresses follow (`planPeierls`). */
      dislocations?: true;
    };

export interface CandidateVerdict {
  state: 'ranked' | 'rejected' | 'failed';
  reason: string;
}

/** Activities of `candidateEvaluation`. */
export function candidateActivities(dependencies: Dependencies) {
  const { store, predictor } = dependencies;
  const router = new Router(dependencies);

  return {
    /** Decides which calculations a candidate needs and writes them down; those that any campaign has answered are only referred to. Repeat-safe: keys are hashes of inputs. */
    async planCandidate({ candidate }: { candidate: string }): Promise<CandidatePlan> {
      const document = await readCandidate(candidate);
      const campaign = await store.collection('campaigns').findOne({ _id: document.campaign });
      const own = document.structure ?? (await store.collection('materials').findOne({ _id: document.material }))?.structure;
      if (campaign === null || own === undefined) throw new InvalidInput(`candidate ${candidate} has lost its campaign or material`);
      const structure = unpack(own);
      const definition = unpack(campaign.definition);
      const { limits } = definition;
      const rung = campaignRungs(definition)[document.rung ?? 0];
      if (rung === undefined) throw new InvalidInput(`the campaign of ${candidate} has no rung ${document.rung ?? 0}`);
      const { protocol, calculator: settings } = rung;
      const dislocations = campaign.dislocations === undefined ? [] : unpack(campaign.dislocations);
      const calculator = await dependencies.calculators.get(settings);
      const refusal = calculator.rejects(structure);
      if (refusal !== undefined) return { kind: 'rejected', reason: refusal };

      const computer = await router.route(candidate, rung.computers);
      const common = {
        protocolVersion,
        calculator: { name: calculator.name, fingerprint: calculator.fingerprint(structure) },
        prototype: document.prototype,
      };
      const relaxation = identified({ kind: 'relaxation', ...common, structure }, 'relaxation');
      const elastic = identified(
        { kind: 'elastic-tensor', ...common, relaxation: relaxation.id, settings: protocol.elastic },
        'elastic tensor',
      );
      const { arrangements = 1 } = protocol.gamma;
      const gamma = chosen(document, protocol.slipSystems).map((system) =>
        identified(
          {
            kind: 'gamma-surface',
            ...common,
            relaxation: relaxation.id,
            slipSystem: system.name,
            grid:
              dislocations.find(({ slipSystem }) => slipSystem === system.name)?.grid ??
              protocol.gamma.grid ??
              defaultGrid(system, calculator.fidelity),
            geometry: gammaGeometry(protocol, calculator.fidelity),
            ...gammaOpening(protocol, calculator.fidelity),
            ...(structure.repeats !== undefined && arrangements > 1 && { arrangements }),
          },
          `gamma surface ${system.name}`,
        ),
      );
      const { planned, references } = await recordCalculations(store, document, settings, [relaxation, elastic, ...gamma]);
      await store.collection('candidates').updateOne(
        { _id: candidate },
        {
          $set: {
            state: 'running',
            computer,
            fidelity: calculator.fidelity,
            calculations: references,
            updatedAt: new Date().toISOString(),
          },
        },
      );
      const [plannedRelaxation, plannedElastic, ...plannedGamma] = planned;
      if (plannedRelaxation === undefined || plannedElastic === undefined) throw new RangeError('every calculation is planned');
      return {
        kind: 'planned',
        computer,
        priority: campaign.priority ?? definition.priority,
        attempts: limits.attempts,
        wallTimeSeconds: rung.wallTimeSeconds,
        relaxation: plannedRelaxation,
        elastic: plannedElastic,
        gamma: plannedGamma,
        ...(dislocations.length > 0 && { dislocations: true as const }),
      };
    },

    /**
     * Judges a candidate by what its calculations gave and records the verdict, with predictions unless `predictBatch` brings them later.
     * Repeat-safe: it writes the same verdict again.
     */
    async concludeCandidate({ candidate, predictions }: { candidate: string; predictions?: 'later' }): Promise<CandidateVerdict> {
      const document = await readCandidate(candidate);
      const conclusion = await summariseCandidate(store, predictions ?? predictor, document);
      router.release(candidate);
      await store.collection('candidates').updateOne({ _id: candidate }, { $set: { ...conclusion, updatedAt: new Date().toISOString() } });
      return { state: conclusion.state, reason: conclusion.verdict.reason };
    },

    /** Records a candidate that cannot be evaluated, with the reason. */
    async recordVerdict({
      candidate,
      state,
      reason,
    }: {
      candidate: string;
      state: 'rejected' | 'failed';
      reason: string;
    }): Promise<CandidateVerdict> {
      router.release(candidate);
      await store
        .collection('candidates')
        .updateOne({ _id: candidate }, { $set: { state, verdict: { kind: state, reason }, updatedAt: new Date().toISOString() } });
      return { state, reason };
    },
  };

  async function readCandidate(id: string): Promise<CandidateDocument> {
    const document = await store.collection('candidates').findOne({ _id: id });
    if (document === null) throw new InvalidInput(`the candidate ${id} is not in the store`);
    return document;
  }
}

function chosen({ prototype }: CandidateDocument, wanted: 'primary' | 'all' | string[]): SlipSystem[] {
  const systems = slipSystems(prototype);
  if (wanted === 'all') return systems;
  return systems.filter((system) => (wanted === 'primary' ? system.primary : wanted.includes(system.name)));
}
