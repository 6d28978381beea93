import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { NotificationDocument } from '../../connectors/store/notification.js';
import { campaignText, until, Workplace } from './cli.js';

/** A chat server that is down for its first two requests, and one that never answers. */
const place = new Workplace();
const chat: { body: { kind: string; campaign?: string; id: string }; accepted: boolean }[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  await place.choosePorts();
  const chatPort = await serve((body) => {
    const accepted = chat.length >= 2;
    chat.push({ body: JSON.parse(body) as (typeof chat)[number]['body'], accepted });
    return accepted ? 200 : 503;
  });
  const deafPort = await serve(() => undefined);
  mkdirSync(place.home, { recursive: true });
  writeFileSync(
    join(place.home, 'notifications.yaml'),
    `channels:
  - { kind: webhook, name: chat, format: json, url: 'http://127.0.0.1:${chatPort}/' }
  - { kind: webhook, name: deaf, url: 'http://127.0.0.1:${deafPort}/', timeoutSeconds: 1 }
`,
  );
});
afterAll(async () => {
  await place.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(status: (body: string) => number | undefined): Promise<number> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const code = status(body);
      if (code !== undefined) response.writeHead(code).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a campaign that people are told of', () => {
  const listed = async (): Promise<NotificationDocument[]> =>
    (await place.json<{ notifications: NotificationDocument[] }>('notify', 'list')).notifications;

  test('ends as it would alone, and its end is told once, although one channel is down and one hangs', async ({ expect }) => {
    const file = place.file('small.yaml', campaignText());
    expect((await place.run(['up', '--detach'])).code).toBe(0);
    const { code, err } = await place.run(['screen', file, '--json']);
    expect([code, err.includes('chat')]).toEqual([0, false]);
    await until(
      () => chat.filter(({ accepted }) => accepted).length,
      (told) => told > 0,
    );
    const [event] = await until(listed, (events) => events[0]?.deliveries['chat']?.state === 'delivered');
    expect(event).toMatchObject({
      kind: 'campaign-done',
      campaign: 'small',
      deliveries: { chat: { state: 'delivered' }, deaf: { state: 'pending' } },
    });
    // Every try is the same message.
    expect(new Set(chat.map(({ body }) => body.id)).size).toBe(1);
    expect(chat.filter(({ accepted }) => accepted)).toHaveLength(1);
  });

  test('is not told of again after the worker has died', async ({ expect }) => {
    place.kill('worker');
    expect((await place.run(['up', '--detach'])).code).toBe(0);
    await until(
      () => place.pid('worker'),
      (pid) => pid !== undefined,
    );
    expect((await place.run(['screen', join(place.folder, 'small.yaml'), '--json'])).code).toBe(0);
    expect(await listed()).toHaveLength(1);
    expect(chat.filter(({ accepted }) => accepted)).toHaveLength(1);
  });

  test('can be tried beforehand: a test message says which channel works', async ({ expect }) => {
    const { code, out } = await place.run(['notify', 'test', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      channels: [
        { channel: 'chat', ok: true },
        { channel: 'deaf', ok: false },
      ],
    });
    expect((await place.run(['notify', 'test', 'chat'])).code).toBe(0);
    const unknown = await place.run(['notify', 'test', 'nobody']);
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('There are: chat, deaf')]);
  });
});
