// @ts-check
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';

/*
 * `lammps.js/wasm-atomify` is one 43 MB script: 37 MB of WebAssembly as a string literal, and 0.25 MB of Emscripten glue that starts eight
 * pthreads, each of which reads the script again (7 s, 1.3 GB). We cut the script in two once, compile the WebAssembly once for all
 * instances, and start no pthreads, which only Kokkos would use. The parts are kept beside the socket.
 */

const literalStart = 'function findWasmBinary(){return binaryDecode(';
const literalEnd = ')}function getBinarySync';
const pthreads = 'var pthreadPoolSize=8;';

/**
 * @param {string} cacheFolder a folder only this user can write to
 * @returns {Promise<{ module: WebAssembly.Module, glue: string }>} the compiled module, and the URL of the script that instantiates it
 */
export async function lammpsModule(cacheFolder) {
  const require = createRequire(import.meta.url);
  const script = require.resolve('lammps.js/wasm-atomify');
  const { size, mtimeMs } = await stat(script);
  const base = join(cacheFolder, `lammps-atomify-${size}-${Math.round(mtimeMs)}`);
  const glue = `${base}.mjs`;
  const binary = (await readIfPresent(`${base}.wasm`)) ?? (await split(script, base));
  return { module: await WebAssembly.compile(binary), glue: pathToFileURL(glue).href };
}

/**
 * Writes `<base>.mjs` and then `<base>.wasm`, whose presence says that both are complete.
 * @param {string} script
 * @param {string} base
 */
async function split(script, base) {
  const text = await readFile(script, 'utf8');
  const start = text.indexOf(literalStart) + literalStart.length;
  const end = text.indexOf(literalEnd, start);
  if (start < literalStart.length || end < 0 || !text.includes(pthreads))
    throw new Error(`${script} is not built like lammps.js 1.5.1, so its WebAssembly cannot be taken out. Install lammps.js 1.5.1.`);
  const encoded = /** @type {string} */ (runInThisContext(text.slice(start, end)));
  const binary = new Uint8Array(encoded.length);
  // The inverse of the encoding in the script: every byte is stored complemented in a character, and 0 as a character above 255.
  for (let i = 0; i < binary.length; i++) {
    const code = encoded.charCodeAt(i);
    binary[i] = (~code >> 8) & code;
  }
  const glue = `${text.slice(0, start)}""${text.slice(end)}`.replace(pthreads, 'var pthreadPoolSize=0;');
  await mkdir(join(base, '..'), { recursive: true, mode: 0o700 });
  await writeWhole(`${base}.mjs`, glue);
  await writeWhole(`${base}.wasm`, binary);
  return binary;
}

/** @param {string} file */
async function readIfPresent(file) {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

/**
 * @param {string} file
 * @param {string | Uint8Array} content
 */
async function writeWhole(file, content) {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, file);
}
