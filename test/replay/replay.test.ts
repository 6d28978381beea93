import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, test } from 'vitest';
import * as workflows from '../../workflows/workflows.js';
import { silent } from '../silent-logger.js';
import { readHistory } from './history.js';

const data = fileURLToPath(new URL('data/', import.meta.url));
const files = readdirSync(data).filter((name) => name.endsWith('.json'));
const bundle = (path: string) => bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL(path, import.meta.url)), logger: silent });

const started = (file: string) => readHistory(`${data}${file}`).events?.[0]?.workflowExecutionStartedEventAttributes;
const replay = (file: string, code: { code: string }) =>
  Worker.runReplayHistory({ workflowBundle: code }, readHistory(`${data}${file}`), started(file)?.workflowId ?? '');

let current: { code: string } = { code: '' };
beforeAll(async () => {
  Runtime.install({ logger: silent });
  current = await bundle('../../workflows/workflows.ts');
});

describe('recorded histories', () => {
  test.for(files)('%s replays on the workflows of today', async (file, { expect }) => {
    await expect(replay(file, current)).resolves.toBeUndefined();
  });

  test('exist for every workflow type', ({ expect }) => {
    expect(new Set(files.map((file) => started(file)?.workflowType?.name))).toEqual(new Set(Object.keys(workflows)));
  });

  test.for(files)('%s tells nothing of the machine it was recorded on', (file, { expect }) => {
    const text = readFileSync(`${data}${file}`, 'utf8');
    const payloads = [...text.matchAll(/"data": ?"([^"]*)"/g)].map((match) => Buffer.from(match[1] ?? '', 'base64').toString('utf8'));
    expect(
      [text, ...payloads].filter((part) => /\/(tmp|home|root|Users|work)\/|"identity": ?"(?!someone")|peierls-worker-/.test(part)),
    ).toEqual([]);
  });

  test('do not replay when the order of commands was changed', async ({ expect }) => {
    const changed = await bundle('changed-order.ts');
    const file = files.find((name) => name.startsWith('candidate-evaluation')) ?? '';
    await expect(replay(file, changed)).rejects.toThrow(DeterminismViolationError);
  });
});
