import { describe, it } from 'vitest';
import { parseBase32, totp } from '../../connectors/transport/ssh/totp.js';

/** RFC 6238, appendix B: secrets are these 20, 32 and 64 ASCII digits, and codes have eight digits. */
const digits = '1234567890';
const secrets = { sha1: digits.repeat(2), sha256: digits.repeat(4).slice(0, 32), sha512: digits.repeat(7).slice(0, 64) };

describe('a time-based one-time code', () => {
  it.for([
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ] as const)('at %i s is that of RFC 6238', ([at, sha1, sha256, sha512], { expect }) => {
    expect(totp(Buffer.from(secrets.sha1), at, { digits: 8 })).toBe(sha1);
    expect(totp(Buffer.from(secrets.sha256), at, { digits: 8, algorithm: 'sha256' })).toBe(sha256);
    expect(totp(Buffer.from(secrets.sha512), at, { digits: 8, algorithm: 'sha512' })).toBe(sha512);
  });

  it('has six digits and lasts 30 s unless told otherwise', ({ expect }) => {
    const secret = Buffer.from(secrets.sha1);
    expect(totp(secret, 1111111109)).toBe('081804');
    expect(totp(secret, 1234567890)).toBe(totp(secret, 1234567919));
    expect(totp(secret, 1234567890)).not.toBe(totp(secret, 1234567920));
  });
});

describe('a base32 secret', () => {
  it.for([
    ['GEZDGNBVGY3TQOJQ', digits],
    ['gezd gnbv gy3t qojq', digits],
    ['MZXW6YTB', 'fooba'],
    ['MZXW6===', 'foo'],
    ['MY======', 'f'],
  ])('%s is read as sites print it', ([text, expected], { expect }) => {
    expect(parseBase32(text ?? '').toString('latin1')).toBe(expected);
  });

  it.for(['MZXW1', 'å', '', '==='])('%j is refused', (text, { expect }) => {
    expect(() => parseBase32(text)).toThrow(/one-time codes/);
  });

  it('is not shown when it is wrong', ({ expect }) => {
    expect(() => parseBase32('SECRET0189')).not.toThrow(/SECRET/);
    expect(() => parseBase32('SECRET0189')).toThrow(/not base32/);
  });
});
