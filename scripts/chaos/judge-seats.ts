import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { History } from './history.ts';
import { placeName } from './judge-promises.ts';
import type { TicketRow } from './read-tickets.ts';

/** Finds places that two buyers had at the same time, by the sequences of the domain events and by the buyers' promises. */
export function findOversold(history: History, tickets: TicketRow[], events: Inventory[]): string[] {
  const faults = tickets.flatMap((ticket) =>
    ticket.status === 'CONFLICTED' ? [`${ticket.eventId}, ${placeName(ticket)}: ticket ${ticket.ticketId} is CONFLICTED`] : [],
  );
  const seats = Map.groupBy(
    tickets.filter(({ row }) => row !== null),
    (ticket) => `${ticket.eventId}, ${placeName(ticket)}`,
  );
  for (const [seat, rows] of seats) {
    const most = mostAtOnce(rows);
    if (most > 1) faults.push(`${seat}: ${most} tickets at once: ${rows.map(({ ticketId }) => ticketId).join()}`);
  }
  for (const { eventId, zones } of events) {
    for (const { zoneId, grid, capacity } of zones) {
      if (grid) continue;
      const most = mostAtOnce(tickets.filter((ticket) => ticket.eventId === eventId && ticket.zoneId === zoneId));
      if (most > capacity) faults.push(`${eventId}, zone ${zoneId}: ${most} tickets at once in ${capacity} places`);
    }
  }
  return [...faults, ...promisedTwice(history)];
}

function promisedTwice({ purchases, cancellations }: History): string[] {
  const cancelled = new Set(cancellations.flatMap(({ ticketIds }) => ticketIds));
  const promised = purchases.flatMap(({ eventId, outcome }) =>
    outcome.kind === 'yes' ? outcome.told.tickets.map((ticket) => ({ ...ticket, eventId })) : [],
  );
  const kept = promised.filter(({ row, ticketId }) => row !== null && !cancelled.has(ticketId));
  const seats = Map.groupBy(kept, (ticket) => `${ticket.eventId}, ${placeName(ticket)}`);
  return [...seats].flatMap(([seat, list]) => {
    const ids = new Set(list.map(({ ticketId }) => ticketId));
    return ids.size > 1 ? [`${seat} was promised as ${[...ids].join(' and ')}`] : [];
  });
}

/** Finds buyers who at any time had more tickets than their event allows. */
export function findOverLimit(tickets: TicketRow[], events: Inventory[]): string[] {
  return events.flatMap(({ eventId, ticketsPerBuyer }) => {
    if (ticketsPerBuyer === undefined) return [];
    const buyers = Map.groupBy(
      tickets.filter((ticket) => ticket.eventId === eventId),
      ({ buyerId }) => buyerId,
    );
    return [...buyers].flatMap(([buyerId, rows]) => {
      const most = mostAtOnce(rows);
      return most > ticketsPerBuyer ? [`${buyerId} had ${most} tickets of ${eventId}, which allows ${ticketsPerBuyer}`] : [];
    });
  });
}

/** The most of these tickets that were live at the same time, in the order of the domain events' sequence numbers. */
function mostAtOnce(rows: TicketRow[]): number {
  const changes = rows.flatMap(({ sequence, cancelledSequence }) => [
    { at: sequence, by: 1 },
    ...(cancelledSequence === undefined ? [] : [{ at: cancelledSequence, by: -1 }]),
  ]);
  let [live, most] = [0, 0];
  for (const { by } of changes.toSorted((a, b) => a.at - b.at)) {
    live += by;
    most = Math.max(most, live);
  }
  return most;
}

/**
 * Finds seats that somebody else had while they were held, by Redis' clock. A hold ends when it expires, when its buyer asks to
 * release it, or when it becomes an order.
 */
export function findBrokenHolds({ holds }: History, tickets: TicketRow[]): string[] {
  const soldMs = new Map(tickets.map((ticket) => [ticket.orderId, ticket.soldMs]));
  const seats = Map.groupBy(
    tickets.filter(({ row }) => row !== null),
    (ticket) => `${ticket.eventId}, ${placeName(ticket)}`,
  );
  return holds.flatMap(({ eventId, holdId, seats: held, heldFromMs, heldUntilMs, releasedMs, orderId }) => {
    const confirmedMs = orderId === undefined ? undefined : soldMs.get(orderId);
    const endMs = Math.min(heldUntilMs, releasedMs ?? heldUntilMs, confirmedMs ?? heldUntilMs);
    return held.flatMap((place) => {
      const name = `${eventId}, ${placeName(place)}`;
      const others = (seats.get(name) ?? []).filter(
        (row) => row.soldMs < endMs && (row.cancelledMs ?? Number.POSITIVE_INFINITY) > heldFromMs,
      );
      return others.map(({ ticketId }) => `${name} was held by ${holdId}, but ticket ${ticketId} had it at the same time`);
    });
  });
}
