import { z } from 'zod';

const Code = z.strictObject({
  /** Program and leading arguments, as the job script calls them. */
  command: z.array(z.string().min(1)).min(1),
  /** Shell lines that make the code available, for instance `module load lammps`. They come from the site's own file and run as written. */
  prepend: z.array(z.string()).default([]),
});

/** One machine: how we reach it, its queue, its limits, and the codes on it. */
export const ComputerSettings = z.strictObject({
  transport: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('local') })]).default({ kind: 'local' }),
  scheduler: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('direct'),
        /** Jobs that run at the same time. */
        slots: z.int().min(1).max(1024).default(1),
      }),
    ])
    .prefault({ kind: 'direct' }),
  /** Absolute folder for the work directories of jobs. */
  workDir: z.string().startsWith('/', 'workDir must be an absolute path'),
  /** Work directories of completed calculations are removed once their outputs are in the store. */
  cleanUp: z.enum(['completed', 'never']).default('completed'),
  codes: z.record(z.string(), Code).default({}),
});
export type ComputerSettings = z.infer<typeof ComputerSettings>;

/** `computers.yaml`. */
export const ComputersFile = z.strictObject({ computers: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i), ComputerSettings) });
export type ComputersFile = z.infer<typeof ComputersFile>;
