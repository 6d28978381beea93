import { InvalidInput } from '../../../domain/failures.js';
import { takeProxyCommand, type Draft } from './entry.js';
import { Fields, type LeftOut } from './fields.js';
import type { ParsedFile } from './parsed-file.js';

const transports: Readonly<Record<string, 'local' | 'ssh'>> = { local: 'local', ssh: 'ssh', ssh_async: 'ssh', ssh_auto: 'ssh' };
const schedulers: Readonly<Record<string, Record<string, unknown>>> = {
  slurm: { kind: 'slurm' },
  pbspro: { kind: 'pbs' },
  torque: { kind: 'pbs', flavour: 'torque' },
  sge: { kind: 'sge' },
  lsf: { kind: 'lsf' },
  direct: { kind: 'direct' },
};

export function isSetup(content: Record<string, unknown>): boolean {
  return 'label' in content && ('scheduler' in content || 'transport' in content || 'work_dir' in content);
}

export function isConfiguration(content: Record<string, unknown>): boolean {
  const own = ['safe_interval', 'use_login_shell', 'look_for_keys', 'key_policy', 'max_io_allowed', 'load_system_host_keys', 'allow_agent'];
  return own.some((key) => key in content) && !('label' in content);
}

export function isCode(content: Record<string, unknown>): boolean {
  return 'filepath_executable' in content || 'remote_abs_path' in content;
}

/** AiiDA: `verdi computer setup --config`, with the file of `verdi computer configure` and those of `verdi code create` where they are given. */
export function readAiida(files: readonly ParsedFile[]): Draft[] {
  const setups = files.filter(({ content }) => isSetup(content));
  const [setup] = setups;
  if (setup === undefined || setups.length > 1)
    throw new InvalidInput(
      setup === undefined ? 'this is the configuration of a login without the computer it belongs to' : 'these are several computers',
      {
        file: (setups[1] ?? files[0])?.file ?? '',
        remedy: 'Give one file of `verdi computer setup` and, with it, that of `verdi computer configure`.',
      },
    );
  const left: LeftOut[] = [];
  const fields = new Fields(setup.file, '', setup.content, left);
  const name = fields.text('label') ?? 'cluster';
  const transportName = plugin(fields.text('transport') ?? 'core.local');
  const kind = transports[transportName];
  if (kind === undefined) throw unsupported(setup.file, 'transport', transportName, 'Only local and ssh computers can be used.');
  const schedulerName = plugin(fields.text('scheduler') ?? 'core.direct');
  const scheduler = schedulers[schedulerName];
  if (scheduler === undefined)
    throw unsupported(setup.file, 'scheduler', schedulerName, `Use one of ${Object.keys(schedulers).join(', ')}.`);
  const configuration = files.find(({ content }) => isConfiguration(content));
  const login = new Fields(configuration?.file ?? setup.file, '', configuration?.content, left);
  const hostName = fields.text('hostname');
  const user = login.text('username');
  const transport =
    kind === 'local' ? localTransport(login) : { kind: 'ssh', host: login.text('host') ?? hostName, user, ...sshSettings(login) };
  const workDir = fields.text('work_dir');
  if (workDir?.includes('{username}') === true && user === undefined)
    fields.report('work_dir', workDir, 'the user name is not known', 'Give the file of `verdi computer configure` too, or --work-dir.');
  const kilobytes = fields.number('default_memory_per_machine');
  if (kilobytes !== undefined && scheduler['kind'] === 'direct')
    fields.report('default_memory_per_machine', kilobytes, 'without a queue system nobody limits memory');
  const draft: Draft = {
    file: setup.file,
    name,
    transport,
    scheduler: {
      ...scheduler,
      ...(kilobytes !== undefined && scheduler['kind'] !== 'direct' && { memoryMb: Math.max(1, Math.round(kilobytes / 1024)) }),
    },
    workDir: user === undefined && workDir?.includes('{username}') === true ? undefined : workDir?.replaceAll('{username}', user ?? ''),
    codes: {},
    prepend: fields.lines('prepend_text'),
    left,
  };
  reportRest(fields);
  login.rest();
  for (const { file, content } of files.filter((it) => isCode(it.content))) takeCode(draft, new Fields(file, '', content, left));
  return [draft];
}

/** `core.ssh_async` is ssh_async; older files have no prefix. */
function plugin(name: string): string {
  return name.replace(/^core\./, '');
}

