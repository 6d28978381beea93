import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { freePort } from '../../connectors/embedded/port.js';
import { checkComputer } from '../../connectors/computer/check/check.js';
import type { StepReport } from '../../connectors/computer/check/step.js';
import { ComputerSettings, type SshSettings } from '../../domain/computer.js';
import { knownHostLine, makeKey, settingsFor, startSshd, type RealServer } from './ssh-server.js';
import { temporaryFolder, until } from './temporary.js';

const hostKey = makeKey();
const clientKey = makeKey();
let folder = { path: '', remove: () => undefined as void };
let cleanUps: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = temporaryFolder('check');
  cleanUps = [];
  writeFileSync(join(folder.path, 'id'), clientKey.private, { mode: 0o600 });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  folder.remove();
});

async function server(extra: readonly string[] = []): Promise<RealServer> {
  const started = await startSshd(folder.path, 'sshd', hostKey.private, clientKey.public, ['LogLevel VERBOSE', ...extra]);
  cleanUps.push(() => started.stop());
  writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(started.port, hostKey.private));
  return started;
}

function over(port: number, options: Partial<SshSettings> = {}): SshSettings {
  return settingsFor(port, { identityFiles: [join(folder.path, 'id')], knownHosts: join(folder.path, 'known_hosts'), ...options });
}

function computer(transport: ComputerSettings['transport'], options: Record<string, unknown> = {}): ComputerSettings {
  return ComputerSettings.parse({
    transport,
    scheduler: { kind: 'direct' },
    workDir: join(folder.path, 'work'),
    codes: { shell: { command: ['env', 'A=1', 'sh'] } },
    ...options,
  });
}

type Steps = Record<string, Pick<StepReport, 'state' | 'detail' | 'note' | 'fix'>>;

async function check(
  settings: ComputerSettings,
  options: { job?: boolean; waitSeconds?: number; environment?: NodeJS.ProcessEnv } = {},
): Promise<Steps> {
  const reports = await checkComputer('test', settings, {
    environment: {},
    heldIn: join(folder.path, 'held'),
    job: true,
    waitSeconds: 60,
    signal: new AbortController().signal,
    onStep: () => undefined,
    onProgress: () => undefined,
    ...options,
  });
  return Object.fromEntries(reports.map(({ step, ...report }) => [step, report]));
}

const states = (steps: Steps): Record<string, string> =>
  Object.fromEntries(Object.entries(steps).map(([step, { state }]) => [step, state]));

const sshd = '/usr/sbin/sshd';
const why = existsSync(sshd) ? '' : ` (skipped: there is no ${sshd})`;

describe('the check of this machine', () => {
  test('goes through a job, and leaves nothing behind', async ({ expect }) => {
    const steps = await check(computer({ kind: 'local' }));
    expect(states(steps)).toEqual({
      shell: 'ok',
      programs: 'ok',
      home: 'ok',
      'work-dir': 'ok',
      clock: 'ok',
      scheduler: 'ok',
      partition: 'skipped',
      accounting: 'skipped',
      'code shell': 'ok',
      job: 'ok',
    });
    expect(readdirSync(join(folder.path, 'work'))).toEqual(['.slots']);
  });

  test('says that a queue system is not there, and submits nothing', async ({ expect }) => {
    const steps = await check(computer({ kind: 'local' }, { scheduler: { kind: 'lsf' } }));
    expect(steps['scheduler']).toMatchObject({ state: 'failed', detail: 'there is no lsid on PATH' });
    expect(steps['job']).toMatchObject({ state: 'skipped', detail: 'needs scheduler, which failed' });
  });

  test('takes a job that does not end in time out of the queue', async ({ expect }) => {
    const locks = join(folder.path, 'work', '.slots');
    mkdirSync(locks, { recursive: true });
    // Somebody else's job has the only slot.
    const other = spawn('flock', [join(locks, 'slot-1'), 'sh', '-c', `touch ${join(locks, 'taken')}; exec sleep 60`], { detached: true });
    cleanUps.push(async () => void process.kill(-(other.pid ?? 0), 'SIGKILL'));
    await until(() => existsSync(join(locks, 'taken')), Boolean);
    const steps = await check(computer({ kind: 'local' }), { waitSeconds: 1 });
    expect(steps['job']).toMatchObject({ state: 'failed', detail: 'not ended after 1 s (queued); it has been cancelled' });
    expect(readdirSync(join(folder.path, 'work'))).toEqual(['.slots']);
  });
});

