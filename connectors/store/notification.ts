import type { Notification } from '../../domain/notification.js';
import { insertNew, type Store } from './store.js';

/** How the message stands in one channel. */
export interface Delivery {
  state: 'pending' | 'delivered' | 'given-up';
  at: string | null;
  error?: string;
}

/** The outbox: an event that was noticed, once, and where it has been told. */
export interface NotificationDocument extends Notification {
  /** The event's key. */
  _id: string;
  /** By channel. */
  deliveries: Record<string, Delivery>;
}

/** Notes an event for these channels. False when it has been noted before: whoever comes second has nothing to do. */
export async function noteEvent(store: Store, notification: Notification, channels: readonly string[]): Promise<boolean> {
  const pending: Delivery = { state: 'pending', at: null };
  const deliveries = Object.fromEntries(channels.map((channel) => [channel, pending]));
  return (await insertNew(store.collection('notifications'), [{ _id: notification.key, ...notification, deliveries }])) === 1;
}

/** Writes down how a delivery went; the other channels of the event are not touched. */
export async function recordDelivery(store: Store, key: string, channel: string, delivery: Delivery): Promise<void> {
  await store.collection('notifications').updateOne({ _id: key }, { $set: { [`deliveries.${channel}`]: delivery } });
}

/** Events with a delivery in one of these states, oldest first. */
export async function eventsWith(store: Store, states: readonly Delivery['state'][]): Promise<NotificationDocument[]> {
  const all = await store.collection('notifications').find().toArray();
  return all
    .filter(({ deliveries }) => Object.values(deliveries).some(({ state }) => states.includes(state)))
    .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
}
