import { describe, test } from 'vitest';
import { cancelCommand, parseReport, reportInput, slotPreamble, submitCommand } from '../../connectors/scheduler/direct.js';
import { ReplyNotUnderstood } from '../../domain/failures.js';

const job = { name: 'p0123456789ab-1', folder: '/scratch/ab/0123', id: 'p0123456789ab-1' };
const reply = (stdout: string, stderr = '') => ({ code: 0, stdout, stderr });
const report = (line: string) => parseReport([job], reply(`${line}\nend-of-report\n`)).get(job.name);

describe('commands of the direct scheduler', () => {
  test('carry names and folders as arguments, never inside the script', ({ expect }) => {
    const odd = { name: 'p1-1', folder: `/scratch/it's; $(id)` };
    expect(submitCommand(odd).slice(-2)).toEqual([odd.folder, odd.name]);
    expect(cancelCommand(odd).slice(-2)).toEqual([odd.folder, odd.name]);
    expect(submitCommand(odd)[2]).not.toContain('scratch');
    expect(cancelCommand(odd)[2]).not.toContain('scratch');
  });

  test('ask about all jobs in one input, one line each', ({ expect }) => {
    expect(reportInput([job, { ...job, name: 'p1-2' }])).toBe(`${job.name}\t${job.folder}\np1-2\t${job.folder}\n`);
  });

  test('quote the lock folder in the job script', ({ expect }) => {
    expect(slotPreamble(job, { slots: 2, lockFolder: '/work dir/.slots' }).join('\n')).toContain(`'/work dir/.slots'`);
  });
});

describe('the report of the direct scheduler', () => {
  test.for([
    ['done\t0', { state: 'done', verdict: 'completed', exitCode: 0 }],
    ['done\t3', { state: 'done', verdict: 'failed', exitCode: 3 }],
    ['running\t', { state: 'running' }],
    ['queued\t', { state: 'queued' }],
    ['lost\t', { state: 'done', verdict: 'lost' }],
    ['cancelled\t', { state: 'done', verdict: 'cancelled' }],
    ['claimed\t', { state: 'unknown' }],
    ['unknown\t', { state: 'unknown' }],
    ['something-new\t', { state: 'unknown' }],
  ] as const)('reads %j', ([line, expected], { expect }) => {
    expect(report(`${job.name}\t${line}`)).toMatchObject(expected);
  });

  test('never takes a half-written exit code for success', ({ expect }) => {
    expect(report(`${job.name}\tdone\t`)).toMatchObject({ state: 'done', verdict: 'failed' });
  });

  test('skips the talk of login shells', ({ expect }) => {
    const text = `Welcome to hawk\tand good luck\n\n${job.name}\tdone\t0\nend-of-report\n`;
    expect(parseReport([job], reply(text)).get(job.name)).toMatchObject({ verdict: 'completed' });
  });

  test.for([[''], [`${job.name}\tdone\t0\n`], [`${job.name}\tdo`], [`${job.name}\tdone\t0\nend-of-repo`]])(
    'that is cut is not understood: %j',
    ([text], { expect }) => {
      expect(() => parseReport([job], reply(text ?? '', 'connection closed'))).toThrow(ReplyNotUnderstood);
    },
  );

  test('of no jobs is empty', ({ expect }) => {
    expect(parseReport([], reply('end-of-report\n')).size).toBe(0);
  });
});
