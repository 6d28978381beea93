import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, test } from 'vitest';
import { completionScript, shells, type Shell } from '../../cli/completion.js';
import { program } from '../../cli/program.js';
import { programOnPath } from '../../connectors/calculator/native-program.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'peierls-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
const installed = Object.fromEntries(
  await Promise.all(shells.map(async (shell) => [shell, await programOnPath([shell], process.env['PATH'] ?? '')])),
);

/** What a shell offers for a line whose last word is being typed. */
async function offers(shell: Shell, line: string): Promise<string[]> {
  const script = join(folder, `peierls.${shell}`);
  writeFileSync(script, completionScript(program, shell));
  const words = line.split(' ');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const last = words.at(-1) ?? '';
  const commands: Record<Shell, [program: string, args: string[]]> = {
    bash: [
      'bash',
      [
        '--norc',
        '-c',
        `source '${script}'; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _peierls; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
    ],
    // Only the line editor may call the true compadd: here it prints what it is given.
    zsh: [
      'zsh',
      [
        '-f',
        '-c',
        `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *; }; source '${script}'; words=(${quoted}); CURRENT=${words.length}; _peierls`,
      ],
    ],
    fish: ['fish', ['--no-config', '-c', `source '${script}'; complete -C '${line}'`]],
  };
  const [command, args] = commands[shell];
  const { stdout } = await run(command, args, { cwd: folder, env: { ...process.env, HOME: folder } });
  return stdout
    .split('\n')
    .map((offer) => offer.split('\t')[0] ?? '')
    .filter((offer) => offer !== '' && offer.startsWith(last))
    .sort();
}

describe.for(shells)('%s', (shell) => {
  const missing = installed[shell] === undefined;

  test.skipIf(missing)('completes commands', async ({ expect }) => {
    expect(await offers(shell, 'peierls comp')).toEqual(['compare', 'completion', 'computer']);
    expect(await offers(shell, 'peierls ')).toEqual([...program.commands.map((it) => it.name()), 'help'].sort());
  });

  test.skipIf(missing)('completes commands of a group', async ({ expect }) => {
    expect(await offers(shell, 'peierls computer ')).toEqual(['budget', 'drain', 'hold', 'import', 'list', 'login', 'resume', 'test']);
  });

  test.skipIf(missing)('completes options, also after arguments', async ({ expect }) => {
    expect(await offers(shell, 'peierls rank quickstart --t')).toEqual(['--top', '--top-k']);
    expect(await offers(shell, 'peierls computer test hawk --')).toEqual(['--help', '--json', '--no-job', '--wait']);
  });

  test.skipIf(missing)('completes the values of an option that has a list of them', async ({ expect }) => {
    expect(await offers(shell, 'peierls export quickstart --format ')).toEqual(['cif', 'csv', 'html', 'jsonl', 'optimade', 'pymatgen']);
    expect(await offers(shell, 'peierls status quickstart --state r')).toEqual(['ranked', 'rejected', 'running']);
  });

  test.skipIf(missing)('completes files where files belong', async ({ expect }) => {
    writeFileSync(join(folder, 'my-campaign.yaml'), '');
    expect(await offers(shell, 'peierls screen my-')).toEqual(['my-campaign.yaml']);
    expect(await offers(shell, 'peierls export q --output my-')).toContain('my-campaign.yaml');
  });
});
