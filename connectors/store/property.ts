import { z } from 'zod';
import { ElasticGateReport } from '../../domain/elastic-gate.js';
import { ElasticMatrix } from '../../domain/elastic-tensor.js';
import { GammaSurface } from '../../domain/gamma-surface.js';
import { PeierlsStress } from '../../domain/peierls-stress.js';
import { Structure } from '../../domain/structure.js';

export const RelaxationProperty = z.object({
  structure: Structure,
  a: z.number(),
  c: z.number().optional(),
  energyPerAtomEv: z.number(),
  /** Of a crystal that is no metal. */
  bandGapEv: z.number().optional(),
});
export type RelaxationProperty = z.infer<typeof RelaxationProperty>;

export const ElasticProperty = z.object({
  gpa: ElasticMatrix,
  constants: z.record(z.string(), z.number()),
  residualGpa: z.number(),
  residualStressGpa: z.number(),
  report: ElasticGateReport,
  moduli: z.object({ bulk: z.number(), shear: z.number(), young: z.number(), poisson: z.number() }),
});
export type ElasticProperty = z.infer<typeof ElasticProperty>;

export const GammaProperty = GammaSurface;
export type GammaProperty = GammaSurface;

export const PeierlsProperty = PeierlsStress;
export type PeierlsProperty = PeierlsStress;
