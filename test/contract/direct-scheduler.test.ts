import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { bundleScript, countExecutions, parseFinishMarker } from '../../connectors/bundle/script.js';
import { directScheduler } from '../../connectors/scheduler/direct.js';
import { JobMonitor } from '../../connectors/scheduler/job-monitor.js';
import type { JobHandle, JobReport, Scheduler } from '../../connectors/scheduler/scheduler.js';
import { localTransport } from '../../connectors/transport/local.js';
import { temporaryFolder, until } from './temporary.js';

let folder = { path: '', remove: () => undefined as void };
let jobs: JobHandle[] = [];
const transport = localTransport();

beforeEach(() => {
  folder = temporaryFolder('direct');
  jobs = [];
});
afterEach(async () => {
  await Promise.all(jobs.map((job) => scheduler().cancel(job)));
  await until(
    () => reports(jobs),
    (all) => all.every(({ state }) => state === 'done' || state === 'unknown'),
  );
  folder.remove();
});

const scheduler = (slots = 2): Scheduler => directScheduler(transport, { slots, lockFolder: join(folder.path, '.slots') });

/** Writes the script of a bundle whose points run shell commands in their own folders, as staging does. */
async function staged(name: string, points: Record<string, string>, options: { slots?: number; work?: string } = {}): Promise<JobHandle> {
  const job: JobHandle = { name, folder: join(folder.path, options.work ?? name), id: name };
  jobs.push(job);
  const script = bundleScript({
    attempt: name,
    command: ['bash'],
    preamble: scheduler(options.slots).preamble(job),
    points: Object.keys(points).map((point) => ({ folder: point, args: ['command.sh'] })),
  });
  const inputs = Object.fromEntries(Object.entries(points).map(([point, command]) => [`points/${point}/command.sh`, `${command}\n`]));
  await transport.putFiles(job.folder, { ...inputs, [`${name}.sh`]: script });
  return job;
}

async function reports(of: readonly JobHandle[]): Promise<JobReport[]> {
  const found = await scheduler().report(of);
  return of.map(({ name }) => found.get(name) ?? { state: 'unknown' });
}

const ended = async (job: JobHandle): Promise<JobReport | undefined> =>
  (
    await until(
      () => reports([job]),
      ([report]) => report?.state === 'done',
    )
  )[0];
const begun = (job: JobHandle, point: string) => until(() => existsSync(join(job.folder, 'points', point, 'begun')), Boolean);
const read = (job: JobHandle, name: string): string => readFileSync(join(job.folder, name), 'utf8');
const pidOf = (job: JobHandle): number => Number(read(job, `${job.name}.pid`).split(' ')[0]);

/** Runs until the test says `go`. */
const waits = (): string => `touch begun; while [ ! -e ${join(folder.path, 'go')} ]; do sleep 0.02; done; echo done`;
const go = (): void => writeFileSync(join(folder.path, 'go'), '');

