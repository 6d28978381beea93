import { ApplicationFailure, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { rootCause } from '../domain/root-cause.js';
import { deliver, store } from './proxies.js';

export interface NotificationInput {
  /** The event's key; the event itself is in the store. */
  key: string;
}

/**
 * Tells the channels of one event, each by itself, for up to three days. Apart from the campaign that it tells of: an unreachable webhook
 * costs that nothing. Fails when a channel could not be told, so that it may be started again under the same name.
 */
export async function notification({ key }: NotificationInput): Promise<void> {
  const channels = await store.readUndelivered({ key });
  setCurrentDetails(`Telling ${channels.join(', ')}`);
  const errors = (await Promise.all(channels.map((channel) => tell(key, channel)))).filter((error) => error !== undefined);
  setCurrentDetails(
    errors.length === 0 ? `Told ${channels.join(', ')}` : `**Not told**: ${errors.join('; ')}\n\nTo try again: \`peierls notify retry\``,
  );
  if (errors.length > 0) throw ApplicationFailure.nonRetryable(errors.join('; '), 'NotificationUndelivered');
}

/** Tells one channel and writes down how it went. Resolves to why it could not be told. */
async function tell(key: string, channel: string): Promise<string | undefined> {
  try {
    await deliver.deliverNotification({ key, channel });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const reason = rootCause(error);
    await store.recordDelivery({ key, channel, error: reason });
    return `${channel}: ${reason}`;
  }
  await store.recordDelivery({ key, channel });
  return undefined;
}
