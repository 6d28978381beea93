import type { PbsSettings } from '../../domain/computer.js';
import type { CommandResult, Transport } from '../transport/transport.js';
import { clock, memoryOf, present as given, tasksPerNode } from './header.js';
import { queueScheduler, type Evidence, type Lookup, type QueueDialect, type Submission } from './queue.js';
import type { Command } from './remote-script.js';
import type { JobId, JobRequest, Scheduler } from './scheduler.js';

/** OpenPBS, PBS Professional and Torque. Written to their manuals and to outputs in issue reports; not yet seen against a live server. */
export function pbsScheduler(transport: Transport, settings: PbsSettings, computer = 'pbs'): Scheduler {
  return queueScheduler(transport, pbsDialect(settings), settings, computer);
}

export function pbsDialect(settings: PbsSettings): QueueDialect {
  return {
    name: 'pbs',
    header: (request) => headerLines(settings, request),
    ownId: '$PBS_JOBID',
    submitCommand,
    readSubmission,
    lookupCommand: (name) => lookupCommand(name, settings.flavour),
    readLookup,
    countCommand: () => ['qselect', '-u', '{user}'],
    queueCommand: (ids) => queueCommand(ids, settings.flavour),
    present: (id) => `Job Id: ${id}`,
    readQueue,
    further: () => [],
    readFurther: () => new Map(),
    cancelCommand: (id) => ['qdel', id],
    alreadyEnded: ({ stderr }) => /unknown job ?id|job has finished|invalid state|request invalid for state/i.test(stderr),
  };
}

/** Never `-V`: exported shell functions break what qstat prints (openpbs#2541). */
export function headerLines(settings: PbsSettings, request: JobRequest): string[] {
  const { name, wallTimeSeconds } = request;
  const { flavour, partition, account, nodes, extraLines } = settings;
  const memoryMb = memoryOf(settings, request);
  const tasks = tasksPerNode(settings);
  const memory = memoryMb === undefined ? '' : `:mem=${memoryMb}mb`;
  return given([
    // 15 characters are the limit of older servers.
    `#PBS -N ${name.slice(0, 15)}`,
    '#PBS -j oe',
    `#PBS -o ${name}.out`,
    '#PBS -r n',
    '#PBS -S /bin/bash',
    `#PBS -l walltime=${clock(wallTimeSeconds ?? settings.wallTimeSeconds, { days: false })}`,
    flavour === 'openpbs' ? `#PBS -l select=${nodes}:ncpus=${tasks}:mpiprocs=${tasks}${memory}` : `#PBS -l nodes=${nodes}:ppn=${tasks}`,
    flavour === 'torque' && memoryMb !== undefined && `#PBS -l mem=${memoryMb * nodes}mb`,
    partition !== undefined && `#PBS -q ${partition}`,
    account !== undefined && `#PBS -A ${account}`,
    ...extraLines,
  ]);
}

export function submitCommand({ name }: JobRequest): Command {
  return ['qsub', `${name}.sh`];
}

const unclear =
  /cannot connect to server|connection (timed out|refused|reset)|end of file|premature end of message|communication failure|server busy|timeout/i;
const busy =
  /would exceed.*limit|exceeds? .*limit on (number of )?jobs|maximum number of jobs|job violates queue and\/or server resource limits.*queued|max_queued|max_user_queuable/i;

/** "1234.server"; the id is kept whole. Noise of the site's hooks on stderr is no failure. */
export function readSubmission({ code, stdout, stderr }: CommandResult): Submission {
  const id = /^(\d+(?:\[\])?\.[\w.-]+|\d+)\s*$/m.exec(stdout)?.[1];
  if (code === 0 && id !== undefined) return { kind: 'queued', id };
  const reason = stderr.trim().slice(-500) || `qsub ended with status ${code} and said "${stdout.trim().slice(0, 100)}"`;
  if (busy.test(stderr)) return { kind: 'busy', reason };
  if (code === 0 || unclear.test(stderr)) return { kind: 'unclear', reason };
  return { kind: 'rejected', reason };
}

/** qselect gives ids only; qstat -f tells where each was submitted. No output and status 0 mean that there is none. */
export function lookupCommand(name: string, flavour: PbsSettings['flavour']): Command {
  const script = 'ids=$(qselect $3 -u "$2" -N "$1") || exit; [ -z "$ids" ] && exit 0; qstat $3 -f $ids; exit 0';
  return ['bash', '-c', script, 'lookup', name.slice(0, 15), '{user}', flavour === 'openpbs' ? '-x' : ''];
}

