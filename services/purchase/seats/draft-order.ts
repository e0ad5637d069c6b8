import type { Command } from '../../shared/inventory/call-script.ts';
import type { Refusal } from '../../shared/inventory/decisions.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { bitOf, type ZoneLayout } from '../../shared/inventory/zone-layout.ts';
import { rowLabel, rowNumber } from '../../shared/terms/row-label.ts';
import type { Layout } from './layouts.ts';
import { newUuid } from './uuid.ts';

/** A seat by its name: row letters in either case, column from 1. */
export type Seat = { zoneId: number; row: string; column: number };

/** Distinct chosen seats, or the best `quantity` seats of a zone: side by side, or with `split` in the fewest groups. */
export type SeatRequest = { seats: Seat[] } | { zoneId: number; quantity: number; split: boolean };

/** A command to sell or hold seats; `venueId` is only checked. */
export type Purchase = Command & { venueId?: string | undefined; buyerId?: string | undefined; request: SeatRequest };

/** A ticket's zone, and its seat's bit in the bitmap of taken seats: as text, because the script mostly passes it on. */
type Place = [zoneId: number, bit: string];

/** The order that a purchase will become, and the description of its seats for take-seats.lua. */
export type Draft = {
  order: OrderInRedis;
  /** Why the layout rules out the purchase. */
  refusal?: [Refusal['code'], ...positions: number[]];
  places?: Place[];
  bestOf?: number;
  quantity?: number;
  split?: boolean;
};

/** Drafts a purchase's order from its event's layout: everything that does not depend on other buyers. */
export function draftOrder({ eventId, venueId, buyerId, request }: Purchase, layout: Layout): Draft {
  const named = buyerId === undefined ? {} : { buyerId };
  const order: OrderInRedis = { orderId: newUuid(), eventId, venueId: layout.venueId, ...named, tickets: [] };
  if (venueId !== undefined && venueId !== layout.venueId) return { order, refusal: ['EVENT_NOT_FOUND'] };

  const addTicket = ({ zoneId, priceMinor }: ZoneLayout, seat?: { row: string; column: number }) =>
    void order.tickets.push({ ticketId: newUuid(), zoneId, ...seat, priceMinor, currency: layout.currency });

  if (!('seats' in request)) {
    const { zoneId, quantity, split } = request;
    const zone = layout.zones.get(zoneId);
    if (!zone) return { order, refusal: ['ZONE_NOT_FOUND', 0] };
    for (let count = 0; count < quantity; count++) addTicket(zone);
    return { order, bestOf: zoneId, quantity, split };
  }

  const places: Place[] = [];
  const noZone: number[] = [];
  const noSeat: number[] = [];
  for (const [at, seat] of request.seats.entries()) {
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