function unsupported(file: string, path: string, value: string, remedy: string): InvalidInput {
  return new InvalidInput(`peierls has no ${path} of this kind`, { file, path, value, remedy });
}

function localTransport(login: Fields): Record<string, unknown> {
  login.leave('use_login_shell', 'commands on this machine run without a shell');
  login.leave('safe_interval', 'the queue is asked once per pollSeconds, whatever waits');
  return { kind: 'local' };
}

function sshSettings(login: Fields): Record<string, unknown> {
  const keys = login.texts('key_filename');
  const lookForKeys = login.flag('look_for_keys');
  const policy = login.text('key_policy');
  if (policy !== undefined && policy !== 'RejectPolicy')
    login.report(
      'key_policy',
      policy,
      'an unknown host key is never accepted unseen',
      '`peierls computer test` shows its fingerprint and how to accept it.',
    );
  if (login.flag('load_system_host_keys') === false)
    login.report('load_system_host_keys', false, 'known hosts are always checked', 'Name a file of your own in transport.knownHosts.');
  login.leave('safe_interval', 'one connection stays open, and the queue is asked once per scheduler.pollSeconds, whatever waits');
  login.leave(
    'authentication_script',
    'a login is answered otherwise',
    'Name a program for one-time codes in transport.otpCommand, or use `peierls computer login`.',
  );
  for (const key of ['gss_auth', 'gss_kex', 'gss_deleg_creds', 'gss_host'])
    if (login.take(key) === true) login.report(key, true, 'Kerberos logins are not supported', 'Use a key, or `peierls computer login`.');
  login.take('backend');
  const proxyCommand = takeProxyCommand(login, 'proxy_command');
  const port = login.number('port');
  return {
    ...(port !== 22 && { port }),
    identityFiles: keys.length > 0 ? keys : lookForKeys === false ? [] : undefined,
    agent: login.flag('allow_agent') === false ? false : undefined,
    jump: login.text('proxy_jump') ?? proxyCommand,
    connectTimeoutSeconds: login.number('timeout'),
    compression: login.flag('compress') === true ? true : undefined,
    loginShell: login.flag('use_login_shell') === true ? true : undefined,
    maxChannels: login.number('max_io_allowed'),
  };
}

function reportRest(fields: Fields): void {
  fields.take('description');
  const shebang = fields.text('shebang');
  if (shebang !== undefined && !/^#!\s*\/bin\/bash\s*$/.test(shebang))
    fields.report(
      'shebang',
      shebang,
      'job scripts begin with #!/bin/bash',
      'Where jobs need a login shell, put "source /etc/profile" first in codes.<name>.prepend.',
    );
  fields.leave(
    'mpirun_command',
    'it is part of a code here',
    'Put it before the program in codes.<name>.command where points run in parallel.',
  );
  fields.leave(
    'mpiprocs_per_machine',
    'points of a campaign decide on their processes',
    'Set scheduler.tasks where every job is to have whole nodes.',
  );
  fields.leave('append_text', 'nothing runs after a code');
  fields.rest();
}

/** Which calculator a code of AiiDA is, by its plugin: `lammps.raw`, `quantumespresso.pw`, `vasp.vasp`. */
function calculatorOf(pluginName: string | undefined, label: string): string {
  const [first = ''] = (pluginName ?? '').split('.');
  const names: Readonly<Record<string, string>> = { lammps: 'lammps', quantumespresso: 'quantum-espresso', vasp: 'vasp' };
  return names[first] ?? label;
}

function takeCode(draft: Draft, fields: Fields): void {
  const program = fields.text('filepath_executable') ?? fields.text('remote_abs_path');
  const computer = fields.text('computer');
  const name = calculatorOf(fields.text('default_calc_job_plugin') ?? fields.text('input_plugin'), fields.text('label') ?? 'code');
  if (program === undefined) return;
  if (computer !== undefined && computer !== draft.name) {
    fields.report('computer', computer, `this code belongs to another computer than ${draft.name}`);
    return;
  }
  draft.codes[name] = [program];
  draft.prepend = [...draft.prepend, ...fields.lines('prepend_text')];
  fields.take('description');
  fields.leave('append_text', 'nothing runs after a code');
  if (fields.flag('with_mpi') === true)
    fields.report(
      'with_mpi',
      true,
      'the command of a code is complete here',
      `Put the launcher first in codes.${name}.command where points run in parallel.`,
    );
  fields.rest();
}
