import { z } from 'zod';
import { ElementSymbol } from '../../../domain/element.js';

/** Models with a name of their own; anything else of ASE is `package.module:Class`. */
export const aseModels = ['nep', 'mace', 'chgnet', 'sevennet', 'emt', 'gpaw'] as const;

const anyModel = `use ${aseModels.join(', ')}, or package.module:Class for another calculator of ASE`;

/** Settings of the `ase` calculator in campaign files. */
export const AseSettings = z.strictObject({
  /** `nep` (calorine), `mace`, `chgnet`, `sevennet`, `emt` (ASE's own, for tests and teaching), `gpaw`, or `package.module:Class`. */
  model: z.union([z.enum(aseModels), z.string().regex(/^[A-Za-z_][\w.]*:[A-Za-z_]\w*$/, anyModel)], {
    error: anyModel,
  }),
  /** Parameters of the model, as a file on the computer that runs it. Its sha256 is part of every result's identity, and checked there. */
  file: z
    .strictObject({
      /** Where it lies on that computer; `~` is the home there. */
      path: z.string().min(1),
      /** As `sha256sum` prints it. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits that sha256sum prints'),
    })
    .optional(),
  /** Passed on to the calculator by name, for instance `{ mode: { name: pw, ecut: 400 }, xc: PBE }` for GPAW. */
  arguments: z.record(z.string(), z.json()).default({}),
  /** Python packages that must be there, with their versions; a different one fails the point and says so. Default: whatever is there. */
  requires: z.record(z.string(), z.string().min(1)).default({}),
  /** Elements that the model knows; others are rejected before anything runs. Default: those of EMT for `emt`, else all. */
  elements: z.array(ElementSymbol).min(1).optional(),
  /** `dft` for first principles (fault cells are then tilted, k-points needed). Default: `dft` for gpaw, `md` for emt, else `mlff`. */
  fidelity: z.enum(['md', 'mlff', 'dft']).optional(),
  /** Range of the interaction, angstrom: fault slabs are made thicker than it. Default: 8 for force fields, none for first principles. */
  cutoffAngstrom: z.number().positive().max(20).optional(),
  /** Number of k-points of the full mesh times the number of atoms, for gpaw without a `kpts` of its own. */
  kPointsPerAtom: z.number().min(1).max(1_000_000).default(8000),
  /** Starting magnetic moments by element, Bohr magnetons; a structure with one of them is computed with spin. Default: none. */
  magneticMoments: z.partialRecord(ElementSymbol, z.number().min(-10).max(10)).default({}),
  /** A relaxation ends when no free force is larger. */
  forceToleranceEvPerAngstrom: z.number().positive().max(1).default(0.002),
  /** A cell relaxation ends when no stress is larger. */
  stressToleranceGpa: z.number().positive().max(5).default(0.01),
  /** Steps of a relaxation before it counts as not converged. */
  maxIonicSteps: z.int().min(1).max(10_000).default(500),
});
export type AseSettings = z.infer<typeof AseSettings>;
