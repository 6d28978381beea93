#!/usr/bin/env node
// @ts-check
import { closeSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultLimitSeconds, ensureSocketFolder, lineReader, socketPath } from './protocol.mjs';

/*
 * `lmp` for machines without LAMMPS: `lmp-wasm.mjs -in in.lammps -log none` in a point's folder. It passes the folder and the arguments to
 * the resident pool, starting it where there is none, and ends with the exit code of the run. Being killed cancels the run.
 *
 * With `--session` it runs many points for one start of Node, which costs more than a point does: each line on stdin is a folder and the
 * arguments, separated by tabs; the run's output goes to `stdout` and `stderr` in that folder, and its exit code is answered on a line.
 */

/** A pool is up in one to three seconds; a machine under load needs longer. */
const startTimeoutMs = 60_000;
const retryMs = 25;
/** A pool that dies under a point may do so again because of it. */
const maxLostPools = 2;
/** A starter that died holds the lock no longer than this. */
const staleLockMs = 10_000;

const socket = socketPath();
const limitSeconds = Number(process.env['PEIERLS_LAMMPS_LIMIT_SECONDS']) || defaultLimitSeconds;
const [mode] = process.argv.slice(2);
const status = mode === '--pool-status';

/** @typedef {{ cwd: string, args: string[], out: (text: string) => void, err: (text: string) => void }} Run */

/** @type {Run} */
const own = {
  cwd: process.cwd(),
  args: process.argv.slice(2),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};
if (mode === '--session') await session();
else process.exitCode = await guarded(own);

async function session() {
  let rest = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const [cwd = '', ...args] = rest.slice(0, end).split('\t');
      rest = rest.slice(end + 1);
      process.stdout.write(`${await inFolder(cwd, args)}\n`);
    }
  }
}

/** One run with its output in files, as a shell would redirect it. @param {string} cwd @param {string[]} args */
async function inFolder(cwd, args) {
  let out = '';
  let err = '';
  const code = await guarded({ cwd, args, out: (text) => void (out += text), err: (text) => void (err += text) });
  writeFileSync(join(cwd, 'stdout'), out);
  writeFileSync(join(cwd, 'stderr'), err);
  return code;
}

/** @param {Run} wanted @returns {Promise<number>} */
async function guarded(wanted) {
  const complain = complainer(wanted);
  return run(wanted, complain).catch((cause) => complain(cause instanceof Error ? cause.message : String(cause)));
}

/** @param {Run} wanted @param {(message: string) => number} complain @returns {Promise<number>} */
async function run(wanted, complain) {
  ensureSocketFolder(socket);
  const deadline = Date.now() + startTimeoutMs;
  let lost = 0;
  while (lost < maxLostPools) {
    const outcome = await ask(wanted);
    if (typeof outcome === 'number') return outcome;
    if (outcome === 'lost') lost++;
    else if (Date.now() > deadline)
      return complain(`no LAMMPS pool answers at ${socket} after ${startTimeoutMs / 1000} s; see ${socket}.log`);
    else if (status) return complain('no pool is running');
    else {
      if (outcome === 'absent') await startPool();
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
  return complain(`the LAMMPS pool ended during the run, ${maxLostPools} times; see ${socket}.log`);
}

/** @param {Run} wanted @returns {Promise<number | 'absent' | 'moved' | 'lost'>} exit code, or why there is none */
function ask(wanted) {
  return new Promise((resolve) => {
    const connection = connect(socket);
    // A pool that is being killed may still take a connection: only what it has accepted is lost with it.
    let accepted = false;
    connection.once('connect', () => {
      const request = status ? { status: true } : { cwd: wanted.cwd, args: wanted.args, limitSeconds };
      connection.write(`${JSON.stringify(request)}\n`);
    });
    connection.on(
      'data',
      lineReader((message) => {
        const reply = /** @type {import('./protocol.mjs').Reply} */ (message);
        if ('accepted' in reply) accepted = true;
        else if ('stdout' in reply) wanted.out(reply.stdout);
        else if ('stderr' in reply) wanted.err(reply.stderr);
        else if ('exit' in reply) {
          connection.end();
          resolve(reply.exit);
        } else if ('moved' in reply) resolve('moved');
        else {
          process.stdout.write(`${JSON.stringify(reply.status)}\n`);
          resolve(0);
        }
      }),
    );
    // No file and a file nobody listens on (left by a killed pool) mean the same: start one, which replaces the file.
    connection.once('error', () => resolve(accepted ? 'lost' : 'absent'));
    connection.once('close', () => resolve(accepted ? 'lost' : 'absent'));
  });
}

/** Starts a pool unless another command is doing so. The lock only saves work: pools settle among themselves who stays. */
async function startPool() {
  const lock = `${socket}.lock`;
  if (!take(lock)) return;
  const { spawn } = await import('node:child_process');
  const log = openSync(`${socket}.log`, 'a', 0o600);
  const pool = spawn(process.execPath, [fileURLToPath(new URL('pool.mjs', import.meta.url)), socket], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
  });
  pool.unref();
  closeSync(log);
  await new Promise((resolve) => setTimeout(resolve, 4 * retryMs));
}

/** Whether this command may start the pool. The pool removes the lock once it listens. @param {string} lock */
function take(lock) {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    const left = statSync(lock, { throwIfNoEntry: false });
    if (left !== undefined && Date.now() - left.mtimeMs > staleLockMs) rmSync(lock, { force: true });
    return false;
  }
}

/** @param {Run} wanted */
function complainer(wanted) {
  return (/** @type {string} */ message) => {
    wanted.err(`ERROR: ${message}\n`);
    return 1;
  };
}
