import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, test } from 'vitest';
import { submissionScript } from '../../connectors/scheduler/submission.js';
import { SlurmSettings } from '../../domain/computer.js';
import { slurmDialect } from '../../connectors/scheduler/slurm.js';
import { temporaryFolder } from './temporary.js';

const run = promisify(execFile);
const folder = temporaryFolder('claim');
const host = execFileSync('uname', ['-n'], { encoding: 'utf8' }).trim();

/** A queue that knows nobody and takes its time to take a job, which it writes down. */
const fakeQueue = {
  ...slurmDialect(SlurmSettings.parse({ kind: 'slurm' })),
  lookupCommand: () => ['true'] as [string],
  lookupTogetherCommand: () => ['true'] as [string],
  pastLookupCommand: () => ['true'] as [string],
  submitCommand: () => ['bash', '-c', 'sleep 1; echo job >> submitted; echo 7'] as [string, ...string[]],
};

describe('a claim whose maker has died', () => {
  let place = '';
  let rounds = 0;
  beforeEach(() => {
    place = join(folder.path, String((rounds += 1)));
    mkdirSync(join(place, 'p1-1.claim'), { recursive: true });
  });
  afterAll(() => folder.remove());
  /** A session that has ended: no process of it is left. */
  const dead = () => execFileSync('setsid', ['bash', '-c', 'echo $$'], { encoding: 'utf8' }).trim();
  const owned = (session: string) => writeFileSync(join(place, 'p1-1.claim', 'owner'), `${host} ${session}\n`);
  const takeOver = () => {
    const [program = '', ...args] = submissionScript(fakeQueue, [{ request: { name: 'p1-1', folder: place }, mode: 'take-over' }]);
    // A session of its own, as a login has.
    return run('setsid', ['--wait', program, ...args]);
  };
  const submitted = () => readFileSync(join(place, 'submitted'), 'utf8').trim().split('\n');
  const left = () => readdirSync(place).filter((name) => /taken|now|claim\./.test(name));

  test('is taken over once, also by one who decided to before another had done it', async ({ expect }) => {
    owned(dead());
    const first = takeOver();
    // By now the first one has a claim of its own and is busy submitting.
    await sleep(500);
    await Promise.all([first, takeOver(), takeOver()]);
    expect(submitted()).toEqual(['job']);
    expect(left()).toEqual([]);
  });

  test('is taken over once by many at the same time', async ({ expect }) => {
    owned(dead());
    await Promise.all(Array.from({ length: 8 }, takeOver));
    expect(submitted()).toEqual(['job']);
    expect(left()).toEqual([]);
  });

  test('is taken over although an earlier one died while taking over', async ({ expect }) => {
    owned(dead());
    const claim = join(place, 'p1-1.claim');
    const mark = join(place, `p1-1.taken.${execFileSync('stat', ['-c', '%i.%.9Y', claim], { encoding: 'utf8' }).trim()}`);
    mkdirSync(mark);
    await takeOver();
    expect(readdirSync(place)).not.toContain('submitted');
    execFileSync('touch', ['-d', '10 minutes ago', mark]);
    await takeOver();
    expect(submitted()).toEqual(['job']);
  });
});
