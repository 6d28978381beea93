import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidInput, MissingPseudopotential, UnsupportedElement } from '../../../domain/failures.js';
import type { PointTask } from '../../../domain/point.js';
import type { Structure } from '../../../domain/structure.js';
import type { Calculator, PointCorrection, TextFiles } from '../calculator.js';
import { elementsOf } from '../species.js';
import { cutoffsOf, magnetisationsOf, missingElement, potentialsOf, rejection } from './composition.js';
import { corrected, nextCorrection } from './correction.js';
import { crashFile, inputFile, pwInput, xmlFile } from './input.js';
import { defaultFolder, openLibrary } from './library.js';
import type { PwOutcomeName } from './outcome.js';
import { codeVersion, diagnose, readOutputs } from './output.js';
import { QuantumEspressoSettings, startingNumerics } from './settings.js';

export { QuantumEspressoSettings } from './settings.js';

/** Changes when the same task gives other numbers: cell reduction, mesh, thresholds of the input. */
const protocol = 'quantum-espresso-1';
const wrapperFile = 'pw.sh';

/**
 * The `quantum-espresso` calculator (pw.x 6.0 and later). The pseudopotentials are read and hashed when it is opened. Throws `InvalidInput`
 * or `MissingFile` where the settings or the folder of pseudopotentials cannot be used.
 */
export async function quantumEspressoCalculator(
  settings: Readonly<Record<string, unknown>> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Calculator> {
  const parsed = QuantumEspressoSettings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidInput(`the settings of the quantum-espresso calculator are not valid: ${issue?.message ?? ''}`, {
      path: ['calculator', ...(issue?.path ?? [])].join('.'),
      remedy: 'See docs/first-principles.md',
    });
  }
  const chosen = parsed.data;
  const { pseudopotentials, functional, files, maxSeconds: _maxSeconds, ...physics } = chosen;
  const folder = pseudopotentials ?? (environment['PEIERLS_PSEUDO'] || defaultFolder);
  const library = await openLibrary({ folder, functional, files });
  const wrapper = await readFile(new URL(wrapperFile, import.meta.url), 'utf8');
  const potentials = (structure: Structure) => potentialsOf(structure, library);

  /** Throws the typed error for a structure that `rejects` would have refused. */
  function accept(structure: Structure): { wavefunctions: number; density: number } {
    const missing = missingElement(structure, library);
    if (missing !== undefined) throw new MissingPseudopotential(missing);
    const refused = rejection(structure, library, chosen);
    const cutoffs = cutoffsOf(potentials(structure), chosen);
    if (refused !== undefined || cutoffs === undefined) throw new UnsupportedElement(refused ?? 'the structure has no cutoff');
    return cutoffs;
  }

  return {
    name: 'quantum-espresso',
    fidelity: 'dft',
    cutoffAngstrom: () => undefined,
    fingerprint: (structure) => {
      const hashes = potentials(structure).map(({ element, sha256 }) => `${element}:${sha256}`);
      const text = JSON.stringify([hashes, cutoffsOf(potentials(structure), chosen), magnetisationsOf(structure, chosen), physics]);
      return `${protocol}/${functional}/${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    },
    describe: (structure) => {
      const cutoffs = cutoffsOf(potentials(structure), chosen);
      return {
        functional,
        pseudopotentials: potentials(structure)
          .map(({ file, sha256 }) => `${file} (sha256 ${sha256})`)
          .join(', '),
        library: library.layout,
        cutoffRy: cutoffs?.wavefunctions ?? 0,
        densityCutoffRy: cutoffs?.density ?? 0,
        kPointsPerAtom: chosen.kPointsPerAtom,
        smearing: `${chosen.smearing} ${chosen.smearingRy} Ry`,
        symmetry: chosen.symmetry,
        spin: magnetisationsOf(structure, chosen) === undefined ? 'none' : 'collinear',
        forceToleranceEvPerAngstrom: chosen.forceToleranceEvPerAngstrom,
        convergencePerAtomRy: chosen.convergencePerAtomRy,
      };
    },
    rejects: (structure) => rejection(structure, library, chosen),
    sharedFiles: (structure) =>
      Object.fromEntries([[wrapperFile, wrapper], ...potentials(structure).map(({ file, text }) => [file, text])]),
    writePoint: (task, corrections = []) => ({
      files: {
        [inputFile]: pwInput(task, {
          settings: chosen,
          numerics: corrected(startingNumerics(chosen), corrections),
          potentials: potentials(task.structure),
          cutoffs: accept(task.structure),
          magnetisations: magnetisationsOf(task.structure, chosen),
        }),
      },
      wrapper: ['sh', `../shared/${wrapperFile}`, ...(strained(task) ? ['--strained'] : [])],
      args: ['-in', inputFile],
      outputs: [xmlFile, crashFile],
    }),
    codeVersion: (outputs) => {
      const version = codeVersion(outputs);
      return version === undefined ? undefined : `Quantum ESPRESSO ${version}`;
    },
    readPoint: (task, outputs) => readOutputs(task, outputs, chosen),
    correction: (task, outputs, applied) => correctionOf(task, outputs, applied),
  };

  /** One of a set of strained cells, whose atoms stand at the same fractions: the density of one is nearly that of the next. */
  function strained({ meshLattice, relax }: PointTask): boolean {
    return meshLattice !== undefined && (relax === 'ions' || relax === 'none');
  }

  function correctionOf(task: PointTask, outputs: TextFiles, applied: readonly string[]): PointCorrection | undefined {
    if (elementsOf(task.structure).some((element) => !library.byElement.has(element))) return undefined;
    const diagnosis = diagnose(task, outputs, chosen);
    if ('result' in diagnosis) return undefined;
    const rule = nextCorrection(diagnosis.outcome.name as PwOutcomeName, applied, startingNumerics(chosen));
    return rule && { name: rule.name, safety: rule.safety, says: rule.says };
  }
}
