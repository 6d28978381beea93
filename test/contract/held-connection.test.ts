import { chmodSync, existsSync, linkSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { SshSettings } from '../../domain/computer.js';
import { HostUnreachable, InvalidInput, PermissionDenied } from '../../domain/failures.js';
import type { AskPerson } from '../../connectors/transport/ssh/authentication.js';
import { SshConnections } from '../../connectors/transport/ssh/connections.js';
import { holdConnection, type HeldConnection } from '../../connectors/transport/ssh/hold.js';
import { sshTransport, type SshTransport } from '../../connectors/transport/ssh/ssh.js';
import {
  knownHostLine,
  makeKey,
  settingsFor,
  startServer,
  startSshd,
  type Faults,
  type RealServer,
  type TestServer,
} from './ssh-server.js';
import { temporaryFolder, until } from './temporary.js';

const hostKey = makeKey();
const clientKey = makeKey();
let folder = { path: '', remove: () => undefined as void };
let cleanUps: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = temporaryFolder('held');
  cleanUps = [];
  writeFileSync(join(folder.path, 'id'), clientKey.private, { mode: 0o600 });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  folder.remove();
});

const heldIn = (): string => join(folder.path, 'run', 'ssh');

/** A server that wants a one-time code, as a person reads it off a device. */
async function codeServer(): Promise<TestServer> {
  const faults: Faults = {
    authenticate: (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      return context.prompt([{ prompt: 'Verification code: ', echo: false }], (answers) => {
        if (answers[0] === '424242') context.accept();
        else context.reject();
      });
    },
  };
  const server = await startServer(hostKey.private, faults);
  cleanUps.push(() => server.close());
  writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(server.port, hostKey.private));
  return server;
}

async function realServer(): Promise<RealServer> {
  const server = await startSshd(folder.path, 'sshd', hostKey.private, clientKey.public, ['LogLevel VERBOSE']);
  cleanUps.push(() => server.stop());
  writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(server.port, hostKey.private));
  return server;
}

const settings = (port: number, options: Partial<SshSettings> = {}): SshSettings =>
  settingsFor(port, { knownHosts: join(folder.path, 'known_hosts'), interactiveLogin: true, ...options });

async function hold(port: number, ask: AskPerson, options: Partial<SshSettings> = {}): Promise<HeldConnection> {
  const connections = new SshConnections({}, { ask });
  const held = await holdConnection(connections.to(settings(port, options)), heldIn());
  cleanUps.push(
    () => connections.close(),
    () => held.close(),
  );
  return held;
}

/** A transport as a worker has it: nobody to ask. */
function worker(port: number, options: Partial<SshSettings> = {}): SshTransport {
  const connections = new SshConnections({}, { heldIn: heldIn() });
  cleanUps.push(() => connections.close());
  return sshTransport(settings(port, options), connections);
}

const nobody: AskPerson = async ({ prompt }) => {
  throw new Error(`nobody answers ${prompt}`);
};

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

describe('a login by hand', () => {
  test('is asked for once, and serves every worker over the one connection', async ({ expect }) => {
    const server = await codeServer();
    const asked: string[] = [];
    await hold(server.port, async ({ prompt }) => {
      asked.push(prompt);
      return '424242';
    });
    const workers = [worker(server.port), worker(server.port)];
    const replies = await Promise.all(
      workers.flatMap((transport) => Array.from({ length: 10 }, (_, index) => transport.exec(['echo', String(index)]))),
    );
    expect(replies.map(({ stdout }) => Number(stdout))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(asked).toEqual(['Verification code: ']);
    expect(server.seen.connections).toBe(1);
  });

  test('can answer a server that takes only a password', async ({ expect }) => {
    const server = await startServer(hostKey.private, {
      authenticate: (context) => {
        if (context.method === 'password' && context.password === 'open sesame') context.accept();
        else context.reject(['password']);
      },
    });
    cleanUps.push(() => server.close());
    writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(server.port, hostKey.private));
    const echoes: boolean[] = [];
    await hold(server.port, async ({ echo }) => {
      echoes.push(echo);
      return 'open sesame';
    });
    expect((await worker(server.port).exec(['echo', 'in'])).stdout).toBe('in\n');
    expect(echoes).toEqual([false]);
  });

  test('that is refused holds nothing', async ({ expect }) => {
    const server = await codeServer();
    expect(await failure(hold(server.port, async () => '000000'))).toBeInstanceOf(PermissionDenied);
    expect(existsSync(heldIn())).toBe(false);
    expect(server.seen.connections).toBe(1);
  });

  test('is not made twice for one host', async ({ expect }) => {
    const server = await codeServer();
    await hold(server.port, async () => '424242');
    const error = await failure(hold(server.port, async () => '424242'));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain('held already');
  });

  test('is open to this user alone', async ({ expect }) => {
    const server = await codeServer();
    const { socket } = await hold(server.port, async () => '424242');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(heldIn()).mode & 0o777).toBe(0o700);
  });
});

