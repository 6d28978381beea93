import { createHmac } from 'node:crypto';
import { InvalidInput } from '../../../domain/failures.js';

export interface TotpOptions {
  /** Digits of a code. Default 6. */
  digits?: number;
  /** Seconds that a code lasts. Default 30. */
  periodSeconds?: number;
  algorithm?: 'sha1' | 'sha256' | 'sha512';
}

/** Time-based one-time code (RFC 6238) of a secret at an instant in seconds since 1970. */
export function totp(secret: Uint8Array, atSeconds: number, options: TotpOptions = {}): string {
  const { digits = 6, periodSeconds = 30, algorithm = 'sha1' } = options;
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atSeconds / periodSeconds)));
  const digest = createHmac(algorithm, secret).update(counter).digest();
  // Dynamic truncation (RFC 4226, section 5.3): the last half byte says where 31 bits are read.
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  const number = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Reads a base32 secret (RFC 4648) as sites print it, in either case, blanks and padding allowed. Throws `InvalidInput` for anything else, without showing it. */
export function parseBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text.toUpperCase().replaceAll(/[\s=-]/g, '')) {
    const digit = alphabet.indexOf(character);
    if (digit < 0)
      throw new InvalidInput('the secret of the one-time codes is not base32', { remedy: 'Use letters A to Z and digits 2 to 7.' });
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  if (bytes.length === 0) throw new InvalidInput('the secret of the one-time codes is empty');
  return Buffer.from(bytes);
}
