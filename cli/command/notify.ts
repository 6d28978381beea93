import { startDelivery } from '../../activities/notices.js';
import { notify } from '../../connectors/notifier/notifier.js';
import { eventsWith } from '../../connectors/store/notification.js';
import { InvalidInput } from '../../domain/failures.js';
import { notificationsPath, readInstallation } from '../../workers/config.js';
import type { Output } from '../output.js';
import { paintState } from '../paint.js';
import { withServices, withStore } from '../session.js';
import { table } from '../table.js';

/** `peierls notify test [channel]`: a message through one channel, or all, from here. 1 when one could not be told. */
export async function notifyTest(name: string | undefined, output: Output): Promise<number> {
  const { notifications } = await readInstallation(process.env);
  const file = notificationsPath(process.env);
  if (notifications === undefined)
    throw new InvalidInput('there is no such file', { file, remedy: 'Write it: docs/notifications.md has an example' });
  const channels = notifications.channels.filter((channel) => name === undefined || channel.name === name);
  if (channels.length === 0)
    throw new InvalidInput('there is no such channel', {
      file,
      path: 'channels',
      value: name,
      remedy: `There are: ${notifications.channels.map((it) => it.name).join(', ')}`,
    });
  const occurredAt = new Date().toISOString();
  const told = await Promise.all(
    channels.map(async (channel) => {
      const key = `test/${occurredAt}`;
      const message = { key, kind: 'test' as const, subject: 'A test message', text: `Channel "${channel.name}" works.`, occurredAt };
      try {
        await notify(channel, message, `${key}/${channel.name}`, process.env);
        return { channel: channel.name, ok: true, error: null };
      } catch (error) {
        return { channel: channel.name, ok: false, error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  output.result(
    { channels: told },
    told.map(({ channel, ok, error }) => (ok ? `${channel}: told` : `${channel}: ${output.paint('bad', 'not told')}, ${error}`)),
  );
  return told.every(({ ok }) => ok) ? 0 : 1;
}

/** `peierls notify list`: what has been noticed, and who has been told. */
export function notifyList(output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const events = await eventsWith(store, ['pending', 'delivered', 'given-up']);
    const rows = events.flatMap((event) =>
      Object.entries(event.deliveries).map(([channel, { state, error }]) => [
        event.occurredAt.slice(0, 19).replace('T', ' '),
        event.subject,
        channel,
        state,
        error ?? '',
      ]),
    );
    output.result(
      { notifications: events },
      rows.length === 0
        ? ['Nothing has happened that anybody wanted to be told of.']
        : table(['when', 'what', 'channel', 'state', 'error'], rows, undefined, paintState(output.paint)),
    );
    return 0;
  });
}

/** `peierls notify retry`: deliveries that were given up are tried again. */
export function notifyRetry(output: Output): Promise<number> {
  return withServices(process.env, output, { worker: true, keep: true }, async ({ store, temporal }) => {
    const events = await eventsWith(store, ['pending', 'given-up']);
    for (const { _id, subject } of events) await startDelivery(temporal, _id, subject);
    output.result({ retried: events.map(({ _id }) => _id) }, [
      `${events.length} notifications are delivered again; "peierls notify list" shows how it goes.`,
    ]);
    return 0;
  });
}
