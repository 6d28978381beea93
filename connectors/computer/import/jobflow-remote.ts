import { InvalidInput } from '../../../domain/failures.js';
import { memoryMb, variableName, wallTimeSeconds, type Draft } from './entry.js';
import { Fields, isObject, type LeftOut } from './fields.js';
import type { ParsedFile } from './parsed-file.js';

const schedulers: Readonly<Record<string, string>> = { slurm: 'slurm', pbs: 'pbs', sge: 'sge', shell: 'direct' };

export function isProject(content: Record<string, unknown>): boolean {
  return isObject(content['workers']);
}

/** jobflow-remote: each worker of a project file is a computer. */
export function readProject({ file, content }: ParsedFile): Draft[] {
  const top: LeftOut[] = [];
  const project = new Fields(file, '', content, top);
  const workers = project.object('workers');
  const pollSeconds = project.object('runner').number('delay_check_run_status');
  project.take('name');
  project.leave('queue', 'peierls keeps its state in Temporal and a store of its own');
  project.leave('jobstore', 'results are kept in the store of peierls');
  project.leave('exec_config', 'lines before and after a code belong to that code', 'Put modules and exports into codes.<name>.prepend.');
  project.rest();
  const names = workers.keys();
  if (names.length === 0)
    throw new InvalidInput('the project has no workers', { file, path: 'workers', remedy: 'Import a project that has some.' });
  return names.map((name, index) => {
    // What holds for the whole project is told once, with the first worker.
    const left: LeftOut[] = index === 0 ? top : [];
    const fields = new Fields(file, `workers.${name}`, workers.take(name), left);
    return readWorker(name, fields, left, pollSeconds);
  });
}

function readWorker(name: string, fields: Fields, left: LeftOut[], pollSeconds: number | undefined): Draft {
  const isRemote = (fields.text('type') ?? 'remote') !== 'local';
  const wanted = fields.text('scheduler_type') ?? 'shell';
  const kind = schedulers[wanted];
  if (kind === undefined)
    throw new InvalidInput('peierls has no scheduler of this kind', {
      file: fields.file,
      path: `${fields.path}.scheduler_type`,
      value: wanted,
      remedy: `Choose another worker with --host; ${Object.keys(schedulers).join(', ')} can be imported.`,
    });
  const maxJobs = fields.number('max_jobs');
  const draft: Draft = {
    file: fields.file,
    name,
    transport: isRemote ? readConnection(name, fields) : { kind: 'local' },
    scheduler: {
      kind,
      ...(kind === 'direct'
        ? { slots: maxJobs }
        : { maxQueuedJobs: maxJobs, pollSeconds, ...readResources(fields.object('resources'), kind) }),
    },
    workDir: fields.text('work_dir'),
    codes: {},
    prepend: fields.lines('pre_run'),
    left,
  };
  fields.leave('post_run', 'nothing runs after a code');
  fields.leave('batch', 'points are bundled into jobs by the campaign');
  fields.leave('scheduler_username', 'the queue is asked about the user who logs in');
  if (kind === 'direct') fields.leave('resources', 'without a queue system there is nobody to ask for them');
  fields.rest();
  return draft;
}

/** What a remote worker and a gateway have in common. */
function readLogin(computer: string, fields: Fields): Record<string, unknown> {
  const keys = fields.texts('key_filename');
  const port = fields.number('port');
  return {
    host: fields.text('host'),
    ...(port !== 22 && { port }),
    user: fields.text('user'),
    identityFiles: keys.length > 0 ? keys : undefined,
    passphraseEnv: fields.secret('passphrase', variableName(computer, 'PASSPHRASE')),
    passwordEnv: fields.secret('password', variableName(computer, 'PASSWORD')),
  };
}

function readConnection(name: string, fields: Fields): Record<string, unknown> {
  const shell = fields.text('shell_cmd');
  if (shell !== undefined && shell !== 'bash') fields.report('shell_cmd', shell, 'commands run in bash or sh');
  fields.leave('connect_kwargs', 'options of paramiko have no meaning here');
  const interactive = fields.flag('interactive_login') === true;
  return {
    kind: 'ssh',
    ...readLogin(name, fields),
    jump: readGateway(name, fields, 0),
    connectTimeoutSeconds: fields.number('connect_timeout'),
    keepAliveSeconds: fields.number('keepalive'),
    commandTimeoutSeconds: fields.number('timeout_execute'),
    // Their default is a login shell; without it the queue's commands may not be found.
    loginShell: (fields.flag('login_shell') ?? true) ? true : undefined,
    interactiveLogin: interactive ? true : undefined,
  };
}

/** A gateway is text or an object, which may have a gateway of its own. */
function readGateway(computer: string, fields: Fields, depth: number): unknown {
  const value = fields.has('gateway') ? fields.take('gateway') : undefined;
  if (value === undefined || typeof value === 'string') return value;
  const gateway = new Fields(fields.file, `${fields.path}.gateway`, value, fields.left);
  const before = readGateway(computer, gateway, depth + 1);
  const hop = Object.fromEntries(
    Object.entries(readLogin(`${computer}_gateway${depth === 0 ? '' : depth + 1}`, gateway)).filter(([, it]) => it !== undefined),
  );
  gateway.rest();
  return [...(before === undefined ? [] : Array.isArray(before) ? before : [before]), hop];
}

/** Keys of qtoolkit's templates; those of Slurm that have no setting of ours become header lines. */
const slurmLines: Readonly<Record<string, string>> = {
  cpus_per_task: 'cpus-per-task',
  mem_per_cpu: 'mem-per-cpu',
  gres: 'gres',
  gpus: 'gpus',
  constraint: 'constraint',
  reservation: 'reservation',
  exclude: 'exclude',
  hint: 'hint',
  mail_user: 'mail-user',
  mail_type: 'mail-type',
};

function readResources(fields: Fields, kind: string): Record<string, unknown> {
  const nodes = fields.number('nodes');
  const perNode = fields.number('ntasks_per_node');
  const limit = fields.number('time_limit');
  const time = fields.take('time') ?? fields.take('walltime');
  // Slurm reads a lone number as minutes, whoever writes 86400 means a day.
  const lone = typeof time === 'number' || (typeof time === 'string' && /^\d+$/.test(time));
  if (lone && kind === 'slurm')
    fields.report('time', time, 'taken as seconds, where Slurm would read minutes', 'Check scheduler.wallTimeSeconds.');
  const seconds = limit ?? (lone ? Number(time) : wallTimeSeconds(time));
  if (time !== undefined && seconds === undefined)
    fields.report('time', time, 'it is no time that we can read', 'Set scheduler.wallTimeSeconds.');
  const mem = fields.take('mem');
  const extraLines =
    kind !== 'slurm'
      ? []
      : Object.entries(slurmLines).flatMap(([key, option]) => {
          const value = fields.text(key);
          return value === undefined ? [] : [`#SBATCH --${option}=${value}`];
        });
  const settings = {
    partition: fields.text('partition') ?? fields.text('queue') ?? fields.text('queue_name'),
    account: fields.text('account') ?? fields.text('project'),
    qos: kind === 'slurm' ? fields.text('qos') : undefined,
    nodes,
    tasks: fields.number('ntasks') ?? fields.number('processes') ?? (perNode === undefined ? undefined : perNode * (nodes ?? 1)),
    memoryMb: memoryMb(mem),
    wallTimeSeconds: seconds,
    extraLines: extraLines.length > 0 ? extraLines : undefined,
  };
  fields.rest('peierls has no such setting; a line of scheduler.extraLines may say it');
  return settings;
}
