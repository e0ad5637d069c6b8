/**
 * Every key in Redis. The hash tag `{eventId}` puts all of an event's keys into one slot, so that one script may touch any of them.
 * The number is the version of the layout: an inventory in another layout is not found, rather than misread.
 */
const layout = 'onsale:4';
const ofEvent = (eventId: string) => `${layout}:{${eventId}}`;

/**
 * Hash: venueId, currency, onSaleAtMs, holdMs, ticketsPerBuyer (0: no limit), nextByte, nextRow, `zone:<id>` (zone-layout.ts), and
 * revision, which changes whenever one of these does; lineage and replicas (lua/lib/lineage.lua).
 */
export const inventoryKey = (eventId: string) => `${ofEvent(eventId)}:inventory`;
/** Hash: an inventory while it is being rebuilt; the field `rebuild` is the id of that rebuild. */
export const rebuildingKey = (eventId: string) => `${ofEvent(eventId)}:rebuilding`;
/** Hash: sequence (of the last domain event), version (of the seats), and for each zone `sold:<id>`, `held:<id>`, `version:<id>`. */
export const countsKey = (eventId: string) => `${ofEvent(eventId)}:counts`;
/** Bitmap: the rows of every seated zone, each starting at a byte; a seat's bit is set while it is sold or held. */
export const takenKey = (eventId: string) => `${ofEvent(eventId)}:taken`;
/** String: two bytes per row, what the search for the best seats remembers about it (lua/lib/best-seats.lua). */
export const runsKey = (eventId: string) => `${ofEvent(eventId)}:runs`;
/**
 * Hash: order → its time (ms), a space, and its JSON as in the domain event; tickets may also have `cancelled` (order.ts) or
 * `conflicted: true`.
 */
export const ordersKey = (eventId: string) => `${ofEvent(eventId)}:orders`;
/** Hash: hold → JSON, the order that it would become and its state (lua/lib/holds.lua). */
export const holdsKey = (eventId: string) => `${ofEvent(eventId)}:holds`;
/** Sorted set: hold → when (ms) it expires or, once it has ended, when it is forgotten. */
export const deadlinesKey = (eventId: string) => `${ofEvent(eventId)}:deadlines`;
/** Hash: buyer → how many tickets they own or hold. */
export const buyersKey = (eventId: string) => `${ofEvent(eventId)}:buyers`;
/** Stream: the domain events that the scripts append and the relay publishes, one entry per script call (outbox-entry.ts). */
export const outboxKey = (eventId: string) => `${ofEvent(eventId)}:outbox`;
/** Stream: which SNS messages contained the outbox's domain events (events/published.ts); no decision depends on it. */
export const publishedKey = (eventId: string) => `${ofEvent(eventId)}:published`;
/** String: the reply kept for a caller's (`scope`) Idempotency-Key; it expires automatically. */
export const replyKey = (eventId: string, scope: string, idempotencyKey: string) =>
  `${ofEvent(eventId)}:answer:${scope}:${idempotencyKey}`;
/** Set: every event whose inventory was ever opened. It distinguishes "no such event" from an inventory that Redis has lost. */
export const openedEventsKey = `${layout}:events`;
/** Sorted set: event → when (ms) a process last noted that it sells (active-events.ts). */
export const activeEventsKey = `${layout}:active`;
/** Stream: what purchase processes sold, held, cancelled and refused each second, for the last minutes (sales-seconds.ts). */
export const salesSecondsKey = `${layout}:sales-seconds`;
