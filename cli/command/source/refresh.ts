import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { readSource, registerSource } from '../../../connectors/store/source.js';
import { InvalidInput, ServiceUnavailable } from '../../../domain/failures.js';
import { describeReport, type RefreshReport } from '../../../domain/refresh.js';
import { refreshWorkflowId, type SourceDefinition } from '../../../domain/source.js';
import { taskQueues } from '../../../domain/task-queue.js';
import { attributes } from '../../../workflows/search-attribute.js';
import type { databaseRefresh } from '../../../workflows/database-refresh.js';
import type { Output } from '../../output.js';
import { withServices, type RunningSession } from '../../session.js';
import { checkSource, knownDefinition, namedSources } from './resolve.js';

export interface RefreshOptions {
  filter?: string;
  full?: boolean;
  follow: boolean;
}

/** `peierls source refresh <source>`. */
export async function refresh(text: string, options: RefreshOptions, output: Output, stop: AbortSignal): Promise<number> {
  const wanted = namedSources(text, options.filter);
  for (const { definition } of wanted) if (definition !== undefined) await checkSource(definition, process.env, stop);
  return withServices(process.env, output, { worker: true, keep: !options.follow }, async (session) => {
    const reports: RefreshReport[] = [];
    for (const source of wanted) {
      const definition = await knownDefinition(session.store, source);
      await registerSource(session.store, source.name, definition);
      await startRefresh(session.temporal, source.name, definition, options.full === true);
      if (!options.follow) continue;
      const report = await followRefresh(session, source.name, stop);
      if (report === undefined) {
        output.say(`Interrupted. Nothing is lost: "peierls source refresh ${source.name}" goes on at the page where it stopped.`);
        return 130;
      }
      reports.push(report);
    }
    output.result(
      { sources: options.follow ? reports : wanted.map(({ name }) => name) },
      options.follow
        ? reports.flatMap((report) => [
            `${report.source}: ${describeReport(report)}`,
            ...(report.excluded === undefined
              ? []
              : [
                  `  ${report.excluded.count} crystals are set aside by the filters, for instance:`,
                  ...report.excluded.examples.slice(0, 5).map(({ id, reason }) => `    ${id}: ${reason}`),
                ]),
            ...report.warnings.map((warning) => `  warning: ${warning}`),
          ])
        : ['Started. `peierls source list` shows how it goes; services stay up until `peierls down`.'],
    );
    return 0;
  });
}

/** Starts the refresh of a source, or finds it running. */
export async function startRefresh(temporal: Client, name: string, { source: service }: SourceDefinition, full: boolean): Promise<void> {
  await temporal.workflow.start<typeof databaseRefresh>('databaseRefresh', {
    taskQueue: taskQueues.main,
    workflowId: refreshWorkflowId(name),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ source: name, service, ...(full && { full }) }],
    staticSummary: `Refresh of ${name}`,
    typedSearchAttributes: attributes({ phase: 'refreshing' }),
  });
}

/** Waits for the end of a refresh and tells how it goes. Undefined when interrupted. Throws `InvalidInput` where only a person can help. */
async function followRefresh(session: RunningSession, name: string, stop: AbortSignal): Promise<RefreshReport | undefined> {
  let told = '';
  for (;;) {
    if (stop.aborted) return undefined;
    await session.supervise();
    const { status } = await session.temporal.workflow.getHandle(refreshWorkflowId(name)).describe();
    if (status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW') return resultOf(session.temporal, name);
    const { running } = await readSource(session.store, name);
    const line =
      running === null ? '' : `${name}: ${running.records} of ${running.totalSeen ?? '?'} materials, ${running.usable} of them crystals`;
    if (line !== told && line !== '') session.output.say(line);
    told = line;
    await sleep(2000, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function resultOf(temporal: Client, name: string): Promise<RefreshReport> {
  try {
    return await temporal.workflow.getHandle<typeof databaseRefresh>(refreshWorkflowId(name)).result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const message = `the refresh of ${name} failed: ${cause?.message ?? error.message}`;
    if (cause instanceof ApplicationFailure && (cause.type === 'InvalidInput' || cause.type === 'PermissionDenied'))
      throw new InvalidInput(message, { cause: error });
    throw new ServiceUnavailable(message, { cause: error });
  }
}
