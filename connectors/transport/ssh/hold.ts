import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import ssh2, { type ClientChannel, type Connection, type ServerChannel, type Session } from 'ssh2';
import { InvalidInput } from '../../../domain/failures.js';
import type { SshConnection } from './connection.js';
import { freshKey } from './fresh-key.js';
import { joinHeld, socketOf } from './held.js';
import { withChannel } from './run.js';

export interface HeldConnection {
  socket: string;
  /** Aborts when the connection to the host ends. */
  lost: AbortSignal;
  close(): Promise<void>;
}

/** Longest address of a socket on Linux is 107 bytes, on macOS 103. */
const longestSocketPath = 103;

/**
 * Shares a connection with other processes of this user: an SSH server on a unix socket that only we can open, which passes each session on.
 * Speaking SSH there means that clients need nothing new: channels, flow control, exit codes and file transfer are those of SSH itself.
 * (The control sockets of OpenSSH speak a protocol of their own, which ssh2 does not know.)
 */
export async function holdConnection(connection: SshConnection, folder: string): Promise<HeldConnection> {
  const socket = socketOf(folder, connection.target);
  if (Buffer.byteLength(socket) > longestSocketPath)
    throw new InvalidInput(`the address of a socket may have ${longestSocketPath} characters`, {
      path: 'PEIERLS_HOME',
      value: socket,
      remedy: 'Set PEIERLS_HOME to a folder with a shorter path.',
    });
  const other = await joinHeld(folder, connection.target);
  if (other !== undefined) {
    other.destroy();
    throw new InvalidInput(`a connection to ${connection.target.name} is held already`, {
      value: socket,
      remedy: 'End the other `peierls computer login` first, if it is to be replaced.',
    });
  }
  const { lost } = await connection.open();
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [freshKey().private] }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    // A client that vanishes is its own affair.
    client.on('error', () => undefined);
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => passOn(connection, accept()));
    client.on('tcpip', (accept, reject, { destIP, destPort }) => void passStream(connection, destIP, destPort, accept, reject));
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The folder may be older than we are.
  chmodSync(folder, 0o700);
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    // ssh2 types only ports; the call goes to net.Server as it is.
    (server.listen as unknown as (path: string, done: () => void) => void).call(server, socket, resolve);
  });
  chmodSync(socket, 0o600);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise<void>((resolve) => {
      rmSync(socket, { force: true });
      server.close(() => resolve());
      for (const client of clients) client.end();
    }));
  lost.addEventListener('abort', () => void close());
  return { socket, lost, close };
}

async function passStream(connection: SshConnection, host: string, port: number, accept: () => ServerChannel, reject: () => void) {
  let far: ClientChannel;
  try {
    far = await connection.forward(host, port);
  } catch {
    // The client hears of it as a refused channel, and names host and port itself.
    return reject();
  }
  const near = accept();
  near.on('error', () => far.close()).on('close', () => far.close());
  far.on('error', () => near.close());
  near.pipe(far).pipe(near);
}

/** One session of a client: the command or subsystem that it asks for runs in a session at the host. */
function passOn(connection: SshConnection, session: Session): void {
  session.on('exec', (accept, _reject, { command }) => {
    share(connection, (client, done) => client.exec(command, done), accept());
  });
  session.on('subsystem', (accept, _reject, { name }) => {
    share(connection, (client, done) => client.subsys(name, done), accept());
  });
}

type Open = (client: ssh2.Client, done: (error: Error | undefined, channel: ClientChannel) => void) => void;

function share(connection: SshConnection, open: Open, near: ServerChannel): void {
  let gone = false;
  near.on('error', () => undefined).on('close', () => (gone = true));
  withChannel<ClientChannel, void>(
    connection,
    ({ client }, done) => open(client, done),
    (far) => join(near, far, gone),
  ).catch(() => near.close());
}

/** Joins two channels until the far one has closed. Ours is closed after the last byte of both streams, and tells the exit status before. */
function join(near: ServerChannel, far: ClientChannel, gone: boolean): Promise<void> {
  const streams: [Readable, Writable][] = [
    [far, near],
    [far.stderr, near.stderr],
  ];
  let tail = Promise.resolve();
  const inOrder = (step: () => void | Promise<void>): void => {
    tail = afterwards(tail, step);
  };
  return new Promise((resolve) => {
    let open = streams.length;
    for (const [from, to] of streams) {
      from.on('data', (data: Buffer) => {
        from.pause();
        inOrder(async () => {
          await write(to, data);
          forgetSent(near);
          from.resume();
        });
      });
      from.on('end', () => {
        open -= 1;
        if (open === 0) inOrder(() => void near.end());
      });
    }
    far.on('exit', (code: number | null, signal?: string) =>
      inOrder(() => {
        if (code !== null) near.exit(code);
        else near.exit((signal ?? 'TERM').replace(/^SIG/, ''));
      }),
    );
    far.on('error', () => undefined);
    far.on('close', () => {
      // Input that nobody reads any more must not keep our end from closing.
      near.unpipe(far);
      near.resume();
      resolve();
    });
    near.on('close', () => {
      far.close();
      // A channel closes only once it has been read to its end.
      for (const [from] of streams) from.removeAllListeners('data').resume();
    });
    near.pipe(far);
    if (gone) near.emit('close');
  });
}

async function afterwards(before: Promise<void>, step: () => void | Promise<void>): Promise<void> {
  await before;
  await step();
}

function write(to: Writable, data: Buffer): Promise<void> {
  // An error comes as an event too, and the channel closes.
  return new Promise((resolve) => to.write(data, () => resolve()));
}

/**
 * ssh2 1.17 (lib/server.js, CHANNEL_WINDOW_ADJUST) keeps a chunk that had to wait for the window after it has been sent, and sends it once more
 * when the other stream of the channel waits. With one write under way at a time nothing of value is lost by forgetting it.
 */
function forgetSent(channel: ServerChannel): void {
  Object.assign(channel, { _chunk: undefined, _chunkcb: undefined, _chunkErr: undefined, _chunkcbErr: undefined });
}
