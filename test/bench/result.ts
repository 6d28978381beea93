import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a measurement was made, and how busy the machine was. */
export function machine(loadBefore: readonly number[]) {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore,
    loadAfter: loadavg(),
  };
}

/** Writes `results/<name>.json` beside the benches, and the same on stdout. */
export function writeResult(name: string, result: Record<string, unknown>): void {
  const folder = join(fileURLToPath(new URL('.', import.meta.url)), 'results');
  mkdirSync(folder, { recursive: true });
  const text = `${JSON.stringify(result, undefined, 1)}\n`;
  writeFileSync(join(folder, `${name}.json`), text);
  process.stdout.write(text);
}

/** Median of numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
