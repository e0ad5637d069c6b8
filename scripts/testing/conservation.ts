import { isSet } from '../../services/shared/basics/bits.ts';
import { readEntry } from '../../services/shared/events/outbox-entry.ts';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import {
  blockedKey,
  buyersKey,
  countsKey,
  holdsKey,
  ordersKey,
  outboxKey,
  takenKey,
  talliesKey,
} from '../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../services/shared/inventory/order.ts';
import { bitInZone, bytesPerRow, findSeat, seatAt, type ZoneLayout } from '../../services/shared/inventory/zone-layout.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { formatMoney, parseMoney } from '../../services/shared/terms/money.ts';
import { talliesOf } from './tallies.ts';

type HoldInRedis = { state: 'held' | 'expired' | 'sold'; order?: OrderInRedis; client?: string };

/**
 * Throws unless an event adds up. In every zone, available + held + sold + blocked = capacity; the counts equal the tickets in holds
 * and orders, and the taken seats are exactly theirs and the blocked ones, each once; positions without a seat are taken too. Every
 * buyer's count is the number of tickets that they have or hold. The tallies of ticket types, promotions and clients are those of the
 * same tickets. The outbox numbers its domain events 1 … n, and they add up to the live tickets. With `db`, the projection has the sequence
 * numbers 1 … n too, the same live tickets, and the correct sums.
 */
export async function assertConserved(redis: RedisClient, eventId: string, db?: Database): Promise<void> {
  const inventory = await readInventory(redis, eventId);
  if (!inventory) throw new Error(`${eventId} has no inventory`);
  const faults: string[] = [];
  const same = (what: string, found: unknown, expected: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(expected))
      faults.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  };

  const orders = (await redis.hvals(ordersKey(eventId))).map((kept) => JSON.parse(kept.slice(kept.indexOf(' '))) as OrderInRedis);
  const holds = (await redis.hvals(holdsKey(eventId))).map((json) => JSON.parse(json) as HoldInRedis);
  const ticketsIn = (list: OrderInRedis[]) =>
    list.flatMap(({ buyerId, tickets }) =>
      tickets.filter(({ cancelled }) => !cancelled).map((ticket) => ({ ...ticket, buyerId })),
    );
  const sold = ticketsIn(orders);
  const live = holds.flatMap(({ state, order, client }) => (state === 'held' && order ? [{ order, client }] : []));
  const heldOrders = live.map(({ order }) => order);
  const held = ticketsIn(heldOrders);
  const tallies = Object.entries(await redis.hgetall(talliesKey(eventId))).toSorted();
  same('tallies', tallies, Object.entries(talliesOf([...orders, ...heldOrders], live)).toSorted());

  const counts = await redis.hgetall(countsKey(eventId));
  const [takenBits, blockedBits] = await Promise.all([takenKey, blockedKey].map((keyOf) => redis.getBuffer(keyOf(eventId))));
  for (const zone of inventory.zones) {
    const { zoneId, grid, capacity } = zone;
    const inZone = (list: typeof sold) => list.filter((ticket) => ticket.zoneId === zoneId);
    const [soldHere, heldHere] = [inZone(sold), inZone(held)];
    same(`zone ${zoneId}, sold`, inventory.sold.get(zoneId), soldHere.length);
    same(`zone ${zoneId}, held`, inventory.held.get(zoneId), heldHere.length);
    const blocked = Number(counts[`blocked:${zoneId}`] ?? 0);
    let available = capacity - soldHere.length - heldHere.length - blocked;
    if (grid) {
      const owned = [...soldHere, ...heldHere].map(({ row = '', column = 0 }) => {
        const position = findSeat(zone, { row, column });
        return position ? bitInZone(grid, position) : `no seat ${row}/${column}`;
      });
      const blockedHere = bitsOf(zone, blockedBits);
      same(`zone ${zoneId}, blocked`, blocked, blockedHere.length);
      const gaps = gapsIn(zone);
      const taken = bitsOf(zone, takenBits);
      const expected = [...owned, ...blockedHere, ...gaps].toSorted((a, b) => Number(a) - Number(b));
      same(`zone ${zoneId}, seats taken`, taken, expected);
      available = capacity - (taken.length - gaps.length);
    } else {
      same(`zone ${zoneId}, blocked`, blocked, 0);
    }
    if (available < 0) faults.push(`zone ${zoneId} is oversold`);
    same(`zone ${zoneId}, available + held + sold + blocked`, available + heldHere.length + soldHere.length + blocked, capacity);
  }

  const buyers = Map.groupBy(
    [...sold, ...held].flatMap(({ buyerId }) => buyerId ?? []),
    (buyerId) => buyerId,
  );
  const ticketsOfBuyers = Array.from(buyers, ([buyerId, { length }]) => [buyerId, String(length)]);
  same('buyers', Object.entries(await redis.hgetall(buyersKey(eventId))).toSorted(), ticketsOfBuyers.toSorted());

  const entries = await redis.xrange(outboxKey(eventId), '-', '+');
  const events = entries
    .flatMap((entry) => readEntry(eventId, entry))
    .map(({ type, sequence, data }) => ({
      type,
      sequence,
      data: JSON.parse(data) as OrderInRedis & { replacements?: OrderInRedis['tickets'] },
    }));
  same('sequence', inventory.sequence, events.length);
  if (events.some(({ sequence, data }, at) => sequence !== at + 1 || data.sequence !== sequence))
    faults.push('the outbox has a gap');
  const liveTickets = new Set<string>();
  for (const { type, data } of events) {
    for (const { ticketId } of data.tickets)
      type.endsWith('purchased') ? liveTickets.add(ticketId) : liveTickets.delete(ticketId);
    for (const { ticketId } of data.replacements ?? []) liveTickets.add(ticketId);
  }
  same('live tickets by the outbox', [...liveTickets].toSorted(), sold.map(({ ticketId }) => ticketId).toSorted());
  if (db) {
    const projected = await projectionOf(db, eventId);
    same(
      'sequences in MySQL',
      projected.sequences,
      Array.from(events, (_event, at) => at + 1),
    );
    same('live tickets in MySQL', projected.live, sold.map(({ ticketId }) => ticketId).toSorted());
    const sums = inventory.zones.flatMap(({ zoneId }) => {
      const prices = sold.filter((ticket) => ticket.zoneId === zoneId).map(({ priceMinor }) => priceMinor);
      const revenue = formatMoney(
        prices.reduce((sum, price) => sum + price, 0),
        inventory.currency,
      );
      return prices.length > 0 ? [`${zoneId}: ${prices.length}, ${revenue}`] : [];
    });
    same('sums in MySQL', projected.sums(inventory.currency), sums);
  }
  if (faults.length > 0) throw new Error(`${eventId} does not add up:\n${faults.join('\n')}`);
}

