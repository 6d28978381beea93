import { z } from 'zod';

/** What a point cost once: core seconds, by the calculator that ran it and the size of its cell. */
export interface CostSample {
  calculator: string;
  /** Settings that matter for the numbers, as the calculator tells them. */
  fingerprint: string;
  /** Calculation kind. */
  kind: string;
  atoms: number;
  coreSeconds: number;
}

/** A point that is planned. */
export type PlannedCost = Pick<CostSample, 'calculator' | 'fingerprint' | 'kind' | 'atoms'>;

export const CostBasis = z.enum(['same settings', 'same calculator', 'other kinds of calculation', 'none']);
export type CostBasis = z.infer<typeof CostBasis>;

/** Core seconds of a point by a power of its number of atoms; `factor` is the half width of the 90 % interval, as a factor. */
export interface CostEstimate {
  basis: Exclude<CostBasis, 'none'>;
  samples: number;
  exponent: number;
  coreSeconds: number;
  factor: number;
}

/** Runs below which those of a wider basis are asked as well: the scatter of a few says little. */
const enough = 3;

/** An exponent is fitted where sizes lie this factor apart; below, it is assumed. */
const spreadOfSizes = 1.5;

/** Classical and machine-learned potentials cost by the atom; plane waves between the square and the cube of them. */
const usualExponents: Readonly<Record<string, number>> = { 'quantum-espresso': 2.5, vasp: 2.5 };

const normal90 = 1.645;

/**
 * What a planned point will cost, judging by runs on record: those with the same settings, else of the same calculator, each of the same kind
 * of calculation, else of any kind. Undefined where the calculator has never run: nothing is known then, and nothing is made up.
 */
export function estimateCost(planned: PlannedCost, samples: readonly CostSample[]): CostEstimate | undefined {
  const own = samples.filter(({ calculator, coreSeconds, atoms }) => calculator === planned.calculator && coreSeconds > 0 && atoms > 0);
  const kind = own.filter((it) => it.kind === planned.kind);
  const same = kind.filter(({ fingerprint }) => fingerprint === planned.fingerprint);
  const choices: [CostEstimate['basis'], readonly CostSample[]][] = [
    ['same settings', same],
    ['same calculator', kind],
  ];
  // Another kind of calculation takes other steps altogether: one run of the right kind says more than many of those.
  const fallback: typeof choices = [...choices, ['other kinds of calculation', own]];
  const [basis, chosen] = choices.find(([, it]) => it.length >= enough) ?? fallback.find(([, it]) => it.length > 0) ?? ['none', []];
  if (basis === 'none') return undefined;
  const { exponent, atOneAtom, scatter } = powerLaw(chosen, usualExponents[planned.calculator] ?? 1);
  return {
    basis,
    samples: chosen.length,
    exponent,
    coreSeconds: Math.exp(atOneAtom + (scatter * scatter) / 2) * planned.atoms ** exponent,
    factor: Math.exp(normal90 * scatter),
  };
}

/** Least squares of ln(seconds) over ln(atoms); the mean of a log-normal law lies `scatter`²/2 above its median. */
function powerLaw(samples: readonly CostSample[], usual: number): { exponent: number; atOneAtom: number; scatter: number } {
  const points = samples.map(({ atoms, coreSeconds }) => [Math.log(atoms), Math.log(coreSeconds)] as const);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([size]) => size)), mean(points.map(([, cost]) => cost))];
  const sizes = points.map(([size]) => size);
  const fits = points.length >= enough && Math.exp(Math.max(...sizes) - Math.min(...sizes)) >= spreadOfSizes;
  const slope = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  // A code that starts slowly shows a small slope on small cells; a negative one is noise.
  const exponent = fits ? Math.min(4, Math.max(0, slope)) : usual;
  const atOneAtom = y - exponent * x;
  const rest = points.map(([a, b]) => (b - atOneAtom - exponent * a) ** 2);
  // One run tells nothing of the scatter: a factor of two is assumed.
  const scatter =
    points.length < enough ? Math.log(2) / normal90 : Math.sqrt(rest.reduce((sum, value) => sum + value, 0) / (points.length - 1));
  return { exponent, atOneAtom, scatter };
}
