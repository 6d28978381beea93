import type { LsfSettings } from '../../domain/computer.js';
import type { CommandResult, Transport } from '../transport/transport.js';
import { memoryOf, present as given, tasksPerNode } from './header.js';
import { queueScheduler, type Evidence, type Lookup, type QueueDialect, type Submission } from './queue.js';
import type { Command } from './remote-script.js';
import type { JobId, JobRequest, Scheduler } from './scheduler.js';

/** IBM Spectrum LSF 10.1 and later. Written to its documentation; not yet seen against a live server. */
export function lsfScheduler(transport: Transport, settings: LsfSettings, computer = 'lsf'): Scheduler {
  return queueScheduler(transport, lsfDialect(settings), settings, computer);
}

export function lsfDialect(settings: LsfSettings): QueueDialect {
  return {
    name: 'lsf',
    header: (request) => headerLines(settings, request),
    ownId: 'Job <$LSB_JOBID> is submitted.',
    submitCommand,
    readSubmission,
    lookupCommand,
    readLookup,
    countCommand: () => ['bjobs', '-noheader', '-o', 'jobid'],
    queueCommand,
    present: (id) => `|${id}|`,
    readQueue,
    further: () => [{ name: 'history', command: historyCommand('{id}'), each: true }],
    readFurther: (_, reply) => parseHistory(reply),
    cancelCommand: (id) => ['bkill', id],
    alreadyEnded: ({ stdout, stderr }) => /already finished|no matching job|is not found/i.test(stdout + stderr),
  };
}

export function headerLines(settings: LsfSettings, request: JobRequest): string[] {
  const { name, wallTimeSeconds } = request;
  const { partition, account, tasks, nodes, extraLines } = settings;
  const memoryMb = memoryOf(settings, request);
  return given([
    `#BSUB -J ${name}`,
    `#BSUB -o ${name}.out`,
    '#BSUB -rn',
    '#BSUB -L /bin/bash',
    // Minutes.
    `#BSUB -W ${Math.ceil((wallTimeSeconds ?? settings.wallTimeSeconds) / 60)}`,
    `#BSUB -n ${tasks}`,
    nodes > 1 && `#BSUB -R "span[ptile=${tasksPerNode(settings)}]"`,
    memoryMb !== undefined && `#BSUB -M ${memoryMb}MB`,
    partition !== undefined && `#BSUB -q ${partition}`,
    account !== undefined && `#BSUB -P ${account}`,
    ...extraLines,
  ]);
}

/** bsub reads #BSUB lines only from its input. */
export function submitCommand({ name }: JobRequest): Command {
  return ['bash', '-c', 'exec bsub < "$1"', 'submit', `${name}.sh`];
}

const unclear =
  /lsf is down|please wait|batch daemon not responding|failed in .*communicat|still trying|timeout|connection (refused|reset)/i;
const busy =
  /pending job threshold reached|job limit|too many (jobs|processes)|exceeds?.*(job|pend).*limit|user has reached|queue.*(closed|inactive)/i;

/** "Job <1234> is submitted to queue <normal>." */
export function readSubmission({ code, stdout, stderr }: CommandResult): Submission {
  const id = /Job <(\d+)> is submitted/.exec(stdout)?.[1];
  if (code === 0 && id !== undefined) return { kind: 'queued', id };
  const reason = stderr.trim().slice(-500) || `bsub ended with status ${code} and said "${stdout.trim().slice(0, 100)}"`;
  if (busy.test(stderr)) return { kind: 'busy', reason };
  if (code === 0 || unclear.test(stderr)) return { kind: 'unclear', reason };
  return { kind: 'rejected', reason };
}

const columns = 'stat jobid exit_code exit_reason pend_reason delimiter="|"';

export function lookupCommand(name: string): Command {
  return ['bjobs', '-a', '-noheader', '-J', name, '-o', 'stat jobid job_name sub_cwd delimiter="|"'];
}

/** "RUN|12|p0123-1|/work/ab"; "Job <p0123-1> is not found" with status 255 when there is none. */
export function readLookup({ code, stdout, stderr }: CommandResult, name: string): Lookup {
  const absent = /is not found|no (unfinished |matching )?job found/i.test(stderr + stdout);
  if (code !== 0 && !absent) return { kind: 'unclear', reason: stderr.trim().slice(-300) || `exit status ${code}` };
  const jobs = stdout.split('\n').flatMap((line) => {
    const [, state, id, told, folder] = /^([A-Z]+)\|(\d+)\|([^|]*)\|(.*)$/.exec(line) ?? [];
    if (state === undefined || id === undefined || told !== name) return [];
    // A folder below the home folder may be shown as $HOME/..., which tells us nothing.
    return [{ id, ended: state === 'DONE' || state === 'EXIT', ...(folder?.startsWith('/') === true && { folder: folder.trim() }) }];
  });
  return { kind: 'answered', jobs: jobs.toReversed() };
}

