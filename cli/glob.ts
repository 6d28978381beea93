import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { patternExpression } from '../domain/pattern.js';

export { patternExpression };

/** Files that match a path whose last part may hold `*` and `?`; sorted. */
export function globSync(pattern: string): string[] {
  const folder = dirname(pattern);
  const last = basename(pattern);
  if (!/[*?]/.test(last)) return isFile(pattern) ? [pattern] : [];
  const expression = patternExpression(last);
  if (!isFolder(folder)) return [];
  return readdirSync(folder)
    .filter((name) => expression.test(name))
    .map((name) => join(folder, name))
    .filter(isFile)
    .sort();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
