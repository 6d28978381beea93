import { describe, test } from 'vitest';
import type { RefreshReport } from '../../domain/refresh.js';
import { slackText, webhookSignature } from '../../connectors/notifier/webhook.js';
import { openComputerState } from '../../domain/computer-state.js';
import { budgetNotice, endNotice, failureNotice, heldNotice, refreshFailureNotice, refreshNotice } from '../../domain/notice.js';
import { NotificationsFile, wants } from '../../domain/notification.js';
import type { CampaignProgress } from '../../domain/progress.js';

const progress = (state: CampaignProgress['state'], counts: Partial<CampaignProgress['counts']> = {}): CampaignProgress => ({
  campaign: 'q',
  state,
  counts: { candidates: 20, ranked: 10, rejected: 0, failed: 0, pending: 10, ...counts },
  points: { distinct: 9, executed: 7, reused: 2 },
  jobs: { submitted: 3, distinctAttempts: 3 },
  startedAt: null,
  finishedAt: null,
  lastFailure: 'q/Cu-A1: elastic-tensor: residual',
});
const thresholds = { budget: 0.8, failures: 0.2, leastCandidates: 10 };

describe('the end of a campaign', () => {
  test.for([
    ['done', 'campaign-done', 'campaign/q/done/run-1'],
    ['failed', 'campaign-failed', 'campaign/q/failed/run-1'],
    ['cancelled', 'campaign-cancelled', 'campaign/q/cancelled/run-1'],
  ] as const)('%s is told once a run', ([state, kind, key], { expect }) => {
    expect(endNotice(progress(state), 'run-1')).toMatchObject({ kind, key, campaign: 'q' });
    expect(endNotice(progress(state), 'run-2')?.key).not.toBe(key);
  });

  test('has not come while it runs or is paused', ({ expect }) => {
    expect([endNotice(progress('running'), 'r'), endNotice(progress('paused'), 'r')]).toEqual([undefined, undefined]);
  });
});

describe('the failure rate', () => {
  test.for([
    [{ ranked: 8, failed: 2 }, true],
    [{ ranked: 9, failed: 1 }, false],
    [{ ranked: 5, failed: 4 }, false],
    [{ ranked: 6, rejected: 2, failed: 2 }, true],
  ] as const)('%o is told: %s', ([counts, told], { expect }) => {
    expect(failureNotice(progress('running', counts), 1, thresholds) !== undefined).toBe(told);
  });
});

describe('a budget', () => {
  const owner = { kind: 'computer', name: 'hawk' } as const;

  test.for([
    [79, undefined],
    [80, 'computer/hawk/budget-near/100'],
    [99.9, 'computer/hawk/budget-near/100'],
    [100, 'computer/hawk/budget-over/100'],
    [130, 'computer/hawk/budget-over/100'],
  ] as const)('of 100 with %d spent has the key %s', ([spent, key], { expect }) => {
    expect(budgetNotice(owner, spent, 100, thresholds)?.key).toBe(key);
  });

  test('without a limit is never spent, and a raised one counts anew', ({ expect }) => {
    expect(budgetNotice(owner, 1e9, undefined, thresholds)).toBeUndefined();
    expect(budgetNotice(owner, 170, 200, thresholds)).toMatchObject({ key: 'computer/hawk/budget-near/200', computer: 'hawk' });
  });
});

test('a computer is told of once for each time that it is held', ({ expect }) => {
  const open = openComputerState('hawk', '2026-01-01T00:00:00Z');
  expect(heldNotice(open)).toBeUndefined();
  const held = { ...open, condition: 'held' as const, reason: 'login refused', epoch: 3 };
  expect(heldNotice(held)).toMatchObject({ key: 'computer/hawk/held/3', kind: 'computer-held' });
  expect(heldNotice(held)?.text).toContain('peierls computer resume hawk');
});

