import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import type { SFTPWrapper } from 'ssh2';
import { HostUnreachable } from '../../../domain/failures.js';
import type { RemotePath } from '../transport.js';
import type { OpenConnection, SshConnection } from './connection.js';
import { lossOf, run, withChannel } from './run.js';

/** Bytes of one SFTP write (every server takes 32 KiB), and how many may be under way: 2 MB fill a line of 500 Mbit/s with 30 ms of delay. */
const chunkBytes = 32 * 1024;
const chunksUnderWay = 64;

/**
 * Sends one large file to `<path>.<checksum>.part`, checks its SHA-256 at the far end, and renames it. An interrupted transfer goes on where
 * the part ends; a file that is there with the right checksum is not sent again.
 */
export async function uploadLarge(connection: SshConnection, path: RemotePath, content: Buffer): Promise<void> {
  const checksum = createHash('sha256').update(content).digest('hex');
  const part = `${path}.${checksum.slice(0, 16)}.part`;
  const state = await run(connection, ['sh', '-c', inspect, 'inspect', dirname(path), path, part]);
  const [present, size] = state.stdout.toString('utf8').trim().split(' ');
  if (state.code !== 0)
    throw new HostUnreachable(`${connection.target.name} cannot take ${path}: ${state.stderr.toString('utf8').trim().slice(-300)}`);
  if (present === checksum) return;
  // A part that is longer than the file is no part of it.
  let offset = Math.min(Number(size) || 0, content.length);
  for (let tries = 0; tries < 2; tries += 1, offset = 0) {
    await send(connection, part, content, offset);
    const finished = await run(connection, ['sh', '-c', finish, 'finish', part, path, checksum]);
    if (finished.code === 0) return;
  }
  throw new HostUnreachable(`${path} does not arrive whole on ${connection.target.name}: its checksum differs after a second transfer`);
}

/** Prints the checksum of the file (or "-") and the size of the part (or 0). */
const inspect = `
mkdir -p -- "$1" || exit 1
sum=-; [ -f "$2" ] && sum=$(sha256sum < "$2") && sum=\${sum%% *}
size=0; [ -f "$3" ] && size=$(wc -c < "$3")
echo "$sum" $size
`;

/** A part that is gone has been renamed by another delivery of the same file. */
const finish = `
file=$1; [ -f "$1" ] || file=$2
sum=$(sha256sum < "$file") || exit 1
[ "\${sum%% *}" = "$3" ] || { rm -f -- "$1"; exit 2; }
[ "$file" = "$2" ] || mv -f -- "$1" "$2" || [ -f "$2" ]
`;

function send(connection: SshConnection, path: RemotePath, content: Buffer, offset: number): Promise<void> {
  return withChannel<SFTPWrapper, void>(
    connection,
    ({ client }, done) => client.sftp(done),
    async (sftp, open) => {
      try {
        await lostAware(open, write(sftp, path, content, offset));
      } catch (cause) {
        if (cause instanceof HostUnreachable) throw cause;
        throw new HostUnreachable(
          `sending ${path} to ${connection.target.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
          { cause },
        );
      } finally {
        sftp.end();
      }
    },
  );
}

async function write(sftp: SFTPWrapper, path: RemotePath, content: Buffer, offset: number): Promise<void> {
  // Keep what is there when going on; begin anew otherwise.
  const handle = await callback<Buffer>((done) => sftp.open(path, offset > 0 ? 'r+' : 'w', done));
  // A server answers in order, so that what an interrupted transfer leaves is a beginning; the checksum guards against one that does not.
  const underWay: Promise<void>[] = [];
  for (let position = offset; position < content.length; position += chunkBytes) {
    const length = Math.min(chunkBytes, content.length - position);
    underWay.push(
      callback<void>((done) => sftp.write(handle, content, position, length, position, (error) => done(error ?? undefined, undefined))),
    );
    if (underWay.length >= chunksUnderWay) await Promise.all(underWay.splice(0, chunksUnderWay / 2));
  }
  await Promise.all(underWay);
  await callback<void>((done) => sftp.close(handle, (error) => done(error ?? undefined, undefined)));
}

function callback<Value>(start: (done: (error: Error | undefined, value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

function lostAware<Value>(open: OpenConnection, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onLost = (): void => reject(lossOf(open));
    open.lost.addEventListener('abort', onLost, { once: true });
    work.finally(() => open.lost.removeEventListener('abort', onLost)).then(resolve, reject);
  });
}
