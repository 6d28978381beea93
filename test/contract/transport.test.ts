import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, test } from 'vitest';
import { localTransport } from '../../connectors/transport/local.js';
import type { Transport } from '../../connectors/transport/transport.js';
import { InvalidInput } from '../../domain/failures.js';
import { temporaryFolder, until } from './temporary.js';

/** Every implementation must pass the same tests; all reach this machine, so that a test can look at what they did. */
const implementations: { name: string; open: () => Promise<Transport> }[] = [{ name: 'local', open: async () => localTransport() }];

describe.each(implementations)('the $name transport', ({ open }) => {
  let folder = { path: '', remove: () => undefined as void };
  let opened: Promise<Transport> | undefined;
  const transport = (): Promise<Transport> => (opened ??= open());

  beforeEach(() => {
    folder = temporaryFolder('transport');
  });
  afterEach(() => folder.remove());
  afterAll(async () => (await opened)?.close());

  const exec = async (...rest: Parameters<Transport['exec']>) => (await transport()).exec(...rest);

  describe('runs a command', () => {
    test('and returns its output and exit code, whatever that is', async ({ expect }) => {
      expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
      expect(await exec(['true'])).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    test('that does not exist with exit code 127, as a shell does: the computer was reached', async ({ expect }) => {
      const result = await exec(['no-such-program-of-ours', '-x']);
      expect(result.code).toBe(127);
      expect(result.stderr).toContain('no-such-program-of-ours');
    });

    test.for([
      ['two words'],
      [''],
      [`it's "quoted"`],
      ['$(touch stolen) `touch stolen` ${HOME} $HOME'],
      ['a;b&c|d>e<f(g)!h#i'],
      ['* ? [a-z] {a,b} ~'],
      ['one\ntwo\ttab\\n'],
      ['-n'],
      ['Å 格子 🧪'],
    ])('with an argument that no shell touches: %j', async ([argument], { expect }) => {
      const { stdout } = await exec(['printf', '%s|', argument ?? '', 'next'], { cwd: folder.path });
      expect(stdout).toBe(`${argument ?? ''}|next|`);
      expect(readdirSync(folder.path)).toEqual([]);
    });

    test('in the folder that it is given, whatever its name', async ({ expect }) => {
      const odd = join(folder.path, `it's a $(folder)`);
      mkdirSync(odd);
      expect((await exec(['pwd'], { cwd: odd })).stdout).toBe(`${odd}\n`);
    });

    test('with a non-zero exit code where the folder is missing', async ({ expect }) => {
      expect((await exec(['pwd'], { cwd: join(folder.path, 'missing') })).code).not.toBe(0);
    });

    test('with its input, however long', async ({ expect }) => {
      const stdin = `${'0123456789\n'.repeat(100_000)}Å`;
      expect((await exec(['cat'], { stdin })).stdout).toBe(stdin);
    });

    test('with an empty input where none is given', async ({ expect }) => {
      expect(await exec(['cat'])).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    test('that never reads its input', async ({ expect }) => {
      expect((await exec(['true'], { stdin: 'x'.repeat(1 << 22) })).code).toBe(0);
    });

    test('with large outputs complete', async ({ expect }) => {
      const { stdout } = await exec(['sh', '-c', 'yes 0123456789 | head -n 200000']);
      expect(stdout).toHaveLength(11 * 200_000);
    });

    test('with characters whole where they straddle two reads', async ({ expect }) => {
      const { stdout } = await exec(['sh', '-c', String.raw`printf '\303'; sleep 0.1; printf '\205'`]);
      expect(stdout).toBe('Å');
    });

    test('and ends it, children included, at its time limit', async ({ expect }) => {
      const begun = Date.now();
      const { code, stdout } = await exec(['sh', '-c', 'echo begun; sleep 300 & echo $! > child; wait'], {
        cwd: folder.path,
        timeoutSeconds: 0.5,
      });
      expect(code).toBe(-1);
      expect(stdout).toBe('begun\n');
      expect(Date.now() - begun).toBeLessThan(20_000);
      await until(
        () => running(join(folder.path, 'child')),
        (alive) => !alive,
      );
    });

    test('and ends it, children included, when it is given up', async ({ expect }) => {
      const stop = new AbortController();
      const result = exec(['sh', '-c', 'sleep 300 & echo $! > child; wait'], { cwd: folder.path, signal: stop.signal });
      await until(() => existsSync(join(folder.path, 'child')) && readFileSync(join(folder.path, 'child'), 'utf8') !== '', Boolean);
      stop.abort(new Error('not wanted any more'));
      await expect(result).rejects.toThrow('not wanted any more');
      await until(
        () => running(join(folder.path, 'child')),
        (alive) => !alive,
      );
    });

    test('not at all when it was given up before', async ({ expect }) => {
      const result = exec(['touch', 'begun'], { cwd: folder.path, signal: AbortSignal.abort(new Error('too late')) });
      await expect(result).rejects.toThrow('too late');
      expect(readdirSync(folder.path)).toEqual([]);
    });

    test('beside many others', async ({ expect }) => {
      const results = await Promise.all(Array.from({ length: 30 }, (_, index) => exec(['echo', String(index)])));
      expect(results.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, index) => index));
    });
  });

  describe('files', () => {
    test('are written under a folder that is made for them, with nested names', async ({ expect }) => {
      const target = join(folder.path, 'new', 'work');
      const files = { 'job.sh': 'echo\n', 'points/strain_e1_+0.005/in.lammps': 'units metal\n', empty: '', 'name with $(x)': 'Å' };
      await (await transport()).putFiles(target, files);
      expect(await (await transport()).getFiles(target, Object.keys(files))).toEqual(files);
    });

    test('replace older ones and leave nothing else behind', async ({ expect }) => {
      await (await transport()).putFiles(folder.path, { a: 'a long first version' });
      await (await transport()).putFiles(folder.path, { a: 'second' });
      expect(readFileSync(join(folder.path, 'a'), 'utf8')).toBe('second');
      expect(readdirSync(folder.path)).toEqual(['a']);
    });

    test('appear complete or not at all: a reader never sees half of one', async ({ expect }) => {
      const [first, second] = ['1'.repeat(1 << 20), '2'.repeat(1 << 20)];
      await (await transport()).putFiles(folder.path, { a: first });
      const writes = Promise.all(
        Array.from({ length: 20 }, async (_, index) => (await transport()).putFiles(folder.path, { a: index % 2 === 0 ? second : first })),
      );
      const seen = await Promise.all(Array.from({ length: 50 }, async () => (await transport()).getFiles(folder.path, ['a'])));
      await writes;
      expect(seen.every(({ a }) => a === first || a === second)).toBe(true);
      expect(readdirSync(folder.path)).toEqual(['a']);
    });

    test.for([['../outside'], ['a/../../outside'], ['..'], ['.'], [''], ['a/../..']])(
      'are refused where their name leads out of the folder: %j',
      async ([name], { expect }) => {
        const target = join(folder.path, 'inside');
        await expect((await transport()).putFiles(target, { fine: 'x', [name ?? '']: 'x' })).rejects.toThrow(InvalidInput);
        await expect((await transport()).getFiles(target, [name ?? ''])).rejects.toThrow(InvalidInput);
        expect(readdirSync(folder.path)).toEqual([]);
      },
    );

    test('that are missing are left out of what is read', async ({ expect }) => {
      writeFileSync(join(folder.path, 'a'), 'text');
      expect(await (await transport()).getFiles(folder.path, ['a', 'b', 'a/below-a-file', 'c/d'])).toEqual({ a: 'text' });
      expect(await (await transport()).getFiles(join(folder.path, 'no-folder'), ['a'])).toEqual({});
    });

    test('of no name at all need no folder', async ({ expect }) => {
      expect(await (await transport()).getFiles(folder.path, [])).toEqual({});
      await (await transport()).putFiles(folder.path, {});
      expect(readdirSync(folder.path)).toEqual([]);
    });
  });

  describe('removal', () => {
    test('takes a folder with all in it, and a missing one is fine', async ({ expect }) => {
      await (await transport()).putFiles(join(folder.path, 'work'), { 'a/b/c': 'x' });
      await (await transport()).remove(join(folder.path, 'work'));
      await (await transport()).remove(join(folder.path, 'work'));
      expect(readdirSync(folder.path)).toEqual([]);
    });

    test.for([['/'], ['/tmp'], ['/tmp/'], ['/tmp/x/..'], ['/tmp/../home'], [''], ['relative/folder/deep'], ['~/work/deep']])(
      'of %j is refused',
      async ([path], { expect }) => {
        await expect((await transport()).remove(path ?? '')).rejects.toThrow(InvalidInput);
      },
    );
  });
});

/** Whether the process whose id is in the file still runs. */
function running(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // State Z: ended, and only waiting for its parent to notice.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No such process.
    return false;
  }
}
