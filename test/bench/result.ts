import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
