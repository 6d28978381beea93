import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { parse } from 'yaml';
import { jumpOfProxyCommand, memoryMb, wallTimeSeconds } from '../../connectors/computer/import/entry.js';
import { importComputers, type Import } from '../../connectors/computer/import/import.js';
import { computersFile } from '../../connectors/computer/import/merge.js';
import { ComputersFile } from '../../domain/computer.js';
import { InvalidInput } from '../../domain/failures.js';

const path = (name: string): string => fileURLToPath(new URL(`data/computer/${name}`, import.meta.url));
const source = (name: string) => ({ file: path(name), text: readFileSync(path(name), 'utf8') });
const given = (text: string) => [{ file: 'given', text }];

/** Written as a computers file and read again as a worker does. */
function roundTrip({ computers }: Import): ComputersFile['computers'] {
  return ComputersFile.parse(parse(computersFile(Object.fromEntries(computers.map(({ name, entry }) => [name, entry]))))).computers;
}

const reported = ({ computers }: Import): string[] => computers.flatMap(({ left }) => left.map((it) => it.path));

describe('AiiDA', () => {
  const files = [source('aiida-setup.yml'), source('aiida-configure.yml'), source('aiida-code.yml')];

  test('gives a computer from its setup, its login and its codes', ({ expect }) => {
    const imported = importComputers(files);
    expect(imported.format).toBe('aiida');
    expect(roundTrip(imported)['kiruna']).toMatchObject({
      transport: {
        kind: 'ssh',
        host: 'login2.kiruna.example',
        user: 'astrid',
        port: 2210,
        identityFiles: ['~/.ssh/kiruna'],
        agent: false,
        jump: 'astrid@gate.kiruna.example:2200',
        connectTimeoutSeconds: 45,
        compression: true,
        loginShell: true,
      },
      scheduler: { kind: 'pbs', flavour: 'openpbs', memoryMb: 125_000 },
      workDir: '/lustre/astrid/runs',
      codes: {
        lammps: { command: ['/apps/lammps/bin/lmp'], prepend: ['module purge', 'module load lammps/2023', 'export OMP_NUM_THREADS=1'] },
      },
    });
  });

  test('tells everything that has no place here', ({ expect }) => {
    expect(reported(importComputers(files)).sort()).toEqual(
      ['append_text', 'key_policy', 'mpiprocs_per_machine', 'mpirun_command', 'safe_interval', 'shebang', 'with_mpi'].sort(),
    );
  });

  test('needs the user of a work directory that is named after him', ({ expect }) => {
    expect(() => importComputers([source('aiida-setup.yml')])).toThrow('--work-dir');
    expect(roundTrip(importComputers([source('aiida-setup.yml')], { workDir: '/work/x' }))['kiruna']?.workDir).toBe('/work/x');
  });

  test('of the asynchronous transport names the alias, and its limit of channels', ({ expect }) => {
    const text = 'label: fjord\nhostname: fjord.example\ntransport: core.ssh_async\nscheduler: core.torque\nwork_dir: /w/a\n';
    const login =
      'host: fjord-alias\nmax_io_allowed: 6\nauthentication_script: /home/a/otp.sh\nbackend: openssh\nuse_login_shell: false\nsafe_interval: 15\n';
    const imported = importComputers([...given(text), { file: 'login', text: login }]);
    expect(roundTrip(imported)['fjord']).toMatchObject({
      transport: { host: 'fjord-alias', maxChannels: 6, loginShell: false },
      scheduler: { kind: 'pbs', flavour: 'torque' },
    });
    expect(reported(imported)).toContain('authentication_script');
  });

  test('of this machine needs no login', ({ expect }) => {
    const imported = importComputers(
      given('label: desk\nhostname: localhost\ntransport: core.local\nscheduler: core.direct\nwork_dir: /w/a\n'),
    );
    expect(roundTrip(imported)['desk']).toMatchObject({ transport: { kind: 'local' }, scheduler: { kind: 'direct' } });
  });
});

