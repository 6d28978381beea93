import type { SshSettings } from '../../../domain/computer.js';
import type { Transport } from '../transport.js';
import type { SshConnection } from './connection.js';
import { SshConnections } from './connections.js';
import { SharedFiles } from './files.js';
import { run } from './run.js';

export interface SshTransport extends Transport {
  resume(): void;
}

/**
 * A computer behind SSH. Without `connections` it owns its connection and `close` ends it; with them it shares the connections of the
 * process, one per login host, and whoever made them closes them.
 */
export function sshTransport(settings: SshSettings, connections?: SshConnections): SshTransport {
  const owned = connections ?? new SshConnections();
  let opened: SshConnection | undefined;
  // Settled at the first use, so that a wrong OpenSSH configuration is that computer's problem alone.
  const connection = (): SshConnection => (opened ??= owned.to(settings));
  const files = new SharedFiles(connection);
  return {
    exec: async (command, options = {}) => {
      const { code, stdout, stderr } = await run(connection(), command, options);
      return { code, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
    },
    putFiles: async (folder, contents) => files.put(folder, contents),
    getFiles: async (folder, names) => files.get(folder, names),
    remove: async (...folders) => files.remove(folders),
    resume: () => opened?.breaker.close(),
    close: async () => {
      if (connections === undefined) await owned.close();
    },
  };
}
