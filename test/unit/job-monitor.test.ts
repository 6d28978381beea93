import { describe, it } from 'vitest';
import { JobMonitor } from '../../connectors/scheduler/job-monitor.js';
import type { JobHandle, JobReport, Scheduler } from '../../connectors/scheduler/scheduler.js';
import { HostUnreachable } from '../../domain/failures.js';

const job: JobHandle = { name: 'p1-1', folder: '/work/p1', id: '7' };
const done: JobReport = { state: 'done', verdict: 'completed', exitCode: 0 };

/** A queue that is asked once a second, and says what it is told to. */
function fakeScheduler(reports: () => Map<string, JobReport>, ended: Scheduler['ended']): Scheduler & { queries: number } {
  const scheduler = {
    name: 'slurm' as const,
    cadenceSeconds: { first: 1, most: 1 },
    preamble: () => [],
    submit: async () => '7',
    cancel: async () => undefined,
    queries: 0,
    report: async () => ((scheduler.queries += 1), reports()),
    ...(ended !== undefined && { ended }),
  };
  return scheduler;
}

describe('waiting for a job', () => {
  it('ends with the marker in its folder, before the queue is asked', async ({ expect }) => {
    const scheduler = fakeScheduler(
      () => new Map(),
      async () => new Map([[job.name, done]]),
    );
    expect(await new JobMonitor(scheduler).wait(job)).toEqual(done);
    expect(scheduler.queries).toBe(0);
  });

  it('goes on with the queue where the folders cannot be looked into', async ({ expect }) => {
    let looks = 0;
    const scheduler = fakeScheduler(
      () => new Map([[job.name, done]]),
      async () => {
        looks += 1;
        throw new HostUnreachable('cut');
      },
    );
    expect(await new JobMonitor(scheduler).wait(job)).toEqual(done);
    expect([looks, scheduler.queries]).toEqual([1, 1]);
  });

  it('asks the queue as often as ever where no marker comes', async ({ expect }) => {
    const scheduler = fakeScheduler(
      () => new Map<string, JobReport>([[job.name, scheduler.queries < 2 ? { state: 'running' } : done]]),
      async () => new Map(),
    );
    const heard: string[] = [];
    expect(await new JobMonitor(scheduler).wait(job, { onReport: ({ state }) => heard.push(state) })).toEqual(done);
    expect(heard).toEqual(['running', 'done']);
  });
});
