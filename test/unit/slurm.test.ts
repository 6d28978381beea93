import { describe, it } from 'vitest';
import { SlurmSettings } from '../../domain/computer.js';
import { readReports, reportInput, reportScript } from '../../connectors/scheduler/report.js';
import {
  accountingCommand,
  headerLines,
  parseAccounting,
  parseRecords,
  queueCommand,
  readLookup,
  readQueue,
  readSubmission,
  slurmDialect,
  submitCommand,
} from '../../connectors/scheduler/slurm.js';
import { readState } from '../../connectors/scheduler/slurm-state.js';
import { captured, job, reply, request, sections, words } from './queue-sections.js';

const settings = SlurmSettings.parse({
  kind: 'slurm',
  partition: 'debug',
  account: 'alloy',
  qos: 'normal',
  memoryMb: 4000,
  nodes: 2,
  tasks: 64,
  extraLines: ['#SBATCH --exclusive'],
});

describe('a Slurm job script', () => {
  it('names itself, asks for its time in days, and is never requeued', ({ expect }) => {
    expect(headerLines(settings, request)).toEqual([
      '#SBATCH --job-name=p0123456789ab-1',
      '#SBATCH --output=p0123456789ab-1.out',
      '#SBATCH --no-requeue',
      '#SBATCH --time=1-02:03:04',
      '#SBATCH --nodes=2',
      '#SBATCH --ntasks=64',
      '#SBATCH --mem=4000M',
      '#SBATCH --partition=debug',
      '#SBATCH --account=alloy',
      '#SBATCH --qos=normal',
      '#SBATCH --exclusive',
    ]);
  });

  it('falls back to the wall time of the computer', ({ expect }) => {
    expect(headerLines(SlurmSettings.parse({ kind: 'slurm' }), { name: 'p-1', folder: '/w' })).toContain('#SBATCH --time=01:00:00');
  });

  it('asks for more memory where a job had too little', ({ expect }) => {
    expect(headerLines(settings, { ...request, memoryFactor: 1.5 })).toContain('#SBATCH --mem=6000M');
    expect(headerLines(SlurmSettings.parse({ kind: 'slurm' }), { ...request, memoryFactor: 1.5 }).join()).not.toContain('--mem');
  });

  it.for(['two words', 'a\nb', '$(id)', ''])('takes no partition that could write a line of its own: %j', (partition, { expect }) => {
    expect(SlurmSettings.safeParse({ kind: 'slurm', partition }).success).toBe(false);
  });
});

describe('the reply of sbatch', () => {
  it.for([
    ['1234\n', '1234'],
    ['1234;hawk\n', '1234'],
    ['site news of today\n1234\n', '1234'],
    ['Submitted batch job 77\n', '77'],
  ])('%j means queued', ([stdout, id], { expect }) => {
    expect(readSubmission(reply(stdout ?? ''))).toEqual({ kind: 'queued', id });
  });

  it('of an id with noise on stderr means queued', ({ expect }) => {
    const stderr = 'sbatch: Slurm temporarily unable to accept job, sleeping and retrying.\n';
    expect(readSubmission(reply('12\n', { stderr }))).toEqual({ kind: 'queued', id: '12' });
  });

  it.for([
    'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation',
    'sbatch: error: Batch job submission failed: Unable to contact slurm controller',
    'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying',
  ])('%s: the job may have been taken', (stderr, { expect }) => {
    expect(readSubmission(reply('', { code: 1, stderr }))).toMatchObject({ kind: 'unclear' });
  });

  it.for([
    "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'sbatch: error: QOSMaxSubmitJobPerUserLimit',
    // No connection was made: nothing can have been taken.
    'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
  ])('%s: waiting helps', (stderr, { expect }) => {
    expect(readSubmission(reply('', { code: 1, stderr }))).toMatchObject({ kind: 'busy' });
  });

  it.for([
    'sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified',
    'sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available',
    'sbatch: error: Invalid --time specification',
  ])('%s: the request is wrong', (stderr, { expect }) => {
    expect(readSubmission(reply('', { code: 1, stderr }))).toMatchObject({ kind: 'rejected', reason: stderr });
  });

  it('without an id, or of half a number, is unclear', ({ expect }) => {
    expect(readSubmission(reply('', {})).kind).toBe('unclear');
    expect(readSubmission(reply('12abc\n')).kind).toBe('unclear');
  });

  it('is asked for without a shell', ({ expect }) => {
    expect(submitCommand(request)).toEqual(['sbatch', '--parsable', 'p0123456789ab-1.sh']);
  });
});

