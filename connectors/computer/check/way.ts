import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { HostUnreachable, Invalid } from '../../../domain/failures.js';
import { prepareAuthentication } from '../../transport/ssh/authentication.js';
import type { SshConnection } from '../../transport/ssh/connection.js';
import { readNoise } from '../../transport/ssh/noise.js';
import { failed, ok, skipped, type Outcome, type Step } from './step.js';

/**
 * The way to a login host: name, port, host key and login of each host on it. All of it comes from one try to connect, the same that a
 * campaign makes, so that a check never costs the account more than one refused login.
 */
export function waySteps(connection: SshConnection, environment: NodeJS.ProcessEnv, begin: Step, isHeld: boolean): Step[] {
  let attempt: Promise<Error | undefined> | undefined;
  const attempted = (): Promise<Error | undefined> => (attempt ??= tryToConnect(connection));
  if (isHeld) {
    const login: Step = { name: 'login', needs: [begin], run: () => heldLogin(connection, attempted) };
    return [...['name', 'port', 'host-key'].map((name) => throughHolder(name)), login, shellStep(connection, login)];
  }
  const hops = chain(connection);
  const steps: Step[] = [];
  let before = begin;
  for (const hop of hops) {
    const host = hops.length > 1 ? { host: addressOf(hop.target) } : {};
    const credentials: Step = { name: 'credentials', ...host, needs: [before], run: () => checkCredentials(hop, environment) };
    const name: Step = { name: 'name', ...host, needs: [before], run: () => checkName(hop) };
    const port: Step = { name: 'port', ...host, needs: [before, credentials, name], run: async () => checkPort(hop, await attempted()) };
    const key: Step = { name: 'host-key', ...host, needs: [port], run: async () => checkHostKey(hop, await attempted()) };
    const login: Step = { name: 'login', ...host, needs: [key], run: async () => checkLogin(hop, await attempted()) };
    steps.push(credentials, name, port, key, login);
    before = login;
  }
  return [...steps, shellStep(connection, before)];
}

function chain(connection: SshConnection): SshConnection[] {
  return [...(connection.via === undefined ? [] : chain(connection.via)), connection];
}

async function tryToConnect(connection: SshConnection): Promise<Error | undefined> {
  try {
    await connection.open();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function addressOf({ host, port }: SshConnection['target']): string {
  return port === 22 ? host : `${host}:${port}`;
}

function throughHolder(name: string): Step {
  return { name, needs: [], run: async () => skipped('the connection is one that `peierls computer login` holds') };
}

async function heldLogin({ target }: SshConnection, attempted: () => Promise<Error | undefined>): Promise<Outcome> {
  const error = await attempted();
  return error === undefined
    ? ok(`${target.name}, through the connection that \`peierls computer login\` holds`)
    : failed(error.message, 'End that `peierls computer login` and start it again.');
}

async function checkCredentials({ target }: SshConnection, environment: NodeJS.ProcessEnv): Promise<Outcome> {
  // Workers hold back here too, whatever keys there are.
  if (target.settings.interactiveLogin)
    return failed(
      'only a person logs in here (interactiveLogin), and nobody holds a connection',
      'Run `peierls computer login` in another terminal and leave it running.',
    );
  const { methods } = await prepareAuthentication(target, environment);
  if (methods.length > 0) return ok(methods.join(', '));
  return failed(
    `there is nothing to log in to ${target.name} with`,
    'Make a key with ssh-keygen, or name one in identityFiles; or start an ssh agent; or name the variable of a password in passwordEnv.',
  );
}

async function checkName({ target, via }: SshConnection): Promise<Outcome> {
  if (via !== undefined) return skipped(`${via.target.host} finds ${target.host}`);
  if (isIP(target.host) !== 0) return skipped(`${target.host} is an address`);
  try {
    const addresses = await lookup(target.host, { all: true });
    return ok(`${target.host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return failed(
      `no address is known for ${target.host} (${code})`,
      'Correct transport.host (or HostName in the OpenSSH configuration); if the name is known inside the site only, start its VPN or name a jump host.',
    );
  }
}

function checkPort({ target, progress }: SshConnection, error: Error | undefined): Outcome {
  const { host, port } = target;
  if (progress !== 'nothing' || error === undefined) return ok(`${host} answers at port ${port}`);
  if (error instanceof Invalid) return failed(error.problem, error.remedy ?? 'Correct what the message names.');
  return failed(
    error.message,
    target.via === undefined
      ? 'Correct transport.host and transport.port; a firewall, a missing VPN or a login node under maintenance look the same from here.'
      : `Correct the host and its port; ${target.via.host} must be allowed to forward connections there (AllowTcpForwarding).`,
  );
}

function checkHostKey({ target, progress, refusedKey }: SshConnection, error: Error | undefined): Outcome {
  if (progress === 'host-key-accepted' || progress === 'logged-in' || error === undefined)
    return ok(`as in ${target.knownHosts.join(' or ')}`);
  if (refusedKey !== undefined) return failed(refusedKey.problem, refusedKey.remedy);
  return failed(error.message, 'What answers there may be no SSH server, or one that is too old or too busy: try `ssh -v` by hand.');
}

function checkLogin({ target, progress }: SshConnection, error: Error | undefined): Outcome {
  if (progress === 'logged-in' || error === undefined) return ok(`as ${target.user}`);
  const keys = target.identityFiles.map(({ path }) => path).join(', ');
  const advice = `One attempt was made, and no more. Is "${target.user}" the right user? ${
    keys === '' ? '' : `The site must know the public key of one of ${keys} (~/.ssh/authorized_keys there, or its web page). `
  }Where a person must answer, use \`peierls computer login\`.`;
  if (error instanceof HostUnreachable)
    return failed(error.message, 'Try again; more connectTimeoutSeconds where a person or a token answers.');
  return failed(error instanceof Invalid ? error.problem : error.message, advice);
}

function shellStep(connection: SshConnection, login: Step): Step {
  return { name: 'shell', needs: [login], run: () => checkShell(connection) };
}

/** Seconds of a login shell after which each command of a campaign is felt to be slow. */
const slowSeconds = 2;

async function checkShell(connection: SshConnection): Promise<Outcome> {
  const begun = Date.now();
  const noise = await readNoise(connection);
  const seconds = (Date.now() - begun) / 1000;
  const notes: string[] = [];
  if (noise !== '')
    notes.push(
      `the profile prints ${JSON.stringify(noise.slice(0, 120))}; peierls reads past it, scp and sftp do not: let it print only when [ -t 1 ]`,
    );
  if (seconds > slowSeconds)
    notes.push(
      `a command took ${seconds.toFixed(1)} s: let the profile do less when it is not interactive (case $- in *i*) ;; *) return ;; esac)`,
    );
  return ok(noise === '' ? 'silent' : 'talks', notes.length === 0 ? undefined : notes.join('; '));
}
