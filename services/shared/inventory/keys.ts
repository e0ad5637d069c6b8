/**
 * Every key in Redis. The hash tag `{eventId}` puts all of an event's keys into one slot, so that one script may touch any of them.
 * The number is the version of the layout: an inventory in another layout is not found, rather than misread.
 */
const layout = 'onsale:4';
const ofEvent = (eventId: string) => `${layout}:{${eventId}}`;

/**
 * Hash: venueId, organiser (absent: main), buyers (absent: anyone), payment (absent: none), currency, onSaleAtMs, offSaleAtMs, holdMs, ticketsPerBuyer (0: no
 * limit), ticketsPerOrder, offer (JSON, offer.ts), nextByte, nextRow, for each zone `zone:<id>` and more (arrange-zones.ts), and revision, which changes whenever one of these does;
 * state and confirmWhilePaused (lua/set-state.lua); lineage and replicas (lua/lib/lineage.lua).
 */
export const inventoryKey = (eventId: string) => `${ofEvent(eventId)}:inventory`;
/** Hash: an inventory while it is being rebuilt; the field `rebuild` is the id of that rebuild. */
export const rebuildingKey = (eventId: string) => `${ofEvent(eventId)}:rebuilding`;
/** Hash: sequence (of the last domain event), version (of the seats), and for each zone `sold:<id>`, `held:<id>`, `blocked:<id>`, `version:<id>`. */
export const countsKey = (eventId: string) => `${ofEvent(eventId)}:counts`;
/** Bitmap: the rows of every seated zone, each starting at a byte; a bit is set while its seat is sold, held or blocked, or if it has no seat. */
export const takenKey = (eventId: string) => `${ofEvent(eventId)}:taken`;
/** Bitmap, laid out like that of taken seats: a seat's bit is set while it is blocked, and then it is also set there. */
export const blockedKey = (eventId: string) => `${ofEvent(eventId)}:blocked`;
/**
 * Hash: how many tickets are sold or held of each kind that may have a limit. `type:<ticket type>`, `promotion:<id>` and, of a promotion,
 * `orders:<id>` and `buyer:<id>:<buyer>`; and what each client holds, `client:<client>` (tallies.lua).
 */
export const talliesKey = (eventId: string) => `${ofEvent(eventId)}:tallies`;
/** String: two bytes per row and view, what the search for the best seats remembers about it (lua/lib/best-seats.lua). */
export const runsKey = (eventId: string) => `${ofEvent(eventId)}:row-runs`;
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
/** A pattern for SCAN that matches all of an event's keys; its id contains no special character. */
export const keysOfEvent = (eventId: string) => `${ofEvent(eventId)}:*`;
/**
 * Set: every event whose inventory was ever opened, unless it was archived. It distinguishes "no such event" from an inventory that Redis
 * has lost.
 */
export const openedEventsKey = `${layout}:events`;
/** Set: every event that was archived: there is no such event any more, whatever else Redis knows. */
export const archivedEventsKey = `${layout}:archived`;
/** Sorted set: event → when (ms) a process last noted that it sells (active-events.ts). */
export const activeEventsKey = `${layout}:active`;
/** Stream: what purchase processes sold, held, cancelled and refused each second, for the last minutes (sales-seconds.ts). */
export const salesSecondsKey = `${layout}:sales-seconds`;
