import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Signature algorithms for key types that the known hosts have. */
export function preferredAlgorithms(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const names = types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type]));
  const supported = new Set([
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
  ]);
  return names.filter((name) => supported.has(name)) as ServerHostKeyAlgorithm[];
}
