import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { freePort } from '../../connectors/embedded/port.js';
import type { SshSettings } from '../../domain/computer.js';
import { HostUnreachable, InvalidInput, PermissionDenied } from '../../domain/failures.js';
import { SshConnections } from '../../connectors/transport/ssh/connections.js';
import { sshTransport, type SshTransport } from '../../connectors/transport/ssh/ssh.js';
import { parseBase32, totp } from '../../connectors/transport/ssh/totp.js';
import { knownHostLine, makeKey, startProxy, settingsFor, startServer, startSshd, type Faults, type TestServer } from './ssh-server.js';
import { temporaryFolder, until } from './temporary.js';

const hostKey = makeKey();
const jumpHostKey = makeKey();
const clientKey = makeKey();
let folder = { path: '', remove: () => undefined as void };
let cleanUps: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = temporaryFolder('ssh');
  cleanUps = [];
  writeFileSync(join(folder.path, 'id'), clientKey.private, { mode: 0o600 });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  folder.remove();
});

/** A server with faults, and a transport that knows its key and has one of its own. */
async function pair(
  faults: Faults = {},
  options: Partial<SshSettings> = {},
  environment: NodeJS.ProcessEnv = {},
): Promise<{ server: TestServer; transport: SshTransport }> {
  const server = await startServer(hostKey.private, faults);
  cleanUps.push(() => server.close());
  return { server, transport: reach(server.port, options, environment) };
}

