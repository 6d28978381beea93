import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'oxfmt';
import { z } from 'zod';
import { referencePages, type Page } from './reference-pages.js';

/** Makes the reference pages from the schemas that read the files: types, limits and defaults from zod, meanings from the comments beside them. */
export async function generatedPages(): Promise<Record<string, string>> {
  const options = JSON.parse(read('.oxfmtrc.json')) as Parameters<typeof format>[2];
  const pages = await Promise.all(
    referencePages.map(async (page) => [page.file, (await format(page.file, pageText(page), options)).code] as const),
  );
  return Object.fromEntries(pages);
}

interface Field {
  path: string;
  required: boolean;
  type: string;
  fallback: string;
  meaning: string;
}

/** What zod's JSON schema of a node may hold. */
interface Node {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Node[];
  oneOf?: Node[];
  properties?: Record<string, Node>;
  required?: string[];
  additionalProperties?: Node | boolean;
  items?: Node | false;
  prefixItems?: Node[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

function pageText({ title, intro, sections }: Page): string {
  const parts = sections.map(({ heading, note, schema, source, consts, elsewhere = {} }) => {
    const comments = commentsOf(source);
    const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Node;
    const meaning = (path: string): string =>
      elsewhere[path] ?? commentFor(comments, path.split('.').at(-1)?.replace('[]', '') ?? '', consts) ?? '';
    const fields = fieldsOf(node, '', new Set(Object.keys(elsewhere)), meaning);
    const rows = fields.map((it) => `| \`${it.path}\`${it.required ? ' \\*' : ''} | ${it.type} | ${it.fallback} | ${it.meaning} |`);
    return [
      `## ${heading}`,
      '',
      ...(note === undefined ? [] : [note, '']),
      '| field | value | default | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
  });
  return [
    `# ${title}`,
    '',
    intro,
    '',
    'Made from the schemas by `npm run docs:generate`. Fields marked \\* must be given; unknown fields are errors.',
    '',
    ...parts,
  ].join('\n');
}

/** One row for each field, the fields of a section inside after it. */
function fieldsOf(node: Node, prefix: string, opaque: ReadonlySet<string>, meaning: (path: string) => string): Field[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`;
    const field: Field = {
      path,
      required: node.required?.includes(key) === true && inner.default === undefined,
      type: typeText(inner),
      fallback: ['', '{}', undefined].includes(JSON.stringify(inner.default)?.replaceAll('"', '')) ? '' : code(inner.default),
      meaning: meaning(path),
    };
    if (opaque.has(path)) return [field];
    const list = inner.items === undefined || inner.items === false ? undefined : inner.items;
    return [
      field,
      ...fieldsOf(inner, `${path}.`, opaque, meaning),
      ...(list?.properties === undefined ? [] : fieldsOf(list, `${path}[].`, opaque, meaning)),
    ];
  });
}

function typeText(node: Node): string {
  const choices = node.anyOf ?? node.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeText))].join(' or ');
  if (node.const !== undefined) return code(node.const);
  if (node.enum !== undefined) return node.enum.length > 40 ? 'element symbol' : node.enum.map(code).join(', ');
  if (node.prefixItems !== undefined) return `[${node.prefixItems.map(typeText).join(', ')}]`;
  if (node.type === 'array') return `list of ${node.items === undefined || node.items === false ? 'anything' : typeText(node.items)}`;
  if (node.properties !== undefined) return 'section';
  if (node.type === 'object')
    return typeof node.additionalProperties === 'object' && Object.keys(node.additionalProperties).length > 0
      ? `table of ${typeText(node.additionalProperties)}`
      : 'table';
  if (node.type === 'integer' || node.type === 'number') return `${node.type === 'integer' ? 'whole number' : 'number'}${rangeText(node)}`;
  return node.type === 'string' ? 'text' : (node.type ?? 'anything');
}

/** Limits at the ends of what a computer can count are none. */
function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): string {
  const real = (value: number | undefined): value is number => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const low = real(minimum) ? `from ${minimum}` : real(exclusiveMinimum) ? `above ${exclusiveMinimum}` : '';
  const high = real(maximum) ? `to ${maximum}` : real(exclusiveMaximum) ? `below ${exclusiveMaximum}` : '';
  return [low, high]
    .filter((part) => part !== '')
    .map((part) => ` ${part}`)
    .join('');
}

interface Comment {
  owner: string;
  key: string;
  text: string;
}

/** Comments beside keys, with the constant that they are in: `/** Seconds ... *\/ wait: z.number()`. */
function commentsOf(sources: readonly string[]): Comment[] {
  return sources.flatMap((source) => {
    const text = read(source);
    return [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:'?([A-Za-z]\w*)'?):/g)].map(([, body = '', key = ''], index, all) => {
      const at = all[index]?.index ?? 0;
      const owner = [...text.slice(0, at).matchAll(/^(?:export )?const (\w+)/gm)].at(-1)?.[1] ?? '';
      return {
        owner,
        key,
        text: body
          .replaceAll(/\n\s*\*/g, '\n')
          .replaceAll(/\s+/g, ' ')
          .trim(),
      };
    });
  });
}

/** The comment of the first of the constants that has one for this key. */
function commentFor(comments: readonly Comment[], key: string, consts: readonly string[]): string | undefined {
  return consts
    .map((owner) => comments.find((comment) => comment.owner === owner && comment.key === key)?.text.replaceAll('|', '\\|'))
    .find((text) => text !== undefined);
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``.replaceAll('|', '\\|');
}

function read(file: string): string {
  return readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
}

if (process.argv[2] === '--write')
  for (const [file, text] of Object.entries(await generatedPages()))
    writeFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), text);
