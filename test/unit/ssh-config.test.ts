import { describe, it } from 'vitest';
import { parseJump, parseSshConfig, resolveHost } from '../../connectors/transport/ssh/ssh-config.js';

const text = `
# clusters
User everyone-before-hosts

Host hawk hawk-*
    HostName %h.hlrs.example.org
    User "me"
    Port=2222
    IdentityFile ~/.ssh/id_hawk   # the new one
    IdentityFile "%d/.ssh/with space"
    ProxyJump me@jump.example.org:2200,inner

Host *.example.org !public.example.org
    User inside
    ProxyCommand ssh -W %h:%p gate

Host quiet
    ProxyJump none
    UserKnownHostsFile ~/.ssh/known_quiet /dev/null

Host *
    IdentityFile ~/.ssh/id_all
    Port 2022
`;
const resolve = (alias: string, from = text) => resolveHost(parseSshConfig(from), alias);

describe('an OpenSSH configuration', () => {
  it('gives the first value obtained for each option, and all identity files', ({ expect }) => {
    expect(resolve('hawk')).toEqual({
      hostName: 'hawk.hlrs.example.org',
      user: 'everyone-before-hosts',
      port: 2222,
      identityFiles: ['~/.ssh/id_hawk', '~/.ssh/with space', '~/.ssh/id_all'],
      proxyJump: 'me@jump.example.org:2200,inner',
      unsupported: [],
    });
    expect(resolve('hawk-2', text.replace('User everyone-before-hosts', ''))).toMatchObject({
      user: 'me',
      hostName: 'hawk-2.hlrs.example.org',
    });
  });

  it('knows patterns, negation and case', ({ expect }) => {
    expect(resolve('login.EXAMPLE.org').unsupported).toEqual(['proxycommand ssh -W %h:%p gate']);
    expect(resolve('public.example.org').unsupported).toEqual([]);
    expect(resolve('elsewhere')).toMatchObject({ port: 2022, identityFiles: ['~/.ssh/id_all'] });
  });

  it('lets `none` take a jump host away, and takes the first file of known hosts', ({ expect }) => {
    expect(resolve('quiet').proxyJump).toBeUndefined();
    expect(resolve('quiet').userKnownHostsFile).toBe('~/.ssh/known_quiet');
  });

  it('reports a ProxyCommand only where it is the one that counts', ({ expect }) => {
    const jumpFirst = 'Host a\n  ProxyJump b\nHost *\n  ProxyCommand x\n';
    expect(resolve('a', jumpFirst)).toMatchObject({ proxyJump: 'b', unsupported: [] });
    expect(resolve('c', jumpFirst)).toMatchObject({ unsupported: ['proxycommand x'] });
    expect(resolve('a', 'Host a\n  ProxyCommand x\n  ProxyJump b\n')).toMatchObject({ unsupported: ['proxycommand x'] });
    expect(resolve('a', 'Host a\n  ProxyCommand none\n').unsupported).toEqual([]);
  });

  it('follows Match all and Match host, and reports the others', ({ expect }) => {
    const config = parseSshConfig('Match host a,b\n  Port 1\nMatch exec "test -f x"\n  Port 2\nMatch all\n  User u\n');
    expect(resolveHost(config, 'a')).toMatchObject({ port: 1, user: 'u' });
    expect(resolveHost(config, 'c').port).toBeUndefined();
    expect(config.unsupported).toEqual(['Match exec test -f x']);
  });

  it('follows Include within the block around it', ({ expect }) => {
    const files: Record<string, string> = { 'conf.d/*': 'Port 7\nHost b\n  Port 8\n', nested: 'Include conf.d/*\n' };
    const read = (pattern: string) => [files[pattern] ?? ''];
    const config = parseSshConfig('Host a b\n  Include nested\n  User u\nHost *\n  Port 9\n', read);
    expect(resolveHost(config, 'a')).toMatchObject({ port: 7, user: 'u' });
    expect(resolveHost(config, 'c')).toMatchObject({ port: 9 });
    expect(
      resolveHost(
        parseSshConfig('Include loop', () => ['Include loop']),
        'a',
      ).port,
    ).toBeUndefined();
  });

  it.for(['', 'Host', 'nonsense', 'Port nothing', '\tHost\t*\n\tPort\t22x', '= = =', 'Host *\r'])(
    'with %j resolves to nothing',
    (line, { expect }) => {
      expect(resolve('a', line)).toEqual({ identityFiles: [], unsupported: [] });
    },
  );
});

describe('a jump host', () => {
  it.for([
    ['gate', { host: 'gate' }],
    ['me@gate', { host: 'gate', user: 'me' }],
    ['me@gate:2222', { host: 'gate', user: 'me', port: 2222 }],
    ['ssh://me@gate:22', { host: 'gate', user: 'me', port: 22 }],
    ['[2001:db8::1]:22', { host: '2001:db8::1', port: 22 }],
    ['me@site.org@gate', { host: 'gate', user: 'me@site.org' }],
  ] as const)('is read from %s', ([text, expected], { expect }) => {
    expect(parseJump(text)).toEqual(expected);
  });
});