function reach(
  port: number,
  options: Partial<SshSettings> = {},
  environment: NodeJS.ProcessEnv = {},
  line = knownHostLine(port, hostKey.private),
): SshTransport {
  const knownHosts = join(folder.path, 'known_hosts');
  if (!existsSync(knownHosts)) writeFileSync(knownHosts, line);
  const connections = new SshConnections(environment);
  cleanUps.push(() => connections.close());
  return sshTransport(settingsFor(port, { identityFiles: [join(folder.path, 'id')], knownHosts, ...options }), connections);
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

describe('output', () => {
  test('is what the command printed, whatever banners, profiles and logout scripts add', async ({ expect }) => {
    const noise = { before: 'Last login: today\nmodule loaded: gcc ', after: '\nlogout at 16:00\n:end:0\n' };
    const { transport } = await pair({ noise, banner: 'Welcome to the cluster\n' });
    expect(await transport.exec(['sh', '-c', 'printf out; printf err >&2; exit 3'])).toEqual({ code: 3, stdout: 'out', stderr: 'err' });
    expect(await transport.exec(['cat'], { stdin: 'a\n\nb' })).toEqual({ code: 0, stdout: 'a\n\nb', stderr: '' });
  });

  test('does not begin where the shell echoes our command', async ({ expect }) => {
    const { transport } = await pair({
      onExec: (command, channel) => {
        channel.write(`+ ${command}\n`);
        return false;
      },
    });
    expect((await transport.exec(['echo', 'fine'])).stdout).toBe('fine\n');
  });

  test('of a login shell that runs nothing is part of the error', async ({ expect }) => {
    const { transport } = await pair({
      onExec: (_command, channel) => {
        channel.write('This account is currently not available.\n');
        channel.exit(1);
        channel.end();
        return true;
      },
    });
    const error = await failure(transport.exec(['true']));
    expect(error).toBeInstanceOf(HostUnreachable);
    expect(error.message).toContain('This account is currently not available.');
  });
});

describe('a host key', () => {
  test('that is not known is refused with its fingerprint and the command that accepts it, and the host is not asked again', async ({
    expect,
  }) => {
    const { server } = await pair();
    const transport = reach(server.port, { knownHosts: join(folder.path, 'empty') });
    const error = await failure(transport.exec(['true']));
    expect(error).toBeInstanceOf(PermissionDenied);
    expect(error.message).toMatch(/is not known: it is ssh-ed25519 SHA256:/);
    expect(error.message).toContain(`echo '${knownHostLine(server.port, hostKey.private).trim()}' >> ${join(folder.path, 'empty')}`);
    await failure(transport.exec(['true']));
    await failure(transport.exec(['true']));
    expect(server.seen.connections).toBe(1);
  });

  test('that has changed is refused until an operator has corrected the file', async ({ expect }) => {
    const { server, transport } = await pair();
    const knownHosts = join(folder.path, 'known_hosts');
    writeFileSync(knownHosts, knownHostLine(server.port, makeKey().private));
    const error = await failure(transport.exec(['true']));
    expect(error).toBeInstanceOf(PermissionDenied);
    expect(error.message).toMatch(/has changed.*ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f/);
    writeFileSync(knownHosts, `# corrected\n${knownHostLine(server.port, hostKey.private)}`);
    expect((await transport.exec(['echo', 'in'])).stdout).toBe('in\n');
  });
});

describe('a refused login', () => {
  const refuse: Faults = { authenticate: (context) => context.reject(['publickey']) };

  test('is tried exactly once, however many commands wait for it', async ({ expect }) => {
    const { server, transport } = await pair(refuse);
    const errors = await Promise.all(Array.from({ length: 20 }, () => failure(transport.exec(['true']))));
    errors.push(await failure(transport.putFiles('/tmp/x', { a: '' })));
    expect(errors.every((error) => error instanceof PermissionDenied)).toBe(true);
    expect(errors[0]?.message).toMatch(/offered publickey.*Nothing more is tried.*To resume/);
    expect(server.seen.connections).toBe(1);
  });

  test('is tried once more when told to resume', async ({ expect }) => {
    const { server, transport } = await pair({ ...refuse });
    await failure(transport.exec(['true']));
    delete server.faults.authenticate;
    await failure(transport.exec(['true']));
    expect(server.seen.connections).toBe(1);
    transport.resume();
    expect((await transport.exec(['echo', 'in'])).stdout).toBe('in\n');
    expect(server.seen.connections).toBe(2);
  });

  test('for want of a secret or a key reaches no server', async ({ expect }) => {
    const { server } = await pair();
    const noVariable = await failure(reach(server.port, { passwordEnv: 'LAB_PASSWORD' }).exec(['true']));
    const noKey = await failure(reach(server.port, { identityFiles: [join(folder.path, 'missing')] }).exec(['true']));
    writeFileSync(join(folder.path, 'encrypted'), makeKey('secret').private);
    const noPassphrase = await failure(reach(server.port, { identityFiles: [join(folder.path, 'encrypted')] }).exec(['true']));
    for (const error of [noVariable, noKey, noPassphrase]) expect(error).toBeInstanceOf(PermissionDenied);
    expect(noVariable.message).toContain('LAB_PASSWORD');
    expect(noPassphrase.message).toContain('passphraseEnv');
    expect(server.seen.connections).toBe(0);
  });
});

describe('a login', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  /** Asks for key and then for password and code, as sites with two factors do. */
  const twoFactors = (asked: string[]): Faults => ({
    authenticate: (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      context.prompt(
        [
          { prompt: 'Password: ', echo: false },
          { prompt: 'Verification code: ', echo: true },
        ],
        'login',
        'two questions',
        (answers) => {
          asked.push(...answers);
          const codes = [0, -30].map((lag) => totp(parseBase32(secret), Date.now() / 1000 + lag));
          if (answers[0] === 'hunter2' && codes.includes(answers[1] ?? '')) context.accept();
          else context.reject();
        },
      );
    },
  });

  test('answers questions with a password and a one-time code', async ({ expect }) => {
    const asked: string[] = [];
    const { transport } = await pair(twoFactors(asked), { passwordEnv: 'P', totpSecretEnv: 'T' }, { P: 'hunter2', T: secret });
    expect((await transport.exec(['echo', 'in'])).stdout).toBe('in\n');
    expect(asked).toHaveLength(2);
  });

  test('answers questions with what a program prints, which sees the question', async ({ expect }) => {
    const script = 'echo "$PEIERLS_PROMPT" >> "$1"; echo wrong; echo ignored';
    const log = join(folder.path, 'prompts');
    const asked: string[] = [];
    const { transport } = await pair(twoFactors(asked), { otpCommand: ['sh', '-c', script, 'otp', log] }, { PATH: process.env['PATH'] });
    expect(await failure(transport.exec(['true']))).toBeInstanceOf(PermissionDenied);
    expect(asked).toEqual(['wrong', 'wrong']);
    expect(readFileSync(log, 'utf8').split('\n').sort()).toEqual(['', 'Password: ', 'Verification code: ']);
  });

  test('says which question it could not answer', async ({ expect }) => {
    const { transport } = await pair(twoFactors([]), { passwordEnv: 'P' }, { P: 'hunter2' });
    expect((await failure(transport.exec(['true']))).message).toContain('"Verification code:" has no answer');
  });

  test('opens an encrypted key with the passphrase of the environment', async ({ expect }) => {
    writeFileSync(join(folder.path, 'encrypted'), makeKey('secret').private);
    const { transport } = await pair(
      { authenticate: (context) => (context.method === 'publickey' ? context.accept() : context.reject(['publickey'])) },
      { identityFiles: [join(folder.path, 'encrypted')], passphraseEnv: 'PHRASE' },
      { PHRASE: 'secret' },
    );
    expect((await transport.exec(['echo', 'in'])).stdout).toBe('in\n');
  });

  test('is made once for all computers behind one login host', async ({ expect }) => {
    const server = await startServer(hostKey.private);
    const knownHosts = join(folder.path, 'known_hosts');
    writeFileSync(knownHosts, knownHostLine(server.port, hostKey.private));
    const connections = new SshConnections({});
    cleanUps.push(
      () => server.close(),
      () => connections.close(),
    );
    const transports = [1, 2].map(() =>
      sshTransport(settingsFor(server.port, { identityFiles: [join(folder.path, 'id')], knownHosts }), connections),
    );
    await Promise.all(transports.map((transport) => transport.exec(['true'])));
    expect(server.seen.connections).toBe(1);
  });
});

