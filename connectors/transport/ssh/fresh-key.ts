import ssh2 from 'ssh2';

/**
 * A new ed25519 key pair: the private key as a file's text, and the line of the public one. About one key in two hundred that ssh2 1.17 makes
 * cannot be read by anybody, itself included (14 of 3,000 "Malformed OpenSSH private key"), so each is read before it is handed out.
 */
export function freshKey(passphrase?: string): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 4 });
    if (!(ssh2.utils.parseKey(pair.private, passphrase) instanceof Error)) return { private: pair.private, public: pair.public.trim() };
  }
}
