import { InvalidInput } from '../../domain/failures.js';
import type { Notification, NotificationChannel, NotificationsFile } from '../../domain/notification.js';
import { sendMail } from './mail.js';
import { postWebhook } from './webhook.js';

/** The channels of an installation, with the environment that holds their secrets. */
export class Notifier {
  readonly settings: NotificationsFile;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(settings: NotificationsFile, environment: NodeJS.ProcessEnv) {
    this.settings = settings;
    this.#environment = environment;
  }

  /** Tells people through the channel of that name; see `notify`. */
  async tell(name: string, notification: Notification, id: string): Promise<void> {
    const channel = this.settings.channels.find((it) => it.name === name);
    if (channel === undefined)
      throw new InvalidInput(`the channel "${name}" is not configured any more`, {
        file: 'notifications.yaml',
        path: 'channels',
        value: name,
      });
    await notify(channel, notification, id, this.#environment);
  }
}

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
