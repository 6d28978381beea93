import type { CommandResult, Transport } from '../transport/transport.js';
import { cancelJob } from './cancellation.js';
import { endedCommand, endedInput, readEnded, readReports, reportInput, reportScript } from './report.js';
import type { Command } from './remote-script.js';
import type { JobHandle, JobId, JobReport, JobRequest, Scheduler } from './scheduler.js';
import { sharedSubmissions, submitJob } from './submission.js';
import { quote } from '../transport/shell.js';

/** What the submit command's reply means. `unclear`: the job may or may not be in the queue. */
export type Submission =
  | { kind: 'queued'; id: JobId }
  | { kind: 'busy'; reason: string }
  | { kind: 'unclear'; reason: string }
  | { kind: 'rejected'; reason: string; remedy?: string };

/** A job that a queue or its accounting shows under our name, with the folder it was submitted from where that is told. */
export interface FoundJob {
  id: JobId;
  folder?: string;
  /** It runs no more. Then it is ours only if its claim is still there: otherwise its folder, and with it its results, are gone. */
  ended: boolean;
}

/** `absent` only when the queue has answered and knows no such job. */
export type Lookup = { kind: 'answered'; jobs: FoundJob[] } | { kind: 'unclear'; reason: string };

/** What one source says about a job; `completed` still needs the job's own exit marker, which may lag behind on a network file system. */
export type Evidence = Omit<JobReport, 'state'> & { state: Exclude<JobReport['state'], 'unknown'> };

/** Asks about jobs that the queue does not show: all at once (`{ids}`, separated by commas) or one by one (`{id}`). */
export interface FurtherQuestion {
  name: string;
  command: Command;
  each: boolean;
}

/** Where queue systems differ: commands as argument lists, and how replies are read. Everything is pure but for `further`, which leaves out what has been found to be absent. */
export interface QueueDialect {
  readonly name: Scheduler['name'];
  /** Header lines of a job script. */
  header(request: JobRequest): string[];
  /** Shell text, inside double quotes, that a running job prints as the submit command would have. */
  readonly ownId: string;
  submitCommand(request: JobRequest): Command;
  readSubmission(reply: CommandResult): Submission;
  /** Jobs of ours by name that are in the queue. */
  lookupCommand(name: string): Command;
  /** The same for several names in one query, where the queue can be asked so; its reply contains the name of every job that it knows. */
  lookupTogetherCommand?(names: readonly string[]): Command;
  /** The same among jobs that have left the queue, where there is such a record. */
  pastLookupCommand?(name: string): Command;
  readLookup(reply: CommandResult, name: string): Lookup;
  /** Prints one line for each of our jobs in the queue. */
  countCommand(): Command;
  queueCommand(ids: readonly JobId[]): Command;
  /** Text by which the reply to `queueCommand` and the first further question show that they know a job. */
  present(id: JobId): string;
  /** Undefined when the queue could not be asked. */
  readQueue(reply: CommandResult): Map<JobId, Evidence> | undefined;
  further(): readonly FurtherQuestion[];
  readFurther(name: string, reply: CommandResult): Map<JobId, Evidence>;
  cancelCommand(id: JobId): Command;
  /** Whether the reply to a cancellation means that there is nothing left to stop. */
  alreadyEnded(reply: CommandResult): boolean;
}

export interface QueueLimits {
  maxQueuedJobs?: number | undefined;
  pollSeconds: number;
  maxPollSeconds: number;
}

/** A scheduler from a dialect: the same way of submitting once, reporting and cancelling for all queue systems. */
export function queueScheduler(transport: Transport, dialect: QueueDialect, limits: QueueLimits, computer: string): Scheduler {
  const submissions = sharedSubmissions({ transport, dialect, limits });
  return {
    name: dialect.name,
    cadenceSeconds: { first: limits.pollSeconds, most: Math.max(limits.pollSeconds, limits.maxPollSeconds) },
    preamble: (request) => [
      ...dialect.header(request),
      // Queue systems run a copy of the script from a spool folder; some start it in the home folder.
      `cd -- ${quote(request.folder)} || exit 1`,
      // The job says itself which entry it is, for the case that whoever submitted it did not live to write it down.
      `printf '%s\\n' "${dialect.ownId}" > ${quote(`${request.name}.job`)}`,
    ],
    submit: (request) => submitJob({ transport, dialect, limits, computer, submissions }, request),
    report: async (jobs) => report(transport, dialect, jobs),
    ended: async (jobs) => readEnded(jobs, await transport.exec(endedCommand, { stdin: endedInput(jobs) })),
    cancel: (job) => cancelJob({ transport, dialect, computer }, job),
  };
}

async function report(transport: Transport, dialect: QueueDialect, jobs: readonly JobHandle[]): Promise<Map<string, JobReport>> {
  if (jobs.length === 0) return new Map();
  return readReports(dialect, jobs, await transport.exec(reportScript(dialect, jobs), { stdin: reportInput(dialect, jobs) }));
}
