import { InvalidInput } from '../../../domain/failures.js';

/** One value of a CIF file and the line it stands on. `?` and `.` that are not quoted mean "not given". */
export interface CifValue {
  text: string;
  line: number;
  given: boolean;
}

export interface CifLoop {
  tags: string[];
  rows: CifValue[][];
}

/** A `data_` block. Tags are lower case, as CIF does not distinguish. */
export interface CifBlock {
  name: string;
  line: number;
  items: Map<string, CifValue>;
  loops: CifLoop[];
}

type Token = CifValue & { quoted: boolean };

/**
 * The data blocks of a CIF file (Hall, Allen & Brown, Acta Cryst. A 47, 655 (1991)). Save frames are skipped. Worked example:
 *   data_Cu / _cell_length_a 3.6146(2) / loop_ / _atom_site_label / _atom_site_fract_x / Cu1 0.0
 * gives one block with the item `_cell_length_a` and one loop of two tags and one row.
 */
export function cifBlocks(text: string, file: string): CifBlock[] {
  const tokens = cifTokens(text, file);
  const blocks: CifBlock[] = [];
  let inSave = false;
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at];
    const word = token?.quoted === false ? token.text.toLowerCase() : '';
    const block = blocks.at(-1);
    if (token === undefined) break;
    if (word.startsWith('data_')) {
      blocks.push({ name: token.text.slice(5), line: token.line, items: new Map(), loops: [] });
      at += 1;
    } else if (word.startsWith('save_')) {
      inSave = word !== 'save_';
      at += 1;
    } else if (block === undefined) {
      throw new InvalidInput('this stands before the first data_ block', {
        file,
        path: `line ${token.line}`,
        value: token.text,
        remedy: 'A CIF file starts with data_<name>',
      });
    } else if (word === 'loop_') {
      const { loop, next } = readLoop(tokens, at + 1, file);
      if (!inSave) block.loops.push(loop);
      at = next;
    } else if (word.startsWith('_')) {
      const value = tokens[at + 1];
      if (value === undefined || isKeyword(value))
        throw new InvalidInput(`${token.text} has no value`, {
          file,
          path: `line ${token.line}`,
          remedy: 'Write ? where a value is unknown',
        });
      if (!inSave) block.items.set(word, value);
      at += 2;
    } else {
      throw new InvalidInput('a value stands without a tag', {
        file,
        path: `line ${token.line}`,
        value: token.text,
        remedy: 'Quote values that contain blanks',
      });
    }
  }
  return blocks;
}

function readLoop(tokens: readonly Token[], start: number, file: string): { loop: CifLoop; next: number } {
  const line = tokens[start - 1]?.line ?? 1;
  let at = start;
  const tags: string[] = [];
  for (let token = tokens[at]; token !== undefined && !token.quoted && token.text.startsWith('_'); token = tokens[at]) {
    tags.push(token.text.toLowerCase());
    at += 1;
  }
  const values: CifValue[] = [];
  for (let token = tokens[at]; token !== undefined && !isKeyword(token); token = tokens[at]) {
    values.push(token);
    at += 1;
  }
  if (tags.length === 0 || values.length % tags.length !== 0)
    throw new InvalidInput(`the loop has ${tags.length} tags and ${values.length} values`, {
      file,
      path: `line ${line}`,
      remedy: 'Each row needs one value for each tag; quote values that contain blanks',
    });
  const rows = Array.from({ length: values.length / Math.max(tags.length, 1) }, (_, row) =>
    values.slice(row * tags.length, (row + 1) * tags.length),
  );
  return { loop: { tags, rows }, next: at };
}

function isKeyword({ text, quoted }: Token): boolean {
  // `_cell_length_a`, `loop_`, `data_Cu`, `save_x`, `stop_`, `global_`
  return !quoted && /^(_|loop_|data_|save_|stop_|global_)/i.test(text);
}

function cifTokens(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (!line.startsWith(';')) {
      tokens.push(...lineTokens(line, index + 1, file));
      continue;
    }
    const end = lines.findIndex((other, k) => k > index && other.startsWith(';'));
    if (end < 0)
      throw new InvalidInput('the text that starts with ";" does not end', {
        file,
        path: `line ${index + 1}`,
        remedy: 'Close it with a line that starts with ";"',
      });
    tokens.push({ text: [line.slice(1), ...lines.slice(index + 1, end)].join('\n'), line: index + 1, quoted: true, given: true });
    tokens.push(...lineTokens((lines[end] ?? '').slice(1), end + 1, file));
    index = end;
  }
  return tokens;
}

function lineTokens(line: string, number: number, file: string): Token[] {
  const tokens: Token[] = [];
  // `'-x, y'`, `"a b"`, `# remark`, `3.61(2)`: a quote ends only before a blank, as in 'O5' sites.
  const pattern = /\s*(?:'((?:[^']|'(?=\S))*)'(?=\s|$)|"((?:[^"]|"(?=\S))*)"(?=\s|$)|(#.*)|(\S+))/y;
  while (pattern.lastIndex < line.trimEnd().length) {
    const found = pattern.exec(line);
    if (found === null) break;
    const [, single, double, remark, plain] = found;
    if (remark !== undefined) break;
    const quoted = single ?? double;
    if (quoted === undefined && plain !== undefined && /^['"]/.test(plain))
      throw new InvalidInput('the quote is not closed', {
        file,
        path: `line ${number}`,
        value: plain,
        remedy: 'Close it before the end of the line',
      });
    tokens.push({
      text: quoted ?? plain ?? '',
      line: number,
      quoted: quoted !== undefined,
      given: quoted !== undefined || (plain !== '?' && plain !== '.'),
    });
  }
  return tokens;
}
