import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { bitOf, type ZoneLayout } from '../../shared/inventory/zone-layout.ts';
import { rowLabel, rowNumber } from '../../shared/terms/row-label.ts';
import type { Layout } from './layouts.ts';
import type { Refusal } from './run-command.ts';
import type { Purchase } from './take-seats.ts';
import { newUuid } from './uuid.ts';

/** A ticket's zone, and its seat's bit in the bitmap of taken seats: as text, because the script mostly passes it on. */
type Place = [zoneId: number, bit: string];

/** The order that a purchase will become, and the description of its seats for take-seats.lua. */
export type Draft = {
  order: OrderInRedis;
  /** Why the layout rules it out. */
  refusal?: [Refusal['code'], ...positions: number[]];
  places?: Place[];
  bestOf?: number;
  quantity?: number;
  split?: boolean;
};

/** Drafts a purchase's order from its event's layout: everything that does not depend on other buyers. */
export function draftOrder({ eventId, venueId, buyerId, wish }: Purchase, layout: Layout): Draft {
  const named = buyerId === undefined ? {} : { buyerId };
  const order: OrderInRedis = { orderId: newUuid(), eventId, venueId: layout.venueId, ...named, tickets: [] };
  if (venueId !== undefined && venueId !== layout.venueId) return { order, refusal: ['EVENT_NOT_FOUND'] };

  const addTicket = ({ zoneId, priceMinor }: ZoneLayout, seat?: { row: string; column: number }) =>
    void order.tickets.push({ ticketId: newUuid(), zoneId, ...seat, priceMinor, currency: layout.currency });

  if (!('seats' in wish)) {
    const { zoneId, quantity, split } = wish;
    const zone = layout.zones.get(zoneId);
    if (!zone) return { order, refusal: ['ZONE_NOT_FOUND', 0] };
    for (let count = 0; count < quantity; count++) addTicket(zone);
    return { order, bestOf: zoneId, quantity, split };
  }

  const places: Place[] = [];
  const noZone: number[] = [];
  const noSeat: number[] = [];
  for (const [at, seat] of wish.seats.entries()) {
    const zone = layout.zones.get(seat.zoneId);
    const row = rowNumber(seat.row);
    const bit = zone && bitOf(zone, row, seat.column);
    if (!zone) noZone.push(at);
    else if (bit === undefined) noSeat.push(at);
    else {
      places.push([seat.zoneId, String(bit)]);
      addTicket(zone, { row: rowLabel(row), column: seat.column });
    }
  }
  if (noZone.length > 0) return { order, refusal: ['ZONE_NOT_FOUND', ...noZone] };
  if (noSeat.length > 0) return { order, refusal: ['SEAT_NOT_FOUND', ...noSeat] };
  return { order, places };
}
