import { SshConnections } from '../../../connectors/transport/ssh/connections.js';
import { holdConnection } from '../../../connectors/transport/ssh/hold.js';
import { heldConnections } from '../../../connectors/embedded/home.js';
import { InvalidInput } from '../../../domain/failures.js';
import { readInstallation } from '../../../workers/config.js';
import { askOnTerminal } from '../../ask.js';
import type { Output } from '../../output.js';
import { configured } from './configured.js';

/** Seconds that a person may take to log in: codes by text message are slow. */
const patienceSeconds = 300;

/**
 * `peierls computer login <name>`: a person answers the server's questions, and this process then holds the connection for the workers of
 * this user until it is interrupted (130) or the connection is lost (1).
 */
export async function login(name: string, output: Output, signal: AbortSignal): Promise<number> {
  const installation = await readInstallation(process.env);
  const { transport } = configured(installation, name);
  if (transport.kind !== 'ssh')
    throw new InvalidInput(`"${name}" is this machine: there is nothing to log in to`, {
      file: installation.file,
      path: `computers.${name}.transport`,
    });
  const settings = {
    ...transport,
    connectTimeoutSeconds: Math.max(transport.connectTimeoutSeconds, patienceSeconds),
    // One more than a worker uses, so that it can end a command while all are taken. OpenSSH allows ten.
    maxChannels: transport.maxChannels + 1,
  };
  const terminal = askOnTerminal(signal);
  const connections = new SshConnections(process.env, { ask: terminal.ask });
  try {
    const connection = connections.to(settings);
    const held = await holdConnection(connection, heldConnections(installation.home));
    terminal.close();
    output.result({ computer: name, host: connection.target.name, socket: held.socket }, [
      `Logged in to ${connection.target.name}. Workers and commands with PEIERLS_HOME=${installation.home.root} use this connection while this runs.`,
      'Leave it running; Ctrl-C ends it.',
    ]);
    await ended(signal, held.lost);
    await held.close();
    if (signal.aborted) return 130;
    output.say(`The connection is lost: ${held.lost.reason instanceof Error ? held.lost.reason.message : String(held.lost.reason)}`);
    output.say(`Jobs go on; their results are fetched after the next \`peierls computer login ${name}\`.`);
    return 1;
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    terminal.close();
    await connections.close();
  }
}

function ended(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    }
  });
}
