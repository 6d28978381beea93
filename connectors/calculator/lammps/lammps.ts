import type { z } from 'zod';
import { InvalidInput, UnsupportedElement } from '../../../domain/failures.js';
import type { Calculator } from '../calculator.js';
import type { LammpsEngine } from './engine.js';
import { atomsData, atomsFile, finalFile, inputFile, inputScript, resultFile } from './input.js';
import { traceFile } from './loading.js';
import { codeVersion, readOutputs } from './output.js';
import { openPotential } from './potential.js';
import { requireKim } from './potential/kim.js';
import { sha256, speciesOf } from './potential/potential.js';
import { LammpsSettings, settingsProblems } from './reference.js';

export { LammpsSettings } from './reference.js';

/** Changes when the same task gives other numbers: minimiser, tolerances of the script, boundary treatment. */
const protocol = 'lammps-1';

/** Forces are minimised this far below the tolerance of the reader. */
const forceNormFactor = 1e-4;

/**
 * The `lammps` calculator. The inputs are the same for a native LAMMPS and for the WebAssembly build (`engine.ts` says which runs).
 * Throws `InvalidInput` where the settings or the potential cannot be used, or not by `engine`, where it is known already.
 */
export async function lammpsCalculator(settings: z.input<typeof LammpsSettings>, engine?: LammpsEngine): Promise<Calculator> {
  const parsed = LammpsSettings.safeParse(settings);
  if (!parsed.success)
    throw new InvalidInput(`the settings of the lammps calculator are not valid: ${settingsProblems(parsed.error)}`, {
      remedy: 'Give one of {potential}, {file, style} or {kim}',
    });
  const { forceToleranceEvPerAngstrom, stressToleranceGpa, maxIterations, ...reference } = parsed.data;
  const potential = await openPotential(reference);
  if (potential.engines === 'native' && engine !== undefined) await requireKim(potential.name, engine);
  const numerics = { forceToleranceEvPerAngstrom, stressToleranceGpa, maxIterations };
  return {
    name: 'lammps',
    fidelity: 'md',
    cutoffAngstrom: (structure) => potential.cutoffAngstrom(structure),
    fingerprint: () => `${protocol}/${potential.name}/${sha256(potential.sha256, JSON.stringify(numerics)).slice(0, 32)}`,
    describe: (structure) => ({
      potential: potential.name,
      citation: potential.citation,
      potentialSha256: potential.sha256,
      cutoffAngstrom: potential.cutoffAngstrom(structure),
      ...numerics,
    }),
    rejects: (structure) => potential.rejects(structure),
    sharedFiles: (structure) => potential.files(structure),
    writePoint: (task) => {
      const rejected = potential.rejects(task.structure);
      if (rejected !== undefined) throw new UnsupportedElement(rejected);
      const species = speciesOf(task.structure);
      const script = inputScript(task, {
        species,
        potentialCommands: potential.commands(task.structure),
        forceNorm: forceToleranceEvPerAngstrom * forceNormFactor,
        maxIterations,
      });
      return {
        files: { [inputFile]: script, [atomsFile]: atomsData(task, species) },
        args: ['-in', inputFile, '-log', 'none'],
        outputs: task.relax === 'shear-loading' ? [resultFile, traceFile] : [resultFile, finalFile],
      };
    },
    codeVersion: (outputs) => {
      const version = codeVersion(outputs);
      return version === undefined ? undefined : `LAMMPS ${version}`;
    },
    readPoint: (task, outputs) =>
      readOutputs(task, outputs, { forceEvPerAngstrom: forceToleranceEvPerAngstrom, stressGpa: stressToleranceGpa }),
  };
}
