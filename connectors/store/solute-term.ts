import { elements, ElementSymbol, massU } from '../../domain/element.js';
import { gramsPerCm3 } from '../../domain/density.js';
import { controlling } from '../../domain/ranking.js';
import { soluteModuli, soluteStrengthening, soluteStressAt } from '../../domain/solute-strengthening.js';
import type { CandidateDocument, CandidateSummary } from './document.js';

/** What random solutes add to a solid solution; null where the theory says nothing (pure, ordered, hcp) or a number is missing. */
export interface SoluteColumns {
  /** Resolved shear stress of the solutes alone at 0 K, MPa. */
  soluteMpa: number | null;
  /** The same at 300 K and a strain rate of 1e-4/s. */
  soluteMpaAt300K: number | null;
  soluteBarrierEv: number | null;
  /** Where atomic volumes come from: pure metals of this lattice in the same campaign, all of them, or else tables, all of them. */
  soluteVolumes: 'campaign' | 'tables' | null;
  /** Peierls stress and solutes at 0 K, added; of the hardest character of the easiest slip system, see `withSolutes`. */
  peierlsPlusSoluteMpa: number | null;
}

/** Cubic angstrom of an atom, by lattice and element. */
export type PureVolumes = ReadonlyMap<string, number>;

type WithSummary = Pick<CandidateDocument, 'lattice' | 'prototype' | 'summary'>;

/** Volumes of the pure metals among the candidates of a campaign. */
export function pureVolumes(candidates: readonly WithSummary[]): PureVolumes {
  return new Map(
    candidates.flatMap(({ lattice, prototype, summary }): [string, number][] => {
      const [symbol, ...others] = Object.keys(summary?.composition ?? {});
      const density = summary?.densityGPerCm3;
      if (symbol === undefined || others.length > 0 || density === undefined || !simple.has(prototype)) return [];
      return [[`${lattice} ${symbol}`, (gramsPerCm3 * massU({ [symbol]: 1 })) / density]];
    }),
  );
}

export function soluteColumns(candidate: WithSummary & Pick<CandidateDocument, 'predictions'>, volumes: PureVolumes): SoluteColumns {
  const { lattice, prototype, summary } = candidate;
  const composition = summary?.composition ?? {};
  const symbols = Object.keys(composition);
  if (summary === undefined || lattice === 'hcp' || !simple.has(prototype) || symbols.length < 2) return nothing;
  // Potentials are off by a percent of volume, as much as many a misfit: the two sources are not mixed.
  const measured = symbols.every((symbol) => volumes.has(`${lattice} ${symbol}`));
  const volumeOf = (symbol: string): number | undefined =>
    measured ? volumes.get(`${lattice} ${symbol}`) : elements[ElementSymbol.parse(symbol)].atomicVolume;
  const own = Object.fromEntries(symbols.map((symbol) => [symbol, volumeOf(symbol)]));
  const moduli = soluteModuli(lattice, summary.constants ?? {});
  const burgersAngstrom = shortestBurgers(summary);
  if (moduli === undefined || burgersAngstrom === undefined || Object.values(own).some((it) => it === undefined)) return nothing;
  const found = soluteStrengthening({ lattice, moduli, burgersAngstrom, composition, volumes: own as Record<string, number> });
  return {
    soluteMpa: found.zeroTemperatureMpa,
    soluteMpaAt300K: soluteStressAt(found, 300),
    soluteBarrierEv: found.barrierEv,
    soluteVolumes: measured ? 'campaign' : 'tables',
    peierlsPlusSoluteMpa: withSolutes(candidate.predictions, lattice, found.zeroTemperatureMpa),
  };
}

/**
 * The controlling stress when the solutes act too. The theories are of edge dislocations: in bcc, where screws meet solutes by other mechanisms
 * (kinks), only edges get the term; in fcc both characters are wide and do, which overrates screws somewhat.
 */
function withSolutes(predictions: CandidateDocument['predictions'], lattice: 'fcc' | 'bcc', soluteMpa: number): number | null {
  const added = predictions.map(({ slipSystem, character, peierlsMpa }) => ({
    slipSystem,
    character,
    peierlsMpa: peierlsMpa + (lattice === 'fcc' || character === 'edge' ? soluteMpa : 0),
  }));
  return controlling(added)?.peierlsMpa ?? null;
}

/** Solid solutions and pure metals; every other prototype is ordered. */
const simple: ReadonlySet<string> = new Set(['A1', 'A2', 'A3']);

const nothing: SoluteColumns = {
  soluteMpa: null,
  soluteMpaAt300K: null,
  soluteBarrierEv: null,
  soluteVolumes: null,
  peierlsPlusSoluteMpa: null,
};

function shortestBurgers({ faults }: CandidateSummary): number | undefined {
  const lengths = faults.flatMap(({ burgersAngstrom }) => burgersAngstrom ?? []);
  return lengths.length === 0 ? undefined : Math.min(...lengths);
}
