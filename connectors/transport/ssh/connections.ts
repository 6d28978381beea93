import type { SshSettings } from '../../../domain/computer.js';
import { SshConnection, type ConnectionContext } from './connection.js';
import { settleTarget, wayOf, type Target } from './target.js';

/** The connections of a process: one per login host and way to it, whichever computers use it, so that no site sees a flock of logins. */
export class SshConnections {
  readonly #context: ConnectionContext;
  readonly #connections = new Map<string, SshConnection>();

  constructor(environment: NodeJS.ProcessEnv = process.env, context: Omit<ConnectionContext, 'environment'> = {}) {
    this.#context = { environment, ...context };
  }

  /** Throws `InvalidInput` when the settings and the OpenSSH configuration do not lead to a host. */
  to(settings: SshSettings): SshConnection {
    return this.#get(settleTarget(settings));
  }

  #get(target: Target): SshConnection {
    const key = wayOf(target);
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const connection = new SshConnection(target, target.via === undefined ? undefined : this.#get(target.via), this.#context);
    this.#connections.set(key, connection);
    return connection;
  }

  /** Ends all connections, those that others run through last. */
  async close(): Promise<void> {
    for (const connection of [...this.#connections.values()].toReversed()) await connection.close();
    this.#connections.clear();
  }
}
