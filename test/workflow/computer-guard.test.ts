import { describe, test } from 'vitest';
import { openComputerState } from '../../domain/computer-state.js';
import { computerWorkflowId } from '../../domain/campaign.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { computerGuard } from '../../workflows/computer-guard.js';
import { openedBench } from '../opened-bench.js';
import { Bench, FakeActivities, until } from './bench.js';

const bench = openedBench(() => Bench.open());

const start = (client: Bench['client'], computer: string) =>
  client.workflow.signalWithStart<typeof computerGuard>('computerGuard', {
    workflowId: computerWorkflowId(computer),
    taskQueue: taskQueues.main,
    args: [{ computer }],
    signal: 'wake',
    signalArgs: [],
  });

describe('the guard of a computer', () => {
  test('sleeps while no job is open, and looks again when woken', async ({ expect }) => {
    const fake = new FakeActivities();
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'idle');
      await until(
        () => fake.named('surveyComputer').length,
        (count) => count >= 1,
      );
      const before = fake.named('surveyComputer').length;
      await handle.signal('wake');
      await until(
        () => fake.named('surveyComputer').length,
        (count) => count > before,
      );
      const { status } = await handle.describe();
      expect(status.name).toBe('RUNNING');
    });
  });

  test('writes down what an operator says, shows it, and can be found by it', async ({ expect }) => {
    let state = openComputerState('hawk', 'then');
    const fake = new FakeActivities({
      surveyComputer: async () => state,
      setComputerCondition: async ({ condition, reason }) => (state = { ...state, condition, reason }),
    });
    await bench().with(fake, async (client) => {
      const handle = await start(client, 'hawk');
      expect(await handle.executeUpdate('drainComputer', { args: [{ reason: 'maintenance on Friday' }] })).toBe(
        'hawk is draining: maintenance on Friday',
      );
      expect(await handle.query('computerState')).toMatchObject({ condition: 'draining' });
      expect(await handle.query<string>('__temporal_workflow_metadata').then((it) => JSON.stringify(it))).toMatch(/maintenance on Friday/);
      const found = await until(
        async () => {
          const ids: string[] = [];
          for await (const { workflowId } of client.workflow.list({ query: `PeierlsComputer = 'hawk' AND PeierlsPhase = 'draining'` }))
            ids.push(workflowId);
          return ids;
        },
        (ids) => ids.length > 0,
      );
      expect(found).toEqual(['computer/hawk']);
      expect(await handle.executeUpdate('resumeComputer', { args: [] })).toBe('hawk is open');
      await expect(handle.executeUpdate('budgetComputer', { args: [{ coreHours: -1 }] })).rejects.toThrow();
      expect(await handle.executeUpdate('budgetComputer', { args: [{ coreHours: 5 }] })).toBe('hawk may spend 5 core hours');
    });
  });
});
