import { SchedulerBusy } from '../../domain/failures.js';
import type { CommandResult, Transport } from '../transport/transport.js';
import type { QueueDialect } from './queue.js';
import { endOfScript, readSections, sectionFunction, sectionLine, type Command } from './remote-script.js';
import type { JobHandle, JobId } from './scheduler.js';

/** Finds out the id of a job that was submitted by someone who did not live to tell it: noted in the folder, or by name. */
export function findScript(dialect: QueueDialect, { name, folder }: JobHandle): Command {
  const script = `${sectionFunction}
cd -- "$1" 2>/dev/null && { section place pwd -P; [ -s "$2.job" ] && section job cat "$2.job"; }
${sectionLine('lookup', dialect.lookupCommand(name))}
${endOfScript}
`;
  return ['bash', '-c', script, 'find', folder, name];
}

/** Repeat-safe: a job that has ended, or never was, is no error. */
export async function cancelJob(
  { transport, dialect, computer }: { transport: Transport; dialect: QueueDialect; computer: string },
  job: JobHandle,
): Promise<void> {
  for (const id of job.id === job.name ? await findIds(transport, dialect, job) : [job.id]) {
    const reply: CommandResult = await transport.exec(dialect.cancelCommand(id));
    if (reply.code !== 0 && !dialect.alreadyEnded(reply))
      throw new SchedulerBusy(`"${computer}" did not cancel ${job.name} (${id}): ${reply.stderr.trim().slice(-300)}`);
  }
}

async function findIds(transport: Transport, dialect: QueueDialect, job: JobHandle): Promise<JobId[]> {
  const sections = readSections(await transport.exec(findScript(dialect, job)), `looking for ${job.name}`);
  const noted = sections.get('job');
  const submission = noted === undefined ? undefined : dialect.readSubmission(noted);
  if (submission?.kind === 'queued') return [submission.id];
  const reply = sections.get('lookup');
  const lookup = reply === undefined ? undefined : dialect.readLookup(reply, job.name);
  if (lookup?.kind === 'unclear') throw new SchedulerBusy(`the queue does not say whether it knows ${job.name}: ${lookup.reason}`);
  const physical = sections.get('place')?.stdout.trim();
  return (lookup?.jobs ?? [])
    .filter(({ folder }) => folder === undefined || folder === job.folder || folder === physical)
    .map(({ id }) => id);
}
