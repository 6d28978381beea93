import { ReplyNotUnderstood, SchedulerBusy } from '../../domain/failures.js';
import { quote } from '../transport/shell.js';
import type { CommandResult, RemotePath, Transport } from '../transport/transport.js';
import type { JobHandle, JobReport, JobRequest, Scheduler } from './scheduler.js';

export interface DirectSettings {
  /** Jobs that may run at the same time on the machine. */
  slots: number;
  /** Folder for the slot locks, one per machine and work directory. */
  lockFolder: RemotePath;
}

/**
 * No queue system: jobs are processes of the machine itself, and wait for one of a fixed number of slots.
 * A slot is a file lock, so a job that dies, however it dies, gives its slot back.
 */
export function directScheduler(transport: Transport, settings: DirectSettings): Scheduler {
  return {
    name: 'direct',
    cadenceSeconds: { first: 0.15, most: 1 },
    preamble: (request) => slotPreamble(request, settings),
    submit: async (request) => {
      const reply = await transport.exec(submitCommand(request));
      if (reply.code !== 0) throw new SchedulerBusy(`starting ${request.name} failed: ${reply.stderr.trim().slice(-300)}`);
      return request.name;
    },
    report: async (jobs) => parseReport(jobs, await transport.exec(reportCommand, { stdin: reportInput(jobs) })),
    cancel: async (job) => {
      await transport.exec(cancelCommand(job));
    },
  };
}

/** `mkdir` is the exactly-once step: of any number of deliveries of the same request, one makes the folder and starts the job. */
export function submitCommand({ name, folder }: JobRequest): string[] {
  const script = `
cd -- "$1" || exit 1
mkdir "$2.claim" 2>/dev/null || exit 0
starter=$(command -v setsid || echo nohup)
"$starter" bash "$2.sh" >"$2.out" 2>&1 </dev/null &
`;
  return ['bash', '-c', script, 'submit', folder, name];
}

/** Waiting jobs block on the turnstile; only the first of them looks for a free slot, so waiting costs nothing. */
export function slotPreamble({ name }: JobRequest, { slots, lockFolder }: DirectSettings): string[] {
  return [
    // An id alone may be another process tomorrow; with the start time (field 22 of its stat) it is this one only.
    '{ self=$(< /proc/$$/stat); } 2>/dev/null; set -- ${self##*) }',
    `echo "$$ \${20}" > ${quote(`${name}.pid.tmp`)} && mv ${quote(`${name}.pid.tmp`)} ${quote(`${name}.pid`)}`,
    // A cancellation that came before there was a process to signal.
    `[ -e ${quote(`${name}.cancelled`)} ] && exit 0`,
    `mkdir -p ${quote(lockFolder)}`,
    'if command -v flock >/dev/null; then',
    `  exec 9>>${quote(`${lockFolder}/turnstile`)}; flock 9`,
    '  while :; do',
    `    for slot in $(seq ${slots}); do exec 8>>${quote(`${lockFolder}/slot-`)}"$slot"; flock -n 8 && break 2; done`,
    '    sleep 0.03',
    '  done',
    '  exec 9>&-',
    'fi',
  ];
}

/** Shell text: is this the process that wrote its id and start time? A zombie is not, nor is a later process with the same id. */
const alive = `alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [ -n "$2" ] && [ -r "/proc/$1/stat" ] || return 0
  { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 1
  started=$2; set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$started" ]
}
`;

/** Uses shell built-ins only, so that asking about a thousand jobs starts one process. */
export const reportCommand = [
  'bash',
  '-c',
  `
${alive}while IFS=$'\\t' read -r name folder; do
  pid=; start=; code=; state=unknown
  if { read -r code < "$folder/$name.exit"; } 2>/dev/null; then state=done
  elif [ -e "$folder/$name.pid" ]; then
    read -r pid start < "$folder/$name.pid"
    if alive "$pid" "$start"; then state=queued; [ -e "$folder/$name.started" ] && state=running
    elif { read -r code < "$folder/$name.exit"; } 2>/dev/null; then state=done
    else state=lost; [ -e "$folder/$name.cancelled" ] && state=cancelled; fi
  elif [ -d "$folder/$name.claim" ]; then state=claimed
  fi
  printf '%s\\t%s\\t%s\\n' "$name" "$state" "$code"
done
echo end-of-report
`,
];

export function reportInput(jobs: readonly JobHandle[]): string {
  return jobs.map((job) => `${job.name}\t${job.folder}\n`).join('');
}

/** Reads the lines of `reportCommand`. Throws `ReplyNotUnderstood` when the reply is cut short. */
export function parseReport(jobs: readonly JobHandle[], reply: CommandResult): Map<string, JobReport> {
  if (!reply.stdout.endsWith('end-of-report\n'))
    throw new ReplyNotUnderstood(`the report on ${jobs.length} processes broke off: ${reply.stderr.trim().slice(-200)}`);
  const reports = new Map<string, JobReport>();
  for (const line of reply.stdout.split('\n')) {
    const [name, state, code] = line.split('\t');
    if (name !== undefined && state !== undefined) reports.set(name, readState(state, code ?? ''));
  }
  return reports;
}

function readState(state: string, code: string): JobReport {
  switch (state) {
    case 'done':
      return { state: 'done', verdict: code === '0' ? 'completed' : 'failed', exitCode: Number(code) };
    case 'running':
    case 'queued':
      return { state };
    case 'lost':
      return { state: 'done', verdict: 'lost', detail: 'the process is gone and left no exit code' };
    case 'cancelled':
      return { state: 'done', verdict: 'cancelled' };
    case 'claimed':
      return { state: 'unknown', detail: 'claimed, but the process has not shown itself yet' };
    default:
      return { state: 'unknown', detail: 'no trace of this job' };
  }
}

/** Ends the whole process group; the marker tells a cancelled job from a lost one. */
export function cancelCommand({ name, folder }: JobRequest): string[] {
  const script = `${alive}
cd -- "$1" || exit 0
[ -e "$2.exit" ] && exit 0
: > "$2.cancelled"
[ -e "$2.pid" ] && read -r pid start < "$2.pid" && alive "$pid" "$start" && kill -TERM -- "-$pid" 2>/dev/null
exit 0
`;
  return ['bash', '-c', script, 'cancel', folder, name];
}
