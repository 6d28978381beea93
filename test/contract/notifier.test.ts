import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, test } from 'vitest';
import { notify } from '../../connectors/notifier/notifier.js';
import { freePort } from '../../connectors/embedded/port.js';
import { MailChannel, WebhookChannel, type Notification } from '../../domain/notification.js';

const event: Notification = {
  key: 'computer/hawk/held/1',
  kind: 'computer-held',
  subject: 'Computer hawk is held',
  text: 'login refused',
  computer: 'hawk',
  occurredAt: '2026-01-02T03:04:05.000Z',
};
const environment = { HOOK_SECRET: 'a secret', MAIL_USER: 'peierls', MAIL_PASSWORD: 'pass word' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Request {
  headers: IncomingMessage['headers'];
  body: string;
}

/** A real server that answers as told, and what it was sent. */
async function receiver(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      answer(response, request);
    });
  });
  return { url: `http://127.0.0.1:${await listening(server)}/hook`, requests };
}

async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        if ('closeAllConnections' in server) server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return (server.address() as AddressInfo).port;
}

const webhook = (changes: Record<string, unknown>) => WebhookChannel.parse({ kind: 'webhook', name: 'chat', ...changes });

describe('a webhook', () => {
  test('gets the text that Slack takes, an identity, and a signature that a receiver can check', async ({ expect }) => {
    const { url, requests } = await receiver((response) => response.end('ok'));
    await notify(webhook({ url, secretEnv: 'HOOK_SECRET' }), event, 'key/chat', environment);
    const [request] = requests;
    expect(JSON.parse(request?.body ?? '')).toEqual({ text: '*Computer hawk is held*\nlogin refused' });
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'key/chat' });
    const [, time = '', signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request?.headers['x-peierls-signature'])) ?? [];
    expect(
      createHmac('sha256', 'a secret')
        .update(`${time}.${request?.body ?? ''}`)
        .digest('hex'),
    ).toBe(signature);
    expect(Math.abs(Date.now() / 1000 - Number(time))).toBeLessThan(120);
  });

  test('of another kind gets the whole event', async ({ expect }) => {
    const { url, requests } = await receiver((response) => response.end());
    await notify(webhook({ url, format: 'json' }), event, 'key/chat', environment);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ id: 'key/chat', ...event });
    expect(requests[0]?.headers['x-peierls-signature']).toBeUndefined();
  });

  test.for([
    [500, 'ServiceUnavailable'],
    [503, 'ServiceUnavailable'],
    [429, 'RateLimited'],
    [401, 'PermissionDenied'],
    [404, 'InvalidInput'],
  ] as const)('that answers %i makes a failure %s, which does not show the address', async ([status, name], { expect }) => {
    const { url } = await receiver((response) => response.writeHead(status, { 'retry-after': '7' }).end());
    const failure = await notify(webhook({ url }), event, 'k', environment).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name, ...(status === 429 && { retryAfterSeconds: 7 }) });
    expect(String(failure)).not.toContain('/hook');
  });

  test('that redirects is not followed', async ({ expect }) => {
    const elsewhere = await receiver((response) => response.end());
    const { url } = await receiver((response) => response.writeHead(307, { location: elsewhere.url }).end());
    await expect(notify(webhook({ url }), event, 'k', environment)).rejects.toMatchObject({ name: 'InvalidInput' });
    expect(elsewhere.requests).toEqual([]);
  });

  test('that never answers is given up in time', async ({ expect }) => {
    const { url } = await receiver(() => undefined);
    await expect(notify(webhook({ url, timeoutSeconds: 0.5 }), event, 'k', environment)).rejects.toMatchObject({
      name: 'ServiceUnavailable',
    });
  });

  test('that nobody listens at is worth another try', async ({ expect }) => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    await expect(notify(webhook({ url }), event, 'k', environment)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  });

  test('whose secret is not set names the variable', async ({ expect }) => {
    await expect(notify(webhook({ urlEnv: 'NOT_SET' }), event, 'k', environment)).rejects.toThrow(
      'chat: NOT_SET: the environment variable is not set',
    );
  });
});

