import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidInput } from '../../../domain/failures.js';
import { listAliases, optionsOf, resolveHost } from '../../transport/ssh/ssh-config.js';
import { readConfig } from '../../transport/ssh/target.js';
import type { Draft, ImportOptions } from './entry.js';
import type { LeftOut } from './fields.js';

/** A host that an OpenSSH configuration names. */
export interface HostChoice {
  alias: string;
  host: string;
  user: string | null;
  port: number;
  jump: string | null;
}

export function looksLikeSshConfig(text: string): boolean {
  return /^\s*(Host|Match|Include)[ \t=]/im.test(text);
}

export function hostChoices(file: string): HostChoice[] {
  const config = readConfig(file);
  return listAliases(config).map((alias) => {
    const said = resolveHost(config, alias);
    return { alias, host: said.hostName ?? alias, user: said.user ?? null, port: said.port ?? 22, jump: said.proxyJump ?? null };
  });
}

/** Options that peierls reads from the file itself, so that they need no copy. */
const followed = new Set(['hostname', 'user', 'port', 'identityfile', 'proxyjump', 'userknownhostsfile']);

/** Options that change nothing for commands and transfers. */
const harmless = new Set([
  'serveralivecountmax',
  'identitiesonly',
  'addkeystoagent',
  'usekeychain',
  'loglevel',
  'hashknownhosts',
  'visualhostkey',
  'requesttty',
  'tcpkeepalive',
  'forwardx11',
  'forwardx11trusted',
  'forwardagent',
  'preferredauthentications',
  'pubkeyauthentication',
  'sendenv',
  'updatehostkeys',
  'addressfamily',
]);

/** One host of `~/.ssh/config`: the entry names the alias, and the file stays the one place where the rest is said. */
export function readSshConfig(file: string, options: ImportOptions): Draft {
  const alias = options.choice ?? '';
  const config = readConfig(file);
  const aliases = listAliases(config);
  if (!aliases.includes(alias))
    throw new InvalidInput(alias === '' ? 'a file of hosts needs a choice' : 'there is no such host in it', {
      file,
      path: '--host',
      ...(alias !== '' && { value: alias }),
      remedy: `Choose one with --host: ${aliases.join(', ') || 'the file names none'}.`,
    });
  const left: LeftOut[] = [];
  const taken: Record<string, unknown> = {};
  const report = (path: string, value: string, why: string, remedy: string | null = null): void => {
    left.push({ file, path: `Host ${alias}: ${path}`, value, why, remedy });
  };
  for (const line of resolveHost(config, alias).unsupported)
    report(
      line.split(' ')[0] ?? line,
      line,
      'peierls does not follow it, and refuses the host because of it',
      'Use ProxyJump instead of a command; remove it, or write the login out in computers.yaml with configFile: none.',
    );
  const seen = new Set<string>();
  for (const [keyword, value] of optionsOf(config, alias)) {
    if (followed.has(keyword) || harmless.has(keyword) || seen.has(keyword)) continue;
    seen.add(keyword);
    if (keyword === 'serveraliveinterval') taken['keepAliveSeconds'] = Number(value);
    else if (keyword === 'connecttimeout') taken['connectTimeoutSeconds'] = Number(value);
    else if (keyword === 'compression') taken['compression'] = value.toLowerCase() === 'yes' ? true : undefined;
    else if (keyword === 'stricthostkeychecking') {
      if (!/^(yes|ask)$/i.test(value))
        report(
          keyword,
          value,
          'an unknown host key is never accepted unseen',
          '`peierls computer test` shows its fingerprint and how to accept it.',
        );
    } else if (/^control(master|path|persist)$/.test(keyword))
      report(
        keyword,
        value,
        'peierls keeps a connection of its own; control sockets of OpenSSH cannot be shared',
        'Where a person must log in, use `peierls computer login`.',
      );
    else if (!['proxycommand', 'hostkeyalias', 'canonicalizehostname', 'pkcs11provider', 'certificatefile'].includes(keyword))
      report(keyword, value, 'peierls does not look at it');
  }
  const own = resolve(file) === join(homedir(), '.ssh', 'config');
  return {
    file,
    name: alias,
    transport: { kind: 'ssh', host: alias, ...(!own && { configFile: resolve(file) }), ...taken },
    scheduler: { kind: options.scheduler ?? 'direct' },
    workDir: undefined,
    codes: {},
    prepend: [],
    left: options.scheduler === undefined ? [...left, noScheduler(file, alias)] : left,
  };
}

function noScheduler(file: string, alias: string): LeftOut {
  return {
    file,
    path: `Host ${alias}`,
    value: null,
    why: 'an OpenSSH configuration does not tell the queue system; without one, jobs run on the host itself',
    remedy: 'On a cluster name it: --scheduler slurm (pbs, sge, lsf).',
  };
}
