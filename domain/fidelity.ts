import { z } from 'zod';

/** Levels of theory, the cheapest first: classical potentials, machine-learned force fields, first principles. */
export const Fidelity = z.enum(['md', 'mlff', 'dft']);
export type Fidelity = z.infer<typeof Fidelity>;

/** Whether the first is a higher level of theory than the second. */
export function isAbove(one: Fidelity, other: Fidelity): boolean {
  return Fidelity.options.indexOf(one) > Fidelity.options.indexOf(other);
}

/** Which candidates of the rung below are worth this one: those that look strong, and those of which too little is known to say. */
export const Promotion = z.strictObject({
  /** A candidate is wanted for being among so many of the ranking. */
  top: z.int().min(1).max(100_000).default(10),
  /** It is promising when it is among them with this probability or more. */
  probability: z.number().gt(0).max(1).default(0.25),
  /** It is uncertain when the ends of its 90 % interval lie this factor apart, or its predictor does not know such crystals, and the upper end would be among them; `false` promotes nobody for that. */
  uncertain: z.union([z.literal(false), z.number().gt(1).max(1e6)]).default(10),
  /** At most so many, the most promising first; default: all of them. */
  most: z.int().min(1).max(1_000_000).optional(),
});
export type Promotion = z.infer<typeof Promotion>;

/** A candidate as its rung has left it. */
export interface Contender {
  candidate: string;
  peierlsMpa: number;
  /** Without what rivals share: a higher rung does not tell it. */
  interval90: readonly [number, number];
  domain: string;
  /** Of being among the `top`. */
  topProbability: number;
}

export interface Promoted {
  candidate: string;
  why: 'promising' | 'uncertain';
}

/** The candidates that go on, in the order in which they are worth it. Ties are broken by name, so that the same ranking gives the same answer. */
export function promotions(contenders: readonly Contender[], { top, probability, uncertain, most }: Promotion): Promoted[] {
  const strengths = contenders.map(({ peierlsMpa }) => peierlsMpa).toSorted((a, b) => b - a);
  const bar = strengths[Math.min(top, strengths.length) - 1] ?? 0;
  const promising = contenders.filter((it) => it.topProbability >= probability);
  const unclear = contenders.filter(
    ({ topProbability, interval90: [low, high], domain }) =>
      topProbability < probability && uncertain !== false && high >= bar && (domain === 'outside' || high >= uncertain * low),
  );
  const byName = (a: Contender, b: Contender): number => (a.candidate < b.candidate ? -1 : 1);
  return [
    ...promising
      .toSorted((a, b) => b.topProbability - a.topProbability || b.peierlsMpa - a.peierlsMpa || byName(a, b))
      .map(({ candidate }) => ({ candidate, why: 'promising' as const })),
    ...unclear
      .toSorted((a, b) => b.interval90[1] - a.interval90[1] || byName(a, b))
      .map(({ candidate }) => ({ candidate, why: 'uncertain' as const })),
  ].slice(0, most);
}
