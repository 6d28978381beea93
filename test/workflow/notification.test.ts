import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { startDelivery } from '../../activities/notices.js';
import { InvalidInput, ServiceUnavailable } from '../../domain/failures.js';
import { notificationWorkflowId } from '../../domain/notification.js';
import { Bench, FakeActivities } from './bench.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.close());

describe('a notification', () => {
  test('is delivered to each channel, again while one does not answer', async ({ expect }) => {
    let tries = 0;
    const fake = new FakeActivities({
      readUndelivered: async () => ['chat', 'mail'],
      deliverNotification: async ({ channel }) => {
        if (channel === 'chat' && (tries += 1) === 1) throw new ServiceUnavailable('not now', { retryAfterSeconds: 0.01 });
      },
    });
    await bench.with(fake, async (client) => {
      await startDelivery(client, 'event/flaky', 'something happened');
      await client.workflow.getHandle(notificationWorkflowId('event/flaky')).result();
    });
    expect(tries).toBe(2);
    // The one that answers at once is not kept waiting by the other.
    expect(fake.named('recordDelivery').map(({ input }) => input)).toEqual([
      { key: 'event/flaky', channel: 'mail' },
      { key: 'event/flaky', channel: 'chat' },
    ]);
  });

  test('that one channel refuses still reaches the others, is written down, and may be started again until it succeeds', async ({
    expect,
  }) => {
    let configured = false;
    const fake = new FakeActivities({
      readUndelivered: async () => ['chat', 'mail'],
      deliverNotification: async ({ channel }) => {
        if (channel === 'chat' && !configured) throw new InvalidInput('the webhook "chat" answered 404');
      },
    });
    await bench.with(fake, async (client) => {
      const handle = client.workflow.getHandle(notificationWorkflowId('event/refused'));
      await startDelivery(client, 'event/refused', 'something happened');
      await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
      expect(new Set(fake.named('recordDelivery').map(({ input }) => input))).toEqual(
        new Set([
          { key: 'event/refused', channel: 'chat', error: 'the webhook "chat" answered 404' },
          { key: 'event/refused', channel: 'mail' },
        ]),
      );
      configured = true;
      await startDelivery(client, 'event/refused', 'something happened');
      await client.workflow.getHandle(notificationWorkflowId('event/refused')).result();
      const delivered = fake.named('deliverNotification').length;
      // What has succeeded is not started a third time.
      await startDelivery(client, 'event/refused', 'something happened');
      expect((await client.workflow.getHandle(notificationWorkflowId('event/refused')).describe()).status.name).toBe('COMPLETED');
      expect(fake.named('deliverNotification')).toHaveLength(delivered);
    });
  });

  test('is started once, by however many at the same time', async ({ expect }) => {
    const fake = new FakeActivities();
    await bench.with(fake, async (client) => {
      await Promise.all(Array.from({ length: 8 }, () => startDelivery(client, 'event/crowd', 'something happened')));
      await client.workflow.getHandle(notificationWorkflowId('event/crowd')).result();
    });
    expect(fake.named('deliverNotification')).toHaveLength(1);
  });
});
