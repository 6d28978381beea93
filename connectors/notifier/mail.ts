import { createTransport } from 'nodemailer';
import { InvalidInput, PermissionDenied, ServiceUnavailable } from '../../domain/failures.js';
import type { MailChannel, Notification } from '../../domain/notification.js';
import { secretOf } from './secret.js';

const usualPorts = { starttls: 587, tls: 465, none: 25 } as const;

/** Hands a message to a mail server. Without a valid certificate nothing is sent, least of all the password, unless `security` is `none`. */
export async function sendMail(
  channel: MailChannel,
  notification: Notification,
  id: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { security, timeoutSeconds } = channel;
  const timeout = timeoutSeconds * 1000;
  const auth =
    channel.userEnv === undefined || channel.passwordEnv === undefined
      ? {}
      : {
          auth: {
            user: secretOf(environment, channel.userEnv, channel.name),
            pass: secretOf(environment, channel.passwordEnv, channel.name),
          },
        };
  const transport = createTransport({
    host: channel.host,
    port: channel.port ?? usualPorts[security],
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    // Bodies are text of ours: nothing is fetched or read from disk for them.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...auth,
  });
  try {
    await transport.sendMail({
      from: channel.from,
      to: channel.to,
      subject: `[peierls] ${notification.subject}`,
      text: `${notification.text}\n\n${notification.occurredAt}\n`,
      // The same for every try: mail programs show one message.
      messageId: `<${id.replaceAll(/[^A-Za-z0-9.-]/g, '.')}@peierls>`,
      headers: { 'X-Peierls-Event': notification.key, 'Auto-Submitted': 'auto-generated' },
    });
  } catch (error) {
    throw mailFailure(channel, error);
  } finally {
    transport.close();
  }
}

/** The server's verdict by its reply code (RFC 5321: 4xx passes, 5xx stays), or by what the library calls a refused login. */
function mailFailure({ name, host }: MailChannel, error: unknown): Error {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const says = `the mail server ${host} of "${name}"`;
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'EAUTH')
    return new PermissionDenied(`${says} refused the login: ${message}`, { remedy: 'Check userEnv and passwordEnv', cause: error });
  if (responseCode !== undefined && responseCode >= 500)
    return new InvalidInput(`${says} refused the message: ${message}`, {
      file: 'notifications.yaml',
      path: name,
      remedy: 'Check "from", "to" and "security"',
      cause: error,
    });
  return new ServiceUnavailable(`${says} did not take the message: ${message}`, { cause: error });
}
