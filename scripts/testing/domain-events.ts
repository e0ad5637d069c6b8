import { readEntry } from '../../services/shared/events/outbox-entry.ts';
import { outboxKey } from '../../services/shared/inventory/keys.ts';
import { redis } from './stores.ts';

/** The domain events in an event's outbox. */
export async function domainEvents({ eventId }: { eventId: string }) {
  const entries = await redis.xrange(outboxKey(eventId), '-', '+');
  return entries
    .flatMap((entry) => readEntry(eventId, entry))
    .map(({ type, traceparent = '', data }) => ({ type, traceparent, data: JSON.parse(data) }));
}
