import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('a result longer than a pipe arrives whole, however slowly it is read', async ({ expect }) => {
  const child = spawn(process.execPath, ['cli/peierls.mjs', 'predict', 'data/library/virtual-metals.json', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  // A pipe holds 64 KB; what does not fit waits in the process.
  await sleep(15_000);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += String(chunk);
  expect(await ended).toBe(0);
  expect(text.length).toBeGreaterThan(70_000);
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});
