import { randomBytes } from 'node:crypto';
import { isAbsolute, join, normalize } from 'node:path/posix';
import { HostUnreachable, InvalidInput, PermissionDenied, ReplyNotUnderstood, type Failure } from '../../../domain/failures.js';
import { Gathering } from '../../gathering.js';
import type { RemotePath } from '../transport.js';
import type { SshConnection } from './connection.js';
import { run, type RunResult } from './run.js';
import { packTar, unpackTar } from './tar.js';
import { uploadLarge } from './upload.js';

/** From this size a file goes alone, over SFTP, where an interrupted transfer can go on; below it, a tar stream for all is faster. */
const largeBytes = 16 * 1024 * 1024;

/** Small requests share a trip; one of this size goes by itself, so that they need not wait for it. One lane: what comes during a trip fills the next. */
const lanes = { lanes: 1, most: 20 };
const aloneBytes = 512 * 1024;

/** Puts, gets and removals of one computer: those that come while others are under way share the next remote shell. */
export class SharedFiles {
  readonly #connection: () => SshConnection;
  readonly #put = eachByItself(async (puts: readonly Put[]) => putAll(this.#connection(), puts));
  readonly #get = eachByItself(async (gets: readonly Get[]) => getAll(this.#connection(), gets));
  readonly #puts = new Gathering(lanes, this.#put);
  readonly #gets = new Gathering(lanes, this.#get);
  readonly #removals = new Gathering(
    lanes,
    eachByItself(async (requests: readonly (readonly RemotePath[])[]) => removeAll(this.#connection(), requests)),
  );
  /** Bytes that the latest reply held: where they are many, each goes by itself. */
  #latestBytes = 0;

  constructor(connection: () => SshConnection) {
    this.#connection = connection;
  }

  /** Sends text files; see `receive`. */
  async put(folder: RemotePath, files: Record<string, string>): Promise<void> {
    const small: Record<string, string> = {};
    const large: [string, string][] = [];
    for (const [name, content] of Object.entries(files)) {
      const path = inside(folder, name);
      if (content.length * 3 >= largeBytes && Buffer.byteLength(content) >= largeBytes) large.push([path, content]);
      else small[path.slice(normalize(`${folder}/`).length)] = content;
    }
    for (const [path, content] of large) await uploadLarge(this.#connection(), path, Buffer.from(content));
    if (Object.keys(small).length === 0) return;
    const put = { folder: normalize(`${folder}/`).slice(0, -1), files: small };
    await (sizeOf(small) < aloneBytes ? this.#puts.ask(put) : alone(this.#put, put));
  }

  /** Fetches those of the named files that exist, in one stream. */
  async get(folder: RemotePath, names: readonly string[]): Promise<Record<string, string>> {
    const paths = new Map(names.map((name) => [inside(folder, name), name]));
    for (const path of paths.keys())
      if (path.includes('\n')) throw new InvalidInput('file names with line ends cannot be fetched', { value: path });
    if (paths.size === 0) return {};
    const get = { folder, paths };
    const files = await (this.#latestBytes < aloneBytes ? this.#gets.ask(get) : alone(this.#get, get));
    this.#latestBytes = sizeOf(files);
    return files;
  }

  /** Removes folders. Throws `InvalidInput` for the root, folders below it, the home folder and relative paths. */
  async remove(folders: readonly RemotePath[]): Promise<void> {
    if (folders.length === 0) return;
    const paths = folders.map((folder) => {
      const path = normalize(folder).replace(/\/+$/, '');
      if (!isAbsolute(folder) || path.split('/').filter(Boolean).length < 2) throw refusedRemoval(folder);
      return path;
    });
    await this.#removals.ask(paths);
  }
}

interface Put {
  folder: RemotePath;
  files: Record<string, string>;
}

interface Get {
  folder: RemotePath;
  /** Whole path to name. */
  paths: ReadonlyMap<string, string>;
}

type Serve<Item, Value> = (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Value>[]>;

/** What is refused together is asked again one by one, so that only the guilty one fails; all of it is repeat-safe. */
function eachByItself<Item, Value>(serve: (items: readonly Item[]) => Promise<readonly Value[]>): Serve<Item, Value> {
  return async (items) => {
    try {
      return (await serve(items)).map((value) => ({ status: 'fulfilled', value }));
    } catch (error) {
      if (!(error instanceof FilesRefused)) throw error;
      if (items.length === 1) throw error.failure;
      return Promise.allSettled(items.map((item) => alone(eachByItself(serve), item)));
    }
  };
}

async function alone<Item, Value>(serve: Serve<Item, Value>, item: Item): Promise<Value> {
  const [answer] = await serve([item]);
  if (answer?.status !== 'fulfilled') throw answer?.reason ?? new Error('no answer');
  return answer.value;
}

/** The far end was reached and said no. */
class FilesRefused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function sizeOf(files: Readonly<Record<string, string>>): number {
  return Object.values(files).reduce((sum, content) => sum + content.length, 0);
}

/**
 * Unpacks into a folder of its own inside each target, then renames. A whole subfolder that is not there yet appears with one rename; only
 * where it exists its files are moved one by one; files of the target itself come last. Needs GNU tar and mv, as every Linux has them.
 */
const receive = `
token=$1; shift
mkdir -p -- "$@" || exit 1
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
tar -xPmof -; failed=$?
for folder; do
  [ $failed != 0 ] || merge "$folder/$token" "$folder" || failed=1
  shift; set -- "$@" "$folder/$token"
done
rm -rf -- "$@"
exit $failed
`;

async function putAll(connection: SshConnection, puts: readonly Put[]): Promise<undefined[]> {
  const token = `.incoming-${randomBytes(8).toString('hex')}`;
  const folders = [...new Set(puts.map(({ folder }) => folder))];
  const files = Object.fromEntries(
    puts.flatMap((put) => Object.entries(put.files).map(([name, content]) => [`${put.folder}/${token}/${name}`, content])),
  );
  const reply = await run(connection, ['sh', '-c', receive, 'receive', token, ...folders], { stdin: packTar(files) });
  if (reply.code !== 0)
    throw fileProblem(connection, `writing ${Object.keys(files).length} files to ${folders.join(', ').slice(0, 500)}`, reply);
  return puts.map(() => undefined);
}

/** Names come as input, since there may be thousands. A name that is no file is left out before tar hears of it. */
const send = `
while IFS= read -r name; do [ -f "$name" ] && printf '%s\\0' "$name"; done | tar -chPf - --hard-dereference --no-recursion --null -T -
`;

async function getAll(connection: SshConnection, gets: readonly Get[]): Promise<Record<string, string>[]> {
  const names = new Set(gets.flatMap(({ paths }) => [...paths.keys()]));
  const reply = await run(connection, ['sh', '-c', send, 'send'], { stdin: [...names, ''].join('\n') });
  const folders = gets
    .map(({ folder }) => folder)
    .join(', ')
    .slice(0, 500);
  // 1: a file changed while it was read, as a log that is still written does.
  if (reply.code !== 0 && reply.code !== 1) throw fileProblem(connection, `reading ${names.size} files of ${folders}`, reply);
  const archive = unpackTar(reply.stdout);
  if (!archive.complete)
    throw new ReplyNotUnderstood(`the archive of ${folders} from ${connection.target.name} cannot be read: ${archive.problem}`);
  return gets.map(({ paths }) =>
    Object.fromEntries(
      [...paths].flatMap(([path, name]) => {
        const content = archive.files.get(path);
        return content === undefined ? [] : [[name, content.toString('utf8')] as const];
      }),
    ),
  );
}

/** The home folder is no work directory, however deep it lies. */
const discard =
  'for folder; do case $folder in "$HOME" | "$HOME/") echo "this is the home folder" >&2; exit 45 ;; esac; done; rm -rf -- "$@"';

async function removeAll(connection: SshConnection, requests: readonly (readonly RemotePath[])[]): Promise<undefined[]> {
  const paths = requests.flat();
  const reply = await run(connection, ['sh', '-c', discard, 'discard', ...paths]);
  if (reply.code === 45) throw new FilesRefused(refusedRemoval(paths.join(', ')));
  if (reply.code !== 0) throw fileProblem(connection, `removing ${paths.join(', ').slice(0, 500)}`, reply);
  return requests.map(() => undefined);
}

function refusedRemoval(folder: string): InvalidInput {
  return new InvalidInput(`refusing to remove ${folder}`, { remedy: 'Only folders below the work directory are removed.' });
}

function inside(folder: RemotePath, name: string): RemotePath {
  const path = normalize(join(folder, name));
  if (!path.startsWith(normalize(`${folder}/`)) || path.endsWith('/'))
    throw new InvalidInput(`the file name "${name}" leads out of ${folder}`);
  return path;
}

function fileProblem(connection: SshConnection, action: string, { code, stderr }: RunResult): FilesRefused {
  const said = stderr.toString('utf8').trim().slice(-400);
  const message = `${action} on ${connection.target.name} failed (${code === -1 ? 'killed, or over its time limit' : `exit status ${code}`}): ${said}`;
  return new FilesRefused(
    /permission denied|read-only file system|operation not permitted/i.test(said)
      ? new PermissionDenied(message, { remedy: 'Choose a workDir that this user may write to.' })
      : new HostUnreachable(message),
  );
}
