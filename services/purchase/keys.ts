/**
 * Every key that Redis holds. The hash tag `{eventId}` puts all of an event's keys into one slot, so that one script may
 * touch any of them.
 */
const ofEvent = (eventId: string) => `onsale:{${eventId}}`;

/** Hash: venueId, currency, onSaleAtMs, and for each zone `zone:<id>` = rows:columns:capacity:priceMinor (0:0 without seats). */
export const inventoryKey = (eventId: string) => `${ofEvent(eventId)}:inventory`;
/** Hash: sequence, and for each zone `sold:<id>`. */
export const countsKey = (eventId: string) => `${ofEvent(eventId)}:counts`;
/** Bitmap: bit (row − 1) × columns + column − 1 is set while the seat is taken. */
export const takenKey = (eventId: string, zoneId: number) => `${ofEvent(eventId)}:taken:${zoneId}`;
/** Hash: the same index → the ticket that has the seat. */
export const holdersKey = (eventId: string, zoneId: number) => `${ofEvent(eventId)}:holders:${zoneId}`;
/** Stream: the domain events that the scripts append and the relay publishes. */
export const outboxKey = (eventId: string) => `${ofEvent(eventId)}:outbox`;
/** Set: every event whose inventory was ever opened. Without it, "no inventory" could mean "no such event" or "memory lost". */
export const openedEventsKey = 'onsale:events';
