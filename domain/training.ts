import { z } from 'zod';
import { Campaign, CandidateSource } from './campaign.js';
import { canonicalJson } from './canonical.js';
import { DislocationCharacter } from './dislocation-array.js';
import { ElasticSettings } from './elastic-strain.js';
import { slipSystems } from './slip-system.js';

const systemNames = (['A1', 'A2', 'A3'] as const).flatMap((prototype) => slipSystems(prototype).map(({ name }) => name));

/** Which Peierls stresses a training campaign computes in every metal that has the slip system. */
export const TrainingDislocation = z.strictObject({
  /** Name of a slip system of A1, A2 or A3. */
  slipSystem: z.string().refine((name) => systemNames.includes(name), `name a slip system of A1, A2 or A3: ${systemNames.join(', ')}`),
  /** Which dislocations of it. */
  characters: z.array(DislocationCharacter).min(1).default(['edge', 'screw']),
  /** Points of the gamma surface along both periods; multiples of six keep the named faults on the grid. */
  grid: z.tuple([z.int().min(4).max(60), z.int().min(4).max(60)]).default([12, 12]),
});
export type TrainingDislocation = z.infer<typeof TrainingDislocation>;

/**
 * What is worth its time: fcc edges lie below the numerical floor with every smooth potential, and prismatic screws of most potentials
 * slip on the basal plane instead (docs/physics-peierls-stress.md).
 */
const usualDislocations: z.input<typeof TrainingDislocation>[] = [
  { slipSystem: '{111}<110>', characters: ['screw'] },
  { slipSystem: '{110}<111>' },
  { slipSystem: '{112}<111>', grid: [8, 12] },
  { slipSystem: 'basal', characters: ['screw'] },
  { slipSystem: 'prismatic-wide', characters: ['edge'], grid: [8, 12] },
  { slipSystem: 'pyramidal-ii', grid: [12, 10] },
];

/** A training file. Strict: an unknown key is an error. Everything that is not said here means what it means in a campaign. */
export const Training = z.strictObject({
  name: Campaign.shape.name,
  description: Campaign.shape.description,
  /** Metals of one potential, real and virtual. */
  metals: z.array(CandidateSource).min(1, 'name at least one source of metals'),
  /** Peierls stresses to compute in every metal that has the slip system. Default: those that are worth their time. */
  dislocations: z.array(TrainingDislocation).min(1).prefault(usualDislocations),
  calculator: Campaign.shape.calculator,
  /**
   * Settings that are added to those of `calculator`, or take their place, one entry a potential: every metal that it has is computed with each.
   * Each is a campaign of its own, called after the training with a number. Default: one potential, that of `calculator`.
   */
  potentials: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .refine((all) => new Set(all.map(canonicalJson)).size === all.length, 'each potential may be named once')
    .optional(),
  /** How elastic constants are computed. */
  elastic: ElasticSettings.prefault({ amplitudes: [0.005] }),
  computer: Campaign.shape.computer,
  priority: Campaign.shape.priority,
  limits: Campaign.shape.limits,
});
export type Training = z.infer<typeof Training>;

/** The campaigns that a training runs as, one a potential. */
export function campaignsOf({ metals, dislocations, elastic, potentials, ...common }: Training): Campaign[] {
  const campaign: Campaign = {
    ...common,
    candidates: metals,
    rescreen: 'never',
    protocol: { elastic, slipSystems: [...new Set(dislocations.map(({ slipSystem }) => slipSystem))], gamma: { geometry: 'slab' } },
  };
  if (potentials === undefined) return [campaign];
  return potentials.map((settings, index) => ({
    ...campaign,
    name: `${common.name}-${index + 1}`,
    calculator: { ...common.calculator, ...settings },
  }));
}
