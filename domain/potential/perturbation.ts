import { z } from 'zod';
import { elements as periodicTable } from '../element.js';
import { randomNumbers } from '../learning/random.js';
import { shells } from './eam.js';
import { rawDensity, rawPair, type ZhouElement, type ZhouParameters } from './zhou.js';

/** Names one of the potentials near a published one. */
export const Perturbation = z.strictObject({
  /** Which random choice; each element has its own. Another seed is another potential. */
  seed: z.int().min(1).max(1_000_000),
  /**
   * How far parameters go at most: decays by this share of their values, the weight of the embedding by three times this share, the ends of the functions
   * by this many neighbour distances. At 0.1 nine of ten fcc and hcp crystals that were stable are still.
   */
  amount: z.number().min(0.001).max(0.3),
});
export type Perturbation = z.infer<typeof Perturbation>;

/** Enough for the same numbers in every file; fewer digits than engines may differ in. */
const digits = 10;

/**
 * Another potential of the same form, whose functions are as smooth. What only scales lengths and energies stays, since it scales every result.
 * Changed are the decays of repulsion and attraction (alpha, beta), where both end (kappa, lambda), and the weight of the embedding against the
 * pairs, which spreads moduli ratios and fault energies. A and the densities of the embedding follow, so that the crystal of the paper stays close to
 * equilibrium where its embedding function has its minimum.
 */
export function perturbed(parameters: ZhouParameters, { seed, amount }: Perturbation): ZhouParameters {
  const name = `${parameters.name}~${amount}-s${seed}`;
  const citation = `perturbed by ${amount} from ${parameters.citation}`;
  const elements = Object.fromEntries(
    Object.entries(parameters.elements).map(([symbol, element]) => {
      const random = randomNumbers(seed * 1000 + (periodicTable[symbol as keyof typeof periodicTable]?.number ?? 0));
      const shift = (): number => amount * (2 * random() - 1);
      return [symbol, perturbedElement(symbol, element, shift)];
    }),
  );
  return { name, citation, elements };
}

function perturbedElement(symbol: string, p: ZhouElement, shift: () => number): ZhouElement {
  const lattice = periodicTable[symbol as keyof typeof periodicTable]?.groundState === 'bcc' ? 'bcc' : 'fcc';
  const a = lattice === 'bcc' ? (2 * p.re) / Math.sqrt(3) : Math.SQRT2 * p.re;
  const distances = shells[lattice].map(([count, squared]) => ({ count, r: a * Math.sqrt(squared) }));
  const sum = (value: (r: number) => number): number => distances.reduce((total, { count, r }) => total + count * value(r), 0);
  const virial = (q: ZhouElement): number => sum((r) => (r * (rawPair(q, r + 1e-4) - rawPair(q, r - 1e-4))) / 2e-4);

  const shape = {
    ...p,
    alpha: p.alpha * (1 + shift()),
    beta: p.beta * (1 + shift()),
    kappa: p.kappa + shift(),
    lambda: p.lambda + shift(),
  };
  const attraction = virial({ ...shape, A: 0 });
  const A = (virial(p) - attraction) / virial({ ...shape, A: 1, B: 0 });
  const denser = sum((r) => rawDensity(shape, r)) / sum((r) => rawDensity(p, r));
  const weight = 1 + 3 * shift();
  const scaled = (value: number): number => round(weight * value);
  return {
    ...shape,
    alpha: round(shape.alpha),
    beta: round(shape.beta),
    kappa: round(shape.kappa),
    lambda: round(shape.lambda),
    A: round(A),
    rhoe: round(denser * p.rhoe),
    rhos: round(denser * p.rhos),
    Fn: [scaled(p.Fn[0]), scaled(p.Fn[1]), scaled(p.Fn[2]), scaled(p.Fn[3])],
    F: [scaled(p.F[0]), scaled(p.F[1]), scaled(p.F[2]), scaled(p.F[3])],
    Fe: scaled(p.Fe),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(digits));
}
