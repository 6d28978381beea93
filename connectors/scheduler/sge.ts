import type { SgeSettings } from '../../domain/computer.js';
import { InvalidInput } from '../../domain/failures.js';
import type { CommandResult, Transport } from '../transport/transport.js';
import { clock, memoryOf, present as given } from './header.js';
import { queueScheduler, type Evidence, type Lookup, type QueueDialect, type Submission } from './queue.js';
import type { Command } from './remote-script.js';
import type { JobId, JobRequest, Scheduler } from './scheduler.js';

/** Grid Engine and its descendants. Written to their manual pages; not yet seen against a live server. */
export function sgeScheduler(transport: Transport, settings: SgeSettings, computer = 'sge'): Scheduler {
  return queueScheduler(transport, sgeDialect(settings), settings, computer);
}

export function sgeDialect(settings: SgeSettings): QueueDialect {
  return {
    name: 'sge',
    header: (request) => headerLines(settings, request),
    ownId: '$JOB_ID',
    submitCommand,
    readSubmission,
    lookupCommand,
    readLookup,
    countCommand: () => ['bash', '-c', 'qstat -u "$1" | tail -n +3', 'count', '{user}'],
    queueCommand,
    present: (id) => `<JB_job_number>${id}</JB_job_number>`,
    readQueue,
    further: () => [{ name: 'accounting', command: accountingCommand('{id}'), each: true }],
    readFurther: (_, reply) => parseAccounting(reply),
    cancelCommand: (id) => ['qdel', id],
    alreadyEnded: ({ stdout, stderr }) => /does not exist|already in deletion|registered the job .* for deletion/i.test(stdout + stderr),
  };
}

export function headerLines(settings: SgeSettings, request: JobRequest): string[] {
  const { name, wallTimeSeconds } = request;
  const { partition, account, tasks, parallelEnvironment, extraLines } = settings;
  const memoryMb = memoryOf(settings, request);
  if (tasks > 1 && parallelEnvironment === undefined)
    throw new InvalidInput(`Grid Engine gives ${tasks} tasks only through a parallel environment`, {
      path: 'scheduler.parallelEnvironment',
      remedy: 'Name one; qconf -spl lists them.',
    });
  return given([
    `#$ -N ${name}`,
    '#$ -cwd',
    '#$ -S /bin/bash',
    '#$ -j y',
    `#$ -o ${name}.out`,
    '#$ -r n',
    `#$ -l h_rt=${clock(wallTimeSeconds ?? settings.wallTimeSeconds, { days: false })}`,
    // Grid Engine counts memory per slot.
    memoryMb !== undefined && `#$ -l h_vmem=${Math.ceil(memoryMb / tasks)}M`,
    parallelEnvironment !== undefined && `#$ -pe ${parallelEnvironment} ${tasks}`,
    partition !== undefined && `#$ -q ${partition}`,
    account !== undefined && `#$ -P ${account}`,
    ...extraLines,
  ]);
}

export function submitCommand({ name }: JobRequest): Command {
  return ['qsub', '-terse', `${name}.sh`];
}

const unclear = /unable to (contact|send message to) qmaster|can't get configuration from qmaster|commlib error|got send error|timeout/i;
const busy = /would exceed|max_u_jobs|max_jobs|job limit|only \d+ jobs are allowed|too many/i;

/** "1234"; sites' submit verifiers may print lines around it. Without -terse: `Your job 1234 ("name") has been submitted`. */
export function readSubmission({ code, stdout, stderr }: CommandResult): Submission {
  const id = /^(\d+)\s*$/m.exec(stdout)?.[1] ?? /^Your job (\d+) /m.exec(stdout)?.[1];
  if (code === 0 && id !== undefined) return { kind: 'queued', id };
  const reason = stderr.trim().slice(-500) || `qsub ended with status ${code} and said "${stdout.trim().slice(0, 100)}"`;
  if (busy.test(stderr)) return { kind: 'busy', reason };
  if (code === 0 || unclear.test(stderr)) return { kind: 'unclear', reason };
  return { kind: 'rejected', reason };
}

/** Lists of qstat cut names to ten characters and show no folder; the view of one job has both in full. */
export function lookupCommand(name: string): Command {
  return ['qstat', '-j', name];
}

