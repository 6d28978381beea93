import { InvalidInput } from '../../../domain/failures.js';
import { quote } from '../../transport/shell.js';
import { takeProxyCommand, variableName, type Draft } from './entry.js';
import { Fields, isObject, isSecretName, type LeftOut } from './fields.js';
import { takeHeaderLines } from './header-flag.js';
import type { ParsedFile } from './parsed-file.js';

const schedulers: Readonly<Record<string, Record<string, unknown>>> = {
  slurm: { kind: 'slurm' },
  slurmjobarray: { kind: 'slurm' },
  pbs: { kind: 'pbs' },
  torque: { kind: 'pbs', flavour: 'torque' },
  sge: { kind: 'sge' },
  lsf: { kind: 'lsf' },
  shell: { kind: 'direct' },
};

const contexts: Readonly<Record<string, 'ssh' | 'local'>> = {
  sshcontext: 'ssh',
  ssh: 'ssh',
  localcontext: 'local',
  local: 'local',
  lazylocalcontext: 'local',
  lazylocal: 'local',
};

export function isMachine(content: Record<string, unknown>): boolean {
  return 'batch_type' in content || 'context_type' in content;
}

export function isResources(content: Record<string, unknown>): boolean {
  return ['number_node', 'cpu_per_node', 'group_size', 'queue_name'].some((key) => key in content);
}

/** A machine with its resources, as far as they are together in one place. */
interface Section {
  name: string | undefined;
  path: string;
  file: string;
  machine?: Record<string, unknown>;
  resources?: Record<string, unknown>;
  tasks?: unknown;
}

/** Finds machines wherever dpdispatcher and dpgen put them: bare, under `machine` and `resources`, in lists, or in sections such as `train` and `fp`. */
export function sectionsOf({ file, content }: ParsedFile, path = '', name?: string): Section[] {
  if (isMachine(content)) return [{ name, path, file, machine: content }];
  if (isObject(content['machine']) || isObject(content['resources'])) {
    const { machine, resources, task_list: tasks } = content;
    return [{ name, path, file, ...(isObject(machine) && { machine }), ...(isObject(resources) && { resources }), tasks }];
  }
  if (isResources(content)) return [{ name, path, file, resources: content }];
  return Object.entries(content).flatMap(([key, value]) => {
    const parts = (Array.isArray(value) ? value : [value]).filter(isObject);
    return parts.flatMap((part, index) => {
      const inner = Array.isArray(value) ? `${path}${key}[${index}].` : `${path}${key}.`;
      const nested = sectionsOf({ file, content: part }, inner, parts.length > 1 ? `${key}-${index}` : key);
      return nested.filter((section) => section.machine !== undefined || section.resources !== undefined);
    });
  });
}

/** dpdispatcher and dpgen: machine.json, with resources.json or both in one. */
export function readDpdispatcher(files: readonly ParsedFile[]): Draft[] {
  const sections = files.flatMap((file) => sectionsOf(file));
  const machines = sections.filter((section) => section.machine !== undefined);
  if (machines.length === 0)
    throw new InvalidInput('there is no machine in it, only resources', { file: files[0]?.file ?? '', remedy: 'Give machine.json too.' });
  const loose = sections.find((section) => section.machine === undefined)?.resources;
  const looseFile = sections.find((section) => section.machine === undefined);
  return machines.map((section) => {
    const resources = section.resources ?? loose;
    const place = section.resources === undefined ? looseFile : section;
    const nested = section.resources !== undefined || isNested(files, looseFile);
    return readSection(section, resources, { file: place?.file ?? section.file, path: `${place?.path ?? ''}${nested ? 'resources' : ''}` });
  });
}

function isNested(files: readonly ParsedFile[], section: Section | undefined): boolean {
  return files.some(({ file, content }) => file === section?.file && isObject(content['resources']));
}

function readSection(section: Section, resources: Record<string, unknown> | undefined, place: { file: string; path: string }): Draft {
  const left: LeftOut[] = [];
  const machine = new Fields(section.file, section.path.replace(/\.$/, ''), section.machine, left);
  const profile = machine.object('remote_profile');
  const scheduler = known(machine, 'batch_type', schedulers);
  const transport = known(machine, 'context_type', contexts);
  const host = profile.text('hostname');
  const name = section.name ?? host ?? 'cluster';
  const kind = String(scheduler['kind']);
  const prepend: string[] = [];
  const settings = new Fields(place.file, place.path, resources, left);
  const localRoot = machine.text('local_root');
  const remoteRoot = machine.text('remote_root');
  if (localRoot !== undefined && localRoot !== './' && localRoot !== '.')
    machine.report('local_root', localRoot, 'inputs and results are kept in the store of peierls');
  const draft: Draft = {
    file: section.file,
    name,
    transport: transport === 'ssh' ? { kind: 'ssh', host, ...readProfile(name, profile) } : { kind: 'local' },
    scheduler: { ...scheduler, ...readResources(settings, kind, prepend) },
    workDir: remoteRoot,
    codes: {},
    prepend,
    left,
  };
  machine.leave('retry_count', 'a failed job is corrected and submitted again by the workflow');
  machine.leave('clean_asynchronously', 'work directories are removed once their results are stored');
  machine.rest();
  if (transport === 'local') profile.rest('this machine needs no login');
  readTasks(section, left);
  return draft;
}

