import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { registerSource } from '../../connectors/store/source.js';
import { InvalidInput } from '../../domain/failures.js';
import { refreshWorkflowId } from '../../domain/source.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { databaseRefresh } from '../../workflows/database-refresh.js';
import { cronTimes, milliseconds } from '../cron.js';
import { type Output } from '../output.js';
import { table } from '../table.js';
import { withServices } from '../session.js';
import { checkSource, knownDefinition, namedSources } from './source/resolve.js';

export interface ScheduleOptions {
  cron: string;
  timeZone: string;
  jitter: string;
  catchUp: string;
  overlap: keyof typeof overlaps;
  filter?: string;
}

/** What becomes of a refresh that is due while the former one still runs. */
export const overlaps = {
  skip: ScheduleOverlapPolicy.SKIP,
  'buffer-one': ScheduleOverlapPolicy.BUFFER_ONE,
  'cancel-other': ScheduleOverlapPolicy.CANCEL_OTHER,
} as const;

/** Schedules of ours among those of the server. */
const prefix = 'refresh/';

/** `peierls schedule create <source> --cron "0 3 * * 1"`. One schedule a source; a refresh that still runs when the next is due is never doubled. */
export async function createSchedule(text: string, options: ScheduleOptions, output: Output, stop: AbortSignal): Promise<number> {
  const [nextTime] = cronTimes(options.cron, options.timeZone);
  const [jitter, catchupWindow] = [milliseconds(options.jitter, '--jitter'), milliseconds(options.catchUp, '--catch-up')];
  const wanted = namedSources(text, options.filter);
  for (const { definition } of wanted) if (definition !== undefined) await checkSource(definition, process.env, stop);
  return withServices(process.env, output, { worker: false }, async ({ store, temporal }) => {
    for (const source of wanted) {
      const definition = await knownDefinition(store, source);
      await registerSource(store, source.name, definition);
      await temporal.schedule
        .create({
          scheduleId: prefix + source.name,
          spec: { cronExpressions: [options.cron], timezone: options.timeZone, jitter },
          policies: { overlap: overlaps[options.overlap], catchupWindow },
          action: {
            type: 'startWorkflow',
            workflowType: 'databaseRefresh',
            workflowId: refreshWorkflowId(source.name),
            taskQueue: taskQueues.main,
            args: [{ source: source.name, service: definition.source }] satisfies Parameters<typeof databaseRefresh>,
          },
        })
        .catch((cause: unknown) => {
          if (!(cause instanceof ScheduleAlreadyRunning)) throw cause;
          throw new InvalidInput(`${source.name} has a schedule already`, {
            remedy: `Remove it first: peierls schedule delete ${source.name}`,
            cause,
          });
        });
    }
    const names = wanted.map(({ name }) => name);
    output.result({ schedules: names, cron: options.cron, next: nextTime?.toISOString() ?? null }, [
      `Scheduled: ${names.join(', ')}; next at ${nextTime?.toISOString() ?? '-'}. Schedules fire while \`peierls up\` runs; times missed by less than ${options.catchUp} are made up for.`,
    ]);
    return 0;
  });
}

/** `peierls schedule list`. */
export function listSchedules(output: Output): Promise<number> {
  return withServices(process.env, output, { worker: false }, async ({ temporal }) => {
    const schedules = [];
    for await (const { scheduleId } of temporal.schedule.list()) {
      if (!scheduleId.startsWith(prefix)) continue;
      const { state, info, spec } = await temporal.schedule.getHandle(scheduleId).describe();
      schedules.push({
        source: scheduleId.slice(prefix.length),
        paused: state.paused,
        next: state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null),
        last: info.recentActions.at(-1)?.takenAt.toISOString() ?? null,
        runs: info.numActionsTaken,
        missed: info.numActionsMissedCatchupWindow,
        skipped: info.numActionsSkippedOverlap,
        timeZone: spec.timezone ?? 'UTC',
      });
    }
    output.result(
      { schedules },
      schedules.length === 0
        ? ['No schedules. `peierls schedule create <source> --cron "0 3 * * 1"` makes one.']
        : table(
            ['source', 'state', 'next', 'last', 'runs', 'missed', 'skipped'],
            schedules.map((it) => [
              it.source,
              it.paused ? 'paused' : 'active',
              it.next ?? '-',
              it.last ?? '-',
              it.runs,
              it.missed,
              it.skipped,
            ]),
          ),
    );
    return 0;
  });
}

/** `peierls schedule pause|resume|delete <source>`. */
export function operateSchedule(what: 'pause' | 'resume' | 'delete', source: string, output: Output): Promise<number> {
  return withServices(process.env, output, { worker: false }, async ({ temporal }) => {
    await change(temporal, what, source);
    const done = { pause: 'paused', resume: 'resumed', delete: 'deleted' }[what];
    output.result({ source, done }, [`Schedule of ${source} ${done}.`]);
    return 0;
  });
}

/**
 * `peierls schedule backfill <source> --from <time> --to <time>`: as if the schedule had fired at its times between the two. Those that come while the
 * first of them still runs are skipped: a database says how it stands today, not how it stood.
 */
export function backfillSchedule(source: string, range: { from: string; to?: string }, output: Output): Promise<number> {
  const start = time(range.from, '--from');
  const end = range.to === undefined ? new Date() : time(range.to, '--to');
  if (start >= end)
    throw new InvalidInput('the range ends before it begins', { path: '--from', value: range.from, remedy: 'Give the earlier time first' });
  return withServices(process.env, output, { worker: false }, async ({ temporal }) => {
    try {
      await temporal.schedule.getHandle(prefix + source).backfill({ start, end, overlap: ScheduleOverlapPolicy.SKIP });
    } catch (cause) {
      if (!(cause instanceof ScheduleNotFoundError)) throw cause;
      throw unknownSchedule(source, cause);
    }
    output.result({ source, from: start.toISOString(), to: end.toISOString() }, [
      `Schedule of ${source}: times between ${start.toISOString()} and ${end.toISOString()} are made up for.`,
    ]);
    return 0;
  });
}

function time(text: string, path: string): Date {
  const found = new Date(text);
  if (Number.isNaN(found.getTime()))
    throw new InvalidInput('this is no time', { path, value: text, remedy: 'Write for instance 2026-01-31 or 2026-01-31T03:00:00Z' });
  return found;
}

function unknownSchedule(source: string, cause: Error): InvalidInput {
  return new InvalidInput(`there is no schedule of "${source}"`, { remedy: '`peierls schedule list` shows them', cause });
}

async function change(temporal: Client, what: 'pause' | 'resume' | 'delete', source: string): Promise<void> {
  const handle = temporal.schedule.getHandle(prefix + source);
  try {
    if (what === 'pause') await handle.pause('paused by an operator');
    else if (what === 'resume') await handle.unpause('resumed by an operator');
    else await handle.delete();
  } catch (cause) {
    if (!(cause instanceof ScheduleNotFoundError)) throw cause;
    throw unknownSchedule(source, cause);
  }
}
