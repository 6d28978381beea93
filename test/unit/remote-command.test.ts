import { execFileSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { readMarked, remoteCommand } from '../../connectors/transport/ssh/remote-command.js';

const mark = '0123456789abcdef';
const run = (command: readonly string[], options = {}) =>
  execFileSync('sh', ['-c', remoteCommand(command, mark, options)], { stdio: ['ignore', 'pipe', 'ignore'] });

describe('a remote command', () => {
  it('prints its output between marks, with its process group and exit status', ({ expect }) => {
    const read = readMarked(
      Buffer.concat([Buffer.from('Last login: x'), run(['sh', '-c', 'printf out; exit 3']), Buffer.from('bye\n')]),
      mark,
    );
    expect(read).toMatchObject({ code: 3, output: Buffer.from('out') });
    expect(read.processGroup).toBeGreaterThan(1);
  });

  it.for([`it's`, 'a\nb', '!!', '$HOME `id` "x" \\n', '\\0041', 'Å'])(
    'carries the argument %j whole, on one line',
    (argument, { expect }) => {
      const text = remoteCommand(['printf', '%s', argument], mark);
      expect(text).not.toContain('\n');
      expect(readMarked(run(['printf', '%s', argument]), mark).output.toString()).toBe(argument);
    },
  );

  it('does not run where its folder is missing', ({ expect }) => {
    const read = readMarked(run(['echo', 'ran'], { cwd: '/no/such/folder' }), mark);
    expect(read.code).not.toBe(0);
    expect(read.output.toString()).toBe('');
  });

  it('does not show its marks to a shell that echoes it', ({ expect }) => {
    expect(readMarked(Buffer.from(remoteCommand(['true'], mark)), mark)).toEqual({ output: Buffer.alloc(0) });
  });

  it('is refused where a login shell could not take it', ({ expect }) => {
    expect(() => remoteCommand(['echo', 'x'.repeat(130_000)], mark)).toThrow(/too long.*as its input/);
    expect(() => remoteCommand([], mark)).toThrow(/empty/);
  });
});

describe('reading between marks', () => {
  it('tells not begun, not ended, and ended apart', ({ expect }) => {
    expect(readMarked(Buffer.from('motd'), mark)).toEqual({ output: Buffer.alloc(0) });
    expect(readMarked(Buffer.from(`motd${mark}:begin:12`), mark)).toEqual({ output: Buffer.alloc(0) });
    expect(readMarked(Buffer.from(`motd${mark}:begin:12\nhalf`), mark)).toEqual({ processGroup: 12, output: Buffer.from('half') });
    expect(readMarked(Buffer.from(`${mark}:begin:12\nall${mark}:end:0\nbye`), mark)).toEqual({
      processGroup: 12,
      code: 0,
      output: Buffer.from('all'),
    });
  });
});
