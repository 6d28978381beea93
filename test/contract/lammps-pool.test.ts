import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { openedBench } from '../opened-bench.js';
import { Bench, crystal, finished, point, until, wasm, zhou } from './lammps-bench.js';

const bench = openedBench(() => Bench.open());

const status = () => bench().poolStatus();

const easy = point(crystal('A1', { A: { Cu: 1 } }, 3.615), 'none');

/** A run that would take hours. */
async function endless(): Promise<string> {
  const { folder } = await bench().prepare(zhou, easy);
  const script = (await readFile(join(folder, 'in.lammps'), 'utf8')).replace(
    'run 0 post no',
    'replicate 4 4 4\nvelocity all create 300 1\nfix 1 all nve\nrun 100000000',
  );
  await writeFile(join(folder, 'in.lammps'), script);
  return folder;
}

const args = ['-in', 'in.lammps', '-log', 'none'];
const energyOfCopper = -14.15997;

describe('the pool of WebAssembly instances', () => {
  test('survives an error of LAMMPS and reports it', async ({ expect }) => {
    const { folder } = await bench().prepare(zhou, easy);
    await writeFile(join(folder, 'in.lammps'), 'units metal\nno_such_command\n');
    const run = await finished(bench().launch(wasm, args, folder));
    expect(run.code).toBe(1);
    expect(zhou.readPoint(easy, { stdout: run.stdout, stderr: run.stderr })).toMatchObject({ kind: 'failed', reason: 'code-error' });
    expect((await bench().compute(wasm, easy)).energyEv).toBeCloseTo(energyOfCopper, 4);
  });

  test('cancels the point of a client that is killed', async ({ expect }) => {
    const before = await until(status, (status) => status?.running === 0);
    const client = bench().launch(wasm, args, await endless());
    await until(status, (status) => status?.running === 1);
    client.kill('SIGKILL');
    const after = await until(status, (status) => status?.running === 0);
    expect(after?.pid).toBe(before?.pid);
    expect(after?.recycled).toBe((before?.recycled ?? NaN) + 1);
    expect((await bench().compute(wasm, easy)).energyEv).toBeCloseTo(energyOfCopper, 4);
  });

  test('stops a run at its time limit', async ({ expect }) => {
    const run = await finished(bench().launch(wasm, args, await endless(), { PEIERLS_LAMMPS_LIMIT_SECONDS: '1' }));
    expect(run.code).toBe(124);
    expect(zhou.readPoint(easy, { stdout: run.stdout, stderr: run.stderr })).toMatchObject({ kind: 'failed', reason: 'out-of-time' });
    expect((await bench().compute(wasm, easy)).energyEv).toBeCloseTo(energyOfCopper, 4);
  });

  test('killed under a point is started again by the point, which then fails only if it happens twice', async ({ expect }) => {
    const client = bench().launch(wasm, args, await endless());
    const ended = finished(client);
    const first = await until(status, (status) => status?.running === 1);
    process.kill(first?.pid ?? NaN, 'SIGKILL');
    const second = await until(status, (status) => status?.running === 1);
    expect(second?.pid).not.toBe(first?.pid);
    process.kill(second?.pid ?? NaN, 'SIGKILL');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('the LAMMPS pool ended during the run');
    // The socket file is stale now.
    expect(existsSync(bench().socket)).toBe(true);
    expect((await bench().compute(wasm, easy)).energyEv).toBeCloseTo(energyOfCopper, 4);
  });

  test('ends on SIGTERM, removes its socket, and is started once by many commands', async ({ expect }) => {
    await bench().stopPool();
    expect(existsSync(bench().socket)).toBe(false);
    const results = await Promise.all(Array.from({ length: 6 }, () => bench().compute(wasm, easy)));
    for (const { energyEv } of results) expect(energyEv).toBeCloseTo(energyOfCopper, 4);
    expect((await bench().poolStatus())?.points).toBe(6);
  });

  test('drops a client that does not speak its language', async ({ expect }) => {
    await bench().compute(wasm, easy);
    const stranger = connect(bench().socket);
    stranger.write('GET / HTTP/1.1\n');
    await once(stranger, 'close');
    expect((await bench().compute(wasm, easy)).energyEv).toBeCloseTo(energyOfCopper, 4);
  });

  test('copies nothing between points', async ({ expect }) => {
    const { folder } = await bench().prepare(zhou, easy);
    await writeFile(join(folder, 'left-over.txt'), 'of one point');
    await finished(bench().launch(wasm, args, folder));
    const other = await bench().prepare(zhou, easy);
    await finished(bench().launch(wasm, args, other.folder));
    expect(existsSync(join(other.folder, 'left-over.txt'))).toBe(false);
    expect(existsSync(join(other.folder, 'result.json'))).toBe(true);
  });
});
