import { describe, it } from 'vitest';
import { SgeSettings } from '../../domain/computer.js';
import { headerLines, liveState, parseAccounting, readLookup, readQueue, readSubmission } from '../../connectors/scheduler/sge.js';
import { captured, reply, request } from './queue-sections.js';

describe('a Grid Engine job script', () => {
  it('counts memory per slot and names its parallel environment', ({ expect }) => {
    const settings = SgeSettings.parse({
      kind: 'sge',
      partition: 'all.q',
      account: 'alloy',
      tasks: 8,
      memoryMb: 16_000,
      parallelEnvironment: 'mpi',
    });
    expect(headerLines(settings, request)).toEqual([
      '#$ -N p0123456789ab-1',
      '#$ -cwd',
      '#$ -S /bin/bash',
      '#$ -j y',
      '#$ -o p0123456789ab-1.out',
      '#$ -r n',
      '#$ -l h_rt=26:03:04',
      '#$ -l h_vmem=2000M',
      '#$ -pe mpi 8',
      '#$ -q all.q',
      '#$ -P alloy',
    ]);
  });

  it('cannot have several tasks without a parallel environment', ({ expect }) => {
    expect(() => headerLines(SgeSettings.parse({ kind: 'sge', tasks: 2 }), request)).toThrow(/parallel environment/);
  });
});

describe('the reply of qsub -terse', () => {
  it.for([
    ['101\n', '101'],
    ['*** quota: 80 % ***\n101\n', '101'],
    ['Your job 101 ("p-1") has been submitted\n', '101'],
  ])('%j is an id', ([stdout, id], { expect }) => {
    expect(readSubmission(reply(stdout ?? ''))).toEqual({ kind: 'queued', id });
  });

  it.for([
    ['error: commlib error: got select error (Connection refused)\nUnable to run job: unable to contact qmaster', 'unclear'],
    ['Unable to run job: job rejected: Only 100 jobs are allowed per user (current job count: 100)', 'busy'],
    ['Unable to run job: unknown resource "h_vmen".\nExiting.', 'rejected'],
  ])('%s is %s', ([stderr, kind], { expect }) => {
    expect(readSubmission(reply('', { code: 1, stderr: stderr ?? '' }))).toMatchObject({ kind });
  });
});

describe('qstat', () => {
  it('gives the state of each job', ({ expect }) => {
    const states = readQueue(reply(captured('sge-qstat.xml.txt')));
    expect([...(states ?? [])].map(([id, { state }]) => [id, state])).toEqual([
      ['101', 'running'],
      ['102', 'queued'],
      ['103', 'held'],
      ['104', 'held'],
    ]);
  });

  it('whose reply is cut short has not answered', ({ expect }) => {
    expect(readQueue(reply(captured('sge-qstat.xml.txt').slice(0, 300)))).toBeUndefined();
    expect(readQueue(reply('error: commlib error', { code: 1 }))).toBeUndefined();
  });

  it.for([
    ['t', 'running'],
    ['Rr', 'running'],
    ['dr', 'running'],
    ['S', 'suspended'],
    ['T', 'suspended'],
    ['hRwq', 'held'],
    ['qw', 'queued'],
  ])('%s is %s', ([letters, state], { expect }) => {
    expect(liveState(letters ?? '')).toMatchObject({ state });
  });

  it('finds a job by name, and says when there is none', ({ expect }) => {
    const text = `${'='.repeat(62)}\njob_number:                 101\nsge_o_workdir:              /home/me\ncwd:                        ${request.folder}\njob_name:                   ${request.name}\n`;
    expect(readLookup(reply(text.replace(/sge_o_workdir.*\n/, '')), request.name)).toEqual({
      kind: 'answered',
      jobs: [{ id: '101', ended: false, folder: request.folder }],
    });
    expect(
      readLookup(reply('', { code: 1, stderr: 'Following jobs do not exist or permissions are not sufficient: \np-1\n' }), 'p-1'),
    ).toEqual({ kind: 'answered', jobs: [] });
    expect(readLookup(reply('', { code: 1, stderr: 'error: unable to contact qmaster' }), 'p-1').kind).toBe('unclear');
  });
});

describe('qacct', () => {
  it('gives verdicts', ({ expect }) => {
    const found = parseAccounting(reply(captured('sge-qacct.txt')));
    expect([...found].map(([id, { verdict }]) => [id, verdict])).toEqual([
      ['105', 'out-of-time'],
      ['106', 'completed'],
      ['107', 'cancelled'],
      ['108', 'node-failure'],
    ]);
    expect(parseAccounting(reply('error: job id 5 not found', { code: 1 })).size).toBe(0);
  });
});
