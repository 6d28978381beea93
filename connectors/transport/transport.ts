/** An absolute path on the computer. */
export type RemotePath = string;

export interface CommandResult {
  /** Exit status; -1 when the command was ended by a signal or a time limit. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: RemotePath;
  stdin?: string;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** How we reach a computer: five verbs, the same for this machine and for one behind SSH. */
export interface Transport {
  /** Runs a program with arguments; no shell ever sees them. Throws `HostUnreachable` when the computer cannot be reached, never for a non-zero exit. */
  exec(command: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Writes text files under a folder, creating folders; each appears complete or not at all, those of the folder itself after those below it. Names are relative and may contain `/`. */
  putFiles(folder: RemotePath, files: Record<string, string>): Promise<void>;
  /** Reads those of the named files that exist. */
  getFiles(folder: RemotePath, names: readonly string[]): Promise<Record<string, string>>;
  /** Removes folders and all in them; a missing one is fine. */
  remove(...folders: RemotePath[]): Promise<void>;
  /** An operator has corrected what we were refused for: the next call tries once more. */
  resume?(): void;
  close(): Promise<void>;
}
