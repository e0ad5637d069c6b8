import type { Redis } from 'ioredis';
import { UnavailableError } from '../../shared/problems.ts';
import { rowLabel, rowNumber } from '../../shared/row-label.ts';
import { countsKey, holdersKey, inventoryKey, openedEventsKey, outboxKey, takenKey } from '../keys.ts';
import { orUnavailable } from '../redis.ts';
import { loadScript, runScript, type Script } from './script.ts';

export type SeatOrder = {
  orderId: string;
  ticketId: string;
  venueId: string;
  eventId: string;
  zoneId: number;
  /** Letters, in either case. */
  row: string;
  /** From 1. */
  column: number;
  traceparent?: string | undefined;
};

export type SaleOutcome =
  | { kind: 'sold'; sequence: number; row: string; soldAtMs: number; priceMinor: number; currency: string }
  | { kind: 'refused'; code: 'EVENT_NOT_FOUND' | 'ZONE_NOT_FOUND' | 'SEAT_NOT_FOUND' | 'SEAT_TAKEN' }
  | { kind: 'not-on-sale'; onSaleAtMs: number };

type Reply =
  | ['SOLD', number, number, number, string]
  | ['NO_INVENTORY' | 'EVENT_NOT_FOUND' | 'ZONE_NOT_FOUND' | 'SEAT_NOT_FOUND' | 'SEAT_TAKEN']
  | ['NOT_ON_SALE', string];

const sellSeatScript = loadScript('sell-seat');

/**
 * Sells one seat, or says why not; the script alone decides. Throws an UnavailableError when Redis is away or does not
 * have the event's inventory, and then nothing was promised.
 */
export async function sellSeat(redis: Redis, order: SeatOrder, script: Script = sellSeatScript): Promise<SaleOutcome> {
  const { venueId, eventId, zoneId, column, orderId, ticketId } = order;
  const rowAt = rowNumber(order.row);
  const row = rowLabel(rowAt);
  const keys = [
    inventoryKey(eventId),
    countsKey(eventId),
    takenKey(eventId, zoneId),
    holdersKey(eventId, zoneId),
    outboxKey(eventId),
  ];
  const args = [venueId, eventId, zoneId, rowAt, row, column, orderId, ticketId, order.traceparent ?? ''];
  const reply = (await orUnavailable(runScript(redis, script, keys, args))) as Reply;
  switch (reply[0]) {
    case 'SOLD': {
      const [, sequence, soldAtMs, priceMinor, currency] = reply;
      return { kind: 'sold', sequence, row, soldAtMs, priceMinor, currency };
    }
    case 'NOT_ON_SALE':
      return { kind: 'not-on-sale', onSaleAtMs: Number(reply[1]) };
    case 'NO_INVENTORY':
      return await unknownOrLost(redis, eventId);
    default:
      return { kind: 'refused', code: reply[0] };
  }
}

/** Absent is never "free": only a Redis that knows which events were opened may say that this one never was. */
async function unknownOrLost(redis: Redis, eventId: string): Promise<SaleOutcome> {
  const [anyOpened, opened] = await orUnavailable(
    Promise.all([redis.exists(openedEventsKey), redis.sismember(openedEventsKey, eventId)]),
  );
  if (anyOpened && !opened) return { kind: 'refused', code: 'EVENT_NOT_FOUND' };
  throw new UnavailableError('INVENTORY_UNAVAILABLE', `Redis has no inventory of ${eventId}`);
}
