import { resolveBinary } from '../connectors/embedded/binary.js';
import { storeWays } from '../connectors/embedded/document-store.js';
import { temporalWays } from '../connectors/embedded/temporal.js';

/**
 * Gets the programs of the embedded servers into the cache before any test starts its clock: on a new machine that is a download, or a
 * build of some minutes. Where neither is possible the tests that need them fail and say so; the others run.
 */
export async function setup(): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const [what, ways] of [
    ['MongoDB-compatible store', storeWays(process.env)],
    ['Temporal server', temporalWays(process.env)],
  ] as const) {
    await resolveBinary(what, ways, say).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
  }
}
