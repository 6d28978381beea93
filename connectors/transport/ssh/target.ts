import { readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { JumpHost, SshSettings } from '../../../domain/computer.js';
import { InvalidInput } from '../../../domain/failures.js';
import { matchesPattern } from './pattern.js';
import { parseJump, parseSshConfig, resolveHost, type HostConfig, type SshConfig } from './ssh-config.js';

/** One host to log in to, with everything settled: settings first, then the OpenSSH configuration, then defaults. */
export interface Target {
  /** `user@host:port`, as messages name it. */
  name: string;
  host: string;
  port: number;
  user: string;
  /** Keys to try; those that are only defaults may be missing. */
  identityFiles: readonly { path: string; required: boolean }[];
  login: Pick<JumpHost, 'agent' | 'passphraseEnv' | 'passwordEnv' | 'totpSecretEnv' | 'otpCommand'>;
  /** The first is the one that new keys go to. */
  knownHosts: readonly [string, ...string[]];
  configFile: string;
  /** The host to go through, itself settled. */
  via: Target | undefined;
  settings: SshSettings;
}

/** Settles a login host and the hosts on the way. Throws `InvalidInput` for what cannot be followed. */
export function settleTarget(settings: SshSettings): Target {
  const file = expandHome(settings.configFile);
  const config = settings.configFile === 'none' ? { blocks: [], unsupported: [] } : readConfig(file);
  return settle(settings, settings, config, new Set());
}

/** The hosts from here to the last one, as one text: two targets with the same way share a connection. */
export function wayOf({ name, via }: Target): string {
  return via === undefined ? name : `${wayOf(via)} ${name}`;
}

function settle(login: JumpHost, settings: SshSettings, config: SshConfig, seen: ReadonlySet<string>): Target {
  const said = resolveHost(config, login.host);
  if (said.unsupported.length > 0)
    throw new InvalidInput(`the OpenSSH configuration of "${login.host}" uses ${said.unsupported.join(', ')}, which is not supported`, {
      file: settings.configFile,
      remedy: 'Use ProxyJump, or set configFile: none and say everything in computers.yaml.',
    });
  const host = said.hostName ?? login.host;
  const port = login.port ?? said.port ?? 22;
  const user = login.user ?? said.user ?? userInfo().username;
  const name = `${user}@${host}:${port}`;
  if (seen.has(name)) throw new InvalidInput(`the jump hosts of "${settings.host}" lead back to ${name}`, { path: 'jump' });
  return {
    name,
    host,
    port,
    user,
    identityFiles: identityFiles(login, said),
    login,
    knownHosts: knownHosts(settings, said),
    configFile: expandHome(settings.configFile),
    via: via(login, said, settings, config, new Set([...seen, name])),
    settings,
  };
}

/** The jumps of our settings belong to the login host; those of the configuration to whatever alias asks for them. */
function via(login: JumpHost, said: HostConfig, settings: SshSettings, config: SshConfig, seen: ReadonlySet<string>): Target | undefined {
  const wanted = login === settings ? settings.jump : undefined;
  const jumps = wanted ?? said.proxyJump;
  if (jumps === undefined) return undefined;
  const list: readonly (string | JumpHost)[] = typeof jumps === 'string' ? [jumps] : jumps;
  const hops = list.flatMap<string | JumpHost>((jump) => (typeof jump === 'string' ? jump.split(',') : [jump]));
  let way: Target | undefined;
  for (const hop of hops) {
    const asked: JumpHost = typeof hop === 'string' ? { ...keysOnly(settings), ...parseJump(hop) } : hop;
    const target = settle(asked, settings, config, seen);
    // Only the first hop may have a way of its own; the others are reached through the one before.
    way = way === undefined ? target : { ...target, via: way };
  }
  return way;
}

function keysOnly({ identityFiles, agent, passphraseEnv }: SshSettings): Omit<JumpHost, 'host'> {
  return { agent, ...(identityFiles !== undefined && { identityFiles }), ...(passphraseEnv !== undefined && { passphraseEnv }) };
}

function identityFiles(login: JumpHost, said: HostConfig): Target['identityFiles'] {
  const named = login.identityFiles ?? (said.identityFiles.length > 0 ? said.identityFiles : undefined);
  if (named !== undefined) return named.map((path) => ({ path: expandHome(path), required: true }));
  return ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => ({ path: join(homedir(), '.ssh', name), required: false }));
}

function knownHosts(settings: SshSettings, said: HostConfig): Target['knownHosts'] {
  if (settings.knownHosts !== undefined) return [expandHome(settings.knownHosts)];
  return [expandHome(said.userKnownHostsFile ?? '~/.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'];
}

/** An OpenSSH configuration with all that it includes; an absent file says nothing. */
export function readConfig(file: string): SshConfig {
  const text = readOptional(file);
  if (text === undefined) return { blocks: [], unsupported: [] };
  // A relative Include is relative to the folder of the user's configuration.
  return parseSshConfig(text, (pattern) => readPattern(resolve(dirname(file), expandHome(pattern))));
}

/** Files that a path with wildcards in its last part names, in order of name. */
function readPattern(path: string): string[] {
  if (!/[*?]/.test(basename(path))) return [readOptional(path) ?? ''];
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    // OpenSSH ignores an Include that names nothing.
    return [];
  }
  return names
    .filter((name) => !name.startsWith('.') && matchesPattern(basename(path), name))
    .sort()
    .map((name) => readOptional(join(dirname(path), name)) ?? '');
}

export function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw new InvalidInput(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, { file, cause: error });
  }
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
