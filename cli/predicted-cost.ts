import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Calculator } from '../connectors/calculator/calculator.js';
import { costSamples } from '../connectors/store/cost.js';
import { estimateCost, type CostSample } from '../domain/cost.js';
import type { Structure } from '../domain/structure.js';
import { readInstallation } from '../workers/config.js';
import { significant, type Output } from './output.js';
import { withStore } from './session.js';

/** A point of a candidate: its kind of calculation and how large its cell is, where that is known before the crystal is relaxed. */
export interface PlannedPoint {
  kind: string;
  atoms: number;
}

/** Core hours of a candidate with the ends of their 90 % interval, and what they were judged by. */
export interface CandidateCost {
  coreHours: number;
  low: number;
  high: number;
  basis: string;
}

/** What points have cost in this installation. Empty where nothing has run yet: no store is made for the question. */
export async function recordedCosts(output: Output): Promise<CostSample[]> {
  const { home } = await readInstallation(process.env);
  if (process.env['PEIERLS_MONGODB_URI'] === undefined && !existsSync(join(home.root, 'store'))) return [];
  return withStore(process.env, output, costSamples);
}

/** Undefined where the calculator has never run here. */
export function candidateCost(
  points: readonly PlannedPoint[],
  structure: Structure,
  calculator: Calculator,
  samples: readonly CostSample[],
): CandidateCost | undefined {
  const common = { calculator: calculator.name, fingerprint: calculator.fingerprint(structure) };
  const estimates = points.map((point) => estimateCost({ ...common, ...point }, samples));
  const known = estimates.flatMap((it) => it ?? []);
  if (known.length === 0 || known.length < estimates.length) return undefined;
  const hours = known.reduce((sum, { coreSeconds }) => sum + coreSeconds, 0) / 3600;
  // The points of one candidate are dear or cheap together: their errors do not average out.
  const factor = known.reduce((sum, it) => sum + it.coreSeconds * it.factor, 0) / (3600 * hours);
  const bases = [...new Set(known.map((it) => it.basis))];
  const runs = new Map(points.map(({ kind }, index) => [kind, known[index]?.samples ?? 0]));
  return {
    coreHours: hours,
    low: hours / factor,
    high: hours * factor,
    basis: `recorded runs (${bases.join(', ')}): ${[...runs].map(([kind, count]) => `${count} of ${kind}`).join(', ')}`,
  };
}

/** `0.012 (0.008 - 0.02)` */
export function costText({ coreHours, low, high }: Pick<CandidateCost, 'coreHours' | 'low' | 'high'>): string {
  return `${significant(coreHours)} (${significant(low)} - ${significant(high)})`;
}
