import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { parse } from 'yaml';
import { leafCommands } from '../../cli/examples.js';
import { Campaign } from '../../domain/campaign.js';
import { ComputersFile } from '../../domain/computer.js';
import { NotificationsFile } from '../../domain/notification.js';
import { Training } from '../../domain/training.js';
import { program } from '../../cli/program.js';
import { pages, read, root, shellLines, yamlBlocks } from '../documented-lines.js';
import { peierlsArguments, refusal } from './command-line.js';

/** Commands of `sh` blocks that call us. */
const blockLines = pages.flatMap((page) =>
  shellLines(page)
    .flatMap((line) => line.split(/ && |; /))
    .filter((line) => peierlsArguments(line) !== undefined)
    .map((line) => [page, line.trim()] as const),
);

/** The first command of each row of the README's table of commands. */
const tableRows = [...(read('README.md').split('## Everyday commands')[1]?.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z][^`]*)`/gm)].map(
  ([, text = '']) => text,
);

/** `peierls ...` inside sentences, which may leave arguments out and name several commands: `peierls computer hold|drain <name>`. */
const mentions = pages.flatMap((page) =>
  [
    ...read(page)
      .replaceAll(/```[\s\S]*?```/g, '')
      .matchAll(/`((?:npx )?peierls [^`]+)`/g),
  ].map(([, text = '']) => [page, text.replaceAll(/\s+/g, ' ')] as const),
);

describe('the pages', () => {
  test('hold the commands that this test is about', ({ expect }) => {
    expect(blockLines.length).toBeGreaterThan(10);
    expect(mentions.length).toBeGreaterThan(5);
    expect(tableRows.length).toBeGreaterThan(10);
  });

  test.for(blockLines)('%s: %s', async ([page, line], { expect }) => {
    const args = peierlsArguments(line) ?? [];
    expect(await refusal(args), `${page}: ${line}`).toBeUndefined();
    for (const path of args.filter((word) => /^(?:deploy|data|docs|test)\//.test(word)))
      expect(existsSync(join(root, path)), `${page} names ${path}`).toBe(true);
  });

  test.for(mentions)('%s: mentions %s', async ([page, text], { expect }) => {
    for (const args of alternatives(text)) {
      if (args[0] === undefined || args[0].startsWith('<')) continue;
      const reason = await refusal(args);
      // A sentence may leave arguments out; commands and options must exist.
      const forgiven = [
        'commander.missingArgument',
        'commander.missingMandatoryOptionValue',
        'commander.optionMissingArgument',
        'commander.help',
      ];
      expect(reason === undefined || forgiven.includes(reason.code), `${page}: ${text}: ${reason?.message}`).toBe(true);
    }
  });

  test.for(pages.flatMap((page) => [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => [page, link] as const)))(
    '%s links to %s, which exists',
    ([page, link], { expect }) => {
      expect(existsSync(join(root, page, '..', link))).toBe(true);
    },
  );

  test.for(
    pages.flatMap((page) =>
      [
        ...new Set(
          [...read(page).matchAll(/`((?:docs|deploy|data|test|domain|connectors|activities|workflows|workers|cli)\/[\w./-]+\.\w+)`/g)].map(
            ([, file = '']) => file,
          ),
        ),
      ].map((file) => [page, file] as const),
    ),
  )('%s names the file %s, which exists', ([, file], { expect }) => {
    expect(existsSync(join(root, file))).toBe(true);
  });
});

describe("the README's table of commands", () => {
  test.for(tableRows)('names %s', async (text, { expect }) => {
    const reason = await refusal(peierlsArguments(`peierls ${text}`) ?? []);
    expect(
      reason === undefined || ['commander.missingArgument', 'commander.missingMandatoryOptionValue'].includes(reason.code),
      `${text}: ${reason?.message}`,
    ).toBe(true);
  });
});

/** Files of ours that pages show whole, with the schema that reads them. */
const shownFiles = pages.flatMap((page) =>
  yamlBlocks(page).flatMap((text) => {
    const content = parse(text) as Record<string, unknown>;
    const schema =
      'channels' in content
        ? NotificationsFile
        : 'computers' in content
          ? ComputersFile
          : 'candidates' in content
            ? Campaign
            : 'metals' in content
              ? Training
              : undefined;
    return schema === undefined ? [] : [[page, Object.keys(content).join(', '), schema, content] as const];
  }),
);

test('pages show files of several kinds', ({ expect }) => {
  expect(new Set(shownFiles.map(([, , schema]) => schema)).size).toBeGreaterThan(2);
});

test.for(shownFiles)('%s shows a file with %s that is valid', ([, , schema, content], { expect }) => {
  expect(schema.safeParse(content).error?.issues ?? []).toEqual([]);
});

test('every variable that the program reads is in the operating guide, and no other', ({ expect }) => {
  const names = (text: string): string[] => [...new Set(text.match(/PEIERLS_[A-Z]+(?:_[A-Z]+)*/g) ?? [])].toSorted();
  const sources = ['cli', 'connectors', 'workers', 'activities'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => read(`${folder}/${file}`)),
  );
  // An example in a comment of the import of computers, for a computer called hpc1.
  expect(names(sources.join('\n')).filter((name) => name !== 'PEIERLS_HPC')).toEqual(names(read('docs/operating.md')));
});

describe('the help', () => {
  const commands = leafCommands(program);

  test.for(commands.map(({ path }) => path))('of %s has an example that the command line takes', async (path, { expect }) => {
    const command = commands.find((it) => it.path === path)?.command;
    let text = '';
    command?.configureOutput({ writeOut: (piece) => (text += piece) }).outputHelp();
    const lines =
      text
        .split(/^Examples?:$/m)[1]
        ?.trim()
        .split('\n') ?? [];
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const args = peierlsArguments(line) ?? [];
      expect(args.join(' ').startsWith(path), line).toBe(true);
      expect(await refusal(args), line).toBeUndefined();
    }
  });

  test('refuses what does not exist', async ({ expect }) => {
    expect((await refusal(['rank', 'q', '--nothing']))?.code).toBe('commander.unknownOption');
    expect((await refusal(['ranks', 'q']))?.code).toBe('commander.unknownCommand');
    expect((await refusal(['export', 'q']))?.code).toBe('commander.missingMandatoryOptionValue');
  });
});

/** `peierls computer hold|drain <name>` stands for two commands; commas at the end of words are the sentence's. */
function alternatives(text: string): string[][] {
  const words = text.replaceAll('\\|', '|').split(' ');
  const index = words.findIndex((word) => /^[a-z]+(?:\|[a-z]+)+$/.test(word));
  const lines = index < 0 ? [words] : (words[index] ?? '').split('|').map((word) => words.toSpliced(index, 1, word));
  return lines.map((line) => peierlsArguments(line.join(' ')) ?? []);
}
