import type { SlurmSettings } from '../../domain/computer.js';
import type { CommandResult, Transport } from '../transport/transport.js';
import { clock, memoryOf, present as given } from './header.js';
import { queueScheduler, type Evidence, type FurtherQuestion, type Lookup, type QueueDialect, type Submission } from './queue.js';
import type { Command } from './remote-script.js';
import type { JobId, JobRequest, Scheduler } from './scheduler.js';
import { readState } from './slurm-state.js';

/** Slurm 20.11 and later, through its own commands on the login node. */
export function slurmScheduler(transport: Transport, settings: SlurmSettings, computer = 'slurm'): Scheduler {
  return queueScheduler(transport, slurmDialect(settings), settings, computer);
}

export function slurmDialect(settings: SlurmSettings): QueueDialect {
  // A cluster without accounting stays one: found out with the first question, and remembered.
  let accounting = true;
  return {
    name: 'slurm',
    header: (request) => headerLines(settings, request),
    ownId: '$SLURM_JOB_ID',
    submitCommand,
    readSubmission,
    lookupCommand: (name) => lookupCommand([name]),
    lookupTogetherCommand: lookupCommand,
    pastLookupCommand,
    readLookup,
    countCommand: () => ['squeue', '--me', '--noheader', '--array', '--format=%i'],
    queueCommand,
    present: (id) => `|${id}|`,
    readQueue,
    further: () => [...(accounting ? [accountingQuestion] : []), { name: 'record', command: recordCommand('{id}'), each: true }],
    readFurther: (name, reply) => {
      if (name === 'record') return parseRecords(reply);
      const parsed = parseAccounting(reply);
      if (parsed === 'absent') accounting = false;
      return typeof parsed === 'string' ? new Map() : parsed;
    },
    cancelCommand: (id) => ['scancel', id],
    // scancel is silent about jobs that have ended; about ids that it never knew it may complain.
    alreadyEnded: ({ stderr }) => /invalid job id|already completing or completed/i.test(stderr),
  };
}

export function headerLines(settings: SlurmSettings, request: JobRequest): string[] {
  const { name, wallTimeSeconds } = request;
  const { partition, account, qos, nodes, tasks, extraLines } = settings;
  const memoryMb = memoryOf(settings, request);
  return given([
    `#SBATCH --job-name=${name}`,
    `#SBATCH --output=${name}.out`,
    // A requeued job keeps its id and would look like the first run; our workflow resubmits under a new name instead.
    '#SBATCH --no-requeue',
    `#SBATCH --time=${clock(wallTimeSeconds ?? settings.wallTimeSeconds, { days: true })}`,
    `#SBATCH --nodes=${nodes}`,
    `#SBATCH --ntasks=${tasks}`,
    memoryMb !== undefined && `#SBATCH --mem=${memoryMb}M`,
    partition !== undefined && `#SBATCH --partition=${partition}`,
    account !== undefined && `#SBATCH --account=${account}`,
    qos !== undefined && `#SBATCH --qos=${qos}`,
    ...extraLines,
  ]);
}

export function submitCommand({ name }: JobRequest): Command {
  return ['sbatch', '--parsable', `${name}.sh`];
}

/** sbatch gave up waiting for the controller's answer, or repeats by itself: the job may have been taken. */
const unclear =
  /socket timed out|unable to contact slurm controller|temporarily unable to accept job|zero bytes were transmitted|transport endpoint|connection (timed out|reset|refused)|communication connection failure/i;
/** The controller was not there to take anything, or the limits of the site are reached: waiting helps. */
const busy =
  /unable to contact slurm controller \(connect failure\)|submit ?job ?limit|job submit limit|maxsubmitjob|qos.*limit|assoc.*limit|job violates accounting\/qos policy|maxjobcount|resource temporarily unavailable|slurmctld.*(busy|too many)/i;

/** "1234" or "1234;cluster"; everything else that sbatch prints goes to stderr. */
export function readSubmission({ code, stdout, stderr }: CommandResult): Submission {
  const id = /^(?:Submitted batch job )?(\d+)(?:;\S+)?\s*$/m.exec(stdout)?.[1];
  if (code === 0 && id !== undefined) return { kind: 'queued', id };
  const reason = stderr.trim().slice(-500) || `sbatch ended with status ${code} and said "${stdout.trim().slice(0, 100)}"`;
  // The policy message also stands for limits of size and time, which waiting does not cure; telling them apart takes the site's configuration.
  if (busy.test(stderr)) return { kind: 'busy', reason };
  if (code === 0 || unclear.test(stderr)) return { kind: 'unclear', reason };
  return {
    kind: 'rejected',
    reason,
    ...(/account/i.test(stderr) ? { remedy: 'Set account (and partition) to one that this user may use.' } : {}),
  };
}

