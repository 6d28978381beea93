import { recordDelivery } from '../connectors/store/notification.js';
import { InvalidInput } from '../domain/failures.js';
import type { Dependencies } from './dependencies.js';

export interface DeliveryInput {
  key: string;
  channel: string;
}

/** Activities of the `notification` workflow. */
export function notificationActivities({ store, notifier }: Dependencies) {
  return {
    /** The channels that have not been told yet. */
    async readUndelivered({ key }: { key: string }): Promise<string[]> {
      const document = await store.collection('notifications').findOne({ _id: key });
      return Object.entries(document?.deliveries ?? {}).flatMap(([channel, { state }]) => (state === 'delivered' ? [] : [channel]));
    },

    /** Tells one channel, unless it has been told. Repeat-safe: every try carries the same identity, by which a receiver drops repeats. */
    async deliverNotification({ key, channel: name }: DeliveryInput): Promise<void> {
      const document = await store.collection('notifications').findOne({ _id: key });
      if (document === null || document.deliveries[name]?.state === 'delivered') return;
      if (notifier === undefined)
        throw new InvalidInput('there are no notifications any more', { file: 'notifications.yaml', path: 'channels', value: name });
      const { _id, deliveries: _deliveries, ...notification } = document;
      await notifier.tell(name, notification, `${_id}/${name}`);
    },

    /** Writes down how it went. Repeat-safe: it writes the same again. */
    async recordDelivery({ key, channel, error }: DeliveryInput & { error?: string }): Promise<void> {
      const at = new Date().toISOString();
      await recordDelivery(
        store,
        key,
        channel,
        error === undefined ? { state: 'delivered', at } : { state: 'given-up', at, error: error.slice(0, 500) },
      );
    },
  };
}
