import type { PointOutcome, PointTask } from '../../domain/point.js';
import type { Structure } from '../../domain/structure.js';

/** Text files by relative name. */
export type TextFiles = Record<string, string>;

export interface PointInput {
  /** Written into the point's own folder. */
  files: TextFiles;
  /** Program and arguments that run the code's command, given to them as further arguments. Default: none, the command runs by itself. */
  wrapper?: string[];
  /** Arguments of the code's command; it runs in the point's folder. Files shared by the set are under `../shared/`. */
  args: string[];
  /** Names, in the point's folder, that `readPoint` needs. The wrapper adds `stdout` and `stderr` by itself. */
  outputs: string[];
}

/** A change of settings after which a failed point may succeed. */
export interface PointCorrection {
  name: string;
  /** `safe`: for this point alone. `whole-set`: only for all points of the calculation. `forbidden`: would change what is asked. */
  safety: 'safe' | 'whole-set' | 'forbidden';
  /** What it does, for the attempt log. */
  says: string;
}

/** A simulation code seen from the protocols: writes inputs, names outputs, reads results. Pure once opened: no I/O in these methods. */
export interface Calculator {
  /** Name in campaign files and in `computers.yaml` under `codes`. */
  readonly name: 'lammps' | 'statics' | 'quantum-espresso' | 'vasp' | 'ase';
  /** Level of theory reported with every result. */
  readonly fidelity: 'md' | 'mlff' | 'dft';
  /** Its pseudopotentials lie on the computer: `codes.<name>.pseudopotentials` must say where. */
  readonly needsPseudopotentials?: boolean;
  /** Range of the interaction in angstrom, where it has one: fault cells must be thicker than it. */
  cutoffAngstrom(structure: Structure): number | undefined;
  /** Everything that changes numbers (potential file hash, protocol version); part of every calculation's identity. Same inputs, same string. */
  fingerprint(structure: Structure): string;
  /** Citation or description of the potential or settings, for provenance. */
  describe(structure: Structure): Record<string, string | number>;
  /** A reason why this structure can never be computed (element without a potential...), or undefined. */
  rejects(structure: Structure): string | undefined;
  /** Files that all points of a calculation share, for instance the potential; `../shared/<name>` seen from a point's folder. */
  sharedFiles(structure: Structure): TextFiles;
  /** `corrections` are names that `correction` has given for this point, in that order; the outputs do not depend on them. */
  writePoint(task: PointTask, corrections?: readonly string[]): PointInput;
  /** Name and version of the code that wrote these outputs of a point, where they say so. */
  codeVersion(outputs: TextFiles): string | undefined;
  /** Never throws on bad output: a missing, truncated or absurd output is a failed outcome with evidence. */
  readPoint(task: PointTask, outputs: TextFiles): PointOutcome;
  /** What to try next for a failed point that has had `applied` already; undefined when nothing is left. Absent where a code has no rules. */
  correction?(task: PointTask, outputs: TextFiles, applied: readonly string[]): PointCorrection | undefined;
}
