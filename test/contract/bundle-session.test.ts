import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { bundleScript, countExecutions, parseFinishMarker } from '../../connectors/bundle/script.js';

const run = promisify(execFile);

/** A fake code that serves a session: it ends with the status its argument names, and dies on `die`. */
const fakeSession = `
while IFS=$'\\t' read -r folder argument; do
  [ "$argument" = die ] && exit 1
  echo "$argument" > "$folder/stdout"
  echo "$argument"
done
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peierls-session-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function runBundle(attempt: string, statuses: Record<string, string>): Promise<number> {
  const points = Object.entries(statuses).map(([name, status]) => ({ folder: name, args: [status] }));
  for (const point of points) mkdirSync(join(folder, 'points', point.folder), { recursive: true });
  const script = bundleScript({ attempt, command: ['unused'], session: ['bash', '-c', fakeSession], preamble: [], points });
  writeFileSync(join(folder, 'job.sh'), script);
  return run('bash', ['job.sh'], { cwd: folder }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

const marker = (point: string) => parseFinishMarker(readFileSync(join(folder, 'points', point, 'finished'), 'utf8'));

describe('a bundle whose code serves a session', () => {
  test('runs every point once through one process and records its exit code', async ({ expect }) => {
    expect(await runBundle('p1-1', { a: '0', b: '3', c: '0' })).toBe(0);
    expect([marker('a')?.exitCode, marker('b')?.exitCode, marker('c')?.exitCode]).toEqual([0, 3, 0]);
    expect([...countExecutions(readFileSync(join(folder, 'executions.log'), 'utf8')).values()]).toEqual([1, 1, 1]);
    expect(readFileSync(join(folder, 'p1-1.exit'), 'utf8')).toBe('1\n');
  });

  test('loses only the point at which the code died, and the next attempt runs the rest', async ({ expect }) => {
    expect(await runBundle('p1-1', { a: '0', b: 'die', c: '0' })).not.toBe(0);
    expect(marker('a')?.attempt).toBe('p1-1');
    expect(existsSync(join(folder, 'points/b/finished'))).toBe(false);
    expect(existsSync(join(folder, 'p1-1.exit'))).toBe(false);
    expect(await runBundle('p1-2', { a: '0', b: '0', c: '0' })).toBe(0);
    expect([marker('a')?.attempt, marker('b')?.attempt, marker('c')?.attempt]).toEqual(['p1-1', 'p1-2', 'p1-2']);
  });
});