describe.skipIf(why !== '')(`the check of a computer behind OpenSSH${why}`, () => {
  test('goes from the configuration through a job over one connection', async ({ expect }) => {
    const { port, log } = await server();
    const steps = await check(computer(over(port)));
    expect(Object.entries(steps).filter(([, { state }]) => state === 'failed')).toEqual([]);
    expect(steps['job']?.state).toBe('ok');
    expect(steps['shell']).toMatchObject({ state: 'ok', detail: 'silent', note: null });
    expect(log().match(/Accepted publickey/g)).toHaveLength(1);
    expect(readdirSync(join(folder.path, 'work'))).toEqual(['.slots']);
  });

  test('names a host that has no address, and skips what needs it', async ({ expect }) => {
    const steps = await check(computer(over(22, { host: 'login.cluster.invalid' })));
    expect(steps['name']?.state).toBe('failed');
    expect(steps['name']?.detail).toContain('no address is known for login.cluster.invalid');
    expect(steps['login']).toMatchObject({ state: 'skipped', detail: 'needs name, which failed' });
    expect(steps['job']).toMatchObject({ state: 'skipped', detail: 'needs name, which failed' });
  });

  test('names a port where nobody answers', async ({ expect }) => {
    const steps = await check(computer(over(await freePort())));
    expect(steps['port']?.state).toBe('failed');
    expect(steps['port']?.detail).toContain('ECONNREFUSED');
    expect(steps['host-key']?.state).toBe('skipped');
  });

  test('refuses a host key that is not known, with the command that accepts it', async ({ expect }) => {
    const { port } = await server();
    const steps = await check(computer(over(port, { knownHosts: join(folder.path, 'empty') })));
    expect(steps['port']?.state).toBe('ok');
    expect(steps['host-key']?.state).toBe('failed');
    expect(steps['host-key']?.detail).toContain('is not known: it is ssh-ed25519 SHA256:');
    expect(`${steps['host-key']?.detail} ${steps['host-key']?.fix}`).toContain(`>> ${join(folder.path, 'empty')}`);
    expect(steps['login']?.state).toBe('skipped');
  });

  test('refuses a host key that has changed, with the commands that replace it', async ({ expect }) => {
    const { port } = await server();
    writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(port, makeKey().private));
    const steps = await check(computer(over(port)));
    expect(steps['host-key']?.state).toBe('failed');
    expect(steps['host-key']?.detail).toContain('has changed');
    expect(`${steps['host-key']?.detail} ${steps['host-key']?.fix}`).toContain('ssh-keygen -R');
  });

  test('costs one attempt when the key is the wrong one', async ({ expect }) => {
    const { port, log } = await server();
    writeFileSync(join(folder.path, 'id'), makeKey().private, { mode: 0o600 });
    const steps = await check(computer(over(port)));
    expect(steps['host-key']?.state).toBe('ok');
    expect(steps['login']?.state).toBe('failed');
    expect(steps['login']?.fix).toContain('One attempt was made');
    expect(states(steps)).toMatchObject({ shell: 'skipped', home: 'skipped', scheduler: 'skipped', job: 'skipped' });
    await until(log, (text) => text.includes('Connection closed') || text.includes('Connection reset'));
    // The other one is how the test saw that sshd is up.
    expect(log().match(new RegExp(`Connection from .* port \\d+ on .* port ${port}`, 'g'))).toHaveLength(2);
    expect(log().match(/Failed publickey/g)).toHaveLength(1);
  });

  test('sends nothing when a secret is not there', async ({ expect }) => {
    const { port, log } = await server();
    const steps = await check(computer(over(port, { passwordEnv: 'CLUSTER_PASSWORD' })));
    expect(steps['credentials']?.state).toBe('failed');
    expect(steps['credentials']?.detail).toContain('CLUSTER_PASSWORD');
    expect(steps['port']).toMatchObject({ state: 'skipped', detail: 'needs credentials, which failed' });
    expect(log()).not.toContain('user');
  });

  test('knocks at no door where only a person logs in, whatever keys there are', async ({ expect }) => {
    const { port, log } = await server();
    const before = log();
    const steps = await check(computer(over(port, { interactiveLogin: true })));
    expect(steps['credentials']).toMatchObject({ state: 'failed' });
    expect(steps['port']?.state).toBe('skipped');
    expect(log()).toBe(before);
  });

  test('says that jump hosts lead in a circle', async ({ expect }) => {
    const config = join(folder.path, 'config');
    writeFileSync(config, 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n');
    const steps = await check(computer(over(22, { host: 'a', configFile: config })));
    expect(steps['configuration']?.state).toBe('failed');
    expect(steps['job']?.state).toBe('skipped');
  });

  test('notes a profile that talks, and reads past it', async ({ expect }) => {
    const { port } = await server([`ForceCommand echo Welcome to the cluster; echo Quota: fine >&2; eval "$SSH_ORIGINAL_COMMAND"`]);
    const steps = await check(computer(over(port)));
    expect(steps['shell']?.state).toBe('ok');
    expect(steps['shell']?.note).toContain('Welcome to the cluster');
    expect(steps['job']?.state).toBe('ok');
  });

  test('says what an account that runs no commands answers', async ({ expect }) => {
    const { port } = await server(['ForceCommand echo This account is currently not available.']);
    const steps = await check(computer(over(port)));
    expect(steps['login']?.state).toBe('ok');
    expect(steps['shell']?.state).toBe('failed');
    expect(steps['shell']?.detail).toContain('This account is currently not available.');
  });

  test('names a work directory that cannot be written, and skips the job', async ({ expect }) => {
    const { port } = await server();
    writeFileSync(join(folder.path, 'file'), '');
    const steps = await check(computer(over(port), { workDir: join(folder.path, 'file', 'work') }));
    expect(steps['work-dir']?.state).toBe('failed');
    expect(steps['work-dir']?.detail).toContain('Not a directory');
    expect(steps['home']?.state).toBe('ok');
    expect(steps['job']).toMatchObject({ state: 'skipped', detail: 'needs work-dir, which failed' });
  });

  test('names a code that is not there, on the login node and where jobs run', async ({ expect }) => {
    const { port } = await server();
    const steps = await check(
      computer(over(port), { codes: { lammps: { command: ['lmp-that-is-not-there'], prepend: ['module load lammps'] } } }),
    );
    expect(steps['code lammps']?.state).toBe('failed');
    expect(steps['code lammps']?.fix).toContain('codes.lammps.prepend');
    expect(steps['job']?.state).toBe('failed');
    expect(steps['job']?.detail).toContain('does not have the program of lammps');
  });

  test('names a program that does not answer like the code it should be', async ({ expect }) => {
    const { port } = await server();
    const steps = await check(computer(over(port), { codes: { lammps: { command: ['echo', 'hello'] } } }), { job: false });
    expect(steps['code lammps']?.detail).toContain('does not answer like lammps: hello -h');
    expect(steps['job']).toMatchObject({ state: 'skipped', detail: 'left out by --no-job' });
  });
});
