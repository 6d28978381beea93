import { z } from 'zod';
import { ElementSymbol } from '../../../domain/element.js';

/** Settings of the `vasp` calculator in campaign files. */
export const VaspSettings = z.strictObject({
  /** Names the POTCAR family, whose folder each computer says under `codes.vasp.pseudopotentials`, and what INCAR says about the functional. */
  functional: z.enum(['PBE', 'PBEsol', 'LDA']).default('PBE'),
  /** POTCAR by element, as the folders of VASP's distribution are called. Default: those that VASP's manual recommends. */
  potcars: z
    .partialRecord(ElementSymbol, z.string().regex(/^[A-Za-z0-9_.]+$/, 'must be the name of a POTCAR folder, such as Fe_pv'))
    .default({}),
  /**
   * sha256 of the POTCAR by element, as `sha256sum` prints it. A computer with another file fails the point and says so. Default: whatever
   * is there, told in provenance.
   */
  potcarSha256: z
    .partialRecord(ElementSymbol, z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits that sha256sum prints'))
    .default({}),
  /** Plane-wave cutoff (ENCUT), eV; one for all candidates. At least 1.3 times the ENMAX of each POTCAR where stresses matter; below ENMAX a point is refused. */
  encutEv: z
    .number()
    .min(100, 'a cutoff below 100 eV describes no metal')
    .max(2000, 'a cutoff above 2000 eV is a slip of the pen')
    .default(520),
  /** Number of k-points of the full mesh times the number of atoms. */
  kPointsPerAtom: z.number().min(1).max(1_000_000).default(8000),
  /** Occupations: Methfessel-Paxton of first order, Gaussian or Fermi-Dirac smearing. */
  smearing: z.enum(['mp', 'gaussian', 'fd']).default('mp'),
  /** Width of the smearing (SIGMA), eV. */
  smearingEv: z.number().min(0.01).max(1).default(0.2),
  /** `full`, only k = -k (`time-reversal`), or `none`: the same for all points of a set. */
  symmetry: z.enum(['full', 'time-reversal', 'none']).default('full'),
  /** `auto`: spin where Fe, Co or Ni is. A table gives starting moments in Bohr magnetons; moments that vanish are then a failure. */
  magnetism: z
    .union([z.enum(['auto', 'none']), z.partialRecord(ElementSymbol, z.number().min(-10).max(10))], {
      error: 'use auto, none, or starting moments by element, such as { Fe: 3 }',
    })
    .default('auto'),
  /** End of a self-consistency cycle (EDIFF), eV an atom. */
  convergencePerAtomEv: z.number().min(1e-12).max(1e-3).default(1e-8),
  /** Projection in real space (LREAL = Auto): faster for large cells, energies off by an meV an atom. Default: reciprocal space. */
  realSpaceProjection: z.boolean().default(false),
  /** A relaxation ends when no free force is larger. */
  forceToleranceEvPerAngstrom: z.number().positive().max(1).default(0.005),
  /** What a relaxed cell may be left with, computed with plane waves of its own. More says that the cutoff is too low. */
  finalStressToleranceGpa: z.number().positive().max(10).default(0.5),
  /** Steps of a relaxation before it counts as not converged (NSW). */
  maxIonicSteps: z.int().min(1).max(1000).default(60),
  /** Iterations of one self-consistency cycle before it counts as not converged (NELM). */
  maxElectronicSteps: z.int().min(1).max(1000).default(100),
  /** k-points computed side by side (KPAR). Changes no numbers. Default: VASP's own. */
  kpar: z.int().min(1).max(1024).optional(),
  /** Cores that share a band (NCORE). Changes no numbers. Default: VASP's own. */
  ncore: z.int().min(1).max(1024).optional(),
  /** The version must begin with this, such as `6.4`; a run of another one fails and says so. Default: any. */
  requiresVersion: z.string().min(1).optional(),
});
export type VaspSettings = z.infer<typeof VaspSettings>;

/** What a correction may change. */
export interface VaspNumerics {
  algo: 'Normal' | 'All' | 'Exact';
  /** `cautious`: AMIX 0.1, BMIX 0.01. `kerker`: IMIX = 1. */
  mixing: 'default' | 'cautious' | 'kerker';
  /** Smallest mixing (AMIN), which long cells need lower. */
  amin: number;
  maxElectronicSteps: number;
  maxIonicSteps: number;
  /** Optimiser: conjugate gradients (2) or quasi-Newton (1). */
  ibrion: 1 | 2;
  potim: number;
  kpar: number;
  /** Factor on the number of bands. */
  extraBands: number;
  symmetry: VaspSettings['symmetry'];
  symprec: number;
  smearing: VaspSettings['smearing'];
  realSpaceProjection: boolean;
  /** Factor on EDIFF. */
  convergence: number;
}

export function startingNumerics(settings: VaspSettings): VaspNumerics {
  return {
    algo: 'Normal',
    mixing: 'default',
    amin: 0.1,
    maxElectronicSteps: settings.maxElectronicSteps,
    maxIonicSteps: settings.maxIonicSteps,
    ibrion: 2,
    potim: 0.5,
    kpar: settings.kpar ?? 1,
    extraBands: 1,
    symmetry: settings.symmetry,
    symprec: 1e-5,
    smearing: settings.smearing,
    realSpaceProjection: settings.realSpaceProjection,
    convergence: 1,
  };
}
