import { isDeepStrictEqual } from 'node:util';
import {
  blockedKey,
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  ordersKey,
  replyKey,
  takenKey,
  talliesKey,
} from '../../../services/shared/inventory/keys.ts';
import { type OrderInRedis, parseOrder } from '../../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { talliesOf } from '../tallies.ts';
import { blockOf, requireBits } from './observe-bits.ts';
import { Illegal, requireSame } from './same.ts';
import {
  blockedIn,
  countedOrders,
  type Hold,
  heldTickets,
  isPast,
  liveHolds,
  type Model,
  type Owned,
  soldTickets,
} from './state.ts';

type HoldInRedis = {
  state: Hold['state'];
  order?: OrderInRedis;
  client?: string;
  orderId?: string;
  extended?: true;
  attempt?: number;
};

/** Everything that Redis has for an event at one moment; of orders, only their number. */
export type Snapshot = Awaited<ReturnType<typeof readSnapshot>>;

const hourMs = 3_600_000;
const answerMs = 24 * hourMs;

export async function readSnapshot(redis: RedisClient, eventId: string) {
  // All in one pipeline, while nobody else writes.
  const [time, inventory, counts, buyers, tallies, holds, deadlines, orders, taken, blocked] = await Promise.all([
    redis.time(),
    redis.hgetall(inventoryKey(eventId)),
    redis.hgetall(countsKey(eventId)),
    redis.hgetall(buyersKey(eventId)),
    redis.hgetall(talliesKey(eventId)),
    redis.hgetall(holdsKey(eventId)),
    redis.zrange(deadlinesKey(eventId), '0', '-1', 'WITHSCORES'),
    redis.hlen(ordersKey(eventId)),
    redis.getBuffer(takenKey(eventId)),
    redis.getBuffer(blockedKey(eventId)),
  ]);
  const parsed = Object.entries(holds).map(([holdId, json]) => [holdId, JSON.parse(json) as HoldInRedis] as const);
  const pairs = deadlines.flatMap((holdId, at) => (at % 2 === 0 ? [[holdId, Number(deadlines[at + 1])] as const] : []));
  const nowMs = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
  return {
    nowMs,
    inventory,
    counts,
    buyers,
    tallies,
    holds: new Map(parsed),
    untilMs: new Map(pairs),
    orders,
    taken: taken ?? Buffer.alloc(0),
    blocked: blocked ?? Buffer.alloc(0),
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
    const blocked = blockedIn(after, zoneId).length;
    const counted = ['sold', 'held', 'blocked'].map((word) => Number(snapshot.counts[`${word}:${zoneId}`] ?? 0));
    requireSame(`zone ${zoneId}, sold, held and blocked`, counted, [inZone(sold), inZone(held), blocked]);
    if (inZone(sold) + inZone(held) + blocked > capacity) throw new Illegal(`zone ${zoneId} is oversold`);
  }
  requireBits(after, [...sold, ...held], snapshot);
  requireSame('tallies', snapshot.tallies, talliesOf(countedOrders(after), liveHolds(after, true)));
  const buyers = Object.groupBy([...sold, ...held], ({ buyerId = '' }) => buyerId);
  const has = Object.entries(buyers).flatMap(([buyerId, list = []]) => (buyerId ? [[buyerId, String(list.length)]] : []));
  requireSame('what the buyers have', Object.entries(snapshot.buyers).toSorted(), has.toSorted());

  const parts = ['holds', 'orders', 'inventory', 'blocked'] as const;
  if (parts.every((part) => after[part] === before.model[part]))
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
  const expected: Hold = isEnded ? { ...hold, state: 'expired', client: undefined, untilMs: undefined } : hold;
  const { state, extended, order, client, attempt } = expected;
  const paid = attempt !== undefined && { attempt };
  const unsold = { state, order, ...(client !== undefined && { client }), ...(extended && { extended }), ...paid };
  const lasting = state === 'sold' ? { state, orderId: order.orderId, ...paid } : unsold;
  requireSame(`hold ${holdId}`, kept, lasting);
  if (expected.untilMs !== undefined) {
    requireSame(`deadline of hold ${holdId}`, untilMs, expected.untilMs);
    return hold;
  }
  if (untilMs === undefined || untilMs < before.nowMs + hourMs || untilMs > now.nowMs + hourMs)
    throw new Illegal(`hold ${holdId} is over, and is kept until ${untilMs}, not for an hour from ${now.nowMs}`);
  return { ...expected, untilMs };
}

/** Clients read again only zones whose version is later than the last one they know, so every change must raise it. */
function requireVersions({ inventory }: Model, before: Snapshot, now: Snapshot): void {
  const version = ({ counts }: Snapshot, suffix = '') => Number(counts[`version${suffix}`] ?? 0);
  if (version(now) < version(before)) throw new Illegal(`the version went back to ${version(now)}`);
  for (const { zoneId } of inventory.zones) {
    const shown = ({ inventory: fields, counts, taken, blocked }: Snapshot) => {
      const { firstByte, bytes } = blockOf(fields, zoneId);
      const of = (bits: Buffer) =>
        bits
          .subarray(firstByte, firstByte + bytes)
          .toString('hex')
          .replace(/(00)+$/, '');
      const words = ['sold', 'held', 'blocked'].map((word) => counts[`${word}:${zoneId}`] ?? '0');
      return [fields[`zone:${zoneId}`], ...words, of(taken), of(blocked)];
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
  const kept = Object.entries(await redis.hgetall(ordersKey(eventId)));
  for (const [orderId, text] of kept) requireSame(`order ${orderId}`, parseOrder(text), model.orders.get(orderId));
  const lasting = await Promise.all(keys.map((key) => redis.pttl(replyKey(eventId, 'stranger', key))));
  for (const [at, key] of keys.entries()) {
    const ms = lasting[at] ?? 0;
    const isRight = model.answers.has(key) ? ms > answerMs - hourMs && ms <= answerMs : ms === -2;
    if (!isRight) throw new Illegal(`the reply to ${key} is kept for ${ms} ms`);
  }
}