export function readLookup({ code, stdout, stderr }: CommandResult, name: string): Lookup {
  if (code !== 0) return { kind: 'unclear', reason: stderr.trim().slice(-300) || `exit status ${code}` };
  const jobs = [...parseFullStatus(stdout)].flatMap(([id, fields]) => {
    if (fields.get('Job_Name') !== name.slice(0, 15)) return [];
    const folder = /(?:^|,)PBS_O_WORKDIR=([^,]*)/.exec(fields.get('Variable_List') ?? '')?.[1];
    return [{ id, ended: evidence(fields).state === 'done', ...(folder !== undefined && { folder }) }];
  });
  return { kind: 'answered', jobs: jobs.toReversed() };
}

/** The text form: the JSON of qstat is not always JSON (openpbs#1255, #2049, #2541), and Torque has none. `-x` is history for one and XML for the other. */
export function queueCommand(ids: readonly JobId[], flavour: PbsSettings['flavour']): Command {
  return flavour === 'openpbs' ? ['qstat', '-x', '-f', ...ids] : ['qstat', '-f', ...ids];
}

/** A status that is not zero is usual: it only says that one of the ids is unknown. */
export function readQueue({ code, stdout, stderr }: CommandResult): Map<JobId, Evidence> | undefined {
  const jobs = parseFullStatus(stdout);
  if (code !== 0 && jobs.size === 0 && !/unknown job ?id|job has finished/i.test(stderr)) return undefined;
  return new Map([...jobs].map(([id, fields]) => [id, evidence(fields)]));
}

/**
 * Reads "Job Id: 12.server", then "    field = value" lines; a line that begins with a tab goes on with the value before it.
 * Lines that fit nothing (the insides of exported functions) are skipped.
 */
export function parseFullStatus(text: string): Map<JobId, Map<string, string>> {
  const jobs = new Map<JobId, Map<string, string>>();
  let fields: Map<string, string> | undefined;
  let last = '';
  for (const line of text.split('\n')) {
    const id = /^Job Id:\s*(\S+)/.exec(line)?.[1];
    const [, name, value] = /^ {2,}([A-Za-z_][\w.]*) = (.*)$/.exec(line) ?? [];
    if (id !== undefined) jobs.set(id, (fields = new Map()));
    else if (name !== undefined && value !== undefined) fields?.set((last = name), value.trimEnd());
    else if (line.startsWith('\t') && fields?.has(last) === true) fields.set(last, (fields.get(last) ?? '') + line.trim());
  }
  return jobs;
}

const alive: Readonly<Record<string, Evidence['state']>> = {
  Q: 'queued',
  W: 'queued',
  T: 'queued',
  M: 'queued',
  H: 'held',
  R: 'running',
  B: 'running',
  E: 'running',
  S: 'suspended',
  U: 'suspended',
};

/** Exit statuses that the server gives itself (OpenPBS, job.h: JOB_EXEC_KILL_MEM, JOB_EXEC_KILL_WALLTIME); 256 + n and 128 + n mean signal n. */
const killedForMemory = -27;
const killedForTime = -29;

export function evidence(fields: ReadonlyMap<string, string>): Evidence {
  const state = fields.get('job_state') ?? '';
  const comment = fields.get('comment') ?? fields.get('Hold_Types') ?? '';
  const exit = fields.get('Exit_status') === undefined ? undefined : Number(fields.get('Exit_status'));
  const detail = [`state ${state}`, exit === undefined ? '' : `exit status ${exit}`, comment].filter((part) => part !== '').join(', ');
  const living = alive[state];
  if (living !== undefined) return { state: living, detail };
  if (!['F', 'C', 'X'].includes(state)) return { state: 'queued', detail: `${detail} (a state we do not know)` };
  return { state: 'done', verdict: verdict(fields, exit, comment), detail, ...(exit !== undefined && { exitCode: exit }) };
}

function verdict(fields: ReadonlyMap<string, string>, exit: number | undefined, comment: string): NonNullable<Evidence['verdict']> {
  const signalled = exit !== undefined && exit > 128;
  const used = seconds(fields.get('resources_used.walltime'));
  const allowed = seconds(fields.get('Resource_List.walltime'));
  if (exit === 0) return 'completed';
  if (exit === killedForTime || /walltime.*exceeded/i.test(comment) || (signalled && allowed > 0 && used >= allowed)) return 'out-of-time';
  if (exit === killedForMemory || /\b(v?mem|memory)\b.*exceeded/i.test(comment)) return 'out-of-memory';
  // Deleted while it waited, or ended with SIGTERM by qdel.
  if (exit === undefined || exit === 271 || exit === 143) return 'cancelled';
  return exit < 0 ? 'node-failure' : 'failed';
}

/** "01:02:03" or plain seconds. */
function seconds(text: string | undefined): number {
  return (text ?? '0').split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
