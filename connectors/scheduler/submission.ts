import { setTimeout as sleep } from 'node:timers/promises';
import { HostUnreachable, InvalidInput, ReplyNotUnderstood, SchedulerBusy } from '../../domain/failures.js';
import { Gathering } from '../gathering.js';
import type { CommandResult, Transport } from '../transport/transport.js';
import type { Lookup, QueueDialect, QueueLimits } from './queue.js';
import { endOfScript, readSections, sectionFunction, sectionLine, type Command } from './remote-script.js';
import type { JobId, JobRequest } from './scheduler.js';

/** Seconds after which a claim without a job is taken over: longer than any submit command runs, see `submitSeconds`. */
const claimSeconds = 180;
const submitSeconds = 120;
/** Age given to a claim whose maker is known to be dead. */
const abandoned = 999_999;

/** How often, and after how many seconds each, somebody else's claim is looked at again before the caller is told to come back. */
const looks = 6;
const lookSeconds = 0.5;

/** A claim under which nothing has been submitted yet, and a script that has submissions left to make, are this old at most when a submit command starts: twice this and `submitSeconds` make `claimSeconds`. */
const freshSeconds = 30;

/** Submissions that share one remote script. */
const together = { lanes: 2, most: 20 };

/** What to do about a claim: respect it; take over one whose maker has died; submit under our own, the queue having been looked at; give it back. */
type Mode = 'look' | 'take-over' | 'submit' | 'release';

export interface SubmissionStep {
  request: JobRequest;
  mode: Mode;
}

/**
 * One script looks and acts, so that nothing can happen in between. For each job the id that an earlier delivery has noted, then the claim
 * (`mkdir`, which one of any number of deliveries wins); then the queue, by the names of all of them at once where it can be asked so; and only for
 * those of which it knows nothing the submit command. Ages are compared with a file made now, by the clock of the file server.
 */
export function submissionScript(dialect: QueueDialect, steps: readonly SubmissionStep[], maxQueuedJobs?: number): Command {
  const looking = steps.filter(({ mode }) => mode === 'look' || mode === 'take-over').map(({ request }) => request.name);
  const shared = dialect.lookupTogetherCommand?.(looking);
  const script = `${sectionFunction}
{ read -r host < /proc/sys/kernel/hostname; } 2>/dev/null || host=$(uname -n)
# "12 (bash) S <parent> <group> <session> ..."
session() { local stat; read -r stat < /proc/$$/stat && set -- \${stat##*) } && session=$4; }
{ session; } 2>/dev/null || session=$(ps -o sid= -p $$)
limit=; command -v timeout >/dev/null && limit='timeout ${submitSeconds}'
SECONDS=0; fresh=(); going=(); owners=(); found=; known=0; queued=
# While a session of ours is at work, the claim says which; one that dies leaves its name, and the next need not wait.
hold() { printf '%s %s\\n' "$host" $session > "$owner" && owners+=("$PWD/$owner"); }
release() { rm -f "$owner"; rmdir "$name.claim"; }
# The age of the claim; nothing of a session that has died runs on this host any more, not even a submit command that has lost its shell.
measure() {
  local where pid
  : > "$name.now.$token"; age=$(($(stat -c %Y "$name.now.$token") - $(stat -c %Y "$name.claim" || echo 0))); rm -f "$name.now.$token"
  if read -r where pid < "$owner" && [ "$where" = "$host" ] && [ -n "$pid" ] && [ -z "$(ps -o pid= -s "$pid")" ]; then age=${abandoned}; fi
}
identity() { stat -c '%i.%.9Y' "$name.claim"; }
# Whoever decided this may be late: another has taken over since, and is at work. One may move this very claim, and nobody another one.
take_over() {
  local old taken
  old=$(identity); measure; taken=$name.taken.$old
  find "$taken" -maxdepth 0 -mmin +5 -exec rmdir {} +
  if [ -n "$old" ] && [ "$age" -gt ${claimSeconds} ] && mkdir "$taken"; then
    [ "$(identity)" = "$old" ] && mv -T "$name.claim" "$name.claim.$token" && rm -rf "$name.claim.$token"
    rmdir "$taken"
  fi
}
at() { job=$1; suffix=.$1; name=$3; token=$5; owner=$name.claim/owner; cd -P -- "$2" 2>/dev/null; }
claim() {
  going[$1]=0; fresh[$1]=0; age=0
  at "$@" || { section folder ls -d -- "$2"; return; }
  [ "$4" = release ] && { release; return; }
  [ -s "$name.job" ] && { section job cat "$name.job"; return; }
  { [ "$4" != take-over ] || take_over
    if mkdir "$name.claim"; then fresh[job]=1; age=0; hold
    else
      measure
      if [ "$4" = submit ] && [ "$age" -lt ${freshSeconds} ]; then fresh[job]=1; hold; fi
    fi
  } 2>/dev/null
  section claim echo "\${fresh[job]} $age $PWD"
  going[job]=1
}
# Something there, or no answer: that is for the caller to judge.
absent() { [ "$known" = 0 ] && [[ $found != *"$name"* ]]; }
room() {
  [ "$SECONDS" -lt ${freshSeconds} ] || { release; section later echo later; return 1; }
${maxQueuedJobs === undefined ? '  :' : roomLines(dialect, maxQueuedJobs)}
}
submit() { section submit $limit "$@"; queued=$((queued + 1)); [ "$status" != 0 ] || printf '%s\\n' "$output" > "$name.job"; }
for ((index = 0; 4 * index < $#; index += 1)); do claim $index "\${@:4 * index + 1:4}"; done
suffix=
${shared === undefined || looking.length === 0 ? '' : `case " \${going[*]} " in *" 1 "*) ${sectionLine('lookup', shared)}; found=$output; known=$status ;; esac`}
${steps.map((step, index) => turn(dialect, step, index, shared !== undefined)).join('\n')}
[ \${#owners[@]} = 0 ] || rm -f "\${owners[@]}"
${endOfScript}
`;
  const args = steps.flatMap(({ request, mode }) => [request.folder, request.name, mode, Math.random().toString(36).slice(2)]);
  return ['bash', '-c', script, 'submit', ...args];
}

