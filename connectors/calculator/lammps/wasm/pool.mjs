// @ts-check
import { renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import { Crew } from './crew.mjs';
import { lammpsModule } from './module.mjs';
import { ensureSocketFolder, lineReader } from './protocol.mjs';

/*
 * The resident process behind `lmp-wasm.mjs`: `node pool.mjs <socket>`. It ends by itself when nobody has asked for anything for a while.
 *
 * Several may be started at once. Each listens on a name of its own and renames it over the common one, so the last to start owns the
 * socket; the others see that it is no longer theirs, send their clients there (`moved`) and leave.
 */

/**
 * @typedef {import('./protocol.mjs').Reply} Reply
 * @typedef {import('node:net').Socket} Socket
 */

const startedAt = performance.now();
const socket = process.argv[2];
if (socket === undefined) throw new Error('usage: node pool.mjs <socket>');
const instances = positive(process.env['PEIERLS_LAMMPS_INSTANCES'], Math.min(2, availableParallelism()));
const idleSeconds = positive(process.env['PEIERLS_LAMMPS_IDLE_SECONDS'], 60);
const ownershipCheckMs = 1000;

ensureSocketFolder(socket);
if (await answers(socket)) process.exit(0);

/** @type {Set<Socket>} */
const clients = new Set();
/** @type {{ client: Socket, request: import('./protocol.mjs').RunRequest }[]} */
const early = [];
/** @type {Crew | undefined} */
let crew;
let startMs = 0;
let lastUse = Date.now();

const own = `${socket}.${process.pid}`;
const server = createServer(serve);
await new Promise((resolve) => server.listen(own, () => resolve(undefined)));
const { ino } = statSync(own);
renameSync(own, socket);
rmSync(`${socket}.lock`, { force: true });
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) process.on(signal, () => void leave());

// Starters that raced us are settled before the expensive part.
await new Promise((resolve) => setTimeout(resolve, 30));
if (!owner()) await handOver();
crew = new Crew(await lammpsModule(dirname(socket)), instances);
startMs = performance.now() - startedAt;
for (const { client, request } of early.splice(0)) start(client, request);
setInterval(() => {
  if (!owner()) void handOver();
  else if (clients.size === 0 && Date.now() - lastUse > idleSeconds * 1000) void leave();
}, ownershipCheckMs);

/** @param {Socket} client */
function serve(client) {
  clients.add(client);
  client.on('error', () => client.destroy());
  client.on('close', () => {
    clients.delete(client);
    lastUse = Date.now();
  });
  client.on(
    'data',
    lineReader((message) => {
      const request = /** @type {Record<string, unknown> | null | undefined} */ (message);
      if (request?.['status'] === true) reply(client, { status: status() }, true);
      else if (typeof request?.['cwd'] === 'string' && isAbsolute(request['cwd']) && Array.isArray(request['args']))
        start(client, {
          cwd: request['cwd'],
          args: request['args'].map(String),
          limitSeconds: Number(request['limitSeconds']) || Infinity,
        });
      else client.destroy();
    }),
  );
}

/** @param {Socket} client @param {import('./protocol.mjs').RunRequest} request */
function start(client, request) {
  if (client.destroyed) return;
  if (crew === undefined) {
    early.push({ client, request });
    return;
  }
  /** @type {import('./crew.mjs').Job} */
  const job = {
    ...request,
    // A timer cannot wait longer than 2^31 milliseconds.
    limitSeconds: Math.min(request.limitSeconds, 2_000_000),
    print: (stdout) => reply(client, { stdout }),
    move: () => {
      client.off('close', gone);
      reply(client, { moved: true }, true);
    },
    finish: (exit, complaint) => {
      client.off('close', gone);
      if (complaint !== undefined) reply(client, { stderr: `ERROR: ${complaint}\n` });
      reply(client, { exit }, true);
    },
  };
  const gone = () => crew?.cancel(job);
  client.on('close', gone);
  reply(client, { accepted: true });
  crew.submit(job);
}

/** @param {Socket} client @param {Reply} message @param {boolean} [last] */
function reply(client, message, last = false) {
  if (client.destroyed) return;
  const line = `${JSON.stringify(message)}\n`;
  if (last) client.end(line);
  else client.write(line);
}

/** @returns {import('./protocol.mjs').PoolStatus} */
function status() {
  return {
    pid: process.pid,
    instances: crew?.members.filter((member) => member.ready).length ?? 0,
    queued: crew?.queue.length ?? early.length,
    running: crew?.running ?? 0,
    points: crew?.points ?? 0,
    recycled: crew?.recycled ?? 0,
    startMs: Math.round(startMs),
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
  };
}

function owner() {
  return statSync(/** @type {string} */ (socket), { throwIfNoEntry: false })?.ino === ino;
}

/** Another pool has the socket, or it was removed: new clients go there, running points finish here. */
async function handOver() {
  server.close();
  for (const { client } of early.splice(0)) reply(client, { moved: true }, true);
  for (const job of crew?.queue.splice(0) ?? []) job.move();
  if ((crew?.running ?? 0) === 0) await leave();
}

async function leave() {
  if (owner()) rmSync(/** @type {string} */ (socket), { force: true });
  for (const client of clients) client.destroy();
  await crew?.close();
  process.exit(0);
}

/** @param {string} path @returns {Promise<boolean>} whether a pool listens there; a socket left by a dead one refuses */
function answers(path) {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** @param {string | undefined} text @param {number} otherwise */
function positive(text, otherwise) {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : otherwise;
}
