import { readEntry } from '../../services/shared/events/outbox-entry.ts';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { buyersKey, holdsKey, ordersKey, outboxKey, takenKey } from '../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../services/shared/inventory/order.ts';
import { bytesPerRow } from '../../services/shared/inventory/zone-layout.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { formatMoney, parseMoney } from '../../services/shared/terms/money.ts';
import { rowNumber } from '../../services/shared/terms/row-label.ts';

type HoldInRedis = { state: 'held' | 'expired' | 'sold'; order?: OrderInRedis };

/**
 * Throws unless an event adds up. In every zone, available + held + sold = capacity; the counts equal the tickets in holds and
 * orders, and the taken seats are exactly theirs, each once. Every buyer's count is the number of tickets that they have or hold. The
 * outbox numbers its domain events 1 … n, and they add up to the live tickets. With `db`, the projection has the sequence numbers
 * 1 … n too, the same live tickets, and the correct sums.
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
  const held = ticketsIn(holds.flatMap(({ state, order }) => (state === 'held' && order ? [order] : [])));

  const bitmap = await redis.getBuffer(takenKey(eventId));
  for (const { zoneId, grid, capacity, firstByte } of inventory.zones) {
    const inZone = (list: typeof sold) => list.filter((ticket) => ticket.zoneId === zoneId);
    const [soldHere, heldHere] = [inZone(sold), inZone(held)];
    same(`zone ${zoneId}, sold`, inventory.sold.get(zoneId), soldHere.length);
    same(`zone ${zoneId}, held`, inventory.held.get(zoneId), heldHere.length);
    let available = capacity - soldHere.length - heldHere.length;
    if (grid) {
      const bits = bytesPerRow(grid.columns) * 8;
      const expected = [...soldHere, ...heldHere].map(({ row = '', column = 0 }) => (rowNumber(row) - 1) * bits + column - 1);
      const taken = Array.from({ length: grid.rows * bits }, (_, bit) => bit).filter((bit) => isSet(bitmap, firstByte * 8 + bit));
      same(
        `zone ${zoneId}, seats taken`,
        taken,
        expected.toSorted((a, b) => a - b),
      );
      available = capacity - taken.length;
    }
    if (available < 0) faults.push(`zone ${zoneId} is oversold`);
    same(`zone ${zoneId}, available + held + sold`, available + heldHere.length + soldHere.length, capacity);
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
    .map(({ type, sequence, data }) => ({ type, sequence, data: JSON.parse(data) as OrderInRedis }));
  same('sequence', inventory.sequence, events.length);
  if (events.some(({ sequence, data }, at) => sequence !== at + 1 || data.sequence !== sequence))
    faults.push('the outbox has a gap');
  const live = new Set<string>();
  for (const { type, data } of events) {
    for (const { ticketId } of data.tickets) type.endsWith('purchased') ? live.add(ticketId) : live.delete(ticketId);
  }
  same('live tickets by the outbox', [...live].toSorted(), sold.map(({ ticketId }) => ticketId).toSorted());
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

const isSet = (bitmap: Buffer | null, bit: number) => (((bitmap?.[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;

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
