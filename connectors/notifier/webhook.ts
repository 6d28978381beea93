import { createHmac } from 'node:crypto';
import { InvalidInput, PermissionDenied, RateLimited, ServiceUnavailable } from '../../domain/failures.js';
import type { Notification, WebhookChannel } from '../../domain/notification.js';
import { secretOf } from './secret.js';

/** Posts a message. Redirects are not followed: they would carry it, and its signature, elsewhere. */
export async function postWebhook(
  channel: WebhookChannel,
  notification: Notification,
  id: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const url = channel.url ?? secretOf(environment, channel.urlEnv ?? '', channel.name);
  const body = JSON.stringify(channel.format === 'slack' ? { text: slackText(notification) } : { id, ...notification });
  const signature =
    channel.secretEnv === undefined
      ? {}
      : {
          'x-peierls-signature': webhookSignature(
            secretOf(environment, channel.secretEnv, channel.name),
            body,
            Math.floor(Date.now() / 1000),
          ),
        };
  const reply = await posted(channel, url, body, { 'content-type': 'application/json', 'idempotency-key': id, ...signature });
  await reply.body?.cancel();
  refuse(channel, reply);
}

/**
 * `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>`. A receiver computes it again, compares in constant time, and refuses times
 * that are minutes old, so that a recorded request cannot be sent again.
 */
export function webhookSignature(secret: string, body: string, unixSeconds: number): string {
  return `t=${unixSeconds},v1=${createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex')}`;
}

/** Slack's own escapes: nothing in a message becomes a link or a mention. */
export function slackText({ subject, text }: Notification): string {
  const plain = (part: string): string => part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `*${plain(subject)}*\n${plain(text)}`;
}

async function posted(channel: WebhookChannel, url: string, body: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      body,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(channel.timeoutSeconds * 1000),
    });
  } catch (cause) {
    if (cause instanceof TypeError && cause.cause === undefined)
      throw new InvalidInput('is not an http or https address', {
        path: `${channel.name}: ${channel.urlEnv ?? 'url'}`,
        remedy: 'Correct it',
        cause,
      });
    throw new ServiceUnavailable(`the webhook "${channel.name}" does not answer: ${reason(cause)}`, { cause });
  }
}

/** The address itself is never in a message: it may be the secret. */
function refuse(channel: WebhookChannel, { status, headers }: Response): void {
  if (status >= 200 && status < 300) return;
  const says = `the webhook "${channel.name}" answered ${status}`;
  if (status === 429) {
    const seconds = Number(headers.get('retry-after'));
    throw new RateLimited(says, Number.isFinite(seconds) && seconds > 0 ? { retryAfterSeconds: Math.min(seconds, 3600) } : {});
  }
  if (status === 408 || status === 425 || status >= 500) throw new ServiceUnavailable(says);
  if (status === 401 || status === 403) throw new PermissionDenied(says, { remedy: 'Check its address and secret' });
  throw new InvalidInput(says, { file: 'notifications.yaml', path: channel.name, remedy: 'Check its address and format' });
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
