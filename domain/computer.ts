import { z } from 'zod';

export const Code = z.strictObject({
  /** Program and leading arguments, as the job script calls them. */
  command: z.array(z.string().min(1)).min(1),
  /** A form of it that serves many points of a job: a line `folder<TAB>arguments` in, a line with the exit code out. */
  session: z.array(z.string().min(1)).min(1).optional(),
  /** Shell lines that make the code available, for instance `module load lammps`. They come from the site's own file and run as written. */
  prepend: z.array(z.string()).default([]),
  /** Folder of pseudopotentials on that computer, for codes whose files must not leave it: `vasp`, where it holds folders such as `Al/POTCAR`. */
  pseudopotentials: z.string().startsWith('/', 'pseudopotentials must be an absolute path on that computer').optional(),
});

/** Name of an environment variable of the worker. Secrets are never written into `computers.yaml`. */
const Variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, never the secret itself');

const Port = z.int().min(1).max(65_535);

/** How to log in to one host; the login host itself and each jump host have one. */
const Login = {
  /** Host name, address, or alias of `configFile`. */
  host: z.string().min(1),
  /** Port; default: that of `configFile`, else 22. */
  port: Port.optional(),
  /** Login name; default: that of `configFile`, else that of the worker's own user. */
  user: z.string().min(1).optional(),
  /** Private key files (`~` is the worker's home), tried in this order; default: those of `configFile`, else ~/.ssh/id_ed25519, id_ecdsa and id_rsa. */
  identityFiles: z.array(z.string().min(1)).optional(),
  /** Keys of the ssh agent: `true` for the one in SSH_AUTH_SOCK where that is set, or the path of its socket. Default: true. */
  agent: z.union([z.boolean(), z.string().startsWith('/')]).default(true),
  /** Variable that holds the passphrase of the identity files. Default: none, keys are not encrypted. */
  passphraseEnv: Variable.optional(),
  /** Variable that holds the password. Default: none, no password is ever sent. */
  passwordEnv: Variable.optional(),
  /** Variable that holds the base32 secret of time-based one-time codes (RFC 6238: SHA-1, 6 digits, 30 s). Default: none. */
  totpSecretEnv: Variable.optional(),
  /** Program and arguments whose first line of output answers a one-time prompt; it reads the prompt in PEIERLS_PROMPT. Default: none. */
  otpCommand: z.array(z.string().min(1)).min(1).optional(),
};

export const JumpHost = z.strictObject(Login);
export type JumpHost = z.infer<typeof JumpHost>;

export const SshSettings = z.strictObject({
  kind: z.literal('ssh'),
  ...Login,
  /**
   * Hosts on the way, first one first: `user@host:port` (several separated by commas), or objects with a login of their own. A host given as
   * text uses our keys and agent, but never our password or one-time codes. Default: ProxyJump of `configFile`, else a direct connection.
   */
  jump: z.union([z.string().min(1), z.array(z.union([z.string().min(1), JumpHost]))]).optional(),
  /** File of known host keys; an unknown or changed key is an error. Default: UserKnownHostsFile of `configFile`, else ~/.ssh/known_hosts, with /etc/ssh/ssh_known_hosts. */
  knownHosts: z.string().min(1).optional(),
  /** OpenSSH client configuration that fills in what is not said here; `none` reads none. Default: ~/.ssh/config where it exists. */
  configFile: z.string().min(1).default('~/.ssh/config'),
  /** Seconds of silence after which the server is asked for a sign of life; three unanswered ones end the connection. Default 30; 0 never asks. */
  keepAliveSeconds: z.number().min(0).max(3600).default(30),
  /** Seconds for connecting and logging in. More where a person or a token answers. Default 30. */
  connectTimeoutSeconds: z.number().positive().max(600).default(30),
  /** Commands and transfers at the same time over the one connection; more wait. Default 8, since OpenSSH allows 10 sessions. */
  maxChannels: z.int().min(1).max(100).default(8),
  /** Seconds after which a command counts as hung, is killed, and reports exit status -1. Default 300. */
  commandTimeoutSeconds: z.number().positive().max(86_400).default(300),
  /** Runs commands in a login shell (`bash -l`), for sites whose profile makes the queue's commands available. Slower; default false. */
  loginShell: z.boolean().default(false),
  /**
   * Only a person logs in, with `peierls computer login`, and workers use the connection which that holds; without one they wait for it and
   * never try themselves. For sites with one-time codes that no program can answer. Default false.
   */
  interactiveLogin: z.boolean().default(false),
  /** Compresses the connection (zlib@openssh.com). Helps over slow lines, costs processor time on fast ones. Default false. */
  compression: z.boolean().default(false),
});
export type SshSettings = z.infer<typeof SshSettings>;

/** One word of a scheduler's header line: no blanks, quotes or line ends. */
const Word = z.string().regex(/^[A-Za-z0-9_.,:+@/=^*-]+$/, 'must be one word of letters, digits and _ . , : + @ / = ^ * -');

