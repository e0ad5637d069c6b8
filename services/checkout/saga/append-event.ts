import type { Database } from '../../shared/stores/database.ts';
import type { CheckoutEventData, CheckoutEventType } from './types.ts';

/** Puts a domain event into the outbox, in the transaction that makes it true. */
export async function appendEvent(
  trx: Database,
  event: { type: CheckoutEventType; data: CheckoutEventData; nowMs: number; traceparent?: string },
): Promise<void> {
  const { type, data, nowMs, traceparent = null } = event;
  await trx
    .insertInto('checkout_outbox')
    .values({ event_id: data.eventId, type, happened_on: new Date(nowMs), traceparent, data: JSON.stringify(data) })
    .execute();
}
