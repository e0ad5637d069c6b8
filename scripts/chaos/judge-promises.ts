import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { formatMoney } from '../../services/shared/terms/money.ts';
import type { History, Place, PromisedOrder, Purchase, Wanted } from './history.ts';
import type { TicketRow } from './read-tickets.ts';

export const placeName = ({ zoneId, row, column }: Place) =>
  row === null ? `a place in zone ${zoneId}` : `zone ${zoneId}, ${row}${column}`;

/** Finds promised tickets that are missing, or that differ from the promise in buyer, seat, price or status. */
export function findLost({ purchases, cancellations }: History, tickets: TicketRow[]): string[] {
  const rows = new Map(tickets.map((ticket) => [ticket.ticketId, ticket]));
  const statuses = new Map<string, TicketRow['status'][]>();
  for (const { ticketIds, outcome } of cancellations) {
    if (outcome.kind === 'no') continue;
    const allowed: TicketRow['status'][] = outcome.kind === 'yes' ? ['CANCELLED'] : ['PAID', 'CANCELLED'];
    for (const ticketId of ticketIds) statuses.set(ticketId, allowed);
  }
  return purchases.flatMap((purchase) => {
    if (purchase.outcome.kind !== 'yes') return [];
    const { eventId, buyerId, outcome } = purchase;
    const { orderId } = outcome.told;
    return [
      ...notWhatWasWanted(purchase, outcome.told),
      ...outcome.told.tickets.flatMap((ticket) => {
        const row = rows.get(ticket.ticketId);
        const name = `ticket ${ticket.ticketId} (${eventId}, ${placeName(ticket)}) of order ${orderId}`;
        if (!row) return [`${name} is missing`];
        const expected = { ...ticket, orderId, eventId, buyerId };
        const differs = Object.entries(expected).filter(([field, value]) => row[field as keyof typeof expected] !== value);
        const allowed = statuses.get(ticket.ticketId) ?? ['PAID'];
        return [
          ...differs.map(([field, value]) => `${name}: ${field} is ${row[field as keyof typeof expected]}, not ${value}`),
          ...(allowed.includes(row.status) ? [] : [`${name} is ${row.status}, not ${allowed.join(' or ')}`]),
        ];
      }),
    ];
  });
}

/** Checks a promise itself: it has the places that were asked for and, for a hold, the hold's prices. */
function notWhatWasWanted({ wanted, held }: Purchase, { orderId, tickets }: PromisedOrder): string[] {
  const priced = (list: (Place & { price: string })[]) =>
    list
      .map((ticket) => `${placeName(ticket)} at ${ticket.price}`)
      .toSorted()
      .join('; ');
  if (held && priced(held) !== priced(tickets))
    return [`order ${orderId} has ${priced(tickets)}, but its hold had ${priced(held)}`];
  return isWanted(wanted, tickets)
    ? []
    : [`order ${orderId} has ${tickets.map(placeName).join('; ')}, but the request was ${JSON.stringify(wanted)}`];
}

const placesOf = (places: Place[]) => places.map(placeName).toSorted().join();

function isWanted(wanted: Wanted, places: Place[]): boolean {
  if ('seats' in wanted) return placesOf(wanted.seats) === placesOf(places);
  return places.length === wanted.quantity && places.every(({ zoneId }) => zoneId === wanted.zoneId);
}

/**
 * Finds orders that were neither promised nor explained by a request whose outcome its buyer never learned. Each such request
 * explains one order, whose tickets must be uncancelled (nobody has its id) and cost their zone's price.
 */
export function findUnexplained({ purchases }: History, tickets: TicketRow[], events: Inventory[]): string[] {
  const promised = new Set(
    purchases.flatMap(({ outcome }) => (outcome.kind === 'yes' ? outcome.told.tickets.map(({ ticketId }) => ticketId) : [])),
  );
  const prices = new Map(
    events.flatMap(({ eventId, currency, zones }) =>
      zones.map(({ zoneId, priceMinor = 0 }) => [`${eventId} ${zoneId}`, formatMoney(priceMinor, currency)] as const),
    ),
  );
  // Match requests for named seats first; those for any seat of a zone can explain what is left.
  const open = purchases.filter(({ outcome }) => outcome.kind === 'unknown');
  const unknown = [...open.filter(({ wanted }) => 'seats' in wanted), ...open.filter(({ wanted }) => !('seats' in wanted))];
  const orders = Map.groupBy(
    tickets.filter(({ ticketId }) => !promised.has(ticketId)),
    ({ orderId }) => orderId,
  );
  return [...orders].flatMap(([orderId, rows]) => {
    const [first] = rows;
    const at = unknown.findIndex(
      ({ eventId, buyerId, wanted }) =>
        eventId === first?.eventId &&
        buyerId === first.buyerId &&
        isWanted(wanted, rows) &&
        rows.every(({ zoneId, price, status }) => status === 'PAID' && price === prices.get(`${eventId} ${zoneId}`)),
    );
    if (at >= 0) unknown.splice(at, 1);
    const whose = first?.buyerId ?? 'anonymous';
    const what = rows.map((row) => `${placeName(row)} at ${row.price}, ${row.status}`).join('; ');
    return at >= 0 ? [] : [`order ${orderId} of ${first?.eventId} (${whose}; ${what}): nobody bought this`];
  });
}
