import { matchesList } from './pattern.js';

/** One `Host` (or usable `Match`) block: options in the order of the file, keywords in lower case. */
interface Block {
  applies: (alias: string) => boolean;
  options: [keyword: string, value: string][];
  /** Names without wildcards that the block is for. */
  aliases: readonly string[];
}

export interface SshConfig {
  blocks: readonly Block[];
  /** Lines that we cannot follow whatever the host, for instance `Match exec`. */
  unsupported: readonly string[];
}

/** What a configuration says about one alias; absent fields are not said. */
export interface HostConfig {
  hostName?: string;
  user?: string;
  port?: number;
  identityFiles: string[];
  proxyJump?: string;
  userKnownHostsFile?: string;
  /** Options that apply to this host, matter for reaching it, and that we do not follow. */
  unsupported: string[];
}

/** Gives the text of the files that an `Include` names. */
export type ReadIncluded = (pattern: string) => readonly string[];

/** Reads an OpenSSH client configuration (ssh_config(5)). */
export function parseSshConfig(text: string, readIncluded: ReadIncluded = () => [], depth = 0): SshConfig {
  const blocks: Block[] = [{ applies: () => true, options: [], aliases: [] }];
  const unsupported: string[] = [];
  for (const line of text.split('\n')) {
    // Keyword value | Keyword=value | Keyword "value"
    const match = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const keyword = match[1].toLowerCase();
    const words = splitWords(match[2]);
    const last = blocks.at(-1);
    if (keyword === 'host')
      blocks.push({ applies: (alias) => matchesList(words, alias), options: [], aliases: words.filter((word) => !/[*?!]/.test(word)) });
    else if (keyword === 'match') blocks.push(matchBlock(words, unsupported));
    else if (keyword === 'include') {
      if (depth >= 16) unsupported.push(`Include ${words.join(' ')}: nested too deeply`);
      else
        include(
          blocks,
          unsupported,
          words.flatMap((word) => readIncluded(word)),
          readIncluded,
          depth,
        );
    } else last?.options.push([keyword, words.join(' ')]);
  }
  return { blocks, unsupported };
}

/** Included blocks hold only where the block around the `Include` holds; what follows belongs to the block around it again. */
function include(blocks: Block[], unsupported: string[], texts: readonly string[], readIncluded: ReadIncluded, depth: number): void {
  const around = blocks.at(-1)?.applies ?? (() => true);
  for (const text of texts) {
    const inner = parseSshConfig(text, readIncluded, depth + 1);
    unsupported.push(...inner.unsupported);
    for (const block of inner.blocks)
      blocks.push({ applies: (alias) => around(alias) && block.applies(alias), options: block.options, aliases: block.aliases });
  }
  blocks.push({ applies: around, options: [], aliases: [] });
}

function matchBlock(words: readonly string[], unsupported: string[]): Block {
  const [criterion, patterns] = words;
  if (criterion?.toLowerCase() === 'all' && words.length === 1) return { applies: () => true, options: [], aliases: [] };
  if (criterion !== undefined && /^(original)?host$/i.test(criterion) && patterns !== undefined && words.length === 2)
    return { applies: (alias) => matchesList(patterns.split(','), alias), options: [], aliases: [] };
  unsupported.push(`Match ${words.join(' ')}`);
  return { applies: () => false, options: [], aliases: [] };
}

/** The hosts that a configuration names, in its order, each once. */
export function listAliases({ blocks }: SshConfig): string[] {
  return [...new Set(blocks.flatMap(({ aliases }) => aliases))];
}

/** All options that hold for an alias, in order: the first of a keyword wins. */
export function optionsOf({ blocks }: SshConfig, alias: string): [keyword: string, value: string][] {
  return blocks.filter(({ applies }) => applies(alias)).flatMap(({ options }) => options);
}

/** Options without which a host that needs them cannot be reached as its owner meant. */
const reported = new Set(['proxycommand', 'hostkeyalias', 'canonicalizehostname', 'pkcs11provider', 'certificatefile']);

/** Resolves an alias. As in OpenSSH the first value obtained wins; identity files add up. */
export function resolveHost(config: SshConfig, alias: string): HostConfig {
  const options = optionsOf(config, alias);
  const first = (keyword: string): string | undefined => options.find(([key]) => key === keyword)?.[1];
  const hostName = first('hostname')?.replaceAll('%h', alias).replaceAll('%%', '%');
  const user = first('user');
  const port = Number(first('port'));
  const tokens = (path: string): string => path.replaceAll(/%([hnru%d])/g, (_, token: string) => expansion(token, alias, hostName, user));
  const proxyJump = first('proxyjump');
  // The first of ProxyJump and ProxyCommand wins, and `none` takes a value away.
  const command = first('proxycommand');
  const proxy = options.find(([key]) => key === 'proxyjump' || key === 'proxycommand')?.[0];
  const knownHosts = splitWords(first('userknownhostsfile') ?? '')[0];
  return {
    ...(hostName !== undefined && { hostName }),
    ...(user !== undefined && { user }),
    ...(Number.isInteger(port) && port > 0 && { port }),
    identityFiles: options.flatMap(([key, value]) => (key === 'identityfile' && value !== 'none' ? [tokens(value)] : [])),
    ...(proxy === 'proxyjump' && proxyJump !== undefined && proxyJump !== 'none' && { proxyJump }),
    ...(knownHosts !== undefined && knownHosts !== 'none' && { userKnownHostsFile: tokens(knownHosts) }),
    unsupported: [
      ...new Set(
        options.flatMap(([key, value]) => {
          if (!reported.has(key) || value === 'none' || value === 'no') return [];
          return key === 'proxycommand' && (proxy === 'proxyjump' || value !== command) ? [] : [`${key} ${value}`];
        }),
      ),
    ],
  };
}

function expansion(token: string, alias: string, hostName: string | undefined, user: string | undefined): string {
  const values: Record<string, string> = { h: hostName ?? alias, n: alias, r: user ?? '', u: user ?? '', d: '~', '%': '%' };
  return values[token] ?? '';
}

/** Splits at blanks; double quotes hold a word together, and `#` after a blank begins a comment. */
function splitWords(text: string): string[] {
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map((word) => word.replace(/^"(.*)"$/, '$1'));
}

/** `user@host:port`, `ssh://user@[::1]:22`: the parts of one host of a ProxyJump list. */
export function parseJump(text: string): { host: string; user?: string; port?: number } {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@]+))(?::(\d+))?\/?$/.exec(text.trim());
  const host = match?.[2] ?? match?.[3];
  if (host === undefined) return { host: text.trim() };
  return { host, ...(match?.[1] !== undefined && { user: match[1] }), ...(match?.[4] !== undefined && { port: Number(match[4]) }) };
}
