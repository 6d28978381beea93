import { z } from 'zod';
import { ElementSymbol } from '../../../domain/element.js';
import { Perturbation } from '../../../domain/potential/perturbation.js';

/** Published analytic potentials that we ship, by the name used in campaign files. */
export const AnalyticName = z.enum(['zhou2004', 'cleri-rosato', 'finnis-sinclair', 'sutton-chen']);
export type AnalyticName = z.infer<typeof AnalyticName>;

const analytic = {
  /** `zhou2004`: 16 metals and all their mixtures. The others are pure metals. */
  potential: AnalyticName,
  /** `zhou2004` only: a potential near the published one, for metals that no element is. It is named after both numbers: `zhou2004~0.1-s3`. */
  perturb: Perturbation.optional(),
};

export const AnalyticReference = z.strictObject(analytic);
export type AnalyticReference = z.infer<typeof AnalyticReference>;

const tabulated = {
  /** Path of a potential file on this machine; it travels with the inputs. For MEAM, the library. */
  file: z.string().min(1),
  /** LAMMPS pair style that reads the file. `meam` needs a LAMMPS with the MEAM package. */
  style: z.enum(['eam', 'eam/alloy', 'eam/fs', 'meam']),
  /** MEAM only: the parameter file that goes with the library. */
  parameterFile: z.string().min(1).optional(),
  /** Range in angstrom, where the file does not state it (MEAM: `rc`, 4 by default). */
  cutoffAngstrom: z.number().positive().optional(),
  /** What to cite; the comment of the file by default. */
  citation: z.string().optional(),
};

const kim = {
  /** Extended KIM id, for instance `EAM_Dynamo_MishinFarkasMehl_1999_Al__MO_651801486679_005`. Needs a native LAMMPS with KIM and the model. */
  kim: z.string().regex(/^[A-Za-z0-9_]+$/, 'an OpenKIM model id has only letters, digits and underscores'),
  /** Elements of the model; read from its id by default. */
  elements: z.array(ElementSymbol).min(1).optional(),
  /** Range in angstrom, 8 by default; fault cells are made thicker than it. */
  cutoffAngstrom: z.number().positive().default(8),
};

const kimTables = {
  /**
   * Extended KIM id of a model of the driver EAM_Dynamo. It must be installed where peierls runs (in a folder of `KIM_API_PORTABLE_MODELS_DIR`, in
   * `~/.kim-api`, or with the system); its table travels with the inputs, so that computers need neither LAMMPS nor the model.
   */
  kim: kim.kim,
};

const numerics = {
  /** A relaxation that leaves a larger force component is `not-converged`. 1e-5 eV/angstrom moves fault energies by less than 1e-3 mJ/m2. */
  forceToleranceEvPerAngstrom: z.number().positive().default(1e-5),
  /** A cell relaxation that leaves a larger stress is `not-converged`. */
  stressToleranceGpa: z.number().positive().default(1e-4),
  /** Conjugate-gradient iterations of one minimisation; two or three follow each other. */
  maxIterations: z.number().int().positive().default(2000),
};

const tabulatedReference = z.strictObject(tabulated);
export type TabulatedReference = z.infer<typeof tabulatedReference>;

export const PotentialReference = z.union([AnalyticReference, tabulatedReference, z.strictObject(kim)]);
export type PotentialReference = z.infer<typeof PotentialReference>;

/** Settings of the `lammps` calculator in campaign files: which potential, and how far to relax. */
export const LammpsSettings = z.union([
  z.strictObject({ ...analytic, ...numerics }),
  z.strictObject({ ...tabulated, ...numerics }),
  z.strictObject({ ...kim, ...numerics }),
]);
export type LammpsSettings = z.infer<typeof LammpsSettings>;

/** Settings of the `statics` calculator in campaign files. */
export const StaticsSettings = z.union([AnalyticReference, tabulatedReference, z.strictObject(kimTables)]);
export type StaticsSettings = z.infer<typeof StaticsSettings>;

/** What is wrong with the variant that was meant: of the three, the one with the fewest problems. */
export function settingsProblems(error: z.ZodError): string {
  const variants = error.issues.flatMap((issue) => (issue.code === 'invalid_union' ? issue.errors : [[issue]]));
  const meant = variants.sort((a, b) => a.length - b.length)[0] ?? [];
  return meant.map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': ')).join('; ');
}