/** The bits of a zone that are set, counted from its first. */
function bitsOf({ grid, firstByte }: ZoneLayout, bitmap: Buffer | null | undefined): number[] {
  const { rows = 0, columns = 0 } = grid ?? {};
  const bits = Array.from({ length: rows * bytesPerRow(columns) * 8 }, (_, bit) => bit);
  return bits.filter((bit) => isSet(bitmap, firstByte * 8 + bit));
}

/** The bits of the positions without a seat. */
function gapsIn(zone: ZoneLayout): number[] {
  const { rows = 0, columns = 0 } = zone.grid ?? {};
  const positions = Array.from({ length: rows * columns }, (_, at) => ({
    row: Math.floor(at / columns) + 1,
    column: (at % columns) + 1,
  }));
  return positions.filter((position) => !seatAt(zone, position)).map((position) => bitInZone({ columns }, position));
}

async function projectionOf(db: Database, eventId: string) {
  const [applied, tickets, sales] = await Promise.all([
    db.selectFrom('order_events').select('sequence').where('event_id', '=', eventId).orderBy('sequence').execute(),
    db.selectFrom('tickets').select('ticket_id').where('event_id', '=', eventId).where('status', '=', 'PAID').execute(),
    db.selectFrom('sales_by_zone').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute(),
  ]);
  return {
    sequences: applied.map(({ sequence }) => sequence),
    live: tickets.map(({ ticket_id }) => uuidText(ticket_id)).toSorted(),
    sums: (currency: string) =>
      sales
        .filter((row) => row.tickets !== 0 || Number(row.revenue) !== 0)
        .map((row) => `${row.zone_id}: ${row.tickets}, ${formatMoney(parseMoney(row.revenue, currency), currency)}`),
  };
}