describe('jobflow-remote', () => {
  test('gives a computer for each worker', ({ expect }) => {
    const imported = importComputers([source('jobflow-remote.yaml')], { codes: { lammps: ['lmp'] } });
    expect(imported.format).toBe('jobflow-remote');
    expect(roundTrip(imported)).toMatchObject({
      narvik: {
        transport: {
          host: 'narvik.example',
          port: 2022,
          user: 'leif',
          identityFiles: ['~/.ssh/narvik', '~/.ssh/old'],
          passwordEnv: 'PEIERLS_NARVIK_PASSWORD',
          passphraseEnv: 'PEIERLS_NARVIK_PASSPHRASE',
          jump: ['leif@outer-gate.example:2201', { host: 'inner-gate.example', user: 'leif', identityFiles: ['~/.ssh/gate'] }],
          connectTimeoutSeconds: 20,
          keepAliveSeconds: 45,
          commandTimeoutSeconds: 90,
          loginShell: true,
          interactiveLogin: false,
        },
        scheduler: {
          kind: 'slurm',
          partition: 'short',
          account: 'ni-2026',
          qos: 'normal',
          nodes: 2,
          tasks: 32,
          memoryMb: 61_440,
          wallTimeSeconds: 45_000,
          maxQueuedJobs: 250,
          pollSeconds: 40,
          extraLines: ['#SBATCH --gres=gpu:1'],
        },
        workDir: '/work/leif/flows',
        codes: { lammps: { command: ['lmp'], prepend: ['source /etc/profile', 'module load lammps'] } },
      },
      desk: { transport: { kind: 'local' }, scheduler: { kind: 'direct', slots: 4 }, workDir: '/home/leif/flows' },
    });
  });

  test('keeps every secret to itself, however deep it lies', ({ expect }) => {
    const text = JSON.stringify(importComputers([source('jobflow-remote.yaml')]));
    for (const secret of ['correct horse', 'battery staple', 'hidden']) expect(text).not.toContain(secret);
    expect(text).toContain('PEIERLS_NARVIK_PASSWORD');
  });

  test('gives one worker where one is chosen, whatever the others are', ({ expect }) => {
    const text =
      'workers:\n  good: {type: local, scheduler_type: shell, work_dir: /w/a}\n  bad: {type: remote, scheduler_type: cobalt, host: x, work_dir: /w/b}\n';
    expect(() => importComputers(given(text))).toThrow(/workers\.bad\.scheduler_type.*cobalt/);
    expect(Object.keys(roundTrip(importComputers(given(text), { choice: 'good', name: 'desk' })))).toEqual(['desk']);
  });

  test('logs in by hand where its worker does', ({ expect }) => {
    const text =
      'workers:\n  otp: {type: remote, scheduler_type: slurm, host: x, work_dir: /w/a, interactive_login: true, login_shell: false, resources: {time: 3600}}\n';
    const imported = importComputers(given(text));
    expect(roundTrip(imported)['otp']).toMatchObject({
      transport: { interactiveLogin: true, loginShell: false },
      scheduler: { wallTimeSeconds: 3600 },
    });
    expect(reported(imported)).toEqual(['workers.otp.resources.time']);
  });
});

