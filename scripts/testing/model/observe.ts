import { isDeepStrictEqual } from 'node:util';
import {
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  ordersKey,
  replyKey,
  takenKey,
} from '../../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import { bytesPerRow, parseZone } from '../../../services/shared/inventory/zone-layout.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { rowNumber } from '../../../services/shared/terms/row-label.ts';
import { type Hold, heldTickets, isPast, type Model, type Owned, soldTickets } from './state.ts';
import { Illegal, requireSame } from './take-rules.ts';

type HoldInRedis = { state: Hold['state']; order?: OrderInRedis; orderId?: string; extended?: true };

/** Everything that Redis has for an event at one moment; of orders, only their number. */
export type Snapshot = Awaited<ReturnType<typeof readSnapshot>>;

const hourMs = 3_600_000;
const answerMs = 24 * hourMs;

export async function readSnapshot(redis: RedisClient, eventId: string) {
  // All in one pipeline, while nobody else writes.
  const [time, inventory, counts, buyers, holds, deadlines, orders, taken] = await Promise.all([
    redis.time(),
    redis.hgetall(inventoryKey(eventId)),
    redis.hgetall(countsKey(eventId)),
    redis.hgetall(buyersKey(eventId)),
    redis.hgetall(holdsKey(eventId)),
    redis.zrange(deadlinesKey(eventId), '0', '-1', 'WITHSCORES'),
    redis.hlen(ordersKey(eventId)),
    redis.getBuffer(takenKey(eventId)),
  ]);
  const parsed = Object.entries(holds).map(([holdId, json]) => [holdId, JSON.parse(json) as HoldInRedis] as const);
  const pairs = deadlines.flatMap((holdId, at) => (at % 2 === 0 ? [[holdId, Number(deadlines[at + 1])] as const] : []));
  const nowMs = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
  return {
    nowMs,
    inventory,
    counts,
    buyers,
    holds: new Map(parsed),
    untilMs: new Map(pairs),
    orders,
    taken: taken ?? Buffer.alloc(0),
  };
}

/**
 * Compares the model after one or more outcomes with Redis, and throws Illegal if they differ. Returns the model with the facts that
 * only Redis knows: the time, and which overdue holds have since been ended or deleted.
 */
export function observe(model: Model, before: { model: Model; snapshot: Snapshot }, snapshot: Snapshot): Model {
  const holds = new Map<string, Hold>();
  for (const [holdId, hold] of model.holds) {
    const observed = observeHold(hold, isPast(model, hold), holdId, before.snapshot, snapshot);
    if (observed) holds.set(holdId, observed);
  }
  const isSame = holds.size === model.holds.size && [...holds].every(([holdId, hold]) => model.holds.get(holdId) === hold);
  const after = { ...model, nowMs: snapshot.nowMs, holds: isSame ? model.holds : holds };

  requireSame('holds', [...snapshot.holds.keys()].toSorted(), [...holds.keys()].toSorted());
  requireSame('deadlines', [...snapshot.untilMs.keys()].toSorted(), [...holds.keys()].toSorted());
  requireSame('orders', snapshot.orders, model.orders.size);
  for (const { soldAtMs } of model.orders.values()) if (soldAtMs > snapshot.nowMs) throw new Illegal(`sold at ${soldAtMs}`);

  const [sold, held] = [soldTickets(after), heldTickets(after)];
  requireSame('sequence', Number(snapshot.counts['sequence'] ?? 0), model.sequence);
  for (const { zoneId, capacity } of model.inventory.zones) {
    const inZone = (list: Owned[]) => list.filter((ticket) => ticket.zoneId === zoneId).length;
    const counted = ['sold', 'held'].map((word) => Number(snapshot.counts[`${word}:${zoneId}`] ?? 0));
    requireSame(`zone ${zoneId}, sold and held`, counted, [inZone(sold), inZone(held)]);
    if (inZone(sold) + inZone(held) > capacity) throw new Illegal(`zone ${zoneId} is oversold`);
  }
  requireSame(
    'seats taken',
    snapshot.taken.toString('hex').replace(/(00)+$/, ''),
    bitmapOf([...sold, ...held], snapshot.inventory),
  );
  const buyers = Object.groupBy([...sold, ...held], ({ buyerId = '' }) => buyerId);
  const has = Object.entries(buyers).flatMap(([buyerId, list = []]) => (buyerId ? [[buyerId, String(list.length)]] : []));
  requireSame('what the buyers have', Object.entries(snapshot.buyers).toSorted(), has.toSorted());

  if (after.holds === before.model.holds && after.orders === before.model.orders && after.inventory === before.model.inventory)
    requireSame('counts after nothing happened', snapshot.counts, before.snapshot.counts);
  requireVersions(model, before.snapshot, snapshot);
  return after;
}