describe('looking a job up by name', () => {
  it('finds the entry of exactly that name, and knows whether it has ended', ({ expect }) => {
    expect(readLookup(reply(captured('slurm-lookup.txt')), 'pcan-1')).toEqual({
      kind: 'answered',
      jobs: [{ id: '28', folder: '/var/lib/peierls-lab/work/cap', ended: true }],
    });
    expect(readLookup(reply(captured('slurm-lookup.txt')), 'pcan')).toEqual({ kind: 'answered', jobs: [] });
  });

  it('reads accounting in the same way, the newest first', ({ expect }) => {
    const lines = 'CANCELLED by 1001|6|pcan-1|/work/a\nRUNNING|9|pcan-1|/work/b\n';
    expect(readLookup(reply(lines), 'pcan-1')).toMatchObject({
      jobs: [
        { id: '9', ended: false },
        { id: '6', ended: true },
      ],
    });
  });

  it('is unclear when the controller does not answer: absence must be told, not guessed', ({ expect }) => {
    expect(readLookup(reply('', { code: 1, stderr: 'slurm_load_jobs error: Unable to contact slurm controller' }), 'p-1').kind).toBe(
      'unclear',
    );
  });
});

describe('the queue', () => {
  it('is asked twice about a single id, since squeue fails for one unknown id and not for two', ({ expect }) => {
    expect(words(queueCommand(['5']))).toContain('--jobs=5,5');
    expect(words(queueCommand(['5', '6']))).toContain('--jobs=5,6 ');
    expect(words(queueCommand(['5']))).toContain('--states=all');
  });

  it('tells states, held jobs and verdicts apart', ({ expect }) => {
    const states = readQueue(reply(captured('slurm-squeue.txt')));
    expect(states?.get('25')).toMatchObject({ state: 'held' });
    expect(states?.get('26')).toMatchObject({ state: 'running' });
    expect(states?.get('30')).toMatchObject({ state: 'queued', detail: 'PENDING: PartitionConfig' });
    expect(states?.get('28')).toMatchObject({ state: 'done', verdict: 'cancelled' });
    expect(states?.get('24')).toMatchObject({ state: 'done', verdict: 'failed' });
    expect(states?.size).toBe(8);
  });

  it('skips lines that it does not understand, and is undefined when it does not answer', ({ expect }) => {
    expect(readQueue(reply('motd\n|x|\n|7|RUNNING|None\n|8|RUNN'))?.size).toBe(1);
    expect(readQueue(reply('', { code: 1, stderr: 'slurm_load_jobs error: Unable to contact slurm controller' }))).toBeUndefined();
  });

  it.for([
    ['CANCELLED', 'cancelled'],
    ['CANCELLED+', 'cancelled'],
    ['OUT_OF_MEMORY', 'out-of-memory'],
    ['OUT_OF_ME+', 'out-of-memory'],
    ['TIMEOUT', 'out-of-time'],
    ['DEADLINE', 'out-of-time'],
    ['NODE_FAIL', 'node-failure'],
    ['BOOT_FAIL', 'node-failure'],
    ['PREEMPTED', 'node-failure'],
    ['FAILED', 'failed'],
    ['REVOKED', 'lost'],
  ])('%s is the verdict %s', ([word, verdict], { expect }) => {
    expect(readState(word ?? '', { reason: '' })).toMatchObject({ state: 'done', verdict });
  });

  it.for([
    ['COMPLETING', 'running'],
    ['CONFIGURING', 'queued'],
    ['REQUEUE_HOLD', 'held'],
    ['SUSPENDED', 'suspended'],
    ['STATE_OF_NEXT_YEAR', 'queued'],
  ])('%s is not an end: %s', ([word, state], { expect }) => {
    expect(readState(word ?? '', { reason: '' })).toMatchObject({ state });
  });
});

