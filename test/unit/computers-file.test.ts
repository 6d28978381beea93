import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { parse } from 'yaml';
import { addComputers, writeComputers } from '../../connectors/computer/import/merge.js';
import { InvalidInput } from '../../domain/failures.js';

const entry = { transport: { kind: 'local' as const }, scheduler: { kind: 'direct' as const, slots: 2 }, workDir: '/w/new' };

const existing = `# Computers of the group; ask Mia before changing one.
computers:
  hawk: # the old one
    transport: { kind: ssh, host: hawk.example } # alias does not work here
    # Its queue is slow on Mondays.
    scheduler: { kind: slurm, partition: long }
    workDir: /scratch/mia
# the end
`;

describe('adding a computer to the file', () => {
  test('keeps every comment, and what was there', ({ expect }) => {
    const merged = addComputers(existing, { desk: entry }, 'f');
    for (const comment of existing.match(/#.*/g) ?? []) expect(merged).toContain(comment);
    expect(merged).toContain('transport: { kind: ssh, host: hawk.example } # alias');
    const before = parse(existing) as { computers: object };
    expect(parse(merged)).toEqual({ computers: { ...before.computers, desk: entry } });
  });

  test('refuses a name that is taken, and changes nothing', ({ expect }) => {
    expect(() => addComputers(existing, { hawk: entry }, 'f')).toThrow('f: computers.hawk: there is a computer of this name already');
  });

  test.for([
    ['', 'nothing'],
    ['# only a comment\n', 'a comment'],
    ['computers: {}\n', 'an empty list'],
    ['computers:\n', 'no list'],
  ] as const)('makes a valid file of %j, which holds %s', ([text], { expect }) => {
    const merged = addComputers(text, { desk: entry }, 'f');
    expect(parse(merged)).toEqual({ computers: { desk: entry } });
    expect(merged.startsWith(text.startsWith('#') ? text : 'computers:\n  desk:\n')).toBe(true);
  });

  test.for(['computers: [unclosed', '- a\n', 'computers: 3\n', 'computers:\n  old: { workDir: relative }\n', 'computer: {}\n'])(
    'refuses the broken file %j',
    (text, { expect }) => {
      expect(() => addComputers(text, { desk: entry }, 'f')).toThrow(InvalidInput);
    },
  );
});

describe('writing the file', () => {
  test('replaces it at once, keeps its mode, and follows a link', ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-computers-'));
    try {
      const [file, link] = [join(folder, 'real.yaml'), join(folder, 'computers.yaml')];
      writeFileSync(file, existing);
      chmodSync(file, 0o600);
      symlinkSync(file, link);
      writeComputers(link, { desk: entry });
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toContain('desk:');
      expect(() => writeComputers(link, { desk: entry })).toThrow('already');
      writeComputers(join(folder, 'fresh.yaml'), { desk: entry });
      expect(readdirSync(folder).sort()).toEqual(['computers.yaml', 'fresh.yaml', 'real.yaml']);
      expect(() => writeComputers(join(folder, 'missing', 'computers.yaml'), { desk: entry })).toThrow(InvalidInput);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
