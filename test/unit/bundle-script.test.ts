import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { bundleScript, countExecutions, countJobs, parseFinishMarker, readJobTimes } from '../../connectors/bundle/script.js';

describe('the script of a bundle', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'peierls-bundle-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(points: readonly { folder: string; args: string[] }[], command = ['printf', '%s\\n']): Promise<void> {
    for (const point of points) await mkdir(join(folder, 'points', point.folder), { recursive: true });
    execFileSync('bash', ['-c', bundleScript({ attempt: 'p1-1', command, preamble: [], points })], { cwd: folder, stdio: 'pipe' });
  }
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  test.for([['two words'], [`it's`], ['"'], ['$(touch stolen) `touch stolen`'], ['one\ntwo'], ['a;b&c|d>e<f'], ['*'], ['\\']])(
    'hands an argument to the code as it is: %j',
    async ([argument], { expect }) => {
      await run([{ folder: 'relax', args: [argument ?? ''] }]);
      expect(read('points/relax/stdout')).toBe(`${argument ?? ''}\n`);
    },
  );

  test('leaves a marker per point, counts every run, and writes its own exit code last', async ({ expect }) => {
    await run([
      { folder: 'strain_e1_+0.005', args: ['a'] },
      { folder: 'gamma_00-01', args: ['b'] },
    ]);
    expect(parseFinishMarker(read('points/strain_e1_+0.005/finished'))).toMatchObject({ attempt: 'p1-1', exitCode: 0 });
    expect(countExecutions(read('executions.log'))).toEqual(
      new Map([
        ['strain_e1_+0.005', 1],
        ['gamma_00-01', 1],
      ]),
    );
    expect(read('jobs.log')).toMatch(/^p1-1 \d+ \S+\n$/);
    expect(read('p1-1.exit')).toBe('0\n');
  });

  test('counts a job that its queue has started again once, and one that was submitted twice twice', async ({ expect }) => {
    const start = async (id: string) => {
      writeFileSync(join(folder, 'p1-1.job'), `${id}\n`);
      await run([{ folder: 'relax', args: ['a'] }]);
    };
    await start('7');
    await start('7');
    expect(countJobs(read('jobs.log'))).toBe(1);
    await start('8');
    expect(countJobs(read('jobs.log'))).toBe(2);
    // Without a queue, every process is a job.
    expect(countJobs('p1-1 12 here\np1-1 13 here\n')).toBe(2);
    expect(countJobs(undefined)).toBe(0);
  });

  test('keeps the exit code of a point that fails and goes on with the next', async ({ expect }) => {
    await run(
      [
        { folder: 'first', args: ['-c', 'echo out; echo err >&2; exit 7'] },
        { folder: 'second', args: ['-c', 'echo fine'] },
      ],
      ['sh'],
    );
    expect(parseFinishMarker(read('points/first/finished'))?.exitCode).toBe(7);
    expect(read('points/first/stderr')).toBe('err\n');
    expect(read('points/second/stdout')).toBe('fine\n');
    expect(read('p1-1.exit')).toBe('1\n');
  });

  test('runs only points without a finish marker', async ({ expect }) => {
    await run([{ folder: 'a', args: ['1'] }]);
    await run([
      { folder: 'a', args: ['1'] },
      { folder: 'b', args: ['2'] },
    ]);
    expect(countExecutions(read('executions.log'))).toEqual(
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    );
  });

  async function runWith(
    points: readonly { folder: string; args: string[] }[],
    more: Partial<Parameters<typeof bundleScript>[0]>,
  ): Promise<void> {
    for (const point of points) await mkdir(join(folder, 'points', point.folder), { recursive: true });
    const script = bundleScript({ attempt: 'p1-1', command: ['sh', '-c'], preamble: [], points, ...more });
    execFileSync('bash', ['-c', script], { cwd: folder, stdio: 'pipe' });
  }

  test('runs points at the same time, each once, with arguments as they are', async ({ expect }) => {
    // Each point waits until it sees the other: one after the other they would wait for ever.
    const meet = (own: string, other: string) =>
      `touch ../../${own}; while [ ! -e ../../${other} ]; do sleep 0.01; done; echo "it's ${own}"`;
    await runWith(
      [
        { folder: 'a', args: [meet('x', 'y')] },
        { folder: 'b', args: [meet('y', 'x')] },
        { folder: 'c', args: ['exit 3'] },
        { folder: 'd', args: ['echo four'] },
      ],
      { parallel: 2 },
    );
    expect([read('points/a/stdout'), read('points/b/stdout'), read('points/d/stdout')]).toEqual(["it's x\n", "it's y\n", 'four\n']);
    expect([...countExecutions(read('executions.log')).values()]).toEqual([1, 1, 1, 1]);
    expect(parseFinishMarker(read('points/c/finished'))?.exitCode).toBe(3);
    expect(read('p1-1.exit')).toBe('1\n');
  });

  test('starts no point that the wall time would cut off, and says so', async ({ expect }) => {
    const points = Array.from({ length: 6 }, (_, index) => ({ folder: `s${index}`, args: ['sleep 0.5'] }));
    await runWith(points, { wallTimeSeconds: 2 });
    const done = points.filter((point) => existsSync(join(folder, 'points', point.folder, 'finished')));
    // 0.5 s each, 0.75 s kept for the next, 0.1 s margin: the third may start after 1.0 s, and none after 1.15 s.
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(done.length).toBeLessThanOrEqual(3);
    expect(existsSync(join(folder, 'p1-1.stopped'))).toBe(true);
    expect(read('p1-1.exit')).toBe('0\n');
    await runWith(points, { attempt: 'p1-2', wallTimeSeconds: 60 });
    expect([...countExecutions(read('executions.log')).values()]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('always starts the first point, and says when it started and ended', async ({ expect }) => {
    await runWith([{ folder: 'only', args: ['true'] }], { wallTimeSeconds: 1 });
    const { runSeconds } = readJobTimes(read('p1-1.started'), read('p1-1.ended'));
    expect(runSeconds).toBeLessThan(30);
  });

  test('reads the clocks of the computer only', ({ expect }) => {
    expect(readJobTimes('100 160\n', '200\n')).toEqual({ queueSeconds: 60, runSeconds: 40 });
    expect(readJobTimes('0 160\n', undefined)).toEqual({});
    expect(readJobTimes(undefined, '200\n')).toEqual({});
    expect(readJobTimes('100 1', '2')).toEqual({});
  });

  test('runs a program whose path has spaces', async ({ expect }) => {
    await mkdir(join(folder, 'my codes'));
    execFileSync('cp', ['/bin/echo', join(folder, 'my codes', 'echo')]);
    await run([{ folder: 'a', args: ['1'] }], [join(folder, 'my codes', 'echo')]);
    expect(read('points/a/stdout')).toBe('1\n');
  });

  test('puts the header of the scheduler first, whatever order the preamble has', ({ expect }) => {
    const script = bundleScript({ attempt: 'p1-1', command: ['lmp'], preamble: ['module load lammps', '#SBATCH --time=60'], points: [] });
    expect(script.split('\n').slice(0, 3)).toEqual(['#!/bin/bash', '#SBATCH --time=60', 'module load lammps']);
  });
});

describe('a finish marker', () => {
  test('says which attempt ran the point, how it ended and how long it took', ({ expect }) => {
    expect(parseFinishMarker('p0123456789ab-2 0 153\n')).toEqual({ attempt: 'p0123456789ab-2', exitCode: 0, milliseconds: 153 });
  });

  test.for([
    [undefined],
    [''],
    ['p1-1'],
    ['p1-1 0'],
    ['p1-1 0 15'],
    ['p1-1 0 153 \n'],
    ['p1-1  0 153\n'],
    ['p1-1 -1 153\n'],
    ['p1-1 0 x\n'],
    ['p1-1 0 153\np1-1 0 153\n'],
    [' 0 153\n'],
  ])('that is cut or malformed is no marker: %j', ([text], { expect }) => {
    expect(parseFinishMarker(text)).toBeUndefined();
  });
});

describe('the log of executions', () => {
  test('counts runs by point folder', ({ expect }) => {
    expect(countExecutions('p1-1 relax 0\np1-2 relax 1\np1-2 strain_e1 0\n')).toEqual(
      new Map([
        ['relax', 2],
        ['strain_e1', 1],
      ]),
    );
  });

  test('that is missing or empty counts nothing', ({ expect }) => {
    expect(countExecutions(undefined).size).toBe(0);
    expect(countExecutions('').size).toBe(0);
  });

  test('with a last line cut before the point counts the lines that are whole', ({ expect }) => {
    expect(countExecutions('p1-1 relax 0\np1-1')).toEqual(new Map([['relax', 1]]));
  });
});
