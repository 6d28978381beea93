import { execFileSync } from 'node:child_process';
import { describe, test } from 'vitest';
import { commandLine, quote } from '../../connectors/transport/shell.js';

/** What a real shell makes of the words: each ends with NUL, which no argument can hold. */
function seenByShell(words: readonly string[]): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${commandLine(words)}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

describe('words for a shell', () => {
  test.for([
    ['an empty word', ''],
    ['spaces', '  two  words '],
    ['single quotes', `it's 'quoted'`],
    ['double quotes', '"quoted"'],
    ['a substitution', '$(touch /tmp/never) `id` ${HOME} $HOME'],
    ['newlines and tabs', 'one\ntwo\tthree\n'],
    ['a glob', '* ? [a-z] {a,b} ~ ~root'],
    ['operators', '; & | && || > < >> ( ) !! # \\ \\n'],
    ['an option', '-rf'],
    ['an assignment', 'PATH=/tmp'],
    ['other scripts', 'Å ångström 格子 🧪'],
    ['a control character', '\u0001\u007f'],
  ])('arrive unchanged: %s', ([, word], { expect }) => {
    expect(seenByShell([word ?? ''])).toEqual([word]);
  });

  test('stay apart', ({ expect }) => {
    expect(seenByShell(['a', '', 'b c', "d'"])).toEqual(['a', '', 'b c', "d'"]);
  });

  test('are left bare where nothing needs quoting, so that job scripts stay readable', ({ expect }) => {
    expect(quote('/usr/bin/lmp_serial-2.0+x')).toBe('/usr/bin/lmp_serial-2.0+x');
    expect(commandLine(['lmp', '-in', 'in file'])).toBe(`lmp -in 'in file'`);
  });
});
