import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

/** Every page for people, from the root of the repository. */
export const pages = [
  'README.md',
  ...markdownIn('docs'),
  ...readdirSync(root).flatMap((folder) =>
    existsSync(join(root, folder, 'README.md')) && folder !== 'node_modules' ? [`${folder}/README.md`] : [],
  ),
  'deploy/gpu-worker/README.md',
  'deploy/lab/README.md',
];

export function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The lines of a page's `sh` blocks as a shell takes them: continued ones joined, without comments. */
export function shellLines(page: string): string[] {
  return [...read(page).matchAll(/```(?:sh|bash|console)\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/(?:^|\s+)#\s.*$/, '').trim())
      .filter((line) => line !== ''),
  );
}

/** The `yaml` blocks of a page. */
export function yamlBlocks(page: string): string[] {
  return [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? markdownIn(`${folder}/${entry.name}`) : entry.name.endsWith('.md') ? [`${folder}/${entry.name}`] : [],
  );
}
