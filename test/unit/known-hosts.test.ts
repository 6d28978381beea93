import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { fingerprint, hostKeyProblem, judgeHostKey, knownKeyTypes, parseKnownHosts } from '../../connectors/transport/ssh/known-hosts.js';

/** Keys made for this test; the hashed file is from `ssh-keygen -H`, the fingerprints from `ssh-keygen -lf`. */
const hashed = readFileSync(new URL('data/known_hosts_hashed.txt', import.meta.url), 'utf8');
const keys = hashed
  .trim()
  .split('\n')
  .map((line) => line.split(' ').slice(1).join(' '));
const [ed25519 = '', , rsa = ''] = keys;
const blob = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const judge = (text: string, host: string, port = 22, key = ed25519) => judgeHostKey(parseKnownHosts(text), host, port, blob(key)).kind;

describe('a known_hosts file', () => {
  it('with hashed names knows its hosts and no others', ({ expect }) => {
    expect(judge(hashed, 'plain.example.org')).toBe('accepted');
    expect(judge(hashed, 'PLAIN.example.org')).toBe('accepted');
    expect(judge(hashed, 'hashed.example.org', 2222)).toBe('accepted');
    expect(judge(hashed, '10.0.0.1', 22, rsa)).toBe('accepted');
    expect(judge(hashed, 'hashed.example.org')).toBe('unknown');
    expect(judge(hashed, 'other.example.org')).toBe('unknown');
  });

  it('tells ports apart, and lets a key of the bare name serve other ports, as OpenSSH does', ({ expect }) => {
    expect(judge(`[a.org]:2222 ${ed25519}`, 'a.org', 2222)).toBe('accepted');
    expect(judge(`[a.org]:2222 ${ed25519}`, 'a.org', 2223)).toBe('unknown');
    expect(judge(`a.org ${ed25519}`, 'a.org', 2222)).toBe('accepted');
    expect(judge(`a.org ${rsa}`, 'a.org', 2222)).toBe('unknown');
  });

  it.for([
    ['a.org,b.org', 'b.org', 'accepted'],
    ['*.cluster.org', 'login1.cluster.org', 'accepted'],
    ['*.cluster.org', 'cluster.org', 'unknown'],
    ['login?.a.org', 'login1.a.org', 'accepted'],
    ['login?.a.org', 'login12.a.org', 'unknown'],
    ['*.a.org,!bad.a.org', 'bad.a.org', 'unknown'],
    ['!bad.a.org,*.a.org', 'good.a.org', 'accepted'],
    ['a.org', 'aXorg', 'unknown'],
  ])('with the names %s says of %s: %s', ([names, host, verdict], { expect }) => {
    expect(judge(`${names} ${ed25519} a comment`, host ?? '')).toBe(verdict);
  });

  it('with another key for the host says that it has changed, and in which line', ({ expect }) => {
    expect(judgeHostKey(parseKnownHosts(`# head\na.org ${rsa}\n`), 'a.org', 22, blob(ed25519))).toEqual({ kind: 'changed', line: 2 });
  });

  it('may have several keys for a host', ({ expect }) => {
    const text = `a.org ${rsa}\na.org ${ed25519}`;
    expect(judge(text, 'a.org')).toBe('accepted');
    expect(knownKeyTypes(parseKnownHosts(text), 'a.org', 22)).toEqual(['ssh-rsa', 'ssh-ed25519']);
    expect(knownKeyTypes(parseKnownHosts(text), 'b.org', 22)).toEqual([]);
  });

  it('refuses a revoked key even where it also lists it', ({ expect }) => {
    expect(judge(`a.org ${ed25519}\n@revoked * ${ed25519}`, 'a.org')).toBe('revoked');
    expect(judge(`a.org ${ed25519}\n@revoked * ${rsa}`, 'a.org')).toBe('accepted');
  });

  it('with a certificate authority says that this is not supported', ({ expect }) => {
    const verdict = judgeHostKey(parseKnownHosts(`@cert-authority *.a.org ${ed25519}`), 'x.a.org', 22, blob(ed25519));
    expect(verdict).toEqual({ kind: 'unknown', certificateAuthority: true });
    expect(hostKeyProblem(verdict, { host: 'x.a.org', port: 22, key: blob(ed25519), file: 'known_hosts' })?.problem).toContain(
      '@cert-authority',
    );
  });

  it.for(['', '# comment', 'a.org', 'a.org ssh-ed25519', 'a.org ssh-ed25519 ###', '@unknown a.org ssh-ed25519 AAAA', '|1|x a b', '\u0000'])(
    'with the line %j is read without it',
    (line, { expect }) => {
      expect(judge(`${line}\na.org ${ed25519}`, 'a.org')).toBe('accepted');
      expect(judge(line, 'a.org')).toBe('unknown');
    },
  );
});

describe('the message about a host key', () => {
  it('has the fingerprint that ssh-keygen prints', ({ expect }) => {
    expect(fingerprint(blob(ed25519))).toBe('SHA256:Iztlh3govUBcLDICFCea83GPHsVLzhX5zefLH8FP+Tg');
    expect(fingerprint(blob(rsa))).toBe('SHA256:YaZhBUD9+SeLb9ocOWycAnHfp5r2+cJuLINJtYkhhKY');
  });

  it('has the command that accepts an unknown key', ({ expect }) => {
    const problem = hostKeyProblem(
      { kind: 'unknown', certificateAuthority: false },
      { host: 'a.org', port: 2222, key: blob(ed25519), file: '/home/me/.ssh/known_hosts' },
    );
    expect(problem?.remedy).toContain(`echo '[a.org]:2222 ${ed25519}' >> /home/me/.ssh/known_hosts`);
  });

  it('has the command that replaces a changed key, and says what the change may mean', ({ expect }) => {
    const problem = hostKeyProblem({ kind: 'changed', line: 3 }, { host: 'a.org', port: 22, key: blob(ed25519), file: 'k' });
    expect(problem?.problem).toMatch(/has changed.*line 3 of k.*in between/);
    expect(problem?.remedy).toContain(`ssh-keygen -R a.org -f k && echo 'a.org ${ed25519}' >> k`);
  });

  it('offers no way around a revoked key, and says nothing of an accepted one', ({ expect }) => {
    const where = { host: 'a.org', port: 22, key: blob(ed25519), file: 'k' };
    expect(hostKeyProblem({ kind: 'revoked', line: 1 }, where)?.remedy).not.toContain('>>');
    expect(hostKeyProblem({ kind: 'accepted' }, where)).toBeUndefined();
  });
});