/** What follows for one job once all claims are made. */
function turn(dialect: QueueDialect, { request, mode }: SubmissionStep, index: number, lookedUp: boolean): string {
  if (mode === 'release') return '';
  const past = dialect.pastLookupCommand?.(request.name);
  const submission = sectionLine('submit', dialect.submitCommand(request)).replace('section submit ', 'room && submit ');
  const lines =
    mode === 'submit'
      ? [`  if [ "\${fresh[job]}" = 1 ]; then ${submission}; fi`]
      : [
          ...(lookedUp ? [] : [`  ${sectionLine('lookup', dialect.lookupCommand(request.name))}; found=$output; known=$status`]),
          `  if [ "\${fresh[job]}" = 0 ]; then ${past === undefined ? ':' : sectionLine('past', past)}`,
          `  elif ${lookedUp ? 'absent' : '[ "$known" = 0 ] && [[ $found != *[![:space:]]* ]]'}; then ${submission}`,
          '  fi',
        ];
  return [`if [ "\${going[${index}]}" = 1 ] && at ${index} "\${@:${4 * index + 1}:4}"; then`, ...lines, 'fi'].join('\n');
}

/** The queue is counted once; then come our own submissions. */
function roomLines(dialect: QueueDialect, maxQueuedJobs: number): string {
  return `  [ -n "$queued" ] || { ${sectionLine('count', dialect.countCommand())}; queued=$(grep -c . <<< "$output"); }
  [ "$queued" -lt ${maxQueuedJobs} ] || { release; section full echo full; return 1; }`;
}

/** Puts the replies of one job beside those that concern all. */
function repliesOf(sections: ReadonlyMap<string, CommandResult>, index: number): Map<string, CommandResult> {
  const own = [...sections].flatMap(([name, reply]) => {
    const [kind = '', number] = name.split('.');
    return number === undefined || Number(number) === index ? [[kind, reply] as const] : [];
  });
  return new Map(own);
}

/** Runs the steps that come together in one script. */
export function sharedSubmissions({ transport, dialect, limits }: Omit<Place, 'submissions' | 'computer'>): Submissions {
  return new Gathering(together, async (steps) => {
    const command = submissionScript(dialect, steps, limits.maxQueuedJobs);
    const reply = await transport.exec(command, { timeoutSeconds: submitSeconds + 60 });
    const names = steps.map(({ request }) => request.name).join(', ');
    const sections = readSections(reply, `submitting ${names.slice(0, 200)}`);
    return steps.map((_, index) => ({ status: 'fulfilled', value: repliesOf(sections, index) }));
  });
}

export type Submissions = Gathering<SubmissionStep, Map<string, CommandResult>>;

interface Place {
  transport: Transport;
  dialect: QueueDialect;
  limits: QueueLimits;
  computer: string;
  submissions: Submissions;
}