/** "job_number:   12", "job_name:   p0123-1", "cwd:   /work/ab"; jobs are separated by a line of equals signs. */
export function readLookup({ code, stdout, stderr }: CommandResult, name: string): Lookup {
  const said = stdout + stderr;
  if (code !== 0)
    return /do(es)? not exist/i.test(said) ? { kind: 'answered', jobs: [] } : { kind: 'unclear', reason: said.trim().slice(-300) };
  const jobs = stdout.split(/^={5,}$/m).flatMap((part) => {
    const [id, told, cwd] = [/^job_number:\s+(\d+)/m, /^job_name:\s+(\S+)/m, /^(?:cwd|sge_o_workdir):\s+(.+)$/m].map(
      (field) => field.exec(part)?.[1],
    );
    return id === undefined || told !== name ? [] : [{ id, ended: false, ...(cwd !== undefined && { folder: cwd.trim() }) }];
  });
  return { kind: 'answered', jobs };
}

/** All our jobs: qstat cannot be asked about several ids in a form that programs can read. */
export function queueCommand(): Command {
  return ['qstat', '-xml', '-u', '{user}'];
}

export function readQueue({ code, stdout }: CommandResult): Map<JobId, Evidence> | undefined {
  if (code !== 0 || !stdout.includes('</job_info>')) return undefined;
  const rows = [...stdout.matchAll(/<job_list[^>]*>([\s\S]*?)<\/job_list>/g)].flatMap(([, body]) => {
    const id = /<JB_job_number>(\d+)</.exec(body ?? '')?.[1];
    const state = /<state>([A-Za-z]+)</.exec(body ?? '')?.[1];
    return id === undefined || state === undefined ? [] : [[id, liveState(state)] as const];
  });
  return new Map(rows);
}

/** Letters of sge_status(5): E error, h hold, d deletion, s S T suspended, r running, t transferring, q w waiting, R restarted. */
export function liveState(letters: string): Evidence {
  const detail = `state ${letters}`;
  if (letters.includes('E'))
    return { state: 'held', detail: `${detail}: the job cannot start (qstat -j tells why); it waits for an operator` };
  if (letters.includes('h')) return { state: 'held', detail };
  if (/[sST]/.test(letters)) return { state: 'suspended', detail };
  return { state: /[rt]/.test(letters) ? 'running' : 'queued', detail };
}

/** Reads the whole accounting file, which takes a while: only for jobs that left no trace elsewhere. */
export function accountingCommand(id: JobId): Command {
  return ['qacct', '-j', id];
}

/** "jobnumber    12", "failed       37  : qmaster enforced h_rt limit", "exit_status  137"; restarted jobs have several entries, the last one counts. */
export function parseAccounting({ stdout }: CommandResult): Map<JobId, Evidence> {
  const rows = stdout.split(/^={5,}$/m).flatMap((part) => {
    const [id, failed, exit, deleted] = [/^jobnumber\s+(\d+)/m, /^failed\s+(\d+.*)$/m, /^exit_status\s+(\d+)/m, /^deleted_by\s+(\S+)/m].map(
      (field) => field.exec(part)?.[1]?.trim(),
    );
    if (id === undefined) return [];
    const exitCode = Number(exit ?? -1);
    const detail = `accounting: failed ${failed ?? '?'}, exit status ${exit ?? '?'}`;
    return [[id, { state: 'done' as const, verdict: verdict(failed ?? '0', exitCode, deleted), exitCode, detail }] as const];
  });
  return new Map(rows);
}

function verdict(failed: string, exit: number, deletedBy: string | undefined): NonNullable<Evidence['verdict']> {
  if (deletedBy !== undefined && deletedBy !== 'NONE') return 'cancelled';
  if (/^37\b|h_rt|s_rt/.test(failed)) return 'out-of-time';
  if (/h_vmem|h_rss|memory/i.test(failed)) return 'out-of-memory';
  const code = Number.parseInt(failed, 10);
  if (code === 0) return exit === 0 ? 'completed' : 'failed';
  // 100: "assumedly after job", ended by a signal; every other number is a fault before or around the job.
  return code === 100 ? 'failed' : 'node-failure';
}