describe('dpdispatcher', () => {
  const expected = {
    transport: {
      host: 'hpc.qingdao.example',
      port: 6022,
      user: 'wen',
      identityFiles: ['/home/wen/.ssh/qd'],
      passwordEnv: 'PEIERLS_HPC_QINGDAO_EXAMPLE_PASSWORD',
      totpSecretEnv: 'PEIERLS_HPC_QINGDAO_EXAMPLE_TOTP_SECRET',
      jump: 'wen@bastion.qingdao.example:2222',
      connectTimeoutSeconds: 15,
    },
    scheduler: {
      kind: 'slurm',
      partition: 'cpu-long',
      nodes: 2,
      tasks: 48,
      account: 'alloys',
      memoryMb: 32_768,
      wallTimeSeconds: 129_600,
      extraLines: ['#SBATCH --gres=gpu:1', '#SBATCH --exclusive'],
    },
    workDir: '/gpfs/wen/dispatch',
    codes: {
      lammps: {
        command: ['lmp'],
        prepend: [
          'module purge',
          'module unload gcc',
          "module load 'lammps/2 Aug'",
          'source /opt/intel/setvars.sh',
          'export OMP_NUM_THREADS=4',
          'echo start',
        ],
      },
    },
  };
  const machine = source('dpdispatcher-machine.json');
  const resources = source('dpdispatcher-resources.json');
  const codes = { lammps: ['lmp'] };

  test('gives a computer from machine.json and resources.json', ({ expect }) => {
    expect(roundTrip(importComputers([machine, resources], { codes }))['hpc-qingdao-example']).toMatchObject(expected);
    expect(roundTrip(importComputers([resources, machine], { codes }))['hpc-qingdao-example']).toMatchObject(expected);
  });

  test('gives the same from one file with both, and from the sections of dpgen', ({ expect }) => {
    const both = { machine: JSON.parse(machine.text) as unknown, resources: JSON.parse(resources.text) as unknown };
    const task_list = [{ command: 'lmp -i in.relax', task_work_path: 't0/' }];
    const nested = importComputers(given(JSON.stringify({ ...both, task_list })), { codes });
    expect(roundTrip(nested)['hpc-qingdao-example']).toMatchObject(expected);
    expect(reported(nested)).toContain('task_list');
    const dpgen = importComputers(given(JSON.stringify({ api_version: '1.0', fp: [both], train: both })), { codes });
    expect(Object.keys(roundTrip(dpgen))).toEqual(['fp', 'train']);
    expect(roundTrip(dpgen)['fp']?.scheduler).toMatchObject(expected.scheduler);
  });

  test('keeps secrets, and tells what is left out', ({ expect }) => {
    const imported = importComputers([machine, resources], { codes });
    const text = JSON.stringify(imported);
    for (const secret of ['do not tell', 'JBSWY3DPEHPK3PXP', 'abc']) expect(text).not.toContain(`"${secret}"`);
    expect(reported(imported).sort()).toEqual(
      [
        'append_script',
        'clean_asynchronously',
        'custom_flags',
        'custom_flags',
        'envs.WANDB_TOKEN',
        'group_size',
        'para_deg',
        'remote_profile.execute_command',
        'remote_profile.password',
        'remote_profile.totp_secret',
        'retry_count',
        'strategy.ratio_unfinished',
        'wait_time',
      ].sort(),
    );
  });

  test.for([
    ['Bohrium', 'SSHContext'],
    ['Slurm', 'HDFSContext'],
    ['Fugaku', 'LocalContext'],
  ])('with %s over %s cannot be used', ([batch, context], { expect }) => {
    const text = JSON.stringify({ batch_type: batch, context_type: context, remote_root: '/w/a' });
    expect(() => importComputers(given(text))).toThrow(/no counterpart of this (batch|context)_type/);
  });
});

describe('an OpenSSH configuration', () => {
  const file = source('ssh-config');

  test('names its hosts to choose from, without wildcards', ({ expect }) => {
    const imported = importComputers([file]);
    expect(imported).toMatchObject({ format: 'ssh-config', computers: [] });
    expect(imported.hosts.map(({ alias }) => alias)).toEqual(['outer', 'cluster', 'old']);
    expect(imported.hosts[1]).toEqual({ alias: 'cluster', host: 'login.cluster.example', user: 'bo', port: 2222, jump: 'outer' });
  });

  test('stays the place where a chosen host is described', ({ expect }) => {
    const imported = importComputers([file], { choice: 'cluster', workDir: '/scratch/bo/', scheduler: 'slurm' });
    expect(roundTrip(imported)['cluster']).toMatchObject({
      transport: { host: 'cluster', configFile: file.file, keepAliveSeconds: 20, compression: true, connectTimeoutSeconds: 12 },
      scheduler: { kind: 'slurm' },
      workDir: '/scratch/bo',
    });
    expect(reported(imported)).toEqual(
      ['controlmaster', 'controlpath', 'stricthostkeychecking', 'localforward'].map((keyword) => `Host cluster: ${keyword}`),
    );
  });

  test('tells what makes a host unreachable for us, and what it does not know', ({ expect }) => {
    const imported = importComputers([file], { choice: 'old', workDir: '/scratch/bo' });
    expect(reported(imported)).toEqual(['Host old: proxycommand', 'Host old']);
    expect(() => importComputers([file], { choice: 'cluster' })).toThrow('--work-dir');
    expect(() => importComputers([file], { choice: 'nowhere' })).toThrow('Choose one with --host: outer, cluster, old');
  });
});

