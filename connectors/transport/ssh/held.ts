import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { wayOf, type Target } from './target.js';

/** Where the held connection to a target has its socket. Addresses of such sockets may have about a hundred characters, so the name is short. */
export function socketOf(folder: string, target: Target): string {
  return join(folder, `${createHash('sha256').update(wayOf(target)).digest('hex').slice(0, 12)}.sock`);
}

/** A stream to the process that holds a connection to this target; undefined when there is none, or only the socket of one that has died. */
export async function joinHeld(folder: string, target: Target): Promise<Socket | undefined> {
  const path = socketOf(folder, target);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  // Someone else's socket would see our commands.
  if (stat === undefined || !stat.isSocket() || stat.uid !== userInfo().uid) return undefined;
  const socket = connect(path);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
