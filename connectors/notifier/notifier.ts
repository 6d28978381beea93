import type { Notification, NotificationChannel } from '../../domain/notification.js';
import { sendMail } from './mail.js';
import { postWebhook } from './webhook.js';

/**
 * Tells people through one channel. `id` is the same for every try of the same message, so that a receiver can drop repeats. Throws a failure
 * of the family "unavailable" when a later try may succeed, of the family "invalid" when somebody must change something first.
 */
export async function notify(
  channel: NotificationChannel,
  notification: Notification,
  id: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  if (channel.kind === 'webhook') await postWebhook(channel, notification, id, environment);
  else await sendMail(channel, notification, id, environment);
}