describe('the notifications file', () => {
  const read = (channel: Record<string, unknown>) => NotificationsFile.safeParse({ channels: [channel] });

  test('has defaults for all but the way', ({ expect }) => {
    expect(read({ kind: 'webhook', name: 'chat', urlEnv: 'CHAT_URL' }).data).toEqual({
      channels: [{ kind: 'webhook', name: 'chat', urlEnv: 'CHAT_URL', format: 'slack', timeoutSeconds: 20 }],
      thresholds: { budget: 0.8, failures: 0.2, leastCandidates: 10 },
    });
  });

  test.for([
    [{ kind: 'webhook', name: 'chat' }, 'give either "url" or "urlEnv"'],
    [{ kind: 'webhook', name: 'chat', url: 'file:///etc/passwd' }, 'must be an http or https address'],
    [{ kind: 'webhook', name: 'chat', urlEnv: 'https://hooks.example/x' }, 'never the secret itself'],
    [{ kind: 'webhook', name: 'chat', url: 'https://x.example', token: 'x' }, 'Unrecognized key'],
    [{ kind: 'mail', name: 'm', host: 'h', from: 'a@b.example', to: ['nobody'] }, 'must be a mail address'],
    [{ kind: 'mail', name: 'm', host: 'h', from: 'a@b.example', to: ['c@d.example'], userEnv: 'U' }, 'give both'],
    [{ kind: 'pigeon', name: 'p' }, 'Invalid'],
  ] as const)('%o is refused: %s', ([channel, says], { expect }) => {
    expect(JSON.stringify(read(channel).error?.issues)).toContain(says.replaceAll('"', '\\"'));
  });

  test('sends an event to those who want it, and a test to all', ({ expect }) => {
    const channel = read({ kind: 'webhook', name: 'chat', urlEnv: 'U', events: ['computer-held'] }).data?.channels[0];
    if (channel === undefined) throw new Error('the file is valid');
    expect((['computer-held', 'campaign-done', 'test'] as const).map((kind) => wants(channel, { kind }))).toEqual([true, false, true]);
  });
});

test('a signature is that of the documented recipe', ({ expect }) => {
  // printf '1700000000.{"text":"x"}' | openssl dgst -sha256 -hmac key
  expect(webhookSignature('key', '{"text":"x"}', 1_700_000_000)).toBe(
    't=1700000000,v1=4536e1d99657625a6450cffaf320abafeb2707f9f4aa50853fc14b45e64c9dd6',
  );
});

test('nothing in a message becomes a link or a mention', ({ expect }) => {
  const text = slackText({ key: 'k', kind: 'test', subject: '<!channel> & co', text: '<https://evil.example|ok>', occurredAt: '' });
  expect(text).toBe('*&lt;!channel&gt; &amp; co*\n&lt;https://evil.example|ok&gt;');
});

describe('what people are told of a refresh', () => {
  const report: RefreshReport = {
    source: 'materials-project',
    mode: 'incremental',
    databaseVersion: '2026.1',
    previousVersion: '2026.1',
    records: 1000,
    usable: 90,
    refused: 910,
    added: 7,
    changed: 0,
    removed: 1,
    duplicates: 0,
    pages: 1,
    rescreened: [
      { campaign: 'nickel', added: 2, changed: 0, removed: 0 },
      { campaign: 'old', added: 2, changed: 0, removed: 0, left: 'was cancelled, and is left as it is' },
    ],
    examples: { added: ['a', 'b', 'c', 'd', 'e', 'f', 'g'], changed: [], removed: ['z'] },
    warnings: ['the heartbeat was refused'],
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:01:00Z',
  };

  test('is what it found, once a scan, with who screens it', ({ expect }) => {
    const notice = refreshNotice(report, 3);
    expect(notice).toMatchObject({ key: 'source/materials-project/changed/3', subject: 'materials-project: 7 new, 0 changed, 1 removed' });
    expect(notice?.text.split('\n')).toEqual([
      '1000 materials (version 2026.1), 90 of them crystals that can be screened: 7 new, 0 changed, 1 removed',
      'added: a, b, c, d, e and others',
      'removed: z',
      'Campaign nickel: 2 new and 0 changed are screened, 0 are gone',
      'Campaign old: was cancelled, and is left as it is',
      'Warning: the heartbeat was refused',
    ]);
  });

  test('is nothing where nothing was found', ({ expect }) => {
    expect(refreshNotice({ ...report, added: 0, removed: 0 }, 4)).toBeUndefined();
  });

  test('is each time that it was given up', ({ expect }) => {
    expect(refreshFailureNotice('nomad', 'the filter is refused', 'run-1')).toMatchObject({
      kind: 'source-failed',
      key: 'source/nomad/failed/run-1',
    });
  });
});