/** Queues a job once in effect, however often and from wherever it is called with the same name. */
export async function submitJob(place: Place, request: JobRequest): Promise<JobId> {
  const { computer, submissions } = place;
  let mode: Mode = 'look';
  let reason = 'another delivery is submitting it';
  for (let look = 0; look < looks; look += 1) {
    let sections: Map<string, CommandResult>;
    try {
      sections = await submissions.ask({ request, mode });
    } catch (error) {
      // The submit command may have run: look once more. A second failure in a row is for the caller.
      if (!(error instanceof HostUnreachable || error instanceof ReplyNotUnderstood) || look > 0) throw error;
      mode = 'look';
      continue;
    }
    const step = judge(place, request, sections);
    switch (step.kind) {
      case 'queued':
        return step.id;
      case 'again':
        mode = step.mode;
        break;
      case 'wait':
        ({ reason } = step);
        mode = 'look';
        await sleep(lookSeconds * 1000);
        break;
      case 'give-up':
        if (step.release) await submissions.ask({ request, mode: 'release' });
        throw step.error;
    }
  }
  throw new SchedulerBusy(`${request.name} is not in the queue of "${computer}" yet: ${reason}`, { retryAfterSeconds: 5 });
}

type Step =
  | { kind: 'queued'; id: JobId }
  | { kind: 'again'; mode: Mode }
  | { kind: 'wait'; reason: string }
  | { kind: 'give-up'; release: boolean; error: Error };

function judge({ dialect, limits, computer }: Place, request: JobRequest, sections: Map<string, CommandResult>): Step {
  const gone = sections.get('folder');
  if (gone !== undefined)
    return giveUp(
      false,
      new ReplyNotUnderstood(`${request.name} cannot be submitted on "${computer}": ${gone.stderr.trim() || gone.stdout.trim()}`),
    );
  if (sections.has('later')) return { kind: 'wait', reason: 'the queue is slow, and others were before it' };
  const noted = sections.get('job');
  const submitted = noted ?? sections.get('submit');
  // 124: `timeout` has ended the submit command, which may have got through.
  if (submitted?.code === 124) return { kind: 'wait', reason: `the submit command did not end within ${submitSeconds} s` };
  if (sections.has('full'))
    return giveUp(
      false,
      new SchedulerBusy(`"${computer}" has ${limits.maxQueuedJobs} of our jobs in its queue already (maxQueuedJobs)`, {
        retryAfterSeconds: limits.pollSeconds,
      }),
    );
  if (submitted !== undefined) {
    const submission = dialect.readSubmission(submitted);
    switch (submission.kind) {
      case 'queued':
        return { kind: 'queued', id: submission.id };
      case 'unclear':
        return { kind: 'wait', reason: submission.reason };
      case 'busy':
        return giveUp(true, new SchedulerBusy(`the queue of "${computer}" takes no more: ${submission.reason}`, { retryAfterSeconds: 60 }));
      case 'rejected':
        return giveUp(
          true,
          new InvalidInput(`the queue of "${computer}" rejected ${request.name}: ${submission.reason}`, {
            path: `computers.${computer}.scheduler`,
            remedy: submission.remedy ?? 'Correct the scheduler settings of this computer.',
          }),
        );
    }
  }
  // "1 0 /scratch/me/ab/abcdef"
  const [, fresh, age, physical] = /^(\d) (\d+) (.*)$/m.exec(sections.get('claim')?.stdout ?? '') ?? [];
  const lookups = [sections.get('lookup'), sections.get('past')].flatMap((reply) =>
    reply === undefined ? [] : [dialect.readLookup(reply, request.name)],
  );
  const found = lookups
    .flatMap(jobsOf)
    .find(({ folder, ended }) => !(ended && fresh === '1') && (folder === undefined || folder === request.folder || folder === physical));
  if (found !== undefined) return { kind: 'queued', id: found.id };
  const [queue] = lookups;
  if (queue === undefined || queue.kind === 'unclear') {
    const reason = queue?.reason ?? 'no reply';
    return giveUp(fresh === '1', new SchedulerBusy(`the queue of "${computer}" does not answer: ${reason}`, { retryAfterSeconds: 30 }));
  }
  if (fresh === '1') return { kind: 'again', mode: 'submit' };
  return Number(age) > claimSeconds
    ? { kind: 'again', mode: 'take-over' }
    : { kind: 'wait', reason: `claimed ${age ?? '?'} s ago by another delivery` };
}

function giveUp(release: boolean, error: Error): Step {
  return { kind: 'give-up', release, error };
}

function jobsOf(lookup: Lookup) {
  return lookup.kind === 'answered' ? lookup.jobs : [];
}
