import { z } from 'zod';
import { ArraySize, DislocationCharacter } from './dislocation-array.js';
import { ElasticSettings } from './elastic-strain.js';
import { PrototypeName } from './prototype.js';
import { Structure } from './structure.js';

/** Raise when a protocol changes what is computed: older results are then not reused. */
export const protocolVersion = 1;

const common = {
  protocolVersion: z.int(),
  calculator: z.strictObject({
    name: z.string(),
    /** The calculator's own fingerprint of potential or settings for this structure. */
    fingerprint: z.string(),
  }),
  prototype: PrototypeName,
};

/**
 * One physical question about one structure; its canonical JSON is hashed into the calculation's id. Elastic tensors and gamma surfaces
 * name the relaxation they start from instead of its numbers, so that ids do not depend on the last digits of a minimiser.
 */
export const CalculationInputs = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('relaxation'), ...common, structure: Structure }),
  z.strictObject({ kind: z.literal('elastic-tensor'), ...common, relaxation: z.string(), settings: ElasticSettings }),
  z.strictObject({
    kind: z.literal('gamma-surface'),
    ...common,
    relaxation: z.string(),
    slipSystem: z.string(),
    grid: z.tuple([z.int(), z.int()]),
    geometry: z.enum(['slab', 'tilted']),
    /** Absent where each point is computed at one opening, as it is. */
    openingsAngstrom: z.array(z.number()).optional(),
    /** Present where the opening follows from stresses. */
    stretchAngstrom: z.number().optional(),
    /** Present where a quasirandom alloy is averaged over several arrangements of its atoms. */
    arrangements: z.int().optional(),
  }),
  z.strictObject({
    kind: z.literal('peierls-stress'),
    ...common,
    relaxation: z.string(),
    /** The elastic tensor says how stiff the cell is: the increments of the load follow from it. */
    elastic: z.string(),
    slipSystem: z.string(),
    character: DislocationCharacter,
    sizes: z.array(ArraySize).min(1).max(4),
  }),
]);
export type CalculationInputs = z.infer<typeof CalculationInputs>;
export type CalculationKind = CalculationInputs['kind'];

export const calculationStates = ['planned', 'staged', 'submitted', 'running', 'retrieved', 'parsed', 'failed', 'cancelled'] as const;
export const CalculationState = z.enum(calculationStates);
export type CalculationState = z.infer<typeof CalculationState>;

/** How a calculation ended, as far as a workflow needs to know. The numbers are in the store. */
export const CalculationOutcome = z.discriminatedUnion('kind', [
  /** `finding` is a physical result that decides the candidate's fate: `unstable`; or why there is no Peierls stress: `cross-slip`. */
  z.strictObject({ kind: z.literal('completed'), finding: z.string().optional() }),
  z.strictObject({ kind: z.literal('failed'), reason: z.string(), evidence: z.string() }),
]);
export type CalculationOutcome = z.infer<typeof CalculationOutcome>;

/** Failures of a point that a fresh submission may cure: the job was ended from outside, the science did not fail. */
export const resubmittable: ReadonlySet<string> = new Set([
  'output-missing',
  'output-truncated',
  'out-of-time',
  'out-of-memory',
  'node-failure',
  'lost',
  'cancelled',
]);
