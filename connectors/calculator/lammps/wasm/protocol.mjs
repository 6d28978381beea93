// @ts-check
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What the command and the pool say to each other over a unix socket: one JSON document a line.
 * @typedef {{ cwd: string, args: string[], limitSeconds: number }} RunRequest
 * @typedef {{ status: true }} StatusRequest
 * @typedef {{ pid: number, instances: number, queued: number, running: number, points: number, recycled: number, startMs: number, rssMb: number }} PoolStatus
 * @typedef {{ accepted: true } | { stdout: string } | { stderr: string } | { exit: number } | { moved: true } | { status: PoolStatus }} Reply
 */

/** A run may last this long by default; the queue entry it runs in has its own limit. */
export const defaultLimitSeconds = 3600;

/** Unix allows 107; each pool first listens on this name with its process id added. */
const maxSocketBytes = 96;

/** Where the pool listens: `PEIERLS_LAMMPS_POOL`, or a path of this user and this installation. */
export function socketPath() {
  const chosen = process.env['PEIERLS_LAMMPS_POOL'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const installation = createHash('sha256')
    .update(dirname(fileURLToPath(import.meta.url)))
    .digest('hex')
    .slice(0, 8);
  return join(tmpdir(), `peierls-${userInfo().uid}`, `lammps-${installation}.sock`);
}

/**
 * Makes the socket's folder, readable by its owner only, and refuses one that another user made: who owns the socket runs our inputs.
 * @param {string} socket
 */
export function ensureSocketFolder(socket) {
  if (Buffer.byteLength(socket) > maxSocketBytes)
    throw new Error(`the socket path ${socket} is longer than ${maxSocketBytes} bytes. Set PEIERLS_LAMMPS_POOL to a shorter one.`);
  const folder = dirname(socket);
  const created = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = userInfo();
  const found = lstatSync(folder);
  if (created !== undefined) chmodSync(folder, 0o700);
  else if (!found.isDirectory() || (uid >= 0 && found.uid !== uid) || (found.mode & 0o022) !== 0)
    throw new Error(
      `${folder} is not a folder that only you can write to. Remove it, or set PEIERLS_LAMMPS_POOL to a socket path in a private folder.`,
    );
}

/**
 * Calls back with every complete JSON line of a stream; a line that is not JSON is passed as undefined.
 * @param {(message: unknown) => void} onMessage
 * @returns {(chunk: Buffer | string) => void}
 */
export function lineReader(onMessage) {
  let rest = '';
  const decoder = new TextDecoder();
  return (chunk) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onMessage(parse(line));
  };
}

/** @param {string} line */
function parse(line) {
  try {
    return /** @type {unknown} */ (JSON.parse(line));
  } catch {
    return undefined;
  }
}
