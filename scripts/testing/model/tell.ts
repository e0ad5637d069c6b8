import { itemsOf } from '../../../services/purchase/seats/purchase.ts';
import { seatName } from './places.ts';
import type { Done, Request } from './requests.ts';

/** The end of an id, enough to distinguish it from others. */
export const nameOf = (id: string) => `…${id.slice(-4)}`;

/** Describes a request and its outcome in one line of a counterexample. */
export function tell({ request, outcome }: Done): string {
  const words: string[] = [...wordsOf(request), '→', outcome.kind];
  if ('order' in outcome) {
    const { orderId, tickets, sequence } = outcome.order;
    words.push(...tickets.map((ticket) => `${seatName(ticket)}${ticket.cancelled ? ' (cancelled)' : ''}`));
    words.push(`order ${nameOf(orderId)}`, sequence === undefined ? '' : `#${sequence}`);
  }
  if ('holdId' in outcome) words.push(`hold ${nameOf(outcome.holdId)}`);
  if ('reasons' in outcome) words.push(...outcome.reasons);
  if (outcome.kind === 'refused') words.push(outcome.code, outcome.positions?.join() ?? outcome.detail ?? '');
  return words.filter((word) => word !== '').join(' ');
}

function wordsOf(request: Request): string[] {
  const words: string[] = [request.does];
  if ('request' in request) {
    const { request: wanted, buyerId, client, venueId, promotion, mayTakeBlocked, paidBy } = request;
    words.push(
      itemsOf(wanted)
        .map((item) => ('quantity' in item ? `best ${JSON.stringify(item)}` : `${seatName(item)} ${item.ticketType ?? ''}`))
        .join(' + '),
    );
    if (promotion) words.push(`with ${promotion}`);
    if (mayTakeBlocked) words.push('by a seller');
    if (paidBy) words.push(`paid by ${paidBy}`);
    if (buyerId) words.push(`for ${buyerId}`);
    if (client) words.push(`by ${client[0]}`);
    if (venueId) words.push(`at ${nameOf(venueId)}`);
  }
  if ('isSeller' in request) words.push(request.isSeller ? `by a seller, paid by ${request.paidBy}` : '');
  if ('attempt' in request) words.push(`attempt ${request.attempt}`);
  if ('isBlocking' in request) words.push(request.isBlocking ? 'blocking' : '', request.isCheckout ? 'by checkout' : '');
  if ('state' in request) words.push(request.state || 'on sale');
  if ('seats' in request) words.push(...request.seats.map(seatName));
  if ('holdId' in request) words.push(nameOf(request.holdId));
  if ('orderId' in request) words.push(nameOf(request.orderId));
  if ('ticketIds' in request) words.push(...request.ticketIds.map(nameOf));
  if ('ticketId' in request) words.push(nameOf(request.ticketId));
  if ('place' in request) words.push(`for ${seatName(request.place)}`);
  if (request.idempotency) words.push(`(${request.idempotency.key}: ${request.idempotency.fingerprint})`);
  if ('inventory' in request) words.push(JSON.stringify(request.inventory), 'blocked:', ...request.blocked.map(seatName));
  return words;
}
