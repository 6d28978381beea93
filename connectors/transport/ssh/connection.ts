import { setMaxListeners } from 'node:events';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { HostUnreachable, type PermissionDenied } from '../../../domain/failures.js';
import { prepareAuthentication, type AskPerson } from './authentication.js';
import { Breaker } from './breaker.js';
import { ChannelLimit } from './channel-limit.js';
import { joinHeld, socketOf } from './held.js';
import { preferredAlgorithms } from './host-key-algorithms.js';
import { hostKeyProblem, judgeHostKey, knownKeyTypes, parseKnownHosts } from './known-hosts.js';
import { readOptional, type Target } from './target.js';

/** An established connection; `lost` aborts with `HostUnreachable` when it ends. */
export interface OpenConnection {
  client: Client;
  lost: AbortSignal;
}

/** What a connection may use besides its settings. */
export interface ConnectionContext {
  /** Where the secrets are that the settings name. */
  environment: NodeJS.ProcessEnv;
  /** Folder with the sockets of connections that `peierls computer login` holds. Default: none, every connection is our own. */
  heldIn?: string;
  /** Somebody who can answer the server's questions. Default: nobody. */
  ask?: AskPerson;
}

/** How far the last try to connect has come. */
export type Progress = 'nothing' | 'reached' | 'host-key-accepted' | 'logged-in';

/** Pauses after failed tries to connect, in seconds: 1, 2, 4, ... up to this. */
const longestPauseSeconds = 60;

/** The one connection to a login host: opened when first used, shared by all commands and transfers, opened again after a loss. */
export class SshConnection {
  readonly target: Target;
  readonly limit: ChannelLimit;
  readonly breaker: Breaker;
  /** The connection to the host on the way. */
  readonly via: SshConnection | undefined;
  readonly #context: ConnectionContext;
  #progress: Progress = 'nothing';
  #held = false;
  #refusedKey: { problem: string; remedy: string } | undefined;
  #open: Promise<OpenConnection> | undefined;
  #failures = 0;
  #nextTry = 0;
  #lastProblem = '';

