import { randomBytes } from 'node:crypto';
import type { ComputerSettings } from '../../../domain/computer.js';
import type { JobHandle, JobReport, JobRequest, Scheduler } from '../../scheduler/scheduler.js';
import { quote } from '../../transport/shell.js';
import type { Computer } from '../computer.js';
import { findScript, programOf } from './code.js';
import { failed, ok, type Outcome, type Step } from './step.js';

export interface JobOptions {
  /** Seconds that the job may take from submission to end. */
  waitSeconds: number;
  /** Gives up, and takes the job out of the queue. */
  signal: AbortSignal;
  /** Hears each change of state. */
  onReport: (line: string) => void;
}

/** The same settings for a job of one core that is looked at often. */
export function oneCore(settings: ComputerSettings): ComputerSettings {
  const { scheduler } = settings;
  if (scheduler.kind === 'direct') return settings;
  return {
    ...settings,
    scheduler: { ...scheduler, nodes: 1, tasks: 1, pollSeconds: Math.min(scheduler.pollSeconds, 2), maxPollSeconds: 10 },
  };
}

/** A job of one core from submission to clean-up, through the connectors that campaigns use. `computer` has settings of `oneCore`. */
export function jobStep(computer: Computer, needs: readonly Step[], options: JobOptions): Step {
  return { name: 'job', needs, run: () => runJob(computer, options) };
}

async function runJob(computer: Computer, { waitSeconds, signal, onReport }: JobOptions): Promise<Outcome> {
  const { transport, scheduler, monitor, settings } = computer;
  // PBS takes names of fifteen characters that begin with a letter.
  const name = `pt${randomBytes(5).toString('hex')}`;
  const folder = `${settings.workDir}/peierls-test-${name}`;
  const request: JobRequest = { name, folder, wallTimeSeconds: 300 };
  const begun = Date.now();
  // AbortSignal.any and .timeout may be collected as garbage before they fire (seen with Node 20.20.2): a controller of our own may not.
  const ending = new AbortController();
  const end = (): void => ending.abort(new Error('the job took too long'));
  const timer = setTimeout(end, waitSeconds * 1000);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const stop = ending.signal;
  let job: JobHandle | undefined;
  let last: JobReport | undefined;
  try {
    await transport.putFiles(folder, { [`${name}.sh`]: testScript(request, scheduler, settings.codes) });
    job = { ...request, id: await scheduler.submit(request) };
    const report = await monitor.wait(job, {
      signal: stop,
      onReport: (now) => {
        if (now.state !== last?.state || now.detail !== last.detail) onReport(`job ${job?.id ?? ''}: ${told(now)}`);
        last = now;
      },
    });
    const ended = job;
    job = undefined;
    return await judge(computer, ended, report, (Date.now() - begun) / 1000);
  } catch (error) {
    if (!stop.aborted) throw error;
    const state = last === undefined ? 'no word of it yet' : told(last);
    return failed(
      signal.aborted ? `interrupted (${state})` : `not ended after ${waitSeconds} s (${state}); it has been cancelled`,
      'See why it waits (partition, account, limits of the site); --wait <seconds> waits longer, --no-job leaves this out.',
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    if (job !== undefined) await scheduler.cancel(job);
    await transport.remove(folder);
  }
}

async function judge({ transport, settings }: Computer, job: JobHandle, report: JobReport, seconds: number): Promise<Outcome> {
  const { result = '', [`${job.name}.out`]: log = '' } = await transport.getFiles(job.folder, ['result', `${job.name}.out`]);
  if (report.verdict !== 'completed')
    return failed(
      `job ${job.id} ended as ${told(report)}${log.trim() === '' ? '' : `; it printed "${log.trim().slice(-200)}"`}`,
      'Correct the scheduler settings; the work directory must be on a file system that compute nodes see.',
    );
  const [node, ...lines] = result.trim().split('\n');
  // A code that is on the login node alone fails every job.
  const missing = lines.flatMap((line) => /^missing (\S+)/.exec(line)?.[1] ?? []);
  if (missing.length > 0)
    return failed(
      `the job ran on ${node ?? '?'}, which does not have the program of ${missing.join(', ')}`,
      missing.map((code) => `Correct codes.${code}.command or .prepend for compute nodes.`).join(' '),
    );
  const codes = Object.keys(settings.codes);
  return ok(
    `job ${job.id} ran on ${node ?? '?'}, ${seconds.toFixed(1)} s from submission to result${codes.length > 0 ? `, with ${codes.join(', ')} there` : ''}`,
  );
}

/** Leaves the same markers as the script of a bundle. */
function testScript(request: JobRequest, scheduler: Scheduler, codes: ComputerSettings['codes']): string {
  const preamble = scheduler.preamble(request);
  const mark = (suffix: string, command: string): string =>
    `${command} > ${quote(`${request.name}.${suffix}.tmp`)} && mv ${quote(`${request.name}.${suffix}.tmp`)} ${quote(`${request.name}.${suffix}`)}`;
  return [
    '#!/bin/bash',
    ...preamble.filter((line) => line.startsWith('#')),
    ...preamble.filter((line) => !line.startsWith('#')),
    mark('started', 'date -u +%Y-%m-%dT%H:%M:%SZ'),
    'uname -n > result',
    ...Object.entries(codes).map(([name, code]) => {
      const find = `bash -c ${quote(findScript(code))} find ${quote(programOf(code.command))}`;
      return `${find} > /dev/null 2>&1 8>&- < /dev/null && echo ${quote(`found ${name}`)} >> result || echo ${quote(`missing ${name}`)} >> result`;
    }),
    mark('exit', 'echo 0'),
    '',
  ].join('\n');
}

function told({ state, verdict, detail }: JobReport): string {
  return [verdict ?? state, ...(detail === undefined ? [] : [detail])].join(': ');
}
