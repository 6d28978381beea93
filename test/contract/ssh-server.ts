import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { freePort } from '../../connectors/embedded/port.js';
import { freshKey } from '../../connectors/transport/ssh/fresh-key.js';
import { SshSettings } from '../../domain/computer.js';
import { until } from './temporary.js';

export type TestKey = ReturnType<typeof freshKey>;
export const makeKey = freshKey;

export interface Faults {
  /** Text before and after everything that a command prints, as login shells add it. */
  noise?: { before: string; after: string };
  banner?: string;
  authenticate?: (context: AuthContext) => void;
  /** Called instead of running the command; returns true when it has dealt with it. */
  onExec?: (command: string, channel: ServerChannel, connection: Connection) => boolean;
  maxSessions?: number;
  /** Accepts connections and never says a word. */
  silent?: boolean;
}

export interface TestServer {
  port: number;
  /** Connections, commands and sessions at the same time, as the server has seen them. */
  seen: { connections: number; commands: string[]; mostSessions: number };
  faults: Faults;
  close: () => Promise<void>;
}

/** An SSH server in this process that runs commands in /bin/sh, with switches for faults. */
export async function startServer(hostKey: string, faults: Faults = {}): Promise<TestServer> {
  const seen: TestServer['seen'] = { connections: 0, commands: [], mostSessions: 0 };
  const open = new Set<{ end: () => void }>();
  const silent = createServer((socket) => {
    seen.connections += 1;
    open.add({ end: () => socket.destroy() });
  });
  const talking = new ssh2.Server({ hostKeys: [hostKey], ...(faults.banner !== undefined && { banner: faults.banner }) }, (connection) => {
    seen.connections += 1;
    open.add(connection);
    serve(connection, faults, seen);
  });
  const server = faults.silent === true ? silent : talking;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const close = async (): Promise<void> => {
    for (const connection of open) connection.end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, seen, faults, close };
}

function serve(connection: Connection, faults: Faults, seen: TestServer['seen']): void {
  let sessions = 0;
  connection.on('error', () => undefined);
  connection.on('authentication', (context) => (faults.authenticate === undefined ? context.accept() : faults.authenticate(context)));
  connection.on('session', (accept, reject) => {
    if (faults.maxSessions !== undefined && sessions >= faults.maxSessions) return reject();
    sessions += 1;
    seen.mostSessions = Math.max(seen.mostSessions, sessions);
    const session = accept();
    session.on('close', () => (sessions -= 1));
    session.on('exec', (acceptExec, _reject, { command }) => {
      seen.commands.push(command);
      const channel = acceptExec();
      if (faults.onExec?.(command, channel, connection) === true) return;
      runCommand(command, channel, faults);
    });
  });
}

function runCommand(command: string, channel: ServerChannel, { noise }: Faults): void {
  // Like sshd: a session of its own, so that its process group can be ended.
  const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  if (noise !== undefined) for (const stream of [channel, channel.stderr]) stream.write(noise.before);
  child.stdout.on('data', (data: Buffer) => channel.write(data));
  child.stderr.on('data', (data: Buffer) => channel.stderr.write(data));
  child.stdin.on('error', () => undefined);
  channel.on('data', (data: Buffer) => child.stdin.write(data));
  channel.on('end', () => child.stdin.end());
  child.on('close', (code) => {
    if (noise !== undefined) for (const stream of [channel, channel.stderr]) stream.write(noise.after);
    channel.exit(code ?? 255);
    channel.end();
  });
}

/** The public key of a private one, as a known_hosts file has it. */
export function knownHostLine(port: number, hostKey: string): string {
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  return `[127.0.0.1]:${port} ${key.type} ${key.getPublicSSH().toString('base64')}\n`;
}

/** Settings for a host on loopback that read nothing from this machine's own SSH configuration. */
export function settingsFor(port: number, options: Partial<SshSettings>): SshSettings {
  return SshSettings.parse({
    kind: 'ssh',
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    agent: false,
    configFile: 'none',
    identityFiles: [],
    ...options,
  });
}

/** Passes bytes on to a port until it is told to freeze: a line that is dead without saying so. */
export async function startProxy(to: number): Promise<{ port: number; freeze: () => void; close: () => Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    sockets.push(near, far);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const)
      from.on('error', () => undefined).pipe(into);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      for (const socket of sockets) socket.unpipe();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export interface RealServer {
  port: number;
  /** What sshd has logged so far. */
  log: () => string;
  process: ChildProcess;
  stop: () => Promise<void>;
}

/** OpenSSH's own server, as a process of its own on a free loopback port, for this user. */
export async function startSshd(
  folder: string,
  name: string,
  hostKey: string,
  authorized: string,
  extra: readonly string[] = [],
): Promise<RealServer> {
  const port = await freePort();
  const file = (suffix: string): string => join(folder, `${name}.${suffix}`);
  writeFileSync(file('key'), hostKey, { mode: 0o600 });
  writeFileSync(file('authorized'), `${authorized}\n`);
  // An empty home: the profile of whoever runs the tests is no part of them.
  const settings = [
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'Subsystem sftp internal-sftp',
    `SetEnv HOME=${folder}`,
    ...extra,
  ];
  writeFileSync(
    file('conf'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${file('key')}`,
      `PidFile ${file('pid')}`,
      `AuthorizedKeysFile ${file('authorized')}`,
      ...settings,
      '',
    ].join('\n'),
  );
  // sshd started by root insists on its folder, which a boot would make.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const child = spawn('/usr/sbin/sshd', ['-D', '-E', file('log'), '-f', file('conf')], { stdio: 'ignore' });
  await until(() => answers(port), Boolean);
  return {
    port,
    log: () => readFileSync(file('log'), 'utf8'),
    process: child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.on('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
