import type { OrderInRedis, TicketInRedis } from '../../../services/shared/inventory/order.ts';
import { seatName } from './places.ts';
import { fullPrice } from './price-rules.ts';
import type { Cancel, ExchangeOne, Outcome } from './requests.ts';
import { notRefused, type Ruling, requireNew, requireNotBefore } from './ruling.ts';
import { positionsOf, refused } from './same.ts';
import { having, left, type Model, seatMap, zoneOf } from './state.ts';

/** Tickets are cancelled once and stay cancelled, and the returned order shows all of them. */
export function cancel(model: Model, { orderId, ticketIds, isBlocking, isCheckout }: Cancel, outcome: Outcome): Ruling {
  const sale = model.orders.get(orderId);
  if (!sale) return { expected: refused('ORDER_NOT_FOUND'), next: model };
  const { tickets, paidBy } = sale.order;
  if (paidBy === 'checkout' && !isCheckout) return { expected: refused('PAID_THROUGH_CHECKOUT'), next: model };
  const noTicket = positionsOf(ticketIds, (ticketId) => !tickets.some((ticket) => ticket.ticketId === ticketId));
  if (noTicket.length > 0) return { expected: refused('TICKET_NOT_FOUND', { positions: noTicket }), next: model };

  const isMeant = ({ ticketId }: TicketInRedis) => ticketIds.length === 0 || ticketIds.includes(ticketId);
  const count = tickets.filter((ticket) => isMeant(ticket) && !ticket.cancelled).length;
  if (count === 0) return { expected: { kind: 'cancelled', isReplay: false, ...sale, count }, next: model };
  const sequence = model.sequence + 1;
  const marks = notRefused(outcome).order.tickets.flatMap(({ cancelled }) => (typeof cancelled === 'object' ? [cancelled] : []));
  const timeMs = marks.find((mark) => mark.sequence === sequence)?.timeMs ?? Number.NaN;
  requireNotBefore(model, timeMs);
  const cancelled = { sequence, timeMs };
  const order = {
    ...sale.order,
    tickets: tickets.map((ticket) => (isMeant(ticket) && !ticket.cancelled ? { ...ticket, cancelled } : ticket)),
  };
  const given = tickets.filter((ticket) => isMeant(ticket) && !ticket.cancelled && ticket.row !== undefined);
  const blocked = isBlocking ? model.blocked.union(new Set(given.map(seatName))) : model.blocked;
  return {
    expected: { kind: 'cancelled', isReplay: false, soldAtMs: sale.soldAtMs, order, count },
    next: { ...model, blocked, sequence, orders: having(model.orders, orderId, { ...sale, order }) },
  };
}

/** A ticket is exchanged for a place with the same price today, which may be blocked; the new one keeps what was paid. */
export function exchange(model: Model, { orderId, ticketId, place }: ExchangeOne, outcome: Outcome): Ruling {
  const sale = model.orders.get(orderId);
  if (!sale) return { expected: refused('ORDER_NOT_FOUND'), next: model };
  const old = sale.order.tickets.find((ticket) => ticket.ticketId === ticketId && !ticket.cancelled);
  if (!old) return { expected: refused('TICKET_NOT_FOUND'), next: model };
  const refusal = whyNotExchange(model, old, place);
  if (refusal) return { expected: refusal, next: model };

  const zone = zoneOf(model, place.zoneId);
  const found = seatMap(model).get(seatName(place));
  const added = notRefused(outcome).order.tickets.at(-1);
  const mark = { sequence: model.sequence + 1, timeMs: added?.sold?.timeMs ?? Number.NaN };
  requireNotBefore(model, mark.timeMs);
  const newId = added?.ticketId ?? '';
  requireNew(model, [newId]);
  const { ticketType, priceMinor, currency, promotion, fullPriceMinor } = old;
  const category = zone?.categories?.[found?.category ?? 0];
  const replacement: TicketInRedis = {
    ticketId: newId,
    zoneId: place.zoneId,
    ...(found && { row: found.seat.row, column: found.seat.column }),
    ...(category !== undefined && { category }),
    ...(ticketType !== undefined && { ticketType }),
    priceMinor,
    currency,
    ...(promotion !== undefined && { promotion }),
    ...(fullPriceMinor !== undefined && { fullPriceMinor }),
    sold: mark,
  };
  const tickets = sale.order.tickets.map((one) => (one === old ? { ...one, cancelled: mark, exchangedFor: newId } : one));
  const order: OrderInRedis = { ...sale.order, tickets: [...tickets, replacement] };
  const blocked = new Set(model.blocked);
  blocked.delete(seatName(place));
  return {
    expected: { kind: 'exchanged', isReplay: false, soldAtMs: sale.soldAtMs, order },
    next: { ...model, blocked, sequence: mark.sequence, orders: having(model.orders, orderId, { ...sale, order }) },
  };
}

function whyNotExchange(model: Model, old: TicketInRedis, place: ExchangeOne['place']) {
  const [zone, oldZone] = [zoneOf(model, place.zoneId), zoneOf(model, old.zoneId)];
  if (!zone) return refused('ZONE_NOT_FOUND');
  const [found, oldPlace] = [seatMap(model).get(seatName(place)), seatMap(model).get(seatName(old))];
  if (zone.grid ? !found : 'row' in place) return refused('SEAT_NOT_FOUND');
  const before = oldZone && fullPrice(model, oldZone, oldPlace?.category ?? 0, old.ticketType);
  const after = fullPrice(model, zone, found?.category ?? 0, old.ticketType);
  if (after === undefined) return refused('TICKET_TYPE_NOT_FOUND');
  if (before !== after) return refused('PRICE_DIFFERS');
  if (found) return found.taken && found.taken !== 'blocked' ? refused('SEAT_TAKEN') : undefined;
  const number = left(model, place.zoneId);
  return number < 1 ? refused('SOLD_OUT', { detail: `${number} left` }) : undefined;
}