describe('accounting', () => {
  it('gives verdicts, exit codes and who cancelled; what it calls running is no evidence', ({ expect }) => {
    const found = parseAccounting(reply(`${captured('slurm-sacct.txt')}RUNNING|8|0:0\n`));
    expect(found).toEqual(
      new Map([
        ['1', { state: 'done', verdict: 'completed', exitCode: 0, detail: 'COMPLETED: accounting says COMPLETED' }],
        ['2', { state: 'done', verdict: 'failed', exitCode: 3, detail: 'FAILED: accounting says FAILED' }],
        ['3', { state: 'done', verdict: 'failed', exitCode: 0, detail: 'FAILED: accounting says FAILED, signal 9' }],
        ['5', { state: 'done', verdict: 'out-of-time', exitCode: 0, detail: 'TIMEOUT: accounting says TIMEOUT' }],
        ['6', { state: 'done', verdict: 'cancelled', exitCode: 0, detail: 'CANCELLED: accounting says CANCELLED by 1001' }],
        ['7', { state: 'done', verdict: 'completed', exitCode: 0, detail: 'COMPLETED: accounting says COMPLETED' }],
      ]),
    );
    expect(words(accountingCommand(['1', '2']))).toContain('--jobs=1,2');
  });

  it('that does not exist is told from one that is down', ({ expect }) => {
    expect(parseAccounting(reply('', { code: 1, stderr: 'Slurm accounting storage is disabled' }))).toBe('absent');
    expect(parseAccounting(reply('', { code: 127, stderr: 'sacct: command not found' }))).toBe('absent');
    const refused = 'sacct: error: Problem talking to the database: Connection refused';
    expect(parseAccounting(reply('', { code: 1, stderr: refused }))).toBe('down');
  });

  it('is not asked again once it was found absent', ({ expect }) => {
    const dialect = slurmDialect(settings);
    expect(dialect.further().map(({ name }) => name)).toEqual(['accounting', 'record']);
    dialect.readFurther('accounting', reply('', { code: 1, stderr: 'Problem talking to the database: Connection refused' }));
    expect(dialect.further()).toHaveLength(2);
    dialect.readFurther('accounting', reply('', { code: 1, stderr: 'Slurm accounting storage is disabled' }));
    expect(dialect.further().map(({ name }) => name)).toEqual(['record']);
  });

  it('is followed by the controller record of each job', ({ expect }) => {
    expect(parseRecords(reply(captured('slurm-scontrol.txt'))).get('1')).toMatchObject({
      state: 'done',
      verdict: 'completed',
      exitCode: 0,
    });
    const timeout = captured('slurm-scontrol.txt')
      .replace('JobId=1 ', 'JobId=5 ')
      .replace('COMPLETED Reason=None', 'TIMEOUT Reason=TimeLimit')
      .replace('ExitCode=0:0', 'ExitCode=0:15');
    expect(parseRecords(reply(timeout)).get('5')).toEqual({
      state: 'done',
      verdict: 'out-of-time',
      exitCode: 0,
      detail: 'TIMEOUT: TimeLimit, signal 15',
    });
    expect(parseRecords(reply('slurm_load_jobs error: Invalid job id specified\n', { code: 1 })).size).toBe(0);
  });
});

describe('a report', () => {
  const dialect = () => slurmDialect(settings);
  const markers = (rows: string[]) => ({ stdout: rows.join('\n') });

  it('is one script for any number of jobs', ({ expect }) => {
    const jobs = Array.from({ length: 2500 }, (_, index) => job(String(index + 1)));
    const [, , script] = reportScript(dialect(), jobs);
    expect(script?.match(/section queue/g)).toHaveLength(3);
    expect(reportInput(dialect(), jobs).split('\n')[1]).toBe('2\tpjob2-1\t/scratch/me/work/ab/pjob2-1\t|2|');
  });

  it('believes the exit marker before the queue, and the queue before accounting', ({ expect }) => {
    const jobs = [job('1'), job('2'), job('3')];
    const found = readReports(
      dialect(),
      jobs,
      sections({
        queue: { stdout: '|1|TIMEOUT|TimeLimit\n|2|RUNNING|None' },
        markers: markers(['pjob1-1\texit\t0', 'pjob2-1\tstarted\t', 'pjob3-1\tstarted\t']),
        accounting: { stdout: 'FAILED|2|1:0\nOUT_OF_MEMORY|3|0:125' },
      }),
    );
    expect(found.get('pjob1-1')).toMatchObject({ state: 'done', verdict: 'completed', exitCode: 0 });
    expect(found.get('pjob2-1')).toMatchObject({ state: 'running' });
    expect(found.get('pjob3-1')).toMatchObject({ state: 'done', verdict: 'out-of-memory' });
  });

  it('takes COMPLETED without a marker as unknown, since files of other nodes appear late, unless the folder is gone', ({ expect }) => {
    const queue = { stdout: '|1|COMPLETED|None\n|2|COMPLETED|None' };
    const found = readReports(
      dialect(),
      [job('1'), job('2')],
      sections({ queue, markers: markers(['pjob1-1\tstarted\t', 'pjob2-1\tno-folder\t']) }),
    );
    expect(found.get('pjob1-1')).toMatchObject({ state: 'unknown' });
    expect(found.get('pjob2-1')).toMatchObject({ state: 'done', verdict: 'completed' });
  });

  it('does not end jobs of a queue that does not answer', ({ expect }) => {
    const queue = { code: 1, stderr: 'slurm_load_jobs error: Unable to contact slurm controller' };
    const rows = markers(['pjob1-1\tstarted\t', 'pjob2-1\tnone\t', 'pjob3-1\texit\t2']);
    const found = readReports(dialect(), [job('1'), job('2'), job('3')], sections({ queue, markers: rows }));
    expect([...found.values()].map(({ state }) => state)).toEqual(['running', 'queued', 'done']);
  });

  it('knows nothing of a job that left no trace', ({ expect }) => {
    const found = readReports(
      dialect(),
      [job('1')],
      sections({ queue: {}, markers: markers(['pjob1-1\tnone\t']), accounting: {}, record: { code: 1 } }),
    );
    expect(found.get('pjob1-1')).toMatchObject({ state: 'unknown' });
  });

  it('that was cut short is not understood', ({ expect }) => {
    const whole = sections({ queue: { stdout: '|1|RUNNING|None' } });
    expect(() => readReports(dialect(), [job('1')], { ...whole, stdout: whole.stdout.slice(0, -5) })).toThrow(/broke off/);
  });
});
