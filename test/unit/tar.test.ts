import { execFileSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { packTar, unpackTar } from '../../connectors/transport/ssh/tar.js';

const files = {
  'a.txt': 'text\n',
  empty: '',
  'folder/Å 格子': 'x'.repeat(511),
  [`${'deep/'.repeat(60)}name`]: 'y'.repeat(513),
  block: 'z'.repeat(512),
};
const texts = (archive: Buffer) => {
  const unpacked = unpackTar(archive);
  return unpacked.complete
    ? Object.fromEntries([...unpacked.files].map(([name, content]) => [name, content.toString()]))
    : unpacked.problem;
};

describe('a tar archive', () => {
  it('gives back what was packed, with names of any length', ({ expect }) => {
    expect(texts(packTar(files))).toEqual(files);
    expect(texts(packTar({}))).toEqual({});
  });

  it('is one that tar lists', ({ expect }) => {
    const listed = execFileSync('tar', ['--list', '--quoting-style=literal', '--file=-'], { input: packTar(files) }).toString();
    expect(listed.trim().split('\n')).toEqual(Object.keys(files));
  });

  it('that is cut short or damaged says so', ({ expect }) => {
    const archive = packTar(files);
    expect(texts(archive.subarray(0, archive.length - 1024))).toBe('the archive has no end');
    expect(texts(archive.subarray(0, 514))).toMatch(/ends inside of a\.txt/);
    expect(texts(Buffer.alloc(0))).toBe('the archive has no end');
    const damaged = Buffer.from(archive);
    damaged.write('b', 0);
    expect(texts(damaged)).toBe('the header at 0 is damaged');
    expect(texts(Buffer.from('tar: command not found\n'.repeat(40)))).toMatch(/damaged/);
  });
});
