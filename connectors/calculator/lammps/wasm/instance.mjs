// @ts-check
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * One LAMMPS in a worker thread. Each job is a point's folder: its files and the `../shared/` files its inputs name go into the
 * in-memory file system, LAMMPS starts afresh (a few milliseconds, nothing is left of the job before), and what it wrote goes back.
 */

/**
 * @typedef {{ cwd: string, args: string[] }} Job
 * @typedef {{ stdout: string } | { done: number, heapBytes: number } | { ready: true }} Report
 * @typedef {import('lammps.js').LammpsModule} LammpsModule
 */

const { module, glue } = /** @type {{ module: WebAssembly.Module, glue: string }} */ (workerData);
const pointFolder = '/set/point';
const sharedFolder = '/set/shared';
const port = parentPort;
if (port === null) throw new Error('instance.mjs runs in a worker thread of pool.mjs');

let pending = '';
const flushBytes = 16_384;

/** @param {Report} report */
const send = (report) => port.postMessage(report);

/** @param {string} line */
const print = (line) => {
  pending += `${line}\n`;
  if (pending.length > flushBytes) flush();
};

const wasm = await instantiate();
const lammps = new wasm.LAMMPSWeb();
/** Shared files that are in memory already, so that a set's potential is copied once. @type {Map<string, Buffer>} */
const shared = new Map();
for (const folder of ['/set', pointFolder, sharedFolder]) wasm.FS.mkdir(folder);
port.on('message', (/** @type {Job} */ job) => {
  const code = run(job);
  flush();
  send({ done: code, heapBytes: wasm.HEAP32.byteLength });
});
send({ ready: true });

/** @returns {Promise<LammpsModule>} */
async function instantiate() {
  const { default: create } = /** @type {{ default: (options: object) => Promise<LammpsModule> }} */ (await import(glue));
  return create({
    print,
    printErr: print,
    /**
     * @param {WebAssembly.Imports} imports
     * @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} receive
     */
    instantiateWasm: (imports, receive) => {
      receive(new WebAssembly.Instance(module, imports), module);
      return {};
    },
  });
}

/** @param {Job} job @returns {number} exit code as of `lmp` */
function run({ cwd, args }) {
  const script = inputScript(args);
  if (script === undefined) {
    print('ERROR: the WebAssembly LAMMPS reads its input with -in <file>');
    return 1;
  }
  try {
    const before = load(cwd);
    wasm.FS.chdir(pointFolder);
    try {
      lammps.startWithArgs(args.filter((_, i) => i !== script.at && i !== script.at + 1));
      lammps.runFile(script.file);
    } finally {
      lammps.stop();
      store(cwd, before);
    }
    return 0;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // LAMMPS has printed its own errors by now; anything else (an aborted module) has not been reported yet.
    if (!message.startsWith('ERROR')) print(`ERROR: ${message}`);
    return 1;
  }
}

/** @param {readonly string[]} args */
function inputScript(args) {
  const at = args.findIndex((arg) => arg === '-in' || arg === '-i');
  const file = args[at + 1];
  return at < 0 || file === undefined ? undefined : { at, file };
}

/**
 * Copies a folder's files in, and the shared files they name.
 * @param {string} cwd
 * @returns {Map<string, Buffer>} what was there, to tell new files from old
 */
function load(cwd) {
  for (const name of filesIn(pointFolder)) wasm.FS.unlink(`${pointFolder}/${name}`);
  /** @type {Map<string, Buffer>} */
  const before = new Map();
  for (const entry of readdirSync(cwd, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = readFileSync(join(cwd, entry.name));
    before.set(entry.name, content);
    wasm.FS.writeFile(`${pointFolder}/${entry.name}`, content);
  }
  for (const content of before.values()) {
    // pair_coeff * * ../shared/zhou2004-f33097b8f8eb.eam.alloy Cu_1
    for (const [, name] of content.toString('latin1').matchAll(/\.\.\/shared\/([A-Za-z0-9._-]+)/g)) loadShared(cwd, name ?? '');
  }
  return before;
}

/**
 * @param {string} cwd
 * @param {string} name
 */
function loadShared(cwd, name) {
  const path = normalize(join(cwd, '..', 'shared', basename(name)));
  if (!existsSync(path) || !statSync(path).isFile()) return;
  const content = readFileSync(path);
  if (shared.get(name)?.equals(content)) return;
  wasm.FS.writeFile(`${sharedFolder}/${name}`, content);
  shared.set(name, content);
}

/**
 * Copies new and changed files out, each complete or not at all.
 * @param {string} cwd
 * @param {Map<string, Buffer>} before
 */
function store(cwd, before) {
  for (const name of filesIn(pointFolder)) {
    const content = /** @type {Uint8Array} */ (/** @type {unknown} */ (wasm.FS.readFile(`${pointFolder}/${name}`)));
    if (before.get(name)?.equals(content)) continue;
    const temporary = join(cwd, `.${name}.partial`);
    writeFileSync(temporary, content);
    renameSync(temporary, join(cwd, name));
  }
}

/** @param {string} folder */
function filesIn(folder) {
  return wasm.FS.readdir(folder).filter((name) => wasm.FS.isFile(wasm.FS.stat(`${folder}/${name}`).mode));
}

function flush() {
  if (pending === '') return;
  send({ stdout: pending });
  pending = '';
}