const lookupFormat = '--format=|%i|%T|%j|%Z';

export function lookupCommand(names: readonly string[]): Command {
  return ['squeue', '--me', '--noheader', '--states=all', `--name=${names.join(',')}`, lookupFormat];
}

/** As far back as a wait in a queue can be long. */
const accounting = ['sacct', '--allocations', '--parsable2', '--noheader', '--starttime=now-30days'] as const;

export function pastLookupCommand(name: string): Command {
  return [...accounting, `--name=${name}`, '--format=State%30,JobIDRaw,JobName,WorkDir%400'];
}

/** Lines "|12|RUNNING|p0123-1|/work/ab" of squeue and "COMPLETED|12|p0123-1|/work/ab" of sacct; the newest job first. */
export function readLookup({ code, stdout, stderr }: CommandResult, name: string): Lookup {
  if (code !== 0) return { kind: 'unclear', reason: stderr.trim().slice(-300) || `exit status ${code}` };
  const jobs = stdout.split('\n').flatMap((line) => {
    const [, before, id, after, told, folder] = /^(?:([A-Z_+]+)(?: by \d+)?)?\|(\d+)\|(?:([A-Z_]+)\|)?([^|]+)\|(.*)$/.exec(line) ?? [];
    if (id === undefined || folder === undefined || told !== name) return [];
    return [{ id, folder: folder.trim(), ended: readState(before ?? after ?? '', { reason: '' }).state === 'done' }];
  });
  return { kind: 'answered', jobs: jobs.sort((a, b) => Number(b.id) - Number(a.id)) };
}

/** A single unknown id is an error for squeue, and two are not: one id is asked for twice. */
export function queueCommand(ids: readonly JobId[]): Command {
  const repeated = ids.length === 1 ? [...ids, ...ids] : ids;
  return ['squeue', '--noheader', '--states=all', `--jobs=${repeated.join(',')}`, '--format=|%i|%T|%r'];
}

/** "|12|PENDING|JobHeldUser" */
export function readQueue({ code, stdout }: CommandResult): Map<JobId, Evidence> | undefined {
  if (code !== 0) return undefined;
  const rows = stdout.split('\n').flatMap((line) => {
    const [, id, state, reason] = /^\|(\d+)\|([A-Z_]+)\|(.*)$/.exec(line) ?? [];
    return id === undefined || state === undefined ? [] : [[id, readState(state, { reason: reason ?? '' })] as const];
  });
  return new Map(rows);
}

const accountingQuestion: FurtherQuestion = { name: 'accounting', command: accountingCommand(['{ids}']), each: false };

export function accountingCommand(ids: readonly JobId[]): Command {
  return [...accounting, `--jobs=${ids.join(',')}`, '--format=State%30,JobIDRaw,ExitCode'];
}

/** "CANCELLED by 1001|12|0:0". `absent`: there is no accounting here; `down`: it does not answer now. */
export function parseAccounting({ code, stdout, stderr }: CommandResult): Map<JobId, Evidence> | 'absent' | 'down' {
  if (code === 127 || /accounting storage is disabled/i.test(stderr + stdout)) return 'absent';
  if (code !== 0) return 'down';
  const rows = stdout.split('\n').flatMap((line) => {
    const [, state, by, id, exit, signal] = /^([A-Z_+]+)( by \d+)?\|(\d+)\|(\d+):(\d+)$/.exec(line) ?? [];
    if (id === undefined || state === undefined) return [];
    const found = readState(state, { reason: `accounting says ${state}${by ?? ''}`, exit: Number(exit), signal: Number(signal) });
    // Accounting lags: what it calls alive and the queue does not know is no evidence of life.
    return found.state === 'done' ? [[id, found] as const] : [];
  });
  return new Map(rows);
}

export function recordCommand(id: JobId): Command {
  return ['scontrol', 'show', 'job', '--oneliner', id];
}

/** "JobId=12 JobName=p0123-1 ... JobState=TIMEOUT Reason=TimeLimit ... Restarts=0 ... ExitCode=0:15 ..." */
export function parseRecords({ stdout }: CommandResult): Map<JobId, Evidence> {
  const rows = stdout.split('\n').flatMap((line) => {
    const [id, state, reason, exit] = [/^JobId=(\d+)/, / JobState=([A-Z_]+)/, / Reason=(\S+)/, / ExitCode=(\d+:\d+)/].map(
      (field) => field.exec(line)?.[1],
    );
    if (id === undefined || state === undefined) return [];
    const [code, signal] = (exit ?? '').split(':').map(Number);
    return [[id, readState(state, { reason: reason ?? '', ...(exit !== undefined && { exit: code, signal }) })] as const];
  });
  return new Map(rows);
}
