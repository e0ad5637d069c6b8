/**
 * Every key that Redis holds. The hash tag `{eventId}` puts all of an event's keys into one slot, so that one script may
 * touch any of them. The number is the layout's: an inventory of another layout is not there, rather than misread.
 */
const layout = 'onsale:4';
const ofEvent = (eventId: string) => `${layout}:{${eventId}}`;

/**
 * Hash: venueId, currency, onSaleAtMs, holdMs, ticketsPerBuyer (0: no limit), nextByte, nextRow, `zone:<id>` (zone-layout.ts), and
 * revision, another one whenever one of these has changed; lineage and replicas (lua/lib/lineage.lua).
 */
export const inventoryKey = (eventId: string) => `${ofEvent(eventId)}:inventory`;
/** Hash: an inventory that is being rebuilt, until it is whole; rebuild, the id of who does that. */
export const rebuildingKey = (eventId: string) => `${ofEvent(eventId)}:rebuilding`;
/** Hash: sequence (of domain events), version (of the seats), and for each zone `sold:<id>`, `held:<id>`, `version:<id>`. */
export const countsKey = (eventId: string) => `${ofEvent(eventId)}:counts`;
/** Bitmap: every seated zone's rows, each beginning at a byte; a seat's bit is set while it is sold or held. */
export const takenKey = (eventId: string) => `${ofEvent(eventId)}:taken`;
/** String: two bytes a row, what the search for the best seats remembers of it (lua/lib/best-seats.lua). */
export const runsKey = (eventId: string) => `${ofEvent(eventId)}:runs`;
/** Hash: order → its time (ms), a space, and its JSON as in the domain event; tickets may have `cancelled` (seats/order.ts), `conflicted: true`. */
export const ordersKey = (eventId: string) => `${ofEvent(eventId)}:orders`;
/** Hash: hold → JSON, the order that it would become and how far it is (lua/lib/holds.lua). */
export const holdsKey = (eventId: string) => `${ofEvent(eventId)}:holds`;
/** Sorted set: hold → when (ms) it expires or, once it is over, is forgotten. */
export const deadlinesKey = (eventId: string) => `${ofEvent(eventId)}:deadlines`;
/** Hash: buyer → tickets that they have or hold. */
export const buyersKey = (eventId: string) => `${ofEvent(eventId)}:buyers`;
/** Stream: the domain events that the scripts append and the relay publishes, those of a call in one entry (outbox-entry.ts). */
export const outboxKey = (eventId: string) => `${ofEvent(eventId)}:outbox`;
/** Stream: in which SNS messages the outbox' domain events were published (outbox/published.ts); nothing is decided by it. */
export const publishedKey = (eventId: string) => `${ofEvent(eventId)}:published`;
/** String: what an Idempotency-Key of somebody (`scope`) was answered with; it expires by itself. */
export const answerKey = (eventId: string, scope: string, idempotencyKey: string) =>
  `${ofEvent(eventId)}:answer:${scope}:${idempotencyKey}`;
/** Set: every event whose inventory was ever opened. Without it, "no inventory" could mean "no such event" or "memory lost". */
export const openedEventsKey = `${layout}:events`;
/** Sorted set: event → when (ms) somebody last noted that it sells (active-events.ts). */
export const activeEventsKey = `${layout}:active`;
/** Stream: what purchase processes sold, held, cancelled and refused, by the second (pulses.ts). The last minutes of it. */
export const pulsesKey = `${layout}:pulses`;