describe('a file that cannot be used', () => {
  test.for([
    ['', 'neither YAML nor JSON'],
    ['{"batch_type": "Slurm",', 'neither YAML nor JSON'],
    ['workers: [unclosed', 'neither YAML nor JSON'],
    ['just words', 'neither YAML nor JSON'],
    ['- a\n- b\n', 'neither YAML nor JSON'],
    ['colour: blue\n', 'not known what wrote'],
    ['workers: {}\n', 'has no workers'],
    ['{"number_node": 1}', 'no machine in it'],
    ['safe_interval: 10\n', 'without the computer'],
    ['label: a\ntransport: core.firecrest\nscheduler: core.slurm\nwork_dir: /w/a\n', 'no transport of this kind'],
    ['label: a\ntransport: core.ssh\nscheduler: hyperqueue\nwork_dir: /w/a\n', 'no scheduler of this kind'],
    ['label: a\ntransport: core.ssh\nscheduler: core.slurm\nwork_dir: /w/a\n', 'computers.a.transport.host'],
    ['label: a\ntransport: core.local\nscheduler: core.direct\nwork_dir: scratch/a\n', 'absolute path'],
    ['label: a\nhostname: h\ntransport: core.ssh\nscheduler: core.slurm\nwork_dir: [1]\n', '--work-dir'],
    [
      '{"batch_type": "Slurm", "context_type": "SSHContext", "remote_root": "/w/a", "remote_profile": {"hostname": "h", "port": 99999}}',
      'transport.port',
    ],
    ['{"batch_type": "Slurm", "context_type": "SSHContext", "remote_root": "/w/a", "remote_profile": "h"}', 'transport.host'],
  ] as const)('%j is refused with where and why', ([text, message], { expect }) => {
    const attempt = (): unknown => importComputers(given(text));
    expect(attempt).toThrow(InvalidInput);
    expect(attempt).toThrow(message);
  });

  test('is refused under a wrong name and under one that is none', ({ expect }) => {
    const two = [source('jobflow-remote.yaml')];
    expect(() => importComputers(two, { name: 'one' })).toThrow('several computers, and one name');
    expect(() => importComputers(two, { name: 'not a name', choice: 'desk' })).toThrow(InvalidInput);
    expect(() => importComputers(two, { choice: 'missing' })).toThrow('Choose one of narvik, desk');
    expect(() => importComputers(two, { format: 'dpdispatcher' })).toThrow(InvalidInput);
  });
});

describe('values of other files', () => {
  test.for([
    [90, 90],
    ['24:00:00', 86_400],
    ['30:00', 1800],
    ['90', 5400],
    ['1-12', 129_600],
    ['1-12:30', 131_400],
    ['2-00:00:10', 172_810],
    ['UNLIMITED', undefined],
  ] as const)('the time %j is %j seconds', ([text, seconds], { expect }) => expect(wallTimeSeconds(text)).toBe(seconds));

  test.for([
    ['4000', 4000],
    ['16G', 16_384],
    ['1.5GB', 1536],
    ['512MiB', 512],
    ['100K', 1],
    ['2T', 2_097_152],
    ['half', undefined],
  ] as const)('the memory %j is %j MB', ([text, mb], { expect }) => expect(memoryMb(text)).toBe(mb));

  test.for([
    ['ssh -W %h:%p gate', 'gate'],
    ['/usr/bin/ssh -q me@gate -W [%h]:%p -p 2222', 'me@gate:2222'],
    ['nc %h %p', undefined],
    ['ssh -i key -W %h:%p gate', undefined],
    ['ssh gate nc %h %p', undefined],
  ] as const)('the proxy command %j is the jump %j', ([command, jump], { expect }) => expect(jumpOfProxyCommand(command)).toBe(jump));
});