export function queueCommand(ids: readonly JobId[]): Command {
  return ['bjobs', '-a', '-noheader', '-o', columns, ...ids];
}

/** "EXIT|12|140|TERM_RUNLIMIT: job killed after reaching LSF run time limit|-". Unknown ids are errors beside the answers on others. */
export function readQueue({ code, stdout, stderr }: CommandResult): Map<JobId, Evidence> | undefined {
  const rows = stdout.split('\n').flatMap((line) => {
    const [, state, id, exit, reason, pending] = /^([A-Z]+)\|(\d+)\|([^|]*)\|([^|]*)\|(.*)$/.exec(line) ?? [];
    return state === undefined || id === undefined ? [] : [[id, evidence(state, exit ?? '-', reason ?? '-', pending ?? '-')] as const];
  });
  if (code !== 0 && rows.length === 0 && !/is not found/i.test(stderr)) return undefined;
  return new Map(rows);
}

const alive: Readonly<Record<string, Evidence['state']>> = {
  PEND: 'queued',
  WAIT: 'queued',
  PROV: 'queued',
  PSUSP: 'held',
  RUN: 'running',
  USUSP: 'suspended',
  SSUSP: 'suspended',
  UNKWN: 'running',
};

export function evidence(state: string, exit: string, reason: string, pending = '-'): Evidence {
  const detail = [state, reason, pending].filter((part) => part.trim() !== '-' && part.trim() !== '').join(': ');
  const living = alive[state];
  if (living !== undefined) return { state: living, detail };
  if (state === 'DONE') return { state: 'done', verdict: 'completed', exitCode: 0, detail };
  // ZOMBI: killed while its host does not answer.
  if (state === 'ZOMBI') return { state: 'done', verdict: 'node-failure', detail };
  if (state !== 'EXIT') return { state: 'queued', detail: `${detail} (a state we do not know)` };
  const exitCode = Number.parseInt(exit, 10);
  return { state: 'done', verdict: verdict(reason), detail, ...(Number.isInteger(exitCode) && { exitCode }) };
}

/** Names of "exit reasons" in the LSF reference (bacct). */
function verdict(reason: string): NonNullable<Evidence['verdict']> {
  if (/TERM_(RUNLIMIT|DEADLINE|CPULIMIT|WINDOW)/.test(reason)) return 'out-of-time';
  if (/TERM_(MEMLIMIT|SWAP)/.test(reason)) return 'out-of-memory';
  if (/TERM_(OWNER|FORCE_OWNER|ADMIN|FORCE_ADMIN|BUCKET_KILL|CHKPNT)/.test(reason)) return 'cancelled';
  if (/TERM_(PREEMPT|LOAD|ZOMBIE|SLURM|RMS|EXTERNAL_SIGNAL|REMOVE_HUNG_JOB|ORPHAN_SYSTEM)|host.*(down|unavailable)/i.test(reason))
    return 'node-failure';
  return 'failed';
}

/** Reads the event files, which outlast what bjobs remembers (CLEAN_PERIOD, an hour as delivered). */
export function historyCommand(id: JobId): Command {
  return ['bhist', '-n', '0', '-l', id];
}

/** "Job <12>, Job Name <p0123-1>...", "Done successfully.", "Exited with exit code 3.", "Exited; TERM_RUNLIMIT: ..."; long lines are folded. */
export function parseHistory({ stdout }: CommandResult): Map<JobId, Evidence> {
  const unfolded = stdout.replaceAll(/\n {10,}/g, '');
  const id = /Job <(\d+)>/.exec(unfolded)?.[1];
  if (id === undefined) return new Map();
  if (/Done successfully/.test(unfolded)) return new Map([[id, evidence('DONE', '0', '-')]]);
  const [, code, reason] = /Exited(?: with exit code (\d+))?[^;\n]*(?:; *([^\n]*?))?\.? *(?:The CPU|\n|$)/.exec(unfolded) ?? [];
  const term = /TERM_[A-Z_]+[^.\n]*/.exec(unfolded)?.[0];
  if (code === undefined && reason === undefined && term === undefined && !/Exited/.test(unfolded)) return new Map();
  return new Map([[id, evidence('EXIT', code ?? '-', term ?? reason ?? '-')]]);
}