/** A hold as Redis has it, or undefined if it was deleted, which is allowed once its hour is over. */
function observeHold(hold: Hold, isOverdue: boolean, holdId: string, before: Snapshot, now: Snapshot): Hold | undefined {
  const kept = now.holds.get(holdId);
  const untilMs = now.untilMs.get(holdId);
  if (!kept && isOverdue && hold.state !== 'held') return undefined;
  const isEnded = isOverdue && hold.state === 'held' && kept?.state === 'expired';
  const expected: Hold = isEnded ? { ...hold, state: 'expired', untilMs: undefined } : hold;
  const { state, extended, order } = expected;
  const lasting = state === 'sold' ? { state, orderId: order.orderId } : { state, order, ...(extended && { extended }) };
  requireSame(`hold ${holdId}`, kept, lasting);
  if (expected.untilMs !== undefined) {
    requireSame(`deadline of hold ${holdId}`, untilMs, expected.untilMs);
    return hold;
  }
  if (untilMs === undefined || untilMs < before.nowMs + hourMs || untilMs > now.nowMs + hourMs)
    throw new Illegal(`hold ${holdId} is over, and is kept until ${untilMs}, not for an hour from ${now.nowMs}`);
  return { ...expected, untilMs };
}

/** The bits of these tickets' seats, in hexadecimal, without zeros at the end. */
function bitmapOf(tickets: Owned[], inventory: Record<string, string>): string {
  const bytes = Buffer.alloc(256);
  for (const { zoneId, row, column } of tickets) {
    if (row === undefined || column === undefined) continue;
    const { firstByte, grid } = parseZone(zoneId, inventory[`zone:${zoneId}`] ?? '');
    const at = firstByte + (rowNumber(row) - 1) * bytesPerRow(grid?.columns ?? 0) + ((column - 1) >> 3);
    const bit = 128 >> ((column - 1) & 7);
    if ((bytes[at] ?? 0) & bit) throw new Illegal(`seat ${zoneId}/${row}${column} has two tickets`);
    bytes[at] = (bytes[at] ?? 0) | bit;
  }
  return bytes.toString('hex').replace(/(00)+$/, '');
}

/** Clients read again only zones whose version is later than the last one they know, so every change must raise it. */
function requireVersions({ inventory }: Model, before: Snapshot, now: Snapshot): void {
  const version = ({ counts }: Snapshot, suffix = '') => Number(counts[`version${suffix}`] ?? 0);
  if (version(now) < version(before)) throw new Illegal(`the version went back to ${version(now)}`);
  for (const { zoneId } of inventory.zones) {
    const shown = ({ inventory: fields, counts, taken }: Snapshot) => {
      const { grid, firstByte } = parseZone(zoneId, fields[`zone:${zoneId}`] ?? '');
      const bytes = taken.subarray(firstByte, firstByte + (grid ? grid.rows * bytesPerRow(grid.columns) : 0)).toString('hex');
      return [
        fields[`zone:${zoneId}`],
        counts[`sold:${zoneId}`] ?? '0',
        counts[`held:${zoneId}`] ?? '0',
        bytes.replace(/(00)+$/, ''),
      ];
    };
    const own = version(now, `:${zoneId}`);
    if (own > version(now)) throw new Illegal(`zone ${zoneId} is at version ${own}, the event at ${version(now)}`);
    if (own <= version(before) && !isDeepStrictEqual(shown(before), shown(now)))
      throw new Illegal(`zone ${zoneId} has changed, but its version is still ${own}`);
  }
}

/** The slower comparisons, made now and then: every order, and the Idempotency-Keys with a kept reply, which last 24 hours. */
export async function observeOrders(redis: RedisClient, model: Model, keys: string[]): Promise<void> {
  const { eventId } = model.inventory;
  const kept = Object.entries(await redis.hgetall(ordersKey(eventId))).map(([orderId, text]) => {
    const space = text.indexOf(' ');
    return [orderId, { soldAtMs: Number(text.slice(0, space)), order: JSON.parse(text.slice(space)) }] as const;
  });
  for (const [orderId, sale] of kept) requireSame(`order ${orderId}`, sale, model.orders.get(orderId));
  const lasting = await Promise.all(keys.map((key) => redis.pttl(replyKey(eventId, 'stranger', key))));
  for (const [at, key] of keys.entries()) {
    const ms = lasting[at] ?? 0;
    const isRight = model.answers.has(key) ? ms > answerMs - hourMs && ms <= answerMs : ms === -2;
    if (!isRight) throw new Illegal(`the reply to ${key} is kept for ${ms} ms`);
  }
}
