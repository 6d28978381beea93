import { describe, it } from 'vitest';
import { PbsSettings } from '../../domain/computer.js';
import {
  evidence,
  headerLines,
  lookupCommand,
  parseFullStatus,
  queueCommand,
  readLookup,
  readQueue,
  readSubmission,
} from '../../connectors/scheduler/pbs.js';
import { captured, reply, request } from './queue-sections.js';

const settings = PbsSettings.parse({ kind: 'pbs', partition: 'workq', account: 'alloy', nodes: 2, tasks: 8, memoryMb: 4000 });

describe('a PBS job script', () => {
  it('asks in the words of OpenPBS', ({ expect }) => {
    expect(headerLines(settings, request)).toEqual([
      '#PBS -N p0123456789ab-1',
      '#PBS -j oe',
      '#PBS -o p0123456789ab-1.out',
      '#PBS -r n',
      '#PBS -S /bin/bash',
      '#PBS -l walltime=26:03:04',
      '#PBS -l select=2:ncpus=4:mpiprocs=4:mem=4000mb',
      '#PBS -q workq',
      '#PBS -A alloy',
    ]);
  });

  it('asks in the words of Torque', ({ expect }) => {
    const lines = headerLines({ ...settings, flavour: 'torque' }, request);
    expect(lines).toContain('#PBS -l nodes=2:ppn=4');
    expect(lines).toContain('#PBS -l mem=8000mb');
  });

  it('never exports the environment, whose shell functions break qstat (openpbs#2541)', ({ expect }) => {
    expect(headerLines(settings, request).join('\n')).not.toContain('-V');
  });
});

describe('the reply of qsub', () => {
  it.for([
    ['1234.pbs01\n', '1234.pbs01'],
    ['welcome\n1234.pbs01.site.org\n', '1234.pbs01.site.org'],
    ['99\n', '99'],
  ])('%j is a whole id', ([stdout, id], { expect }) => {
    expect(readSubmission(reply(stdout ?? '', { stderr: 'qsub: using default project' }))).toEqual({ kind: 'queued', id });
  });

  it.for([
    ['qsub: cannot connect to server pbs01 (errno=15010)', 'unclear'],
    ["qsub: would exceed complex's per-user limit of jobs in 'Q' state", 'busy'],
    ['qsub: Maximum number of jobs already in queue for user', 'busy'],
    ['qsub: Unknown queue', 'rejected'],
  ])('%s is %s', ([stderr, kind], { expect }) => {
    expect(readSubmission(reply('', { code: 1, stderr: stderr ?? '' }))).toMatchObject({ kind });
  });
});

describe('qstat -f', () => {
  it('is read with folded lines, and with functions in its variables', ({ expect }) => {
    const jobs = parseFullStatus(captured('pbs-qstat.txt'));
    expect([...jobs.keys()]).toEqual(['1234.pbs01', '1235.pbs01', '1236.pbs01', '1237.pbs01', '1238.pbs01']);
    expect(jobs.get('1234.pbs01')?.get('Variable_List')).toContain('PBS_O_SHELL=/bin/bash,PBS_O_WORKDIR=/scratch/me/work/ab/abcdef,');
    expect(jobs.get('1235.pbs01')?.get('substate')).toBe('93');
  });

  it('gives states and verdicts', ({ expect }) => {
    const states = readQueue(reply(captured('pbs-qstat.txt'), { code: 153, stderr: 'qstat: Unknown Job Id 77.pbs01' }));
    expect(states?.get('1234.pbs01')).toMatchObject({ state: 'running' });
    expect(states?.get('1235.pbs01')).toMatchObject({ state: 'done', verdict: 'out-of-time', exitCode: 271 });
    expect(states?.get('1236.pbs01')).toMatchObject({ state: 'done', verdict: 'completed', exitCode: 0 });
    expect(states?.get('1237.pbs01')).toMatchObject({ state: 'done', verdict: 'cancelled' });
    expect(states?.get('1238.pbs01')).toMatchObject({ state: 'held' });
  });

  it('that only knows no such job has answered; one that cannot reach its server has not', ({ expect }) => {
    expect(readQueue(reply('', { code: 153, stderr: 'qstat: Unknown Job Id 77.pbs01' }))?.size).toBe(0);
    expect(readQueue(reply('', { code: 255, stderr: 'qstat: cannot connect to server pbs01' }))).toBeUndefined();
    expect(readQueue(reply('Job Id: 5.x\n    job_st'))?.get('5.x')).toMatchObject({ state: 'queued' });
  });

  it.for([
    ['265', 'failed'],
    ['271', 'cancelled'],
    ['143', 'cancelled'],
    ['-29', 'out-of-time'],
    ['-27', 'out-of-memory'],
    ['-3', 'node-failure'],
    ['1', 'failed'],
  ])('exit status %s is the verdict %s', ([status, verdict], { expect }) => {
    expect(
      evidence(
        new Map([
          ['job_state', 'F'],
          ['Exit_status', status ?? ''],
        ]),
      ),
    ).toMatchObject({ state: 'done', verdict });
  });

  it('asks for history only where that means history', ({ expect }) => {
    expect(queueCommand(['1.a', '2.a'], 'openpbs')).toEqual(['qstat', '-x', '-f', '1.a', '2.a']);
    expect(queueCommand(['1.a'], 'torque')).toEqual(['qstat', '-f', '1.a']);
    expect(lookupCommand('p-1', 'torque').at(-1)).toBe('');
  });

  it('finds a job by name with the folder it came from', ({ expect }) => {
    expect(readLookup(reply(captured('pbs-qstat.txt')), request.name)).toEqual({
      kind: 'answered',
      jobs: [{ id: '1234.pbs01', ended: false, folder: request.folder }],
    });
    expect(readLookup(reply('', { code: 1, stderr: 'qselect: cannot connect to server' }), 'p-1').kind).toBe('unclear');
  });
});
