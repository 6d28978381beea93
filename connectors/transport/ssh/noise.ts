import { randomBytes } from 'node:crypto';
import type { ClientChannel } from 'ssh2';
import type { SshConnection } from './connection.js';
import { remoteCommand } from './remote-command.js';
import { run, withChannel } from './run.js';

/** What the login shell prints around a command that prints nothing, on either stream; empty where it is silent as it should be. */
export async function readNoise(connection: SshConnection): Promise<string> {
  // Fails, with what was said instead, where the shell runs no commands at all.
  await run(connection, ['true']);
  const mark = randomBytes(12).toString('hex');
  const { loginShell } = connection.target.settings;
  const said = await withChannel<ClientChannel, string>(
    connection,
    ({ client }, done) => client.exec(remoteCommand(['true'], mark, { loginShell }), done),
    (channel) =>
      new Promise((resolve) => {
        let text = '';
        channel.on('data', (data: Buffer) => (text += data.toString('utf8')));
        channel.stderr.on('data', (data: Buffer) => (text += data.toString('utf8')));
        channel.on('error', () => undefined).on('close', () => resolve(text));
        channel.end();
      }),
  );
  return said
    .split('\n')
    .map((line) => line.replace(new RegExp(`${mark}:(begin|end):\\d*`, 'g'), ''))
    .filter((line) => line.trim() !== '')
    .join('\n');
}
