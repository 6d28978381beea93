import { buildSync } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { InvalidInput, UnsupportedElement } from '../../../domain/failures.js';
import { PointOutcome, type PointFailure, type PointTask } from '../../../domain/point.js';
import { eamKnots } from '../../../domain/statics/eam-table.js';
import { staticsVersion } from '../../../domain/statics/run-point.js';
import type { Structure } from '../../../domain/structure.js';
import type { Calculator, TextFiles } from '../calculator.js';
import { openForStatics, StaticsSettings } from '../lammps/potential.js';
import { settingsProblems } from '../lammps/reference.js';
import { functionsFile, resultFile, taskFile } from './files.js';

const programFile = 'peierls_statics.mjs';

/** The form of the command that serves all points of a bundle, by the Node at this path. */
export function staticsSession(node: string): string[] {
  return [node, `points/shared/${programFile}`, '--serve'];
}

/** What the program leaves: the outcome of a point and the version of the program. */
const Result = z.strictObject({ version: z.string(), outcome: PointOutcome });

/**
 * The `statics` calculator: pure metals and average atoms of the analytic potentials, computed by `domain/statics` in a program that travels with
 * the inputs and needs Node alone. Several times as fast as LAMMPS for dislocations and for the many small points of a metal, because it
 * preconditions and starts no process a point; compounds need `lammps`. Throws `InvalidInput` where the settings cannot be used.
 */
export async function staticsCalculator(settings: Readonly<Record<string, unknown>>): Promise<Calculator> {
  const parsed = StaticsSettings.safeParse(settings);
  if (!parsed.success)
    throw new InvalidInput(`the settings of the statics calculator are not valid: ${settingsProblems(parsed.error)}`, {
      path: 'calculator',
      remedy: 'Give one of potential (zhou2004, cleri-rosato, finnis-sinclair, sutton-chen), file with its style, kim',
    });
  const potential = await openForStatics(parsed.data);
  if (potential.singleSpecies === undefined)
    throw new InvalidInput(`${potential.name} is no embedded-atom potential, which is all that statics computes`, {
      path: 'calculator.style',
      remedy: 'Use the calculator lammps, or style eam, eam/alloy or eam/fs',
    });
  const program = bundledProgram();

  function rejects(structure: Structure): string | undefined {
    const reason = potential.rejects(structure);
    if (reason !== undefined) return reason;
    if (potential.singleSpecies?.(structure) !== undefined) return undefined;
    return 'statics computes pure metals and solid solutions as average atoms, not compounds. Screen those with lammps.';
  }

  return {
    name: 'statics',
    fidelity: 'md',
    cutoffAngstrom: (structure) => potential.cutoffAngstrom(structure),
    fingerprint: () => `${staticsVersion.replaceAll(' ', '-')}/${potential.name}/${potential.sha256.slice(0, 32)}`,
    describe: (structure) => ({
      potential: potential.name,
      citation: potential.citation,
      potentialSha256: potential.sha256,
      cutoffAngstrom: potential.cutoffAngstrom(structure),
    }),
    rejects,
    sharedFiles: (structure) => {
      const single = potential.singleSpecies?.(structure);
      if (single === undefined) throw new UnsupportedElement(rejects(structure) ?? 'the structure has no single species');
      return { [programFile]: program, [functionsFile]: JSON.stringify(eamKnots(single.functions, single.species)) };
    },
    writePoint: (task) => ({
      files: { [taskFile]: `${JSON.stringify(task)}\n` },
      args: [`../shared/${programFile}`],
      outputs: [resultFile],
    }),
    codeVersion: (outputs) => parse(outputs[resultFile] ?? '')?.version,
    readPoint,
  };
}

function readPoint(task: PointTask, outputs: TextFiles): PointOutcome {
  const text = outputs[resultFile];
  if (text === undefined || text === '') return failed('output-missing', `there is no ${resultFile}; ${lastWords(outputs)}`);
  const result = parse(text);
  if (result === undefined) return failed('output-truncated', `${resultFile} is cut off or not of our program: ${text.slice(0, 200)}`);
  const { outcome } = result;
  if (
    outcome.kind === 'completed' &&
    outcome.result.trace === undefined &&
    outcome.result.structure.sites.length !== task.structure.sites.length
  )
    return failed('atoms-lost', `${outcome.result.structure.sites.length} atoms came back of ${task.structure.sites.length}`);
  return outcome;
}

function parse(text: string): z.infer<typeof Result> | undefined {
  try {
    return Result.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** One file without imports, so that a computer needs Node and nothing of ours. */
function bundledProgram(): string {
  const built = buildSync({
    entryPoints: [fileURLToPath(new URL('program.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    write: false,
  });
  const text = built.outputFiles[0]?.text;
  if (text === undefined) throw new Error('esbuild made no program');
  return text;
}

function lastWords({ stderr = '', stdout = '' }: TextFiles): string {
  return `the last words were: ${(stderr.trim() || stdout.trim()).slice(-500) || 'none'}`;
}

function failed(reason: PointFailure, evidence: string): PointOutcome {
  return { kind: 'failed', reason, evidence };
}
