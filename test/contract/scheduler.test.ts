import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bundleScript } from '../../connectors/bundle/script.js';
import { directScheduler } from '../../connectors/scheduler/direct.js';
import { JobMonitor } from '../../connectors/scheduler/job-monitor.js';
import type { JobHandle, JobReport, Scheduler } from '../../connectors/scheduler/scheduler.js';
import { slurmScheduler } from '../../connectors/scheduler/slurm.js';
import { localTransport } from '../../connectors/transport/local.js';
import { sshTransport } from '../../connectors/transport/ssh/ssh.js';
import type { Transport } from '../../connectors/transport/transport.js';
import { ComputersFile, SlurmSettings } from '../../domain/computer.js';
import { HostUnreachable, InvalidInput, SchedulerBusy } from '../../domain/failures.js';
import { temporaryFolder, until } from './temporary.js';

/** The lab of deploy/lab: there after `lab.sh up`. */
const labState = process.env['PEIERLS_LAB_STATE'] ?? '/var/lib/peierls-lab';
const labFile = join(labState, 'computers.yaml');
const noLab = existsSync(labFile) ? '' : ` (skipped: no lab, ${labFile} is missing; deploy/lab/lab.sh up makes one)`;
const lab = () => {
  const computer = ComputersFile.parse(parse(readFileSync(labFile, 'utf8'))).computers['lab'];
  if (computer?.transport.kind !== 'ssh' || computer.scheduler.kind !== 'slurm')
    throw new Error(`${labFile} has no computer "lab" with ssh and slurm`);
  return { transport: computer.transport, scheduler: computer.scheduler, workDir: computer.workDir };
};

interface Place {
  transport: Transport;
  workDir: string;
  scheduler: (transport: Transport) => Scheduler;
  close: () => Promise<void>;
}

/** Submits as a workflow does: a queue that is busy, or another delivery that is at it, is asked again. */
async function patiently(scheduler: Scheduler, job: JobHandle): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await scheduler.submit(job);
    } catch (error) {
      if (!(error instanceof SchedulerBusy) || tries === 10) throw error;
    }
  }
}

const implementations: { name: string; why: string; open: () => Promise<Place> }[] = [
  {
    name: 'direct',
    why: '',
    open: async () => {
      const folder = temporaryFolder('scheduler');
      return {
        transport: localTransport(),
        workDir: folder.path,
        scheduler: (transport) => directScheduler(transport, { slots: 4, lockFolder: join(folder.path, '.slots') }),
        close: async () => folder.remove(),
      };
    },
  },
  {
    name: 'slurm',
    why: noLab,
    open: async () => {
      const { transport: settings, scheduler, workDir } = lab();
      const transport = sshTransport(settings);
      const own = `${workDir}/contract-${process.pid}`;
      return {
        transport,
        workDir: own,
        scheduler: (through) => slurmScheduler(through, scheduler, 'lab'),
        close: async () => {
          await transport.remove(own);
          await transport.close();
        },
      };
    },
  },
];

/** Names are unique, as those of attempts are: a queue remembers them for a while. */
const run = Math.random().toString(36).slice(2, 8);
let count = 0;

async function staged(place: Place, scheduler: Scheduler, command: string): Promise<JobHandle> {
  const name = `p${run}-${(count += 1)}`;
  const request = { name, folder: `${place.workDir}/${name}`, wallTimeSeconds: 300 };
  const script = bundleScript({
    attempt: name,
    command: ['bash'],
    preamble: scheduler.preamble(request),
    points: [{ folder: 'a', args: ['command.sh'] }],
  });
  await place.transport.putFiles(request.folder, { [`${name}.sh`]: script, 'points/a/command.sh': `${command}\n` });
  return { ...request, id: name };
}

/** A transport whose commands can be watched, changed, or lost. */
function through(
  transport: Transport,
  around: (command: readonly string[], go: (command: readonly string[]) => ReturnType<Transport['exec']>) => ReturnType<Transport['exec']>,
): Transport {
  return { ...transport, exec: (command, options) => around(command, (changed) => transport.exec(changed, options)) };
}

