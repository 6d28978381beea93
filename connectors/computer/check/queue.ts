import { assertNever } from '../../../domain/assert-never.js';
import type { ComputerSettings } from '../../../domain/computer.js';
import type { CommandResult } from '../../transport/transport.js';
import type { Computer } from '../computer.js';
import { failed, ok, skipped, type Outcome, type Step } from './step.js';

export interface QueueSteps {
  steps: Step[];
  scheduler: Step;
}

/** Whether the queue system is there and answers, the partition exists, and ended jobs can be looked up. */
export function queueSteps(computer: Computer, shell: Step): QueueSteps {
  const scheduler: Step = { name: 'scheduler', needs: [shell], run: () => checkScheduler(computer) };
  const partition: Step = { name: 'partition', needs: [scheduler], run: () => checkPartition(computer) };
  const accounting: Step = { name: 'accounting', needs: [scheduler], run: () => checkAccounting(computer) };
  return { steps: [scheduler, partition, accounting], scheduler };
}

type SchedulerSettings = ComputerSettings['scheduler'];

/** Asks for the version, and reads it: `slurm-wlm 22.05.8`, `pbs_version = 22.05.11`, `Version: 6.1.2`, `SGE 8.1.9`, `IBM Spectrum LSF Standard 10.1.0.0`. */
export const versionQuestions = {
  slurm: { command: ['sbatch', '--version'], pattern: /^slurm\S* (\S+)/m },
  pbs: { command: ['qstat', '--version'], pattern: /(?:pbs_version = |Version: )(\S+)/i },
  sge: { command: ['qstat', '-help'], pattern: /^(\S*GE \S+)/m },
  lsf: { command: ['lsid'], pattern: /(LSF .*?\d[\d.]+)/ },
} as const;

async function checkScheduler({ transport, settings }: Computer): Promise<Outcome> {
  const { kind } = settings.scheduler;
  if (kind === 'direct') {
    const { stdout } = await transport.exec(['getconf', '_NPROCESSORS_ONLN']);
    const cores = Number(stdout.trim());
    const { slots } = settings.scheduler;
    const note = cores > 0 && slots > cores ? `${slots} slots on ${cores} cores: jobs will be slower than they could be` : undefined;
    return ok(`none: ${slots} jobs at a time${cores > 0 ? ` on ${cores} cores` : ''}`, note);
  }
  const { command, pattern } = versionQuestions[kind];
  const reply = await transport.exec(command);
  const said = `${reply.stdout}${reply.stderr}`;
  const version = pattern.exec(said)?.[1];
  if (version !== undefined) return ok(`${kind} ${version}`);
  if (reply.code === 127 || reply.code === 126)
    return failed(`there is no ${command[0]} on PATH`, await whereItIs(transport, settings, command[0]));
  return failed(`${command.join(' ')} answers ${shown(reply)}`, `Is it ${kind}? Set scheduler.kind to what the site runs.`);
}

async function whereItIs(transport: Computer['transport'], settings: ComputerSettings, program: string): Promise<string> {
  const login = await transport.exec(['bash', '-lc', 'command -v "$1"', 'find', program], { timeoutSeconds: 30 });
  if (login.code === 0 && settings.transport.kind === 'ssh')
    return `A login shell finds it (${login.stdout.trim().split('\n').at(-1) ?? ''}): set transport.loginShell: true, or put its folder on PATH in ~/.bashrc.`;
  return 'Set scheduler.kind to what the site runs (slurm, pbs, sge, lsf, direct), or put its commands on the PATH of this account.';
}

async function checkPartition({ transport, settings: { scheduler } }: Computer): Promise<Outcome> {
  if (scheduler.kind === 'direct') return skipped('there is no queue system');
  const { partition } = scheduler;
  if (partition === undefined) return skipped("the site's own default is used");
  const reply = await transport.exec(partitionQuestion(scheduler.kind, partition));
  const state = /^\S+?\*?\|(\w+)\|/m.exec(reply.stdout)?.[1];
  const known = reply.code === 0 && reply.stdout.trim() !== '';
  if (known && scheduler.kind === 'slurm' && state !== 'up')
    return failed(
      `${partition} is ${state ?? 'not up'}`,
      'Jobs there would wait: choose another partition, or ask the site when it comes back.',
    );
  if (known)
    return ok(scheduler.kind === 'slurm' ? `${partition} is up, at most ${/\|([^|\n]+)$/m.exec(reply.stdout)?.[1] ?? '?'}` : partition);
  const all = scheduler.kind === 'slurm' ? await transport.exec(['sinfo', '--noheader', '--format=%R']) : undefined;
  const names = [...new Set((all?.stdout ?? '').split('\n').filter(Boolean))].join(', ');
  return failed(`the queue system knows no "${partition}"`, `Correct scheduler.partition${names === '' ? '' : `; there are ${names}`}.`);
}

function partitionQuestion(kind: Exclude<SchedulerSettings['kind'], 'direct'>, partition: string): string[] {
  switch (kind) {
    case 'slurm':
      return ['sinfo', '--noheader', '--format=%P|%a|%l', `--partition=${partition}`];
    case 'pbs':
      return ['qstat', '-Q', partition];
    case 'sge':
      return ['qconf', '-sq', partition];
    case 'lsf':
      return ['bqueues', partition];
    default:
      return assertNever(kind);
  }
}

const withoutAccounting = 'verdicts then come from the exit markers that jobs leave; jobs that died without one count as lost';

async function checkAccounting({ transport, settings: { scheduler } }: Computer): Promise<Outcome> {
  const question = accountingQuestion(scheduler);
  if (question === undefined) return skipped(scheduler.kind === 'direct' ? 'there is no queue system' : 'Torque keeps none');
  const reply = await transport.exec(question.command, { timeoutSeconds: 60 });
  if (question.there(reply)) return ok(`${question.command[0]} answers`);
  return ok(`${question.command[0]} does not answer: ${shown(reply)}`, withoutAccounting);
}

function accountingQuestion(
  scheduler: SchedulerSettings,
): { command: [string, ...string[]]; there: (reply: CommandResult) => boolean } | undefined {
  const answers = ({ code }: CommandResult): boolean => code === 0;
  switch (scheduler.kind) {
    case 'direct':
      return undefined;
    case 'slurm':
      return { command: ['sacct', '-X', '--noheader', '--parsable2', '--format=JobIDRaw'], there: answers };
    case 'pbs':
      return scheduler.flavour === 'torque' ? undefined : { command: ['qstat', '-x'], there: answers };
    case 'sge':
      // No job has the number 0: that it says so shows that it could read its records.
      return { command: ['qacct', '-j', '0'], there: ({ stdout, stderr }) => /job id 0 not found/i.test(stdout + stderr) };
    case 'lsf':
      return { command: ['bhist', '-a'], there: ({ code, stdout, stderr }) => code === 0 || /no matching job/i.test(stdout + stderr) };
    default:
      return assertNever(scheduler);
  }
}

function shown({ code, stdout, stderr }: CommandResult): string {
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(0, 2).join(' / ').slice(0, 200);
  return said === '' ? `nothing (exit status ${code})` : `"${said}"`;
}