describe('a worker of a computer that wants a person', () => {
  test('never tries to log in by itself, and goes on as soon as somebody has', async ({ expect }) => {
    const server = await codeServer();
    const transport = worker(server.port);
    for (const error of [await failure(transport.exec(['true'])), await failure(transport.exec(['true']))]) {
      expect(error).toBeInstanceOf(PermissionDenied);
      expect(error.message).toContain('peierls computer login');
    }
    expect(server.seen.connections).toBe(0);
    await hold(server.port, async () => '424242');
    expect((await transport.exec(['echo', 'in'])).stdout).toBe('in\n');
  });

  test('takes the socket of a holder that was killed for none', async ({ expect }) => {
    const server = await codeServer();
    const held = await hold(server.port, async () => '424242');
    const { socket } = held;
    // A link keeps the socket file past its owner's cleaning up, as a kill would.
    linkSync(socket, `${socket}.kept`);
    await held.close();
    renameSync(`${socket}.kept`, socket);
    const error = await failure(worker(server.port).exec(['true']));
    expect(error).toBeInstanceOf(PermissionDenied);
    expect(server.seen.connections).toBe(1);
    await hold(server.port, async () => '424242');
    expect((await worker(server.port).exec(['echo', 'in'])).stdout).toBe('in\n');
  });

  test('hears of the end of the connection, and uses the next one', async ({ expect }) => {
    const server = await codeServer();
    const held = await hold(server.port, async () => '424242');
    const transport = worker(server.port);
    await transport.exec(['true']);
    const running = failure(transport.exec(['sleep', '60']));
    await until(
      () => server.seen.commands.length,
      (commands) => commands === 2,
    );
    await held.close();
    expect(await running).toBeInstanceOf(HostUnreachable);
    await hold(server.port, async () => '424242');
    const back = await until(
      () => transport.exec(['echo', 'back']).catch(() => undefined),
      (reply) => reply !== undefined,
    );
    expect(back?.stdout).toBe('back\n');
  });
});

const sshd = '/usr/sbin/sshd';
const why = existsSync(sshd) ? '' : ` (skipped: there is no ${sshd})`;

describe.skipIf(why !== '')(`a connection to OpenSSH that is held${why}`, () => {
  test('carries commands, input, errors, signals and time limits as a direct one does', async ({ expect }) => {
    const { port, log } = await realServer();
    await hold(port, nobody, { identityFiles: [join(folder.path, 'id')] });
    const transport = worker(port);
    expect(await transport.exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
    expect((await transport.exec(['sh', '-c', 'kill -9 $$'])).code).toBe(-1);
    const stdin = `${'0123456789\n'.repeat(300_000)}Å`;
    expect((await transport.exec(['cat'], { stdin })).stdout === stdin).toBe(true);
    const both = await transport.exec(['sh', '-c', 'cat > copy; cat copy >&2 & cat copy; wait'], { stdin, cwd: folder.path });
    expect(both.stdout === stdin && both.stderr === stdin).toBe(true);
    const command = ['sh', '-c', 'sleep 300 & echo $! > child; wait'];
    expect((await transport.exec(command, { cwd: folder.path, timeoutSeconds: 0.5 })).code).toBe(-1);
    const child = readFileSync(join(folder.path, 'child'), 'utf8').trim();
    await until(
      () => existsSync(`/proc/${child}/cmdline`) && readFileSync(`/proc/${child}/cmdline`, 'utf8') !== '',
      (alive) => !alive,
    );
    expect(log().match(/Accepted publickey/g)).toHaveLength(1);
  });

  test('carries small files, and large ones over SFTP', async ({ expect }) => {
    const { port } = await realServer();
    await hold(port, nobody, { identityFiles: [join(folder.path, 'id')] });
    const transport = worker(port);
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}/in`, `content Å ${index}\n`]));
    await transport.putFiles(join(folder.path, 'work'), files);
    expect(await transport.getFiles(join(folder.path, 'work'), Object.keys(files))).toEqual(files);
    const large = '0123456789abcde\n'.repeat((18 << 20) / 16);
    await transport.putFiles(join(folder.path, 'work'), { large });
    expect(readFileSync(join(folder.path, 'work', 'large'), 'utf8') === large).toBe(true);
    await transport.remove(join(folder.path, 'work'));
    expect(existsSync(join(folder.path, 'work'))).toBe(false);
  });

  test('ends when the server goes, and takes its socket along', async ({ expect }) => {
    const server = await realServer();
    const held = await hold(server.port, nobody, { identityFiles: [join(folder.path, 'id')] });
    const transport = worker(server.port);
    const waiting = failure(transport.exec(['sh', '-c', 'kill -TERM $(ps -o ppid= -p $PPID)']));
    expect(await waiting).toBeInstanceOf(HostUnreachable);
    expect(held.lost.aborted).toBe(true);
    await until(
      () => existsSync(held.socket),
      (there) => !there,
    );
  });

  test('is the way to a host behind it', async ({ expect }) => {
    const inner = await startSshd(folder.path, 'inner', hostKey.private, clientKey.public);
    cleanUps.push(() => inner.stop());
    const gate = await realServer();
    writeFileSync(join(folder.path, 'known_hosts'), knownHostLine(gate.port, hostKey.private) + knownHostLine(inner.port, hostKey.private));
    await hold(gate.port, nobody, { identityFiles: [join(folder.path, 'id')] });
    // Another computer that jumps through the held host, with its own key for the last step.
    const transport = worker(inner.port, {
      interactiveLogin: false,
      identityFiles: [join(folder.path, 'id')],
      jump: [{ host: '127.0.0.1', port: gate.port, user: settings(gate.port).user, agent: false, identityFiles: [] }],
    });
    expect((await transport.exec(['echo', 'inside'])).stdout).toBe('inside\n');
    expect(gate.log().match(/Accepted publickey/g)).toHaveLength(1);
  });

  test('is not asked for through a folder that others can write to', async ({ expect }) => {
    const { port } = await realServer();
    const held = await hold(port, nobody, { identityFiles: [join(folder.path, 'id')] });
    chmodSync(heldIn(), 0o777);
    await held.close();
    await hold(port, nobody, { identityFiles: [join(folder.path, 'id')] });
    expect(statSync(heldIn()).mode & 0o777).toBe(0o700);
  });
});
