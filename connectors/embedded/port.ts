import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInput } from '../../domain/failures.js';

/**
 * Ports for servers. The range that systems draw the near ends of outgoing connections from starts at 32768 (Linux) or 49152: a port of that
 * range is free one moment, and somebody's connection the next, above all while its server restarts.
 */
const lowest = 15_000;
const highest = 32_000;

/** A TCP port on loopback that was free a moment ago; the wanted one if that is free. */
export async function freePort(wanted?: number): Promise<number> {
  const asked = wanted === undefined ? undefined : await tryPort(wanted);
  if (asked !== undefined) return asked;
  for (let tries = 0; tries < 50; tries += 1) {
    const free = await tryPort(lowest + Math.floor(Math.random() * (highest - lowest)));
    if (free !== undefined) return free;
  }
  return (await tryPort(0)) ?? 0;
}

/** The port that a server of ours had last time, where there was one; a server that was just killed needs a moment to let go of it. */
export async function earlierPort(earlier: string | undefined, wanted: number): Promise<number> {
  if (earlier === undefined) return freePort(wanted);
  const deadline = Date.now() + 2000;
  for (;;) {
    const free = await tryPort(Number(earlier));
    if (free !== undefined) return free;
    if (Date.now() > deadline) return freePort(wanted);
    await sleep(50);
  }
}

/** The port that the user insists on. Throws `InvalidInput` when something else listens there. */
export async function demandedPort(port: number, setting: string): Promise<number> {
  const free = await tryPort(port);
  if (free !== undefined) return free;
  throw new InvalidInput(`port ${port} is in use by another process`, {
    path: setting,
    value: String(port),
    remedy: `Stop that process, choose another port, or unset ${setting} to have a free one picked.`,
  });
}

/** Reads a port from the environment. Throws `InvalidInput` for anything that is not 1-65535. */
export function portFrom(environment: NodeJS.ProcessEnv, setting: string): number | undefined {
  const text = environment[setting];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidInput(`"${text}" is not a port`, { path: setting, value: text, remedy: 'Give a whole number from 1 to 65535.' });
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolvePort) => {
    const server = createServer();
    server.once('error', () => resolvePort(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' ? (address?.port ?? undefined) : undefined));
    });
  });
}