  constructor(target: Target, via: SshConnection | undefined, context: ConnectionContext) {
    this.target = target;
    this.limit = new ChannelLimit(target.settings.maxChannels);
    const keys = target.identityFiles.map(({ path }) => path);
    const held = context.heldIn === undefined ? [] : [socketOf(context.heldIn, target)];
    this.breaker = new Breaker(target.name, [...keys, ...target.knownHosts, target.configFile, ...held]);
    this.via = via;
    this.#context = context;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** What is wrong with the host key, where the last try ended with it. */
  get refusedKey(): { problem: string; remedy: string } | undefined {
    return this.#refusedKey;
  }

  /** Whether the connection runs through one that `peierls computer login` holds. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Throws `PermissionDenied` when the login is refused, and at once from then on; `HostUnreachable` when there is no way to the host, and at once during the pause that follows. */
  open(): Promise<OpenConnection> {
    if (this.#open !== undefined) return this.#open;
    this.breaker.check();
    const pauseSeconds = (this.#nextTry - Date.now()) / 1000;
    if (pauseSeconds > 0)
      throw new HostUnreachable(
        `${this.target.name} was not reachable a moment ago (${this.#lastProblem}); next try in ${Math.ceil(pauseSeconds)} s`,
        {
          retryAfterSeconds: Math.ceil(pauseSeconds),
        },
      );
    const opening = this.#connect();
    this.#open = opening;
    void this.#follow(opening);
    return opening;
  }

  /** A stream to a port that this host can reach: the way to the next host. */
  async forward(host: string, port: number): Promise<ClientChannel> {
    const { client } = await this.open();
    return new Promise((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        if (error === undefined) resolve(channel);
        else reject(new HostUnreachable(`${this.target.name} has no way to ${host}:${port}: ${error.message}`, { cause: error }));
      });
    });
  }

  async close(): Promise<void> {
    const opening = this.#open;
    if (opening === undefined) return;
    const connection = await opening.catch(() => undefined);
    if (connection === undefined || connection.lost.aborted) return;
    await new Promise<void>((resolve) => {
      connection.lost.addEventListener('abort', () => resolve());
      connection.client.end();
    });
  }

  /** Clears the way for the next connection when this one has failed or ends. */
  async #follow(opening: Promise<OpenConnection>): Promise<void> {
    try {
      const { lost } = await opening;
      this.#failures = 0;
      lost.addEventListener('abort', () => this.#forget(opening));
    } catch (error) {
      // Whoever asked for the connection gets the error; here it only decides on the pause.
      this.#forget(opening);
      if (!(error instanceof HostUnreachable)) return;
      this.#lastProblem = error.message;
      this.#nextTry = Date.now() + 1000 * Math.min(2 ** this.#failures, longestPauseSeconds);
      this.#failures += 1;
    }
  }

  #forget(opening: Promise<OpenConnection>): void {
    if (this.#open === opening) this.#open = undefined;
  }

  async #connect(): Promise<OpenConnection> {
    const { target } = this;
    const { settings } = target;
    const { environment, heldIn, ask } = this.#context;
    this.#progress = 'nothing';
    const held = heldIn === undefined ? undefined : await joinHeld(heldIn, target);
    this.#held = held !== undefined;
    // Failing here is the safe side: a worker that logged in by itself would send the site a refused login each time.
    if (held === undefined && settings.interactiveLogin && ask === undefined)
      throw this.breaker.open(
        'it wants a person to log in (interactiveLogin), and nobody holds a connection: run `peierls computer login`',
      );
    const authentication = await prepareAuthentication(
      held === undefined ? target : { ...target, identityFiles: [], login: { agent: false } },
      environment,
      ask,
    );
    const files = target.knownHosts.map((file) => ({ file, entries: parseKnownHosts(readOptional(file) ?? '') }));
    const entries = files.flatMap((it) => it.entries);
    const sock = held ?? (await this.via?.forward(target.host, target.port));
    if (sock !== undefined) this.#progress = 'reached';
    const client = new Client();
    const lost = new AbortController();
    // One listener for each command under way.
    setMaxListeners(0, lost.signal);
    this.#refusedKey = undefined;
    let phase: 'connecting' | 'login' | 'ready' = 'connecting';
    const config: ConnectConfig = {
      host: target.host,
      port: target.port,
      username: target.user,
      ...(sock !== undefined && { sock }),
      authHandler: authentication.handler,
      keepaliveInterval: settings.keepAliveSeconds * 1000,
      readyTimeout: settings.connectTimeoutSeconds * 1000,
      algorithms: {
        serverHostKey: { prepend: preferredAlgorithms(knownKeyTypes(entries, target.host, target.port)), append: [], remove: [] },
        ...(settings.compression && { compress: ['zlib@openssh.com', 'none'] }),
      },
      hostVerifier: (key: Buffer) => {
        // Its holder has checked the server's key; this one is the holder's own, behind a socket that only we can open.
        if (held !== undefined) return true;
        const verdict = judgeHostKey(entries, target.host, target.port, key);
        this.#refusedKey = hostKeyProblem(verdict, { host: target.host, port: target.port, key, file: target.knownHosts[0] });
        return this.#refusedKey === undefined;
      },
    };
    return new Promise((resolve, reject) => {
      const lose = (problem: string, cause?: unknown): void => {
        // Whoever waits for the login hears this too; a promise that is settled does not mind.
        const error = new HostUnreachable(`the connection to ${target.name} ${problem}`, { cause });
        lost.abort(error);
        client.destroy();
        reject(error);
      };
      const deny = (denied: PermissionDenied): void => {
        lost.abort(denied);
        client.destroy();
        reject(denied);
      };
      client
        .on('connect', () => (this.#progress = 'reached'))
        .on('handshake', () => {
          // Comes again with every change of keys.
          if (phase !== 'connecting') return;
          phase = 'login';
          this.#progress = 'host-key-accepted';
        })
        .on('ready', () => {
          phase = 'ready';
          this.#progress = 'logged-in';
          // Commands are short exchanges: waiting to fill packets costs 40 ms each.
          client.setNoDelay(true);
          resolve({ client, lost: lost.signal });
        })
        .on('error', (error: Error & { level?: string; code?: unknown }) => {
          // A key that the agent could not use is no failure yet: the next method follows.
          if (error.level === 'agent') return;
          if (this.#refusedKey !== undefined) deny(this.breaker.open(`${this.#refusedKey.problem}. ${this.#refusedKey.remedy}`, error));
          else if (error.level === 'client-authentication' || (phase === 'login' && isDisconnect(error)))
            deny(this.breaker.open(`the server refused ${target.user} (${authentication.account()}): ${error.message}`, error));
          else lose(`failed: ${error.message}`, error);
        })
        .on('end', () => lose('was closed by the other side'))
        .on('close', () => lose('is closed'));
      client.connect(config);
    });
  }
}

/** The server's own words at the end (SSH_MSG_DISCONNECT carries a number): during the login that is a refusal, such as "Too many authentication failures". */
function isDisconnect({ code, level }: { code?: unknown; level?: string }): boolean {
  return typeof code === 'number' && level === undefined;
}
