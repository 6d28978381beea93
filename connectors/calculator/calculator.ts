import type { PointOutcome, PointTask } from '../../domain/point.js';
import type { Structure } from '../../domain/structure.js';

/** Text files by relative name. */
export type TextFiles = Record<string, string>;

export interface PointInput {
  /** Written into the point's own folder. */
  files: TextFiles;
  /** Arguments of the code's command; it runs in the point's folder. Files shared by the set are under `../shared/`. */
  args: string[];
  /** Names, in the point's folder, that `readPoint` needs. The wrapper adds `stdout` and `stderr` by itself. */
  outputs: string[];
}

/** A simulation code seen from the protocols: writes inputs, names outputs, reads results. Pure once opened: no I/O in these methods. */
export interface Calculator {
  /** Name in campaign files and in `computers.yaml` under `codes`. */
  readonly name: 'lammps' | 'quantum-espresso' | 'vasp' | 'ase';
  /** Level of theory reported with every result. */
  readonly fidelity: 'md' | 'mlff' | 'dft';
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
  writePoint(task: PointTask): PointInput;
  /** Name and version of the code that wrote these outputs of a point, where they say so. */
  codeVersion(outputs: TextFiles): string | undefined;
  /** Never throws on bad output: a missing, truncated or absurd output is a failed outcome with evidence. */
  readPoint(task: PointTask, outputs: TextFiles): PointOutcome;
}