/** What all queue systems have in common. */
const Queue = {
  /** Queue (Slurm: partition). Default: the site's. */
  partition: Word.optional(),
  /** Who pays (Slurm and PBS: account; SGE and LSF: project). Default: the site's. */
  account: Word.optional(),
  /** Nodes of a job. Default 1. */
  nodes: z.int().min(1).max(100_000).default(1),
  /** Processes of a job, over all its nodes. Default 1. */
  tasks: z.int().min(1).max(10_000_000).default(1),
  /** Memory of a job per node, in MB. Default: the site's. */
  memoryMb: z.int().min(1).optional(),
  /** Wall time of a job that does not ask for one, in seconds. Default 3600. */
  wallTimeSeconds: z.int().min(60).default(3600),
  /** Header lines added as they are, for instance `#SBATCH --constraint=haswell`. Default: none. */
  extraLines: z
    .array(z.string().regex(/^#\S[^\n]*$/, "must be one header line of the queue system, such as '#SBATCH --exclusive'"))
    .default([]),
  /** Submitting waits while this many of our jobs are in the queue; concurrent submissions can exceed it by a few. Default: no limit of ours. */
  maxQueuedJobs: z.int().min(1).optional(),
  /** Seconds between two queries of the queue while jobs end; one query serves all jobs. Default 30. */
  pollSeconds: z.number().min(0.2).max(3600).default(30),
  /** Seconds between two queries at most, when nothing changes. Default 180. */
  maxPollSeconds: z.number().min(0.2).max(7200).default(180),
};

/** Slurm 20.11 and later. */
export const SlurmSettings = z.strictObject({
  kind: z.literal('slurm'),
  ...Queue,
  /** Quality of service. Default: the site's. */
  qos: Word.optional(),
});
export type SlurmSettings = z.infer<typeof SlurmSettings>;

export const PbsSettings = z.strictObject({
  kind: z.literal('pbs'),
  ...Queue,
  /** `openpbs` is OpenPBS and PBS Professional, whose qstat -x knows ended jobs; `torque` has no such history. Default openpbs. */
  flavour: z.enum(['openpbs', 'torque']).default('openpbs'),
});
export type PbsSettings = z.infer<typeof PbsSettings>;

/** Grid Engine: Sun, Univa, Altair, Son of, Open. */
export const SgeSettings = z.strictObject({
  kind: z.literal('sge'),
  ...Queue,
  /** Parallel environment for jobs of more than one process. Default: none, and then `tasks` must be 1. */
  parallelEnvironment: Word.optional(),
});
export type SgeSettings = z.infer<typeof SgeSettings>;

/** IBM Spectrum LSF 10.1 and later. */
export const LsfSettings = z.strictObject({ kind: z.literal('lsf'), ...Queue });
export type LsfSettings = z.infer<typeof LsfSettings>;

/** No queue system: jobs are started at once, as many at a time as there are slots. */
export const DirectSettings = z.strictObject({
  kind: z.literal('direct'),
  /** Jobs that run at the same time. */
  slots: z.int().min(1).max(1024).default(1),
});

/** One machine: how we reach it, its queue, its limits, and the codes on it. */
export const ComputerSettings = z.strictObject({
  transport: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('local') }), SshSettings]).default({ kind: 'local' }),
  scheduler: z
    .discriminatedUnion('kind', [DirectSettings, SlurmSettings, PbsSettings, SgeSettings, LsfSettings])
    .prefault({ kind: 'direct' }),
  /** Absolute folder for the work directories of jobs. */
  workDir: z.string().startsWith('/', 'workDir must be an absolute path'),
  /** What we allow ourselves there. */
  limits: z
    .strictObject({
      /** Submissions a minute over all workers; default: as fast as the queue takes them. */
      submitsPerMinute: z.number().positive().optional(),
      /** Submissions under way at the same time; those that come together share two remote shells. */
      concurrentSubmissions: z.int().min(1).max(100).default(16),
      /** Points that run at the same time inside one job; give the job as many cores (`scheduler.tasks`). */
      parallelPoints: z.int().min(1).max(1024).default(1),
      /** Core hours that all campaigns together may spend here; `peierls budget` changes it at any time. Default: no limit. */
      coreHours: z.number().positive().optional(),
    })
    .prefault({}),
  /** Work directories of completed calculations are removed once their outputs are in the store. */
  cleanUp: z.enum(['completed', 'never']).default('completed'),
  /** Simulation codes on it, by the calculator's name. */
  codes: z.record(z.string(), Code).default({}),
});
export type ComputerSettings = z.infer<typeof ComputerSettings>;

/** `computers.yaml`. */
export const ComputersFile = z.strictObject({ computers: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i), ComputerSettings) });
export type ComputersFile = z.infer<typeof ComputersFile>;
