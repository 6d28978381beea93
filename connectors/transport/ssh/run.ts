import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { HostUnreachable } from '../../../domain/failures.js';
import type { OpenConnection, SshConnection } from './connection.js';
import { readMarked, remoteCommand } from './remote-command.js';

export interface RunOptions {
  cwd?: string;
  stdin?: string | Buffer;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

export interface RunResult {
  /** Exit status; -1 after a signal or the time limit. */
  code: number;
  stdout: Buffer;
  stderr: Buffer;
}

/** Runs a command on the host of a connection. A connection that is lost on the way is `HostUnreachable`: the command may or may not have run. */
export async function run(connection: SshConnection, command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const mark = randomBytes(12).toString('hex');
  const { loginShell } = connection.target.settings;
  const text = remoteCommand(command, mark, { loginShell, ...(options.cwd !== undefined && { cwd: options.cwd }) });
  options.signal?.throwIfAborted();
  return withChannel<ClientChannel, RunResult>(
    connection,
    ({ client }, done) => client.exec(text, done),
    (channel, open) => finish(connection, open, channel, mark, options),
  );
}

type OpenChannel<Channel> = (connection: OpenConnection, done: (error: Error | undefined, channel: Channel) => void) => void;

/** A server frees a session a moment after its channel has closed; one that still refuses the only one after this long means it. */
const refusalPatienceMs = 10_000;
const refusalPauseMs = 100;

/** Opens one channel within the limit of the connection, and lowers the limit when the server bears fewer. */
export async function withChannel<Channel, Value>(
  connection: SshConnection,
  start: OpenChannel<Channel>,
  use: (channel: Channel, open: OpenConnection) => Promise<Value>,
): Promise<Value> {
  let refusedSince: number | undefined;
  for (;;) {
    const giveBack = await connection.limit.take();
    try {
      const open = await connection.open();
      const channel = await opened(start, open);
      if ('channel' in channel) return await use(channel.channel, open);
      if (connection.limit.lower()) continue;
      refusedSince ??= Date.now();
      if (Date.now() - refusedSince > refusalPatienceMs)
        throw new HostUnreachable(`${connection.target.name} refuses to start a session: ${channel.refused.message}`, {
          cause: channel.refused,
        });
      await delay(refusalPauseMs);
    } finally {
      giveBack();
    }
  }
}

function opened<Channel>(start: OpenChannel<Channel>, open: OpenConnection): Promise<{ channel: Channel } | { refused: Error }> {
  return new Promise((resolve, reject) => {
    const onLost = (): void => reject(lossOf(open));
    if (open.lost.aborted) return onLost();
    open.lost.addEventListener('abort', onLost, { once: true });
    const done = (error: Error | undefined, channel: Channel): void => {
      open.lost.removeEventListener('abort', onLost);
      if (error === undefined) resolve({ channel });
      // "Channel open failure" carries the server's reason; anything else means that the connection is going down.
      else if ('reason' in error) resolve({ refused: error });
      else reject(new HostUnreachable(`the connection broke while starting a session: ${error.message}`, { cause: error }));
    };
    try {
      start(open, done);
    } catch (error) {
      // ssh2 throws "Not connected" when the socket has just gone.
      done(error instanceof Error ? error : new Error(String(error)), undefined as Channel);
    }
  });
}

export function lossOf({ lost }: OpenConnection): Error {
  return lost.reason instanceof Error ? lost.reason : new HostUnreachable('the connection is lost');
}

/** Seconds that a killed command has to let go of its channel. */
const graceSeconds = 10;

function finish(
  connection: SshConnection,
  open: OpenConnection,
  channel: ClientChannel,
  mark: string,
  options: RunOptions,
): Promise<RunResult> {
  const { name, settings } = connection.target;
  const limitSeconds = options.timeoutSeconds ?? settings.commandTimeoutSeconds;
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let ended = false;
    let timedOut = false;
    const timers = [setTimeout(() => ((timedOut = true), end()), limitSeconds * 1000)];
    const cleanUp = (): void => {
      for (const timer of timers) clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      open.lost.removeEventListener('abort', onLost);
    };

    function onLost(): void {
      cleanUp();
      reject(new HostUnreachable(`${lossOf(open).message}, in mid-command: it may or may not have run`, { cause: open.lost.reason }));
    }

    /** Kills the process group of the command, from a second session, and lets go of the channel. */
    function end(): void {
      const { processGroup = 0 } = readMarked(Buffer.concat(out), mark);
      timers.push(setTimeout(conclude, graceSeconds * 1000));
      // Group 1 would be every process of the user.
      if (!(processGroup > 1)) return channel.close();
      open.client.exec(`exec /bin/sh -c 'kill -s KILL -- -${processGroup.toFixed(0)}'`, (error, killer) => {
        if (error !== undefined) return channel.close();
        killer.on('close', () => channel.close()).resume();
        killer.stderr.resume();
      });
    }

    function conclude(): void {
      if (open.lost.aborted) return;
      cleanUp();
      if (options.signal?.aborted === true)
        return reject(options.signal.reason instanceof Error ? options.signal.reason : new Error('the command was given up'));
      const stdout = readMarked(Buffer.concat(out), mark);
      const stderr = readMarked(Buffer.concat(err), mark);
      if (stdout.processGroup === undefined) {
        const what = timedOut ? `began nothing within ${limitSeconds} s` : 'ran nothing';
        return reject(new HostUnreachable(`the login shell of ${name} ${what}: ${tail([...out, ...err])}`));
      }
      if (timedOut) return resolve({ code: -1, stdout: stdout.output, stderr: stderr.output });
      if (stdout.code === undefined && !ended)
        return reject(new HostUnreachable(`${name} closed the session in mid-command: it may or may not have run`));
      resolve({ code: exitStatus(stdout.code), stdout: stdout.output, stderr: stderr.output });
    }

    options.signal?.addEventListener('abort', end, { once: true });
    open.lost.addEventListener('abort', onLost, { once: true });
    channel.on('exit', () => (ended = true));
    channel.on('data', (data: Buffer) => out.push(data));
    channel.stderr.on('data', (data: Buffer) => err.push(data));
    // A command that does not read its input closes it early; its exit status tells the story.
    channel.on('error', () => undefined);
    channel.on('close', conclude);
    channel.end(options.stdin ?? '');
  });
}

/** A shell reports a command that a signal ended as 128 + the signal's number (1 to 31); our interface says -1. */
function exitStatus(code: number | undefined): number {
  return code === undefined || (code > 128 && code < 160) ? -1 : code;
}

function tail(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8').trim().slice(-300) || 'it said nothing';
}
