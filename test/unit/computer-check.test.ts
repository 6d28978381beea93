import { describe, test } from 'vitest';
import { programOf } from '../../connectors/computer/check/code.js';
import { versionQuestions } from '../../connectors/computer/check/queue.js';
import { describeSpace, parseSpace, tightness } from '../../connectors/computer/check/space.js';
import { failed, ok, skipped, walk, type Step } from '../../connectors/computer/check/step.js';
import { InvalidInput } from '../../domain/failures.js';

describe('the room in a folder', () => {
  const df = '/dev/sdb1  103079200 31457280 71621920  31% /scratch\n@@files\n/dev/sdb1  6553600 553600 6000000    9% /scratch\n@@quota\n';

  test('is what df says where there is no quota', ({ expect }) => {
    const space = parseSpace(df);
    expect(space).toEqual({ freeMb: 69943, freeFiles: 6_000_000 });
    expect(space && describeSpace(space)).toBe('68.3 GB free');
    expect(space && tightness(space)).toBeUndefined();
  });

  test('is what the quota of its file system leaves', ({ expect }) => {
    const quota =
      'Disk quotas for user alice (uid 1000): \n     Filesystem   space   quota   limit   grace   files   quota   limit   grace\n' +
      '      /dev/sda1   90000  100000  110000            100       0       0        \n' +
      '      /dev/sdb1  512000  819200  900000           9000   10000   11000        \n';
    const space = parseSpace(df + quota);
    expect(space?.quota).toEqual({ exceeded: false, freeMb: 300, freeFiles: 1000 });
    expect(space && describeSpace(space)).toBe('68.3 GB free, quota leaves 300 MB, 1000 files more');
    expect(space && tightness(space)).toContain('less than 1 GB');
  });

  test('is none where the quota is exceeded, as quota marks with a star', ({ expect }) => {
    const space = parseSpace(`${df}      /dev/sdb1  900000*  819200  900000   6days    9000       0       0        \n`);
    expect(space?.quota).toMatchObject({ exceeded: true, freeMb: 0 });
    expect(space && tightness(space)).toBe('the quota is used up');
  });

  test('is read from lfs quota, which names the folder', ({ expect }) => {
    expect(parseSpace(`${df}              .  2097152  3145728 4194304       -     500    1000    2000       -\n`)?.quota).toEqual({
      exceeded: false,
      freeMb: 1024,
      freeFiles: 500,
    });
  });

  test('is unknown where df does not answer; file systems that count no files have no limit of them', ({ expect }) => {
    expect(parseSpace('@@files\n@@quota\n')).toBeUndefined();
    expect(parseSpace('tank  1000000 0 1000000 0% /s\n@@files\ntank 0 0 0 - /s\n@@quota\n')).toEqual({ freeMb: 976 });
  });
});

describe('the program of a code', () => {
  test('is what follows env and its variables', ({ expect }) => {
    expect(programOf(['lmp', '-sf', 'omp'])).toBe('lmp');
    expect(programOf(['env', 'OMP_NUM_THREADS=1', '/opt/bin/lmp'])).toBe('/opt/bin/lmp');
    expect(programOf(['/usr/bin/env', '-u', 'A=1'])).toBe('/usr/bin/env');
  });
});

describe('the version of a queue system', () => {
  test.for([
    ['slurm', 'slurm-wlm 22.05.8\n', '22.05.8'],
    ['slurm', 'slurm 23.11.4\n', '23.11.4'],
    ['pbs', 'pbs_version = 22.05.11\n', '22.05.11'],
    ['pbs', 'Version: 6.1.2\nCommit: 661e092552de43a785c15d39a3634a541d86898e\n', '6.1.2'],
    ['sge', 'SGE 8.1.9\nusage: qstat [options]\n', 'SGE 8.1.9'],
    ['sge', 'UGE 8.6.18\nusage: qstat [options]\n', 'UGE 8.6.18'],
    ['lsf', 'IBM Spectrum LSF Standard 10.1.0.0, Jul 08 2016\nMy cluster name is alloys\n', 'LSF Standard 10.1.0.0'],
  ] as const)('of %s is read from %j', ([kind, text, version], { expect }) => {
    expect(versionQuestions[kind].pattern.exec(text)?.[1]).toBe(version);
  });
});

describe('a walk', () => {
  const step = (name: string, run: Step['run'], needs: Step[] = []): Step => ({ name, needs, run });

  test('skips what needs a failed step, and names that step however far back it is', async ({ expect }) => {
    const first = step('first', async () => failed('broken', 'mend it'));
    const second = step('second', async () => ok('never'), [first]);
    const third = step('third', async () => ok('never'), [second]);
    const other = step('other', async () => ok('fine'));
    const reports = await walk([first, second, third, other], () => undefined);
    expect(reports.map(({ state }) => state)).toEqual(['failed', 'skipped', 'skipped', 'ok']);
    expect(reports[2]?.detail).toBe('needs first, which failed');
  });

  test('goes on past a step that was skipped for want of a question', async ({ expect }) => {
    const first = step('first', async () => skipped('nothing to ask'));
    expect((await walk([first, step('second', async () => ok('fine'), [first])], () => undefined))[1]?.state).toBe('ok');
  });

  test('goes no further once it is interrupted', async ({ expect }) => {
    const stop = new AbortController();
    const first = step('first', async () => {
      stop.abort();
      return ok('done');
    });
    const reports = await walk([first, step('second', async () => ok('never'))], () => undefined, stop.signal);
    expect(reports.map(({ detail }) => detail)).toEqual(['done', 'interrupted']);
  });

  test('turns an error into a failed step with its remedy', async ({ expect }) => {
    const broken = step('broken', async () => {
      throw new InvalidInput('no such place', { remedy: 'Go elsewhere.' });
    });
    expect((await walk([broken], () => undefined))[0]).toMatchObject({ state: 'failed', detail: 'no such place', fix: 'Go elsewhere.' });
  });
});