/** A real mail server, and what it took. */
async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; messages: string[] }> {
  const messages: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'peierls' && password === 'pass word' ? done(null, { user: username }) : done(new Error('wrong password')),
    onData: (stream, _session, done) => {
      let text = '';
      stream.on('data', (piece: Buffer) => (text += piece.toString('utf8')));
      stream.on('end', () => {
        messages.push(text);
        done();
      });
    },
    ...options,
  });
  // A client that breaks off is no concern of the server's.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, messages };
}

const mail = (changes: Record<string, unknown>) =>
  MailChannel.parse({
    kind: 'mail',
    name: 'post',
    host: '127.0.0.1',
    security: 'none',
    from: 'peierls@example.org',
    to: ['ops@example.org', 'me@example.org'],
    ...changes,
  });

describe('mail', () => {
  test('arrives with one identity for all tries', async ({ expect }) => {
    const { port, messages } = await mailServer();
    const channel = mail({ port });
    await notify(channel, event, 'computer/hawk/held/1/post', environment);
    await notify(channel, event, 'computer/hawk/held/1/post', environment);
    expect(messages).toHaveLength(2);
    for (const message of messages) {
      expect(message).toContain('Subject: [peierls] Computer hawk is held');
      expect(message).toContain('Message-ID: <computer.hawk.held.1.post@peierls>');
      expect(message).toContain('To: ops@example.org, me@example.org');
      expect(message).toContain('login refused');
    }
  });

  test('logs in where it is told to', async ({ expect }) => {
    const { port, messages } = await mailServer({ authOptional: false, allowInsecureAuth: true });
    const login = { port, userEnv: 'MAIL_USER', passwordEnv: 'MAIL_PASSWORD' };
    await notify(mail(login), event, 'k', environment);
    expect(messages).toHaveLength(1);
    await expect(notify(mail(login), event, 'k', { ...environment, MAIL_PASSWORD: 'old' })).rejects.toMatchObject({
      name: 'PermissionDenied',
    });
  });

  test.for([
    [550, 'InvalidInput'],
    [451, 'ServiceUnavailable'],
  ] as const)('that is refused with %i makes a failure %s', async ([responseCode, name], { expect }) => {
    const { port } = await mailServer({
      onMailFrom: (_address, _session, done) => done(Object.assign(new Error('not now'), { responseCode })),
    });
    await expect(notify(mail({ port }), event, 'k', environment)).rejects.toMatchObject({ name });
  });

  test('is not sent past a certificate that is not valid, nor is the password', async ({ expect }) => {
    const logins: string[] = [];
    const { port, messages } = await mailServer({
      disabledCommands: [],
      onAuth: ({ username }, _session, done) => {
        logins.push(String(username));
        done(null, { user: username });
      },
    });
    const channel = mail({ port, security: 'starttls', userEnv: 'MAIL_USER', passwordEnv: 'MAIL_PASSWORD' });
    await expect(notify(channel, event, 'k', environment)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    expect([messages, logins]).toEqual([[], []]);
  });

  test('is not sent in the clear where the server offers nothing else', async ({ expect }) => {
    const { port, messages } = await mailServer();
    await expect(notify(mail({ port, security: 'starttls' }), event, 'k', environment)).rejects.toMatchObject({
      name: 'InvalidInput',
    });
    expect(messages).toEqual([]);
  });

  test('to a server that says nothing is given up in time', async ({ expect }) => {
    const port = await listening(createTcpServer());
    await expect(notify(mail({ port, timeoutSeconds: 0.5 }), event, 'k', environment)).rejects.toMatchObject({
      name: 'ServiceUnavailable',
    });
  });

  test('to a port that nobody listens at is worth another try', async ({ expect }) => {
    await expect(notify(mail({ port: await freePort() }), event, 'k', environment)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  });
});