const has = async (place: Place, job: JobHandle, file: string) => file in (await place.transport.getFiles(job.folder, [file]));

describe.each(implementations)('the $name scheduler$why', ({ why, open }) => {
  describe.skipIf(why !== '')('as every scheduler', () => {
    let place: Place;
    let scheduler: Scheduler;
    const ended = (job: JobHandle): Promise<JobReport> => new JobMonitor(scheduler).wait(job);

    beforeAll(async () => {
      place = await open();
      scheduler = place.scheduler(place.transport);
    });
    afterAll(() => place.close());

    test('runs a job in its work directory and reports how it ended', async ({ expect }) => {
      const job = await staged(place, scheduler, 'pwd');
      const id = await scheduler.submit(job);
      expect(await ended({ ...job, id })).toMatchObject({ state: 'done', verdict: 'completed', exitCode: 0 });
      expect((await place.transport.getFiles(job.folder, ['points/a/stdout']))['points/a/stdout']).toBe(`${job.folder}/points/a\n`);
    });

    test('reports a job with a failing point as failed', async ({ expect }) => {
      const job = await staged(place, scheduler, 'exit 7');
      expect(await ended({ ...job, id: await scheduler.submit(job) })).toMatchObject({ state: 'done', verdict: 'failed', exitCode: 1 });
    });

    test('queues one job for any number of deliveries, at once and later', async ({ expect }) => {
      const job = await staged(place, scheduler, 'true');
      const ids = await Promise.all(Array.from({ length: 5 }, () => patiently(scheduler, job)));
      expect(new Set([...ids, await scheduler.submit(job)]).size).toBe(1);
      await ended({ ...job, id: ids[0] ?? '' });
      expect(await scheduler.submit(job)).toBe(ids[0]);
      expect((await place.transport.getFiles(job.folder, ['jobs.log']))['jobs.log']?.trim().split('\n')).toHaveLength(1);
    });

    test('queues one job where the connection is lost after the submission', async ({ expect }) => {
      let lost = 0;
      const broken = through(place.transport, async (command, go) => {
        const reply = await go(command);
        if ((lost += 1) === 1) throw new HostUnreachable('cut');
        return reply;
      });
      const job = await staged(place, scheduler, 'true');
      const careless = place.scheduler(broken);
      const id = await careless.submit(job).catch(() => careless.submit(job));
      await ended({ ...job, id });
      expect((await place.transport.getFiles(job.folder, ['jobs.log']))['jobs.log']?.trim().split('\n')).toHaveLength(1);
    });

    test('reports any number of jobs in one round trip', async ({ expect }) => {
      const jobs = [];
      for (let index = 0; index < 4; index += 1) {
        const job = await staged(place, scheduler, 'true');
        jobs.push({ ...job, id: await scheduler.submit(job) });
      }
      const nowhere = { name: 'pnone-1', folder: `${place.workDir}/none`, id: '999999' };
      let commands = 0;
      const watched = place.scheduler(through(place.transport, (command, go) => ((commands += 1), go(command))));
      const found = await watched.report([...jobs, nowhere]);
      expect(commands).toBe(1);
      expect([...found.keys()].sort()).toEqual([...jobs, nowhere].map(({ name }) => name).sort());
      expect(found.get('pnone-1')).toMatchObject({ state: 'unknown' });
      expect((await watched.report([])).size).toBe(0);
      await Promise.all(jobs.map(ended));
    });

    test('cancels a running job, and is content with one that has ended or never was', async ({ expect }) => {
      const job = await staged(place, scheduler, 'touch begun; sleep 300');
      const handle = { ...job, id: await scheduler.submit(job) };
      await until(() => has(place, job, 'points/a/begun'), Boolean);
      expect((await scheduler.report([handle])).get(job.name)).toMatchObject({ state: 'running' });
      await scheduler.cancel(handle);
      await scheduler.cancel(handle);
      expect(await ended(handle)).toMatchObject({ state: 'done', verdict: 'cancelled' });
      await scheduler.cancel(handle);
      await scheduler.cancel({ name: 'pnone-1', folder: `${place.workDir}/none`, id: 'pnone-1' });
    });
  });
});

