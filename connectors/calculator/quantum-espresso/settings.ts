import { z } from 'zod';
import { ElementSymbol } from '../../../domain/element.js';

const Rydberg = z.number().min(4, 'a cutoff below 4 Ry describes no metal').max(400, 'a cutoff above 400 Ry is a slip of the pen');

/** Settings of the `quantum-espresso` calculator in campaign files. Everything but the cutoffs of files without a recommendation has a default. */
export const QuantumEspressoSettings = z.strictObject({
  /** Folder of pseudopotentials on this machine; they travel with the inputs. Default: PEIERLS_PSEUDO, else /usr/share/espresso/pseudo (Debian). */
  pseudopotentials: z.string().min(1).optional(),
  /** All candidates of a campaign are computed with one functional, and only files made for it are used. */
  functional: z.enum(['PBE', 'PBEsol', 'LDA']).default('PBE'),
  /** File by element, where the folder holds several of the functional. Default: PAW before ultrasoft before norm-conserving. */
  files: z.partialRecord(ElementSymbol, z.string().min(1)).default({}),
  /**
   * Plane-wave cutoffs, Ry. Default: the largest recommendation of the structure's pseudopotentials times `cutoffFactor`; files that
   * recommend nothing need it. `density` is four times `wavefunctions` by default, right for norm-conserving files only.
   */
  cutoffRy: z
    .strictObject({
      /** Of the wave functions. */
      wavefunctions: Rydberg,
      /** Of the charge density. */
      density: z.number().min(16).max(4000).optional(),
    })
    .optional(),
  /** Factor on the recommended cutoffs. */
  cutoffFactor: z.number().min(0.5).max(3).default(1),
  /**
   * Number of k-points of the full mesh times the number of atoms. Stresses need many: Al is wrong by half in C44 at 1,700 and within 10 %
   * at 8,000 (20 x 20 x 20 in the one-atom cell), the usual density of elastic constants (Materials Project: 7,000).
   */
  kPointsPerAtom: z.number().min(1).max(1_000_000).default(8000),
  /** Occupation smearing: Marzari-Vanderbilt ("cold") by default, whose energy depends least on its width. */
  smearing: z.enum(['mv', 'mp', 'fd', 'gaussian']).default('mv'),
  /** Width of the smearing, Ry. */
  smearingRy: z.number().min(0.001).max(0.1).default(0.02),
  /**
   * The same for all points of a set. `full`: k-points reduced by the symmetry of each cell; the meshes are centred, divide symmetry-equal
   * axes alike and therefore carry the full symmetry. `time-reversal`: only k = -k. `none`: every k-point is computed.
   */
  symmetry: z.enum(['full', 'time-reversal', 'none']).default('full'),
  /**
   * `auto`: spin-polarised where the structure holds Fe, Co or Ni. A table gives starting magnetisations (fractions of the valence, -1 to 1)
   * and makes every structure with one of its elements spin-polarised.
   */
  magnetism: z
    .union([z.enum(['auto', 'none']), z.partialRecord(ElementSymbol, z.number().min(-1).max(1))], {
      error: 'use auto, none, or starting magnetisations by element, such as { Fe: 0.4 }',
    })
    .default('auto'),
  /** Estimated energy error at which a self-consistency cycle ends, Ry an atom. 1e-9 keeps stresses within 1e-3 GPa. */
  convergencePerAtomRy: z.number().min(1e-14).max(1e-5).default(1e-9),
  /** A relaxation ends when no free force component is larger. */
  forceToleranceEvPerAngstrom: z.number().positive().max(1).default(0.005),
  /** A cell relaxation ends when no stress is larger. */
  stressToleranceGpa: z.number().positive().max(5).default(0.02),
  /** What the last calculation of a cell relaxation, with plane waves for the new cell, may leave. More says that the cutoff is too low. */
  finalStressToleranceGpa: z.number().positive().max(10).default(0.5),
  /** Steps of a relaxation before it counts as not converged. */
  maxIonicSteps: z.int().min(1).max(1000).default(50),
  /** Iterations of one self-consistency cycle before it counts as not converged. */
  maxElectronicSteps: z.int().min(1).max(1000).default(100),
  /** The version must begin with this, such as `7.2`; a run of another one fails and says so. Default: any from 6.0 on. */
  requiresVersion: z.string().min(1).optional(),
  /** pw.x stops by itself after this long and says so. Default: what is left of the job's wall time, less a twentieth; no limit where jobs have none. */
  maxSeconds: z.int().min(10).optional(),
});
export type QuantumEspressoSettings = z.infer<typeof QuantumEspressoSettings>;

/** What a correction may change without changing what is computed. */
export interface Numerics {
  mixingBeta: number;
  mixingMode: 'plain' | 'local-TF';
  diagonalization: 'david' | 'cg';
  maxElectronicSteps: number;
  maxIonicSteps: number;
  /** Room for growth of the cell in tables of a cell relaxation. */
  cellFactor: number;
  /** Smallest step of the BFGS optimiser, bohr. */
  trustRadiusMin: number;
  /** Factor on the number of bands. */
  extraBands: number;
  symmetry: QuantumEspressoSettings['symmetry'];
}

export function startingNumerics(settings: QuantumEspressoSettings): Numerics {
  return {
    mixingBeta: 0.5,
    mixingMode: 'plain',
    diagonalization: 'david',
    maxElectronicSteps: settings.maxElectronicSteps,
    maxIonicSteps: settings.maxIonicSteps,
    cellFactor: 2,
    // A hundredth of pw.x's own, with which cells near their minimum are left 0.3 kbar off (Al).
    trustRadiusMin: 1e-5,
    extraBands: 1,
    symmetry: settings.symmetry,
  };
}