describe('a connection', () => {
  test('that is cut in mid-command is HostUnreachable, and the next command makes a new one', async ({ expect }) => {
    let cut = true;
    const { server, transport } = await pair({
      onExec: (command, channel, connection) => {
        if (!cut) return false;
        cut = false;
        const mark = /printf '\\''%s:begin:%s\\n'\\'' (\w+)/.exec(command)?.[1] ?? /begin:%s\\+n\S* (\w+)/.exec(command)?.[1];
        channel.write(`${mark ?? ''}:begin:1\nhalf an answer`, () => connection.end());
        return true;
      },
    });
    const error = await failure(transport.exec(['sleep', '60']));
    expect(error).toBeInstanceOf(HostUnreachable);
    expect(error.message).toContain('may or may not have run');
    expect((await transport.exec(['echo', 'again'])).stdout).toBe('again\n');
    expect(server.seen.connections).toBe(2);
  });

  test('to nobody is HostUnreachable, and is not tried again at once', async ({ expect }) => {
    const port = await freePort();
    const transport = reach(port);
    expect((await failure(transport.exec(['true']))).message).toContain('ECONNREFUSED');
    const second = await failure(transport.exec(['true']));
    expect(second).toMatchObject({ name: 'HostUnreachable', retryAfterSeconds: 1 });
    expect(second.message).toContain('next try in 1 s');
  });

  test('to a host that never says a word ends after its time limit', async ({ expect }) => {
    const { transport } = await pair({ silent: true }, { connectTimeoutSeconds: 0.5 });
    expect(await failure(transport.exec(['true']))).toBeInstanceOf(HostUnreachable);
  });

  test('on which a command never begins ends after the time limit of the command', async ({ expect }) => {
    const { transport } = await pair({ onExec: () => true }, { commandTimeoutSeconds: 0.3 });
    const error = await failure(transport.exec(['true']));
    expect(error).toBeInstanceOf(HostUnreachable);
    expect(error.message).toContain('began nothing within 0.3 s');
  });

  test('that answers no sign of life is given up', async ({ expect }) => {
    const { server } = await pair();
    const proxy = await startProxy(server.port);
    cleanUps.push(() => proxy.close());
    const line = knownHostLine(proxy.port, hostKey.private);
    writeFileSync(join(folder.path, 'known_hosts'), line);
    const transport = reach(proxy.port, { keepAliveSeconds: 0.1 });
    expect((await transport.exec(['echo', 'alive'])).stdout).toBe('alive\n');
    const waiting = failure(transport.exec(['sleep', '60']));
    await until(
      () => server.seen.commands.length,
      (commands) => commands === 2,
    );
    proxy.freeze();
    const error = await waiting;
    expect(error).toBeInstanceOf(HostUnreachable);
    expect(error.message).toContain('Keepalive timeout');
  });

  test('carries no more commands at a time than it is told', async ({ expect }) => {
    const { server, transport } = await pair({}, { maxChannels: 3 });
    await Promise.all(Array.from({ length: 30 }, () => transport.exec(['sleep', '0.05'])));
    expect(server.seen.mostSessions).toBe(3);
    expect(server.seen.commands).toHaveLength(30);
  });

  test('learns how many sessions the server bears', async ({ expect }) => {
    const { server, transport } = await pair({ maxSessions: 2 }, { maxChannels: 8 });
    const results = await Promise.all(Array.from({ length: 30 }, (_, index) => transport.exec(['echo', String(index)])));
    expect(results.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(server.seen.connections).toBe(1);
  });

  test('to a server that bears no session at all is HostUnreachable', async ({ expect }) => {
    const { transport } = await pair({ maxSessions: 0 });
    expect(await failure(transport.exec(['true']))).toBeInstanceOf(HostUnreachable);
  });

  test('whose jump hosts lead in a circle is refused before it is tried', async ({ expect }) => {
    const config = join(folder.path, 'config');
    writeFileSync(config, 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n');
    const transport = sshTransport(settingsFor(22, { host: 'a', configFile: config }));
    expect(await failure(transport.exec(['true']))).toBeInstanceOf(InvalidInput);
  });
});

const sshd = '/usr/sbin/sshd';
const why = existsSync(sshd) ? '' : ` (skipped: there is no ${sshd})`;

describe.skipIf(why !== '')(`OpenSSH${why}`, () => {
  async function real(options: Partial<SshSettings> = {}, extra: readonly string[] = []): Promise<SshTransport> {
    const server = await startSshd(folder.path, 'sshd', hostKey.private, clientKey.public, extra);
    cleanUps.push(() => server.stop());
    return reach(server.port, options);
  }

  test('runs commands with arguments that no shell touches, in any folder, with any input', async ({ expect }) => {
    const transport = await real();
    for (const argument of [
      'two words',
      '',
      `it's "quoted"`,
      '$(touch stolen) `x` $HOME',
      'a;b&c|d>e<f!g',
      'one\ntwo\ttab\\n',
      '* ? ~',
      '-n',
      'Å 🧪',
    ])
      expect((await transport.exec(['printf', '%s|', argument], { cwd: folder.path })).stdout).toBe(`${argument}|`);
    const stdin = `${'0123456789\n'.repeat(100_000)}Å`;
    expect((await transport.exec(['cat'], { stdin })).stdout).toBe(stdin);
    expect((await transport.exec(['true'], { stdin })).code).toBe(0);
    expect((await transport.exec(['sh', '-c', 'kill -9 $$'])).code).toBe(-1);
    expect((await transport.exec(['no-such-program-of-ours'])).code).toBe(127);
  });

  test('ends a command and its children at the time limit and when it is given up', async ({ expect }) => {
    const transport = await real();
    const command = ['sh', '-c', 'echo begun; sleep 300 & echo $! > child; wait'];
    const alive = (): boolean =>
      existsSync(`/proc/${readFileSync(join(folder.path, 'child'), 'utf8').trim()}/cmdline`) &&
      readFileSync(`/proc/${readFileSync(join(folder.path, 'child'), 'utf8').trim()}/cmdline`, 'utf8') !== '';
    expect(await transport.exec(command, { cwd: folder.path, timeoutSeconds: 0.5 })).toEqual({ code: -1, stdout: 'begun\n', stderr: '' });
    await until(alive, (it) => !it);
    writeFileSync(join(folder.path, 'child'), '');
    const stop = new AbortController();
    const given = transport.exec(command, { cwd: folder.path, signal: stop.signal });
    await until(
      () => readFileSync(join(folder.path, 'child'), 'utf8'),
      (text) => text !== '',
    );
    stop.abort(new Error('not wanted any more'));
    await expect(given).rejects.toThrow('not wanted any more');
    await until(alive, (it) => !it);
  });

  test('takes and gives a thousand small files in one stream each', async ({ expect }) => {
    const transport = await real();
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`points/p${index % 50}/${index}.in`, `content Å ${index}\n`]),
    );
    const target = join(folder.path, 'work');
    await transport.putFiles(target, files);
    await transport.putFiles(target, files);
    expect(await transport.getFiles(target, [...Object.keys(files), 'missing', 'points'])).toEqual(files);
    expect(readdirSync(target)).toEqual(['points']);
    await transport.remove(target);
    expect(existsSync(target)).toBe(false);
    await transport.remove(target);
  });

  test('shares remote shells between those who come together, and only the one that is wrong fails', async ({ expect }) => {
    const server = await startSshd(folder.path, 'sshd', hostKey.private, clientKey.public, ['LogLevel VERBOSE']);
    cleanUps.push(() => server.stop());
    const transport = reach(server.port);
    await transport.exec(['true']);
    const sessions = () => server.log().split('Starting session').length;
    const targets = Array.from({ length: 40 }, (_, index) => join(folder.path, 'work', `w${index}`));
    const files = (index: number) => ({ 'points/a': `a${index}`, 'points/b/c': `c${index}`, script: `s${index}` });
    const before = sessions();
    await Promise.all(targets.map((target, index) => transport.putFiles(target, files(index))));
    const found = await Promise.all(targets.map((target, index) => transport.getFiles(target, [...Object.keys(files(index)), 'missing'])));
    expect(found).toEqual(targets.map((_, index) => files(index)));
    expect(readdirSync(targets[7] ?? '').toSorted()).toEqual(['points', 'script']);
    await Promise.all(targets.slice(2).map((target) => transport.remove(target)));
    expect(readdirSync(join(folder.path, 'work')).toSorted()).toEqual(['w0', 'w1']);
    expect(sessions() - before).toBeLessThanOrEqual(6);
    // A file where a folder should be: nobody can write below it.
    writeFileSync(join(folder.path, 'file'), '');
    const results = await Promise.allSettled(
      [join(folder.path, 'x'), join(folder.path, 'file', 'y'), join(folder.path, 'z')].map((target) =>
        transport.putFiles(target, { a: '1' }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
      message: expect.stringMatching(/file\/y.*Not a directory/s) as string,
    });
  });

  test('replaces a file at once: a reader never sees half of one', async ({ expect }) => {
    const transport = await real();
    const [first, second] = ['1'.repeat(1 << 20), '2'.repeat(1 << 20)];
    await transport.putFiles(folder.path, { 'deep/a': first });
    const writes = Promise.all(
      Array.from({ length: 10 }, (_, index) => transport.putFiles(folder.path, { 'deep/a': index % 2 === 0 ? second : first })),
    );
    const seen = await Promise.all(Array.from({ length: 20 }, () => transport.getFiles(folder.path, ['deep/a'])));
    await writes;
    expect(seen.every((read) => read['deep/a'] === first || read['deep/a'] === second)).toBe(true);
    expect(readdirSync(join(folder.path, 'deep'))).toEqual(['a']);
  });

  test('takes odd and long names, and refuses those that lead out of the folder', async ({ expect }) => {
    const transport = await real();
    const files = {
      'name with $(x)': 'a',
      '-dash': 'b',
      '.hidden/.file': 'c',
      [`${'long/'.repeat(40)}${'n'.repeat(200)}`]: 'd',
      empty: '',
    };
    await transport.putFiles(join(folder.path, 'odd'), files);
    expect(await transport.getFiles(join(folder.path, 'odd'), Object.keys(files))).toEqual(files);
    for (const name of ['../outside', 'a/../../outside', '..', '.', '']) {
      await expect(transport.putFiles(join(folder.path, 'odd'), { [name]: 'x' })).rejects.toThrow(InvalidInput);
      await expect(transport.getFiles(join(folder.path, 'odd'), [name])).rejects.toThrow(InvalidInput);
    }
    for (const path of ['/', '/tmp', '/tmp/', '/tmp/x/..', '', 'relative/deep', '~/work/deep'])
      await expect(transport.remove(path)).rejects.toThrow(InvalidInput);
  });

  test('goes on with an interrupted transfer of a large file, and begins again where the part is wrong', async ({ expect }) => {
    const transport = await real();
    const content = '0123456789abcde\n'.repeat((20 << 20) / 16);
    const part = join(folder.path, `big.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.part`);
    for (const begun of [content.slice(0, 15 << 20), 'x'.repeat(15 << 20), `${content}too long`]) {
      writeFileSync(part, begun);
      await transport.putFiles(folder.path, { big: content });
      expect(readFileSync(join(folder.path, 'big'), 'utf8') === content).toBe(true);
      expect(existsSync(part)).toBe(false);
      await transport.exec(['rm', join(folder.path, 'big')]);
    }
  });

  test('takes a key that only an agent holds', async ({ expect }) => {
    const socket = join(folder.path, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    cleanUps.push(async () => void agent.kill());
    await until(() => existsSync(socket), Boolean);
    // A key that the server does not know comes first.
    for (const [name, key] of [
      ['other', jumpHostKey.private],
      ['id', clientKey.private],
    ] as const) {
      writeFileSync(join(folder.path, name), key, { mode: 0o600 });
      execFileSync('ssh-add', ['-q', join(folder.path, name)], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    }
    const server = await startSshd(folder.path, 'sshd', hostKey.private, clientKey.public);
    cleanUps.push(() => server.stop());
    const named = reach(server.port, { identityFiles: [], agent: socket });
    expect((await named.exec(['echo', 'named'])).stdout).toBe('named\n');
    const fromEnvironment = reach(server.port, { identityFiles: [], agent: true }, { SSH_AUTH_SOCK: socket });
    expect((await fromEnvironment.exec(['echo', 'found'])).stdout).toBe('found\n');
    const without = reach(server.port, { identityFiles: [], agent: false }, { SSH_AUTH_SOCK: socket });
    expect(await failure(without.exec(['true']))).toBeInstanceOf(PermissionDenied);
  });

  test('is reached through a jump host, and through one named in an OpenSSH configuration', async ({ expect }) => {
    const target = await startSshd(folder.path, 'target', hostKey.private, clientKey.public);
    const jump = await startSshd(folder.path, 'jump', jumpHostKey.private, clientKey.public);
    cleanUps.push(
      () => target.stop(),
      () => jump.stop(),
    );
    writeFileSync(
      join(folder.path, 'known_hosts'),
      knownHostLine(target.port, hostKey.private) + knownHostLine(jump.port, jumpHostKey.private),
    );
    const direct = reach(target.port, { jump: `127.0.0.1:${jump.port}` });
    expect((await direct.exec(['sh', '-c', 'echo ${SSH_CONNECTION%% *}'])).stdout).toBe('127.0.0.1\n');
    writeFileSync(
      join(folder.path, 'config'),
      `Host gate\n  HostName 127.0.0.1\n  Port ${jump.port}\nHost inner\n  HostName 127.0.0.1\n  Port ${target.port}\n  ProxyJump gate\n`,
    );
    const { port: _port, ...settings } = settingsFor(1, {
      host: 'inner',
      identityFiles: [join(folder.path, 'id')],
      knownHosts: join(folder.path, 'known_hosts'),
      configFile: join(folder.path, 'config'),
    });
    const aliased = sshTransport(settings);
    cleanUps.push(() => aliased.close());
    expect((await aliased.exec(['echo', 'in'])).stdout).toBe('in\n');
    // The jump host is there and has no way to this port.
    const nowhere = reach(await freePort(), { jump: `127.0.0.1:${jump.port}`, knownHosts: join(folder.path, 'known_hosts') });
    const error = await failure(nowhere.exec(['true']));
    expect(error).toBeInstanceOf(HostUnreachable);
    expect(error.message).toMatch(/has no way to 127\.0\.0\.1:\d+/);
  });

  test('that allows fewer sessions than we want still gets everything done', async ({ expect }) => {
    const transport = await real({ maxChannels: 12 }, ['MaxSessions 3']);
    const results = await Promise.all(Array.from({ length: 60 }, (_, index) => transport.exec(['echo', String(index)])));
    expect(results.every(({ stdout }, index) => stdout === `${index}\n`)).toBe(true);
  });

  test('that is stopped and started again is reached again', async ({ expect }) => {
    const server = await startSshd(folder.path, 'sshd', hostKey.private, clientKey.public);
    cleanUps.push(() => server.stop());
    const transport = reach(server.port);
    await transport.exec(['true']);
    const waiting = failure(transport.exec(['sh', '-c', 'kill -TERM $(ps -o ppid= -p $PPID)']));
    expect(await Promise.race([waiting, until(() => failure(transport.exec(['true'])), Boolean)])).toBeInstanceOf(Error);
    expect(
      (
        await until(
          () => transport.exec(['echo', 'back']).catch(() => undefined),
          (reply) => reply !== undefined,
        )
      )?.stdout,
    ).toBe('back\n');
  });
});
