import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { assertNever } from '../../../domain/assert-never.js';
import { quote } from '../shell.js';
import { matchesList } from './pattern.js';

/** One usable line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  marker: 'none' | 'revoked' | 'cert-authority';
  /** Patterns, or one hashed name. */
  hosts: readonly string[];
  keyType: string;
  /** The key blob in base64. */
  key: string;
  line: number;
}

export type HostKeyVerdict =
  | { kind: 'accepted' }
  | { kind: 'unknown'; certificateAuthority: boolean }
  | { kind: 'changed'; line: number }
  | { kind: 'revoked'; line: number };

/** Reads a file; lines that are no entries are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => parseLine(line.trim(), index + 1) ?? []);
}

function parseLine(line: string, number: number): KnownHost | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const words = line.split(/[ \t]+/);
  const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
  const [hosts, keyType, key] = words;
  if (hosts === undefined || keyType === undefined || key === undefined) return undefined;
  if (!/^[A-Za-z0-9+/]+=*$/.test(key)) return undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  return {
    marker: marker === undefined ? 'none' : marker === '@revoked' ? 'revoked' : 'cert-authority',
    hosts: hosts.split(','),
    keyType,
    key,
    line: number,
  };
}

/** What the file says about a host's key. A revoked key is refused whatever else the file says; several keys may be known for one host. */
export function judgeHostKey(entries: readonly KnownHost[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const presented = key.toString('base64');
  const matching = entries.filter((entry) => matchesHost(entry, host, port));
  const revoked = matching.find(({ marker, key: known }) => marker === 'revoked' && known === presented);
  if (revoked !== undefined) return { kind: 'revoked', line: revoked.line };
  const plain = matching.filter(({ marker }) => marker === 'none');
  if (plain.some(({ key: known }) => known === presented)) return { kind: 'accepted' };
  const other = plain.find(({ keyType }) => keyType === keyTypeOf(key)) ?? plain[0];
  if (other !== undefined) return { kind: 'changed', line: other.line };
  // Like OpenSSH, a key noted for the bare name also serves other ports of that host; there it can only accept or revoke.
  if (port !== 22) {
    const bare = judgeHostKey(entries, host, 22, key);
    if (bare.kind === 'accepted' || bare.kind === 'revoked') return bare;
  }
  return { kind: 'unknown', certificateAuthority: matching.some(({ marker }) => marker === 'cert-authority') };
}

/** Key types that the file has for a host: the server must be asked for these first, or it may show a key we have never seen. */
export function knownKeyTypes(entries: readonly KnownHost[], host: string, port: number): string[] {
  const matching = entries.filter((entry) => entry.marker === 'none' && matchesHost(entry, host, port));
  return [...new Set(matching.map(({ keyType }) => keyType))];
}

/** `host` for port 22, `[host]:port` for others. */
export function hostToken(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function matchesHost({ hosts }: KnownHost, host: string, port: number): boolean {
  const token = hostToken(host, port);
  const [first] = hosts;
  return first?.startsWith('|') === true ? matchesHash(first, token) : matchesList(hosts, token);
}

/** `|1|<salt>|<HMAC-SHA1 of the name>`, both in base64. */
function matchesHash(hashed: string, token: string): boolean {
  const [, version, salt, digest] = hashed.split('|');
  if (version !== '1' || salt === undefined || digest === undefined) return false;
  const expected = Buffer.from(digest, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(token).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** The key type that a key blob names in its first field (RFC 4253, section 6.6). */
export function keyTypeOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.subarray(4, 4 + length).toString('latin1');
}

/** `SHA256:...`, as ssh-keygen -lf prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Says what is wrong with a host's key and which command accepts it. Undefined for an accepted key. */
export function hostKeyProblem(
  verdict: HostKeyVerdict,
  where: { host: string; port: number; key: Buffer; file: string },
): { problem: string; remedy: string } | undefined {
  const { host, port, key, file } = where;
  const token = hostToken(host, port);
  const shown = `${keyTypeOf(key)} ${fingerprint(key)}`;
  const accept = `echo ${quote(`${token} ${keyTypeOf(key)} ${key.toString('base64')}`)} >> ${quote(file)}`;
  const compare = `Compare the fingerprint with the one that the site publishes. If it is right, accept it with: `;
  switch (verdict.kind) {
    case 'accepted':
      return undefined;
    case 'revoked':
      return {
        problem: `the host key of ${token} (${shown}) is revoked in ${file}, line ${verdict.line}`,
        remedy: 'Ask the site; do not connect.',
      };
    case 'changed':
      return {
        problem: `the host key of ${token} has changed: it is ${shown}, and line ${verdict.line} of ${file} has another. Someone may be in between, or the host was reinstalled`,
        remedy: `${compare}ssh-keygen -R ${quote(token)} -f ${quote(file)} && ${accept}`,
      };
    case 'unknown':
      return {
        problem: `the host key of ${token} is not known: it is ${shown}${verdict.certificateAuthority ? '. The file has a @cert-authority for this host; host certificates are not supported' : ''}`,
        remedy: `${compare}${accept}`,
      };
    default:
      return assertNever(verdict);
  }
}
