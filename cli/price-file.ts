import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ElementFigures } from '../domain/element-limit.js';
import { InvalidInput, MissingFile } from '../domain/failures.js';
import { Prices } from '../domain/price.js';

/** Prices by element from a YAML or JSON file: lines such as `Ni: 17`, or such a file as filters by price take. Throws `InvalidInput` that names the file and the element. */
export function readPrices(file: string): Prices {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new MissingFile('there is no such file', { file, path: '--prices', remedy: 'Check the path' });
    throw new InvalidInput('is not YAML', { file, remedy: 'Write a line like "Ni: 17" for each element', cause });
  }
  const isSourced = typeof content === 'object' && content !== null && 'values' in content;
  const parsed = (isSourced ? ElementFigures.transform(({ values }) => values) : Prices).safeParse(content, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidInput(issue?.message ?? 'is not a list of prices', {
    file,
    path: issue?.path.join('.') ?? '',
    value: issue?.input,
    remedy: 'Write a line like "Ni: 17" for each element, all in one currency per kg',
  });
}