function known<Value>(fields: Fields, key: string, table: Readonly<Record<string, Value>>): Value {
  const wanted = fields.text(key) ?? '';
  const value = table[wanted.toLowerCase()];
  if (value === undefined)
    throw new InvalidInput(`peierls has no counterpart of this ${key}`, {
      file: fields.file,
      path: fields.path === '' ? key : `${fields.path}.${key}`,
      value: wanted,
      remedy: `Clusters behind SSH and this machine can be used; choose another section with --host where there is one.`,
    });
  return value;
}

function readProfile(name: string, profile: Fields): Record<string, unknown> {
  const keys = profile.texts('key_filename');
  const port = profile.number('port');
  const lookForKeys = profile.flag('look_for_keys');
  profile.take('tar_compress');
  profile.leave('execute_command', 'nothing is run before a transfer');
  const settings = {
    ...(port !== 22 && { port }),
    user: profile.text('username'),
    identityFiles: keys.length > 0 ? keys : lookForKeys === false ? [] : undefined,
    passphraseEnv: profile.secret('passphrase', variableName(name, 'PASSPHRASE')),
    passwordEnv: profile.secret('password', variableName(name, 'PASSWORD')),
    totpSecretEnv: profile.secret('totp_secret', variableName(name, 'TOTP_SECRET')),
    jump: takeProxyCommand(profile, 'proxy_command'),
    connectTimeoutSeconds: profile.number('timeout'),
  };
  profile.rest();
  return settings;
}

function readResources(fields: Fields, kind: string, prepend: string[]): Record<string, unknown> {
  const nodes = fields.number('number_node');
  const cores = fields.number('cpu_per_node');
  const gpus = fields.number('gpu_per_node') ?? 0;
  const partition = fields.text('queue_name');
  const strategy = fields.object('strategy');
  strategy.rest();
  // In the order in which dpdispatcher writes them.
  if (fields.flag('module_purge') === true) prepend.push('module purge');
  prepend.push(...fields.texts('module_unload_list').map((module) => `module unload ${quote(module)}`));
  prepend.push(...fields.texts('module_list').map((module) => `module load ${quote(module)}`));
  prepend.push(...fields.texts('source_list').map((file) => `source ${quote(file)}`));
  const envs = fields.object('envs');
  for (const key of envs.keys())
    for (const value of [envs.take(key)].flat()) {
      if (isSecretName(key)) envs.report(key, null, 'secrets are never copied', `Set ${key} in the profile of the account.`);
      else if (/^[A-Za-z_]\w*$/.test(key)) prepend.push(`export ${key}=${quote(String(value))}`);
      else envs.report(key, value, 'it is no name of a variable');
    }
  prepend.push(...fields.lines('prepend_script'));
  fields.leave('append_script', 'nothing runs after a code');
  fields.leave('group_size', 'points are bundled into jobs by the campaign');
  if ((fields.number('para_deg') ?? 1) > 1) fields.report('para_deg', fields.take('para_deg'), 'points of a job run one after the other');
  fields.leave('kwargs', 'options of one queue system have settings of their own here', 'Say them in scheduler.extraLines.');
  if (kind === 'direct') {
    fields.leave('custom_flags', 'without a queue system there are no header lines');
    for (const [key, value] of Object.entries({ number_node: nodes, cpu_per_node: cores, queue_name: partition }))
      if (value !== undefined && value !== 1) fields.report(key, value, 'without a queue system there is nobody to ask for it');
    fields.rest();
    return {};
  }
  const header = takeHeaderLines(fields, 'custom_flags', kind);
  if (gpus > 0 && kind !== 'slurm')
    fields.report('gpu_per_node', gpus, 'queue systems ask for GPUs in their own ways', 'Say it in scheduler.extraLines.');
  const gpuLine = gpus > 0 && kind === 'slurm' ? [`#SBATCH --gres=gpu:${gpus}`] : [];
  const extraLines = [...gpuLine, ...((header['extraLines'] as string[] | undefined) ?? [])];
  fields.rest();
  return {
    partition,
    nodes: nodes === 1 ? undefined : nodes,
    tasks: cores === undefined || cores * (nodes ?? 1) <= 1 ? undefined : cores * (nodes ?? 1),
    ...header,
    extraLines: extraLines.length > 0 ? extraLines : undefined,
  };
}

function readTasks({ file, tasks }: Section, left: LeftOut[]): void {
  if (!Array.isArray(tasks) || tasks.length === 0) return;
  const commands = [...new Set(tasks.filter(isObject).map(({ command }) => command))];
  left.push({
    file,
    path: 'task_list',
    value: commands,
    why: 'campaigns make their own tasks',
    remedy: 'Name the program of the code, for instance --code lammps=lmp.',
  });
}
