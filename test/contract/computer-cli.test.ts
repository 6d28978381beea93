import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { knownHostLine, makeKey, startServer, type TestServer } from './ssh-server.js';
import { temporaryFolder, until } from './temporary.js';

const program = fileURLToPath(new URL('../../cli/peierls.mjs', import.meta.url));
const hostKey = makeKey();
let folder = { path: '', remove: () => undefined as void };
let server: TestServer;

/** A server that wants a one-time code, and a computer that only a person logs in to. */
beforeEach(async () => {
  folder = temporaryFolder('computer-cli');
  server = await startServer(hostKey.private, {
    authenticate: (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      return context.prompt([{ prompt: 'Verification code: ', echo: false }], ([code]) =>
        code === '424242' ? context.accept() : context.reject(),
      );
    },
  });
  writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(server.port, hostKey.private));
  writeFileSync(
    join(folder.path, 'computers.yaml'),
    `# ours
computers:
  otp:
    transport: { kind: ssh, host: 127.0.0.1, port: ${server.port}, knownHosts: ${folder.path}/known_hosts, configFile: none, identityFiles: [], agent: false, interactiveLogin: true }
    workDir: ${folder.path}/work
    codes: { shell: { command: [sh] } }
`,
  );
});
afterEach(async () => {
  await server.close();
  folder.remove();
});

interface Run {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  code: Promise<number | null>;
}

function peierls(args: readonly string[], input?: string): Run {
  const environment = { ...process.env, PEIERLS_HOME: join(folder.path, 'home'), PEIERLS_COMPUTERS: join(folder.path, 'computers.yaml') };
  const child = spawn(process.execPath, [program, 'computer', ...args], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  if (input !== undefined) child.stdin.write(input);
  return { child, stdout: () => stdout, stderr: () => stderr, code: new Promise((resolve) => child.on('close', resolve)) };
}

async function json(args: readonly string[]): Promise<{ code: number | null; value: Record<string, unknown> }> {
  const run = peierls([...args, '--json']);
  const code = await run.code;
  return { code, value: JSON.parse(run.stdout()) as Record<string, unknown> };
}

describe('peierls computer', () => {
  test('list names this machine and what is configured', async ({ expect }) => {
    const { code, value } = await json(['list']);
    expect(code).toBe(0);
    expect(value['computers']).toMatchObject([
      { name: 'local', transport: 'local', host: null, scheduler: 'direct' },
      { name: 'otp', transport: 'ssh', host: '127.0.0.1', scheduler: 'direct', codes: ['shell'], limits: { channels: 8, jobs: 1 } },
    ]);
  });

  test('fails its test with what to do until somebody has logged in, and then works without another login', async ({ expect }) => {
    const before = await json(['test', 'otp']);
    expect(before.code).toBe(1);
    const steps = before.value['steps'] as { step: string; state: string; fix: string | null }[];
    expect(steps.find(({ state }) => state === 'failed')).toMatchObject({ step: 'credentials' });
    expect(steps.find(({ state }) => state === 'failed')?.fix).toContain('peierls computer login');
    expect(server.seen.connections).toBe(0);
    const login = peierls(['login', 'otp'], '424242\n');
    await until(login.stdout, (text) => text.includes('Logged in'));
    expect(login.stderr()).toContain('Verification code:');
    const after = await json(['test', 'otp']);
    expect(after.value).toMatchObject({ computer: 'otp', ok: true });
    expect(after.code).toBe(0);
    expect(server.seen.connections).toBe(1);
    login.child.kill('SIGINT');
    expect(await login.code).toBe(130);
    expect((await json(['test', 'otp'])).code).toBe(1);
  });

  test('login says that a code was refused, and tries no other', async ({ expect }) => {
    const login = peierls(['login', 'otp'], '000000\n111111\n');
    expect(await login.code).toBe(2);
    expect(login.stderr()).toContain('the server refused');
    expect(server.seen.connections).toBe(1);
  });

  test('login ends when nobody can answer', async ({ expect }) => {
    const login = peierls(['login', 'otp']);
    login.child.stdin?.end();
    expect(await login.code).toBe(2);
    expect(login.stderr()).toContain('nobody answered "Verification code:"');
  });

  test('login ends with 1 when the connection is lost', async ({ expect }) => {
    const login = peierls(['login', 'otp'], '424242\n');
    await until(login.stdout, (text) => text.includes('Logged in'));
    await server.close();
    expect(await login.code).toBe(1);
    expect(login.stdout()).toContain('The connection is lost');
  });

  test('import prints, writes once, and never twice', async ({ expect }) => {
    const file = join(folder.path, 'setup.yml');
    writeFileSync(file, 'label: desk\nhostname: localhost\ntransport: core.local\nscheduler: core.direct\nwork_dir: /w/a\n');
    const shown = await json(['import', file]);
    expect(shown).toMatchObject({
      code: 0,
      value: { format: 'aiida', written: false, computers: { desk: { workDir: '/w/a' } }, left: [] },
    });
    expect(readFileSync(join(folder.path, 'computers.yaml'), 'utf8')).not.toContain('desk');
    expect(await json(['import', file, '--write'])).toMatchObject({ code: 0, value: { written: true } });
    expect(readFileSync(join(folder.path, 'computers.yaml'), 'utf8')).toMatch(/^# ours[^]*otp:[^]*desk:/);
    const again = peierls(['import', file, '--write']);
    expect(await again.code).toBe(2);
    expect(again.stderr()).toContain('computers.desk: there is a computer of this name already');
    expect(existsSync(join(folder.path, 'home'))).toBe(true);
  });

  test('names what is wrong with an unknown computer, file or option', async ({ expect }) => {
    const runs = [
      ['test', 'nowhere'],
      ['login', 'local'],
      ['import', join(folder.path, 'missing.yml'), '--code', 'lammps'],
    ].map((args) => peierls(args));
    expect(await Promise.all(runs.map(({ code }) => code))).toEqual([2, 2, 2]);
    expect(runs[0]?.stderr()).toContain('Use one of local, otp');
    expect(runs[2]?.stderr()).toContain('it must be a name, "=" and a command');
  });
});
