import { randomBytes } from 'node:crypto';
import { isAbsolute, join, normalize } from 'node:path/posix';
import { HostUnreachable, InvalidInput, PermissionDenied, ReplyNotUnderstood, type Failure } from '../../../domain/failures.js';
import type { RemotePath } from '../transport.js';
import type { SshConnection } from './connection.js';
import { run, type RunResult } from './run.js';
import { packTar, unpackTar } from './tar.js';
import { uploadLarge } from './upload.js';

/** From this size a file goes alone, over SFTP, where an interrupted transfer can go on; below it, a tar stream for all is faster. */
const largeBytes = 16 * 1024 * 1024;

/**
 * Unpacks into a folder of its own beside the targets, then renames. A whole subfolder that is not there yet appears with one rename; only
 * where it exists its files are moved one by one. Needs GNU tar and mv, as every Linux has them.
 */
const receive = `
mkdir -p -- "$1" && cd -- "$1" || exit 1
incoming=.incoming-$2
merge() {
  for entry in "$1"/*/ "$1"/.[!.]*/; do
    [ -d "$entry" ] || continue
    entry=\${entry%/}; name=\${entry##*/}
    if [ -d "$2/$name" ]; then merge "$entry" "$2/$name" || return 1
    else mv -T -- "$entry" "$2/$name" 2>/dev/null || merge "$entry" "$2/$name" || return 1; fi
  done
  target=$2; set -- "$1"/* "$1"/.[!.]*
  for entry in "$@"; do [ -f "$entry" ] && set -- "$@" "$entry"; shift; done
  [ $# = 0 ] || mv -f -t "$target" -- "$@"
}
mkdir -- "$incoming" && tar -xmof - -C "$incoming" && merge "$incoming" . && rm -rf -- "$incoming" && exit 0
rm -rf -- "$incoming"
exit 1
`;

/** Sends text files; see `receive`. */
export async function putFiles(connection: SshConnection, folder: RemotePath, files: Record<string, string>): Promise<void> {
  const small: Record<string, string> = {};
  const large: [string, string][] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = inside(folder, name);
    if (content.length * 3 >= largeBytes && Buffer.byteLength(content) >= largeBytes) large.push([path, content]);
    else small[path.slice(normalize(`${folder}/`).length)] = content;
  }
  for (const [path, content] of large) await uploadLarge(connection, path, Buffer.from(content));
  if (Object.keys(small).length === 0) return;
  const reply = await run(connection, ['sh', '-c', receive, 'receive', folder, randomBytes(8).toString('hex')], { stdin: packTar(small) });
  if (reply.code !== 0) throw fileProblem(connection, `writing ${Object.keys(small).length} files to ${folder}`, reply);
}

/** Names come as input, since there may be thousands. A name that is no file is left out before tar hears of it. */
const send = `
cd -- "$1" 2>/dev/null || exit 44
while IFS= read -r name; do [ -f "$name" ] && printf './%s\\0' "$name"; done | tar -chf - --hard-dereference --no-recursion --null -T -
`;

/** Fetches those of the named files that exist, in one stream. */
export async function getFiles(connection: SshConnection, folder: RemotePath, names: readonly string[]): Promise<Record<string, string>> {
  const wanted = new Map(names.map((name) => [inside(folder, name).slice(normalize(`${folder}/`).length), name]));
  for (const name of wanted.keys())
    if (name.includes('\n')) throw new InvalidInput('file names with line ends cannot be fetched', { value: name });
  if (wanted.size === 0) return {};
  const reply = await run(connection, ['sh', '-c', send, 'send', folder], { stdin: [...wanted.keys(), ''].join('\n') });
  if (reply.code === 44) return {};
  // 1: a file changed while it was read, as a log that is still written does.
  if (reply.code !== 0 && reply.code !== 1) throw fileProblem(connection, `reading ${wanted.size} files of ${folder}`, reply);
  const archive = unpackTar(reply.stdout);
  if (!archive.complete)
    throw new ReplyNotUnderstood(`the archive of ${folder} from ${connection.target.name} cannot be read: ${archive.problem}`);
  const entries = [...archive.files].flatMap(([path, content]) => {
    const name = wanted.get(path.slice(2));
    return name === undefined ? [] : [[name, content.toString('utf8')] as const];
  });
  return Object.fromEntries(entries);
}

/** The home folder is no work directory, however deep it lies. */
const discard =
  'for folder; do case $folder in "$HOME" | "$HOME/") echo "this is the home folder" >&2; exit 45 ;; esac; done; rm -rf -- "$@"';

/** Removes folders in one round trip. Throws `InvalidInput` for the root, folders below it, the home folder and relative paths. */
export async function remove(connection: SshConnection, folders: readonly RemotePath[]): Promise<void> {
  if (folders.length === 0) return;
  const refused = (folder: string): InvalidInput =>
    new InvalidInput(`refusing to remove ${folder}`, { remedy: 'Only folders below the work directory are removed.' });
  const paths = folders.map((folder) => {
    const path = normalize(folder).replace(/\/+$/, '');
    if (!isAbsolute(folder) || path.split('/').filter(Boolean).length < 2) throw refused(folder);
    return path;
  });
  const reply = await run(connection, ['sh', '-c', discard, 'discard', ...paths]);
  if (reply.code === 45) throw refused(folders.join(', '));
  if (reply.code !== 0) throw fileProblem(connection, `removing ${folders.join(', ').slice(0, 500)}`, reply);
}

function inside(folder: RemotePath, name: string): RemotePath {
  const path = normalize(join(folder, name));
  if (!path.startsWith(normalize(`${folder}/`)) || path.endsWith('/'))
    throw new InvalidInput(`the file name "${name}" leads out of ${folder}`);
  return path;
}

function fileProblem(connection: SshConnection, action: string, { code, stderr }: RunResult): Failure {
  const said = stderr.toString('utf8').trim().slice(-400);
  const message = `${action} on ${connection.target.name} failed (${code === -1 ? 'killed, or over its time limit' : `exit status ${code}`}): ${said}`;
  return /permission denied|read-only file system|operation not permitted/i.test(said)
    ? new PermissionDenied(message, { remedy: 'Choose a workDir that this user may write to.' })
    : new HostUnreachable(message);
}
