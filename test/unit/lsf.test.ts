import { describe, it } from 'vitest';
import { LsfSettings } from '../../domain/computer.js';
import {
  evidence,
  headerLines,
  parseHistory,
  readLookup,
  readQueue,
  readSubmission,
  submitCommand,
} from '../../connectors/scheduler/lsf.js';
import { captured, reply, request } from './queue-sections.js';

describe('an LSF job script', () => {
  it('asks for minutes, and for a spread over its nodes', ({ expect }) => {
    const settings = LsfSettings.parse({ kind: 'lsf', partition: 'normal', account: 'alloy', nodes: 2, tasks: 64, memoryMb: 4000 });
    expect(headerLines(settings, request)).toEqual([
      '#BSUB -J p0123456789ab-1',
      '#BSUB -o p0123456789ab-1.out',
      '#BSUB -rn',
      '#BSUB -L /bin/bash',
      '#BSUB -W 1564',
      '#BSUB -n 64',
      '#BSUB -R "span[ptile=32]"',
      '#BSUB -M 4000MB',
      '#BSUB -q normal',
      '#BSUB -P alloy',
    ]);
  });

  it('is given as input, since bsub reads its header only there', ({ expect }) => {
    expect(submitCommand(request).slice(-1)).toEqual(['p0123456789ab-1.sh']);
    expect(submitCommand(request).join(' ')).toContain('bsub < "$1"');
  });
});

describe('the reply of bsub', () => {
  it('has the id between angle brackets', ({ expect }) => {
    expect(readSubmission(reply('Job <201> is submitted to queue <normal>.\n'))).toEqual({ kind: 'queued', id: '201' });
    expect(readSubmission(reply('Job <201> is submitted to default queue <normal>.\n'))).toEqual({ kind: 'queued', id: '201' });
  });

  it.for([
    ['LSF is down. Please wait ...', 'unclear'],
    ['User <me>: Pending job threshold reached. Job not submitted.', 'busy'],
    ['nope: No such queue. Job not submitted.', 'rejected'],
  ])('%s is %s', ([stderr, kind], { expect }) => {
    expect(readSubmission(reply('', { code: 255, stderr: stderr ?? '' }))).toMatchObject({ kind });
  });
});

describe('bjobs', () => {
  it('gives states and verdicts', ({ expect }) => {
    const states = readQueue(reply(captured('lsf-bjobs.txt'), { code: 255, stderr: 'Job <999> is not found' }));
    expect([...(states ?? [])].map(([id, { state, verdict }]) => [id, verdict ?? state])).toEqual([
      ['201', 'running'],
      ['202', 'queued'],
      ['203', 'held'],
      ['204', 'out-of-time'],
      ['205', 'out-of-memory'],
      ['206', 'cancelled'],
      ['207', 'failed'],
      ['208', 'completed'],
    ]);
  });

  it('that does not answer is undefined', ({ expect }) => {
    expect(readQueue(reply('', { code: 255, stderr: 'LSF is down. Please wait ...' }))).toBeUndefined();
    expect(readQueue(reply('', { code: 255, stderr: 'Job <9> is not found' }))?.size).toBe(0);
    expect(readQueue(reply('garbage\nRUN|2'))?.size).toBe(0);
  });

  it('does not end a job whose host is silent', ({ expect }) => {
    expect(evidence('UNKWN', '-', '-')).toMatchObject({ state: 'running' });
    expect(evidence('ZOMBI', '-', '-')).toMatchObject({ state: 'done', verdict: 'node-failure' });
  });

  it('finds a job by name; a folder below $HOME tells nothing', ({ expect }) => {
    const lines = `RUN|201|${request.name}|${request.folder}\nEXIT|190|${request.name}|$HOME/work\n`;
    expect(readLookup(reply(lines), request.name)).toEqual({
      kind: 'answered',
      jobs: [
        { id: '190', ended: true },
        { id: '201', ended: false, folder: request.folder },
      ],
    });
    expect(readLookup(reply('', { code: 255, stderr: `Job <${request.name}> is not found` }), request.name)).toEqual({
      kind: 'answered',
      jobs: [],
    });
  });
});

describe('bhist', () => {
  it('is read with folded lines', ({ expect }) => {
    expect(parseHistory(reply(captured('lsf-bhist.txt'))).get('204')).toMatchObject({ state: 'done', verdict: 'out-of-time' });
    expect(
      parseHistory(reply('\nJob <5>, Job Name <p-1>\nSun Nov 22 16:00:00: Done successfully. The CPU time used is 1.0 seconds;\n')).get(
        '5',
      ),
    ).toMatchObject({ verdict: 'completed' });
    expect(
      parseHistory(
        reply('\nJob <5>, Job Name <p-1>\nSun Nov 22 16:00:00: Exited with exit code 3. The CPU time used is 1.0 seconds;\n'),
      ).get('5'),
    ).toMatchObject({ verdict: 'failed', exitCode: 3 });
    expect(parseHistory(reply('No matching job found', { code: 255 })).size).toBe(0);
  });
});
