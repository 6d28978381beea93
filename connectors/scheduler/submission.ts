import { setTimeout as sleep } from 'node:timers/promises';
import { HostUnreachable, InvalidInput, ReplyNotUnderstood, SchedulerBusy } from '../../domain/failures.js';
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

/** What to do about a claim: respect it; take over one whose maker has died; submit under our own, the queue having been looked at; give it back. */
type Mode = 'look' | 'take-over' | 'submit' | 'release';

/**
 * One script looks and acts, so that nothing can happen in between: the id that an earlier delivery has noted, then the claim (`mkdir`, which
 * one of any number of deliveries wins), then the queue by name, and only where that knows nothing the submit command. Ages are compared with a file
 * made now, by the clock of the file server.
 */
export function submissionScript(dialect: QueueDialect, request: JobRequest, mode: Mode, maxQueuedJobs?: number): Command {
  const past = dialect.pastLookupCommand?.(request.name);
  const script = `${sectionFunction}
cd -- "$1" || exit 1
fresh=0; age=0; owner=$2.claim/owner
# While a session of ours is at work, the claim says which; one that dies leaves its name, and the next need not wait.
hold() { printf '%s %s\\n' "$(uname -n)" "$(ps -o sid= -p $$)" > "$owner"; }
finish() { [ $fresh = 1 ] && rm -f "$owner"; ${endOfScript}; exit 0; }
[ "$3" = release ] && { rm -f "$owner"; rmdir "$2.claim"; finish; }
[ -s "$2.job" ] && { section job cat "$2.job"; finish; }
# The age of the claim; nothing of a session that has died runs on this host any more, not even a submit command that has lost its shell.
measure() {
  : > "$1.now.$2"; age=$(($(stat -c %Y "$1.now.$2") - $(stat -c %Y "$1.claim" || echo 0))); rm -f "$1.now.$2"
  if read -r host sid < "$owner" && [ "$host" = "$(uname -n)" ] && [ -n "$sid" ] && [ -z "$(ps -o pid= -s "$sid")" ]; then age=${abandoned}; fi
}
identity() { stat -c '%i.%.9Y' "$1.claim"; }
if [ "$3" = take-over ]; then
  # Whoever decided this may be late: another has taken over since, and is at work. One may move this very claim, and nobody another one.
  old=$(identity "$2"); measure "$2" "$4"; taken=$2.taken.$old
  find "$taken" -maxdepth 0 -mmin +5 -exec rmdir {} +
  if [ -n "$old" ] && [ "$age" -gt ${claimSeconds} ] && mkdir "$taken"; then
    [ "$(identity "$2")" = "$old" ] && mv -T "$2.claim" "$2.claim.$4" && rm -rf "$2.claim.$4"
    rmdir "$taken"
  fi
fi 2>/dev/null
if mkdir "$2.claim" 2>/dev/null; then fresh=1; hold; age=0
elif [ "$3" = submit ]; then fresh=1; hold
else measure "$2" "$4"
fi 2>/dev/null
section claim echo "$fresh $age $(pwd -P)"
if [ "$3" != submit ]; then
  ${sectionLine('lookup', dialect.lookupCommand(request.name))}
  if [ $fresh = 0 ]; then ${past === undefined ? ':' : sectionLine('past', past)}; finish; fi
  # Something there, or no answer: that is for the caller to judge.
  if [ "$status" != 0 ] || [[ $output == *[![:space:]]* ]]; then finish; fi
fi
${maxQueuedJobs === undefined ? '' : `${sectionLine('count', dialect.countCommand())}; [ "$(grep -c . <<< "$output")" -ge ${maxQueuedJobs} ] && { rm -f "$owner"; rmdir "$2.claim"; section full echo full; finish; }`}
limit=; command -v timeout >/dev/null && limit='timeout ${submitSeconds}'
${sectionLine('submit', dialect.submitCommand(request)).replace('section submit ', 'section submit $limit ')}
[ "$status" = 0 ] && printf '%s\\n' "$output" > "$2.job.$4" && mv -f "$2.job.$4" "$2.job"
finish
`;
  return ['bash', '-c', script, 'submit', request.folder, request.name, mode, Math.random().toString(36).slice(2)];
}

interface Place {
  transport: Transport;
  dialect: QueueDialect;
  limits: QueueLimits;
  computer: string;
}

/** Queues a job once in effect, however often and from wherever it is called with the same name. */
export async function submitJob(place: Place, request: JobRequest): Promise<JobId> {
  const { computer } = place;
  let mode: Mode = 'look';
  let reason = 'another delivery is submitting it';
  for (let look = 0; look < looks; look += 1) {
    let sections: Map<string, CommandResult>;
    try {
      sections = await ask(place, request, mode);
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
        if (step.release) await ask(place, request, 'release');
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

async function ask({ transport, dialect, limits }: Place, request: JobRequest, mode: Mode): Promise<Map<string, CommandResult>> {
  const command = submissionScript(dialect, request, mode, limits.maxQueuedJobs);
  const reply = await transport.exec(command, { timeoutSeconds: submitSeconds + 60 });
  return readSections(reply, `submitting ${request.name}`);
}
