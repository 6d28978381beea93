import { z } from 'zod';
import { pointFailures, StressVoigt, type PointFailure, type PointOutcome, type PointTask } from '../../../domain/point.js';
import { volume } from '../../../domain/structure.js';
import type { TextFiles } from '../calculator.js';
import { conventionalCell, type Reduction } from '../primitive.js';
import { gapOf } from '../species.js';

export const resultFile = 'result.json';

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** What the driver writes. */
const DriverResult = z.union([
  z.object({ failed: z.enum(pointFailures), evidence: z.string() }),
  z.object({
    energyEv: z.number(),
    stressGpa: StressVoigt.optional(),
    lattice: z.tuple([Triple, Triple, Triple]),
    positions: z.array(Triple),
    maxForceEvPerAngstrom: z.number(),
    /** Total, of the computed cell. */
    magneticMoment: z.number().optional(),
    /** Between the highest filled and the lowest empty band, where the calculator has bands. */
    bandGapEv: z.number().optional(),
    converged: z.boolean(),
    code: z.string(),
  }),
]);

/** A cell that has shrunk below this part of what it was is no crystal any more. */
const smallestVolume = 0.3;

/** Turns what the driver left into a result or a named failure. */
export function readOutputs(task: PointTask, outputs: TextFiles, computed: Reduction): PointOutcome {
  const text = outputs[resultFile];
  if (text === undefined) return failed('output-missing', `there is no ${resultFile}; ${lastWords(outputs)}`);
  const result = parse(text);
  if (result === undefined) return failed('output-truncated', `${resultFile} is cut off or not of our driver: ${text.slice(0, 200)}`);
  if ('failed' in result) return failed(result.failed, result.evidence);
  const { energyEv, stressGpa, lattice, positions, maxForceEvPerAngstrom, magneticMoment, bandGapEv, converged } = result;
  if (positions.length !== computed.structure.sites.length)
    return failed('atoms-lost', `${positions.length} atoms came back of ${computed.structure.sites.length}`);
  const structure = conventionalCell(task.structure, computed, lattice, positions);
  if (volume(structure) < smallestVolume * volume(task.structure))
    return failed(
      'atoms-lost',
      `the cell collapsed from ${volume(task.structure).toFixed(1)} to ${volume(structure).toFixed(1)} cubic angstrom`,
    );
  if (!converged)
    return failed('not-converged', `the largest force is still ${maxForceEvPerAngstrom.toPrecision(3)} eV/angstrom after the last step`);
  const whole = task.periodic.every(Boolean);
  if (whole && stressGpa === undefined) return failed('output-truncated', `${resultFile} has no stress`);
  return {
    kind: 'completed',
    result: {
      energyEv: energyEv * computed.multiplicity,
      ...(whole && stressGpa !== undefined && { stressGpa }),
      structure,
      maxForceEvPerAngstrom,
      ...gapOf(bandGapEv),
      ...(magneticMoment !== undefined && { magneticMoment: magneticMoment * computed.multiplicity }),
    },
  };
}

/** `calorine 4.1, ase 3.29.0` */
export function codeVersion(outputs: TextFiles): string | undefined {
  const result = parse(outputs[resultFile] ?? '');
  return result !== undefined && 'code' in result ? result.code : undefined;
}

function parse(text: string): z.infer<typeof DriverResult> | undefined {
  try {
    return DriverResult.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function lastWords({ stderr = '', stdout = '' }: TextFiles): string {
  return `the last words were: ${(stderr.trim() || stdout.trim()).slice(-500) || 'none'}`;
}

function failed(reason: PointFailure, evidence: string): PointOutcome {
  return { kind: 'failed', reason, evidence };
}