describe.skipIf(noLab !== '')(`Slurm${noLab}`, () => {
  let place: Place;
  let scheduler: Scheduler;
  beforeAll(async () => {
    const slurm = implementations.find(({ name }) => name === 'slurm');
    if (slurm === undefined) throw new Error('no slurm');
    place = await slurm.open();
    scheduler = place.scheduler(place.transport);
  });
  afterAll(() => place.close());
  const queued = async (job: JobHandle) =>
    (await place.transport.exec(['squeue', '--me', '--noheader', '--states=all', `--name=${job.name}`, '--format=%i'])).stdout
      .trim()
      .split('\n')
      .filter(Boolean);
  const shell = (script: string, job: JobHandle) => place.transport.exec(['bash', '-c', script, 'shell', job.folder, job.name]);

  test('adopts the job left by an attempt that died after sbatch', async ({ expect }) => {
    const job = await staged(place, scheduler, 'sleep 1');
    const id = await scheduler.submit(job);
    await shell('rm -f "$1/$2.job"', job);
    expect(await scheduler.submit(job)).toBe(id);
    await until(
      () => scheduler.report([{ ...job, id }]),
      (found) => found.get(job.name)?.state === 'done',
    );
    expect(await queued(job)).toEqual([id]);
  });

  test('adopts a job that only accounting still knows', async ({ expect }) => {
    const job = await staged(place, scheduler, 'true');
    const id = await scheduler.submit(job);
    await new JobMonitor(scheduler).wait({ ...job, id });
    await shell('rm -f "$1/$2.job"', job);
    const forgetful = place.scheduler(
      through(place.transport, (command, go) => go(command.map((word) => word.replaceAll('section lookup squeue', 'section lookup true')))),
    );
    await until(
      () => forgetful.submit(job).catch((error: Error) => error.message),
      (found) => found === id,
    );
    expect(await queued(job)).toEqual([id]);
  });

  test('adopts a job although sbatch said that its call timed out', async ({ expect }) => {
    const job = await staged(place, scheduler, 'true');
    const lie = `submit bash -c 'sbatch "$@" >/dev/null; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1' lie --parsable`;
    const liar = place.scheduler(
      through(place.transport, (command, go) => go(command.map((word) => word.replaceAll('submit sbatch --parsable', lie)))),
    );
    const id = await liar.submit(job);
    expect(await queued(job)).toEqual([id]);
    await new JobMonitor(scheduler).wait({ ...job, id });
  });

  test('respects the claim of another delivery, and takes over one whose maker has died', async ({ expect }) => {
    const job = await staged(place, scheduler, 'true');
    await shell('mkdir "$1/$2.claim"', job);
    await expect(scheduler.submit(job)).rejects.toThrow(SchedulerBusy);
    expect(await queued(job)).toEqual([]);
    // Maker known, dead, on this host: no wait. Maker unknown: after three minutes.
    await shell('echo "$(uname -n) $(ps -o sid= -p $$)" > "$1/$2.claim/owner"', job);
    const ids = await Promise.all([patiently(scheduler, job), patiently(scheduler, job)]);
    expect(new Set(ids).size).toBe(1);
    expect(await queued(job)).toEqual([ids[0]]);
    await new JobMonitor(scheduler).wait({ ...job, id: ids[0] ?? '' });
  });

  test('lets one of many take over a claim whose maker has died, however they fall over one another', async ({ expect }) => {
    for (let round = 0; round < 6; round += 1) {
      const job = await staged(place, scheduler, 'true');
      await shell('mkdir "$1/$2.claim"; echo "$(uname -n) $(ps -o sid= -p $$)" > "$1/$2.claim/owner"', job);
      // A little apart, so that some decide to take over while others already submit.
      const ids = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          await sleep(index * 60);
          // Each from a worker of its own: those of one worker share a remote script.
          return patiently(place.scheduler(place.transport), job);
        }),
      );
      expect(new Set(ids).size).toBe(1);
      expect(await queued(job)).toEqual([ids[0]]);
      await new JobMonitor(scheduler).wait({ ...job, id: ids[0] ?? '' });
    }
  });

  test('takes over a claim of which nobody knows the maker once it is old', async ({ expect }) => {
    const job = await staged(place, scheduler, 'true');
    await shell('mkdir "$1/$2.claim"; touch -d "1 hour ago" "$1/$2.claim"', job);
    const ids = await Promise.all([patiently(scheduler, job), patiently(scheduler, job)]);
    expect(new Set(ids).size).toBe(1);
    expect(await queued(job)).toEqual([ids[0]]);
    await new JobMonitor(scheduler).wait({ ...job, id: ids[0] ?? '' });
  });

  test('does not take over the claim of a session that still runs', async ({ expect }) => {
    const job = await staged(place, scheduler, 'true');
    await shell('mkdir "$1/$2.claim"; setsid sleep 20 >/dev/null 2>&1 </dev/null & echo "$(uname -n) $!" > "$1/$2.claim/owner"', job);
    await expect(scheduler.submit(job)).rejects.toThrow(SchedulerBusy);
    expect(await queued(job)).toEqual([]);
  });

  test('submits jobs that come together with few commands, and only the one that is wrong fails', async ({ expect }) => {
    const { scheduler: settings } = lab();
    const jobs = await Promise.all(Array.from({ length: 12 }, () => staged(place, scheduler, 'true')));
    const [bad, gone] = [jobs[3], jobs[7]];
    if (bad === undefined || gone === undefined) throw new Error('too few jobs');
    const broken = '#!/bin/bash\n#SBATCH --partition=nope\ntrue\n';
    await place.transport.putFiles(bad.folder, { [`${bad.name}.sh`]: broken });
    await place.transport.remove(gone.folder);
    let commands = 0;
    const watched = slurmScheduler(
      through(place.transport, (command, go) => ((commands += 1), go(command))),
      settings,
      'lab',
    );
    const results = await Promise.allSettled(jobs.map((job) => watched.submit(job)));
    // Two at once for the twelve; then one more gives back the claim of the job that was rejected.
    expect(commands).toBe(3);
    for (const [index, job] of jobs.entries()) {
      const result = results[index];
      if (job === bad)
        expect(result).toMatchObject({
          status: 'rejected',
          reason: { message: expect.stringContaining(`rejected ${bad.name}`) as string },
        });
      else if (job === gone)
        expect(result).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining(gone.name) as string } });
      else expect([result?.status, await queued(job)]).toEqual(['fulfilled', [(result as PromiseFulfilledResult<string>).value]]);
    }
  });

  test('queues each job once where the remote script dies half-way through many', async ({ expect }) => {
    const jobs = await Promise.all(Array.from({ length: 6 }, () => staged(place, scheduler, 'true')));
    const names = jobs.map(({ name }) => name);
    let killed = 0;
    // Right after the submission of its second job, before its id is noted; the claims of the others stay behind.
    const die = (word: string) => {
      const marked = [...word.matchAll(/room && submit sbatch --parsable (\S+)\.sh/g)][1]?.[0];
      if (marked === undefined || killed > 1) return word;
      killed += 1;
      return word.replace(marked, () => `${marked.replace('submit ', '')}; kill -9 $$`);
    };
    const dying = place.scheduler(through(place.transport, (command, go) => go(command.map(die))));
    const ids = await Promise.all(jobs.map((job) => patiently(dying, job)));
    expect(killed).toBe(2);
    expect(new Set(ids).size).toBe(names.length);
    for (const [index, job] of jobs.entries()) expect(await queued(job)).toEqual([ids[index]]);
  });

  test('fills the queue to its limit and no further with jobs that come together', async ({ expect }) => {
    const { scheduler: settings } = lab();
    const jobs = await Promise.all(Array.from({ length: 6 }, () => staged(place, scheduler, 'sleep 300')));
    // Two remote scripts count at the same time: each fills the queue as far as it sees it.
    const limited = slurmScheduler(place.transport, SlurmSettings.parse({ ...settings, maxQueuedJobs: 2 }), 'lab');
    await until(
      async () => (await place.transport.exec(['squeue', '--me', '--noheader'])).stdout,
      (jobsThere) => jobsThere === '',
    );
    const results = await Promise.allSettled(jobs.map((job) => limited.submit(job)));
    const taken = jobs.filter((_, index) => results[index]?.status === 'fulfilled');
    expect(taken.length).toBeGreaterThanOrEqual(2);
    expect(taken.length).toBeLessThanOrEqual(4);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SchedulerBusy);
    for (const [index, job] of jobs.entries()) {
      const result = results[index];
      if (result?.status === 'fulfilled') await scheduler.cancel({ ...job, id: result.value });
      else expect(await queued(job)).toEqual([]);
    }
  });

  test('does not take an ended job of an earlier life of the folder for this one', async ({ expect }) => {
    const job = await staged(place, scheduler, 'true');
    const first = await scheduler.submit(job);
    await new JobMonitor(scheduler).wait({ ...job, id: first });
    const script = (await place.transport.getFiles(job.folder, [`${job.name}.sh`]))[`${job.name}.sh`] ?? '';
    await place.transport.remove(job.folder);
    await place.transport.putFiles(job.folder, { [`${job.name}.sh`]: script, 'points/a/command.sh': 'true\n' });
    const second = await scheduler.submit(job);
    expect(second).not.toBe(first);
    await new JobMonitor(scheduler).wait({ ...job, id: second });
  });

  test('says what is wrong with a rejected job, and takes the corrected one', async ({ expect }) => {
    const { scheduler: settings } = lab();
    const wrong = slurmScheduler(place.transport, { ...settings, partition: 'nope' }, 'lab');
    const job = await staged(place, wrong, 'true');
    const error = await wrong.submit(job).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as Error).message).toMatch(/computers\.lab\.scheduler: the queue of "lab" rejected .*invalid partition specified: nope/);
    const corrected = bundleScript({ attempt: job.name, command: ['true'], preamble: scheduler.preamble(job), points: [] });
    await place.transport.putFiles(job.folder, { [`${job.name}.sh`]: corrected });
    await new JobMonitor(scheduler).wait({ ...job, id: await scheduler.submit(job) });
  });

  test('waits where the limit of queued jobs is reached, and submits once there is room', async ({ expect }) => {
    const { scheduler: settings } = lab();
    const limited = slurmScheduler(place.transport, SlurmSettings.parse({ ...settings, maxQueuedJobs: 1 }), 'lab');
    const first = await staged(place, scheduler, 'sleep 300');
    const handle = { ...first, id: await scheduler.submit(first) };
    const second = await staged(place, limited, 'true');
    await expect(limited.submit(second)).rejects.toThrow(/1 of our jobs/);
    await scheduler.cancel(handle);
    await new JobMonitor(scheduler).wait(handle);
    const id = await until(
      () => limited.submit(second).catch(() => ''),
      (it) => it !== '',
    );
    await new JobMonitor(scheduler).wait({ ...second, id });
  });

  test('cancels by name a job whose id nobody has noted', async ({ expect }) => {
    const job = await staged(place, scheduler, 'sleep 300');
    const id = await scheduler.submit(job);
    await shell('rm -f "$1/$2.job"', job);
    await scheduler.cancel(job);
    expect(await new JobMonitor(scheduler).wait({ ...job, id })).toMatchObject({ verdict: 'cancelled' });
  });

  test('knows a held job, and reports again under the same id once it is released', async ({ expect }) => {
    const { scheduler: settings } = lab();
    const holding = slurmScheduler(place.transport, { ...settings, extraLines: ['#SBATCH --hold'] }, 'lab');
    const job = await staged(place, holding, 'true');
    const handle = { ...job, id: await holding.submit(job) };
    expect((await scheduler.report([handle])).get(job.name)).toMatchObject({ state: 'held' });
    await place.transport.exec(['scontrol', 'release', handle.id]);
    expect(await new JobMonitor(scheduler).wait(handle)).toMatchObject({ verdict: 'completed' });
  });
});