describe('a job of the direct scheduler', () => {
  test('runs to its end and reports its exit code', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one', b: 'echo two' });
    expect(await scheduler().submit(job)).toBe('p1-1');
    expect(await ended(job)).toEqual({ state: 'done', verdict: 'completed', exitCode: 0 });
    expect([read(job, 'points/a/stdout'), read(job, 'points/b/stdout')]).toEqual(['one\n', 'two\n']);
  });

  test('with a failing point ends as failed and has run the others', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'exit 9', b: 'echo two' });
    await scheduler().submit(job);
    expect(await ended(job)).toEqual({ state: 'done', verdict: 'failed', exitCode: 1 });
    expect(parseFinishMarker(read(job, 'points/a/finished'))?.exitCode).toBe(9);
    expect(read(job, 'points/b/stdout')).toBe('two\n');
  });

  test('is started once by any number of submissions of its name', async ({ expect }) => {
    const job = await staged('p1-1', { a: waits() });
    const ids = await Promise.all(Array.from({ length: 8 }, () => scheduler().submit(job)));
    await begun(job, 'a');
    await scheduler().submit(job);
    go();
    await ended(job);
    await scheduler().submit(job);
    expect(new Set(ids)).toEqual(new Set(['p1-1']));
    expect(read(job, 'jobs.log').trim().split('\n')).toHaveLength(1);
    expect(countExecutions(read(job, 'executions.log'))).toEqual(new Map([['a', 1]]));
  });

  test('is found in a folder with spaces and quotes in its name', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' }, { work: `it's a folder` });
    await scheduler().submit(job);
    expect(await ended(job)).toMatchObject({ verdict: 'completed' });
  });

  test('outlives the process that submitted it', async ({ expect }) => {
    const job = await staged('p1-1', { a: waits() });
    await scheduler().submit(job);
    await begun(job, 'a');
    // Its own session and process group: no signal meant for us reaches it.
    const [, , , , group, session] = readFileSync(`/proc/${pidOf(job)}/stat`, 'utf8').split(' ');
    expect([Number(group), Number(session)]).toEqual([pidOf(job), pidOf(job)]);
    go();
    expect(await ended(job)).toMatchObject({ verdict: 'completed' });
  });
});

describe('slots', () => {
  test('are never exceeded, and are all used', async ({ expect }) => {
    const counted = `echo b >> ${join(folder.path, 'log')}; sleep 0.15; echo e >> ${join(folder.path, 'log')}`;
    const all = await Promise.all(Array.from({ length: 9 }, (_, index) => staged(`p${index}-1`, { a: counted }, { slots: 3 })));
    await Promise.all(all.map((job) => scheduler(3).submit(job)));
    await until(
      () => reports(all),
      (list) => list.every(({ state }) => state === 'done'),
    );
    const depths = readFileSync(join(folder.path, 'log'), 'utf8')
      .trim()
      .split('\n')
      .map(
        (
          (depth) => (mark) =>
            (depth += mark === 'b' ? 1 : -1)
        )(0),
      );
    expect(depths).toHaveLength(18);
    expect(Math.max(...depths)).toBe(3);
  });

  test('make a job wait, as queued, until one is free', async ({ expect }) => {
    const first = await staged('p1-1', { a: waits() }, { slots: 1 });
    const second = await staged('p2-1', { a: 'echo two' }, { slots: 1 });
    await scheduler(1).submit(first);
    await begun(first, 'a');
    await scheduler(1).submit(second);
    await until(
      () => reports([first, second]),
      ([one, two]) => one?.state === 'running' && two?.state === 'queued',
    );
    go();
    expect(await ended(second)).toMatchObject({ verdict: 'completed' });
  });

  test('of a job that was killed go to the next', async ({ expect }) => {
    const first = await staged('p1-1', { a: waits() }, { slots: 1 });
    const second = await staged('p2-1', { a: 'echo two' }, { slots: 1 });
    await scheduler(1).submit(first);
    await begun(first, 'a');
    await scheduler(1).submit(second);
    process.kill(-pidOf(first), 'SIGKILL');
    expect(await ended(second)).toMatchObject({ verdict: 'completed' });
  });

  test('are not held by a daemon that a code leaves behind', async ({ expect }) => {
    const first = await staged(
      'p1-1',
      { a: `setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $! > ${join(folder.path, 'daemon')}` },
      { slots: 1 },
    );
    const second = await staged('p2-1', { a: 'echo two' }, { slots: 1 });
    await scheduler(1).submit(first);
    await ended(first);
    await scheduler(1).submit(second);
    const report = await ended(second);
    process.kill(Number(readFileSync(join(folder.path, 'daemon'), 'utf8')), 'SIGKILL');
    expect(report).toMatchObject({ verdict: 'completed' });
  });
});

describe('cancelling', () => {
  test('ends the whole process group', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'sleep 300 & echo $! > child; touch begun; wait' });
    await scheduler().submit(job);
    await begun(job, 'a');
    const child = Number(read(job, 'points/a/child'));
    await scheduler().cancel(job);
    expect(await ended(job)).toEqual({ state: 'done', verdict: 'cancelled' });
    await until(
      () => isAlive(child),
      (alive) => !alive,
    );
  });

  test('reaches a job that waits for a slot', async ({ expect }) => {
    const first = await staged('p1-1', { a: waits() }, { slots: 1 });
    const second = await staged('p2-1', { a: 'echo two' }, { slots: 1 });
    await scheduler(1).submit(first);
    await begun(first, 'a');
    await scheduler(1).submit(second);
    await until(
      () => reports([second]),
      ([report]) => report?.state === 'queued',
    );
    await scheduler(1).cancel(second);
    expect(await ended(second)).toMatchObject({ verdict: 'cancelled' });
    go();
    await ended(first);
    expect(existsSync(join(second.folder, 'points/a/stdout'))).toBe(false);
  });

  test('reaches a job whose process has not shown itself yet', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' });
    await scheduler().cancel(job);
    await scheduler().submit(job);
    expect(await ended(job)).toMatchObject({ verdict: 'cancelled' });
    expect(existsSync(join(job.folder, 'points/a/stdout'))).toBe(false);
  });

  test('leaves a job that has ended as it is, and a second time changes nothing', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' });
    await scheduler().submit(job);
    await ended(job);
    await scheduler().cancel(job);
    await scheduler().cancel(job);
    expect((await reports([job]))[0]).toMatchObject({ verdict: 'completed' });
  });

  test('of a job whose folder is gone is no error', async ({ expect }) => {
    await expect(scheduler().cancel({ name: 'p9-1', folder: join(folder.path, 'never'), id: 'p9-1' })).resolves.toBeUndefined();
  });
});

describe('the report', () => {
  test('calls a job lost whose process is gone without an exit code', async ({ expect }) => {
    const job = await staged('p1-1', { a: waits() });
    await scheduler().submit(job);
    await begun(job, 'a');
    process.kill(-pidOf(job), 'SIGKILL');
    expect(await ended(job)).toMatchObject({ verdict: 'lost' });
  });

  test('calls a job lost whose id belongs to another process now', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' });
    // After a reboot ids start over: ours is alive, but it did not write this.
    await transport.putFiles(job.folder, { 'p1-1.pid': `${process.pid} 1\n`, 'p1-1.started': '' });
    expect((await reports([job]))[0]).toMatchObject({ state: 'done', verdict: 'lost' });
  });

  test('waits for a job that was claimed and has not shown itself, and for one without a trace', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' });
    expect((await reports([job]))[0]).toEqual({ state: 'unknown', detail: 'no trace of this job' });
    await transport.putFiles(join(job.folder, 'p1-1.claim'), { x: '' });
    expect((await reports([job]))[0]).toEqual({ state: 'unknown', detail: 'claimed, but the process has not shown itself yet' });
  });

  test('answers for every job in one call', async ({ expect }) => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => staged(`p${index}-1`, { a: 'echo x' }, { slots: 8 })));
    await Promise.all(all.map((job) => scheduler(8).submit(job)));
    const list = await until(
      () => reports(all),
      (found) => found.every(({ state }) => state === 'done'),
    );
    expect(new Set(list.map(({ verdict }) => verdict))).toEqual(new Set(['completed']));
  });
});

describe('a job killed in mid-bundle', () => {
  test('loses the running point only, and the next attempt runs what has no finish marker', async ({ expect }) => {
    const points = { a: 'echo one', b: waits(), c: 'echo three' };
    const first = await staged('p1-1', points, { work: 'shared' });
    await scheduler().submit(first);
    await begun(first, 'b');
    process.kill(-pidOf(first), 'SIGKILL');
    await ended(first);
    expect(existsSync(join(first.folder, 'points/b/finished'))).toBe(false);

    go();
    const second = await staged('p1-2', points, { work: 'shared' });
    await scheduler().submit(second);
    expect(await ended(second)).toMatchObject({ verdict: 'completed' });
    expect(countExecutions(read(second, 'executions.log'))).toEqual(
      new Map([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]),
    );
    expect(parseFinishMarker(read(second, 'points/a/finished'))?.attempt).toBe('p1-1');
    expect(parseFinishMarker(read(second, 'points/b/finished'))?.attempt).toBe('p1-2');
    expect(read(second, 'points/b/stdout')).toBe('done\n');
    expect(read(second, 'jobs.log').trim().split('\n')).toHaveLength(2);
  });
});

describe('the monitor of jobs', () => {
  test('serves many waiters with one query per interval', async ({ expect }) => {
    const all = await Promise.all(Array.from({ length: 12 }, (_, index) => staged(`p${index}-1`, { a: waits() }, { slots: 12 })));
    await Promise.all(all.map((job) => scheduler(12).submit(job)));
    await Promise.all(all.map((job) => begun(job, 'a')));
    const monitor = new JobMonitor(scheduler());
    const waits12 = all.map((job) => monitor.wait(job));
    await until(
      () => monitor.queries,
      (queries) => queries >= 2,
    );
    const before = monitor.queries;
    go();
    const verdicts = await Promise.all(waits12);
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['completed']));
    expect(monitor.queries - before).toBeLessThan(12);
  });

  test('gives a job without a trace time, and then calls it lost', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' });
    const states: string[] = [];
    const report = await new JobMonitor(scheduler(), { graceSeconds: 0.5 }).wait(job, { onReport: ({ state }) => states.push(state) });
    expect(report).toMatchObject({ state: 'done', verdict: 'lost', detail: 'no trace of this job' });
    expect(states.length).toBeGreaterThan(1);
  });

  test('keeps waiting while the queue cannot be asked', async ({ expect }) => {
    const job = await staged('p1-1', { a: 'echo one' });
    const real = scheduler();
    let failures = 0;
    const shaky: Scheduler = {
      ...real,
      report: (of) => {
        failures += 1;
        return failures < 4 ? Promise.reject(new Error('the login node is away')) : real.report(of);
      },
    };
    await real.submit(job);
    expect(await new JobMonitor(shaky).wait(job)).toMatchObject({ verdict: 'completed' });
    expect(failures).toBe(4);
  });

  test('lets go of a waiter that gives up, before or during the wait', async ({ expect }) => {
    const job = await staged('p1-1', { a: waits() });
    await scheduler().submit(job);
    const monitor = new JobMonitor(scheduler());
    const stop = new AbortController();
    const wait = monitor.wait(job, { signal: stop.signal });
    const other = monitor.wait(job);
    stop.abort(new Error('cancelled'));
    await expect(wait).rejects.toThrow('cancelled');
    await expect(monitor.wait(job, { signal: stop.signal })).rejects.toThrow('cancelled');
    go();
    expect(await other).toMatchObject({ verdict: 'completed' });
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No such process.
    return false;
  }
}
