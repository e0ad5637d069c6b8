import { recently } from '../../shared/basics/recently.ts';
import { readBacklog } from '../../shared/events/outbox-backlog.ts';
import type { QueueDepth } from '../../shared/events/queue-depth.ts';
import { countsKey, inventoryKey } from '../../shared/inventory/keys.ts';
import type { SalesSecond } from '../../shared/inventory/sales-seconds.ts';
import { readBreakers, readPayments } from '../../shared/payments/read-payments.ts';
import type { Database } from '../../shared/stores/database.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import type { SeatReader } from '../live/seat-reader.ts';
import type { CatalogueEvent } from '../queries/catalogue.ts';
import { readLastApplied, readSalesByZone } from '../queries/sales.ts';
import { findVerification } from '../queries/verification.ts';
import { figuresOf } from './conservation.ts';
import { createLagMeter, type Lag } from './lag.ts';
import type { Inventory, OpsMessage, Payments } from './messages.ts';
import { secondsOf } from './sale.ts';

export type OpsSources = {
  db: Database;
  redis: RedisClient;
  readSeats: SeatReader;
  readSales: () => Promise<readonly SalesSecond[]>;
  readDepth: () => Promise<QueueDepth>;
};

type Second = Extract<OpsMessage, { type: 'second' }>;

/** Just under a second, because every socket asks once a second. */
const readEveryMs = 900;
/** All of an event's checkouts are added up. */
const readPaymentsEveryMs = 5_000;
/** A store that takes longer is left out of this second. */
const partMs = 800;
/** A second is sent again for this long, because a process may write its own late. */
const toldAgainMs = 4_000;
/** Redis and MySQL are compared only after this long without a change, because workers apply domain events out of order. */
const settledMs = 5_000;

/** Reads one event for the operator, once a second for all callers. Parts are read separately; one that cannot be read is null. */
export function createEventReader({ eventId, currency }: CatalogueEvent, sources: OpsSources): () => Promise<Second> {
  const { db, redis, readSeats, readSales, readDepth } = sources;
  const lagOf = createLagMeter();
  let settled = { state: '', sinceMs: 0 };
  const readPaid = recently(readPaidNow, readPaymentsEveryMs);

  return recently(async () => {
    const now = Date.now();
    const [sale, projected, outbox, queue, verification, payments] = await Promise.all([
      orNull(
        readSales().then((seconds) =>
          secondsOf(
            seconds.filter(({ at }) => at >= now - toldAgainMs),
            eventId,
            currency,
          ),
        ),
      ),
      orNull(readProjected()),
      orNull(readBacklog(redis, eventId)),
      orNull(readDepth()),
      orNull(findVerification(db, eventId, currency).then((found) => found ?? ('never' as const))),
      orNull(readPaid()),
    ]);
    // After MySQL, so that MySQL cannot seem to be ahead.
    const inventory = await orNull(readInventory());
    const isThere = inventory !== null && inventory !== 'missing';
    const lag = projected && isThere ? lagOf(inventory.sequence, projected.sequence, now) : null;
    return {
      type: 'second',
      at: new Date(now).toISOString(),
      sale,
      inventory: isThere ? inventoryOf(inventory.zones, projected, isSettled(inventory, projected, lag, now)) : inventory,
      projection: projected &&
        inventory && { ...projected.sums, lagSequences: lag?.sequences ?? null, lagSeconds: lag?.seconds ?? null },
      outbox,
      queue,
      verification,
      payments,
    };
  }, readEveryMs);

  async function readPaidNow(): Promise<Payments | 'none'> {
    const payments = await readPayments(db, { eventId, currency });
    if (Object.keys(payments.checkouts).length === 0) return 'none';
    return { ...payments, providers: await readBreakers(db) };
  }

  async function readProjected() {
    // The sequence number first, so that the sums are at least as recent.
    const sequence = (await readLastApplied(db, [eventId])).get(eventId) ?? 0;
    const zones = await readSalesByZone(db, eventId, currency);
    const tickets = zones.reduce((sum, zone) => sum + zone.tickets, 0);
    const minor = zones.reduce((sum, zone) => sum + zone.revenueMinor, 0n);
    return {
      sequence,
      byZone: new Map(zones.map((zone) => [zone.zoneId, zone.tickets])),
      sums: { tickets, revenue: formatMoney(minor, currency) },
    };
  }

  async function readInventory() {
    // First, because readSeats throws if the inventory of an opened event is missing.
    if ((await orUnavailable(redis.exists(inventoryKey(eventId)))) === 0) return 'missing';
    const seats = await readSeats(eventId);
    if (!seats) return 'missing';
    const sequence = Number((await orUnavailable(redis.hget(countsKey(eventId), 'sequence'))) ?? 0);
    return { zones: [...seats.zones.values()], sequence };
  }

  function isSettled(
    inventory: { sequence: number },
    projected: { sequence: number; sums: { tickets: number } } | null,
    lag: Lag | null,
    now: number,
  ): boolean {
    const state = `${inventory.sequence}/${projected?.sequence}/${projected?.sums.tickets}`;
    if (state !== settled.state) settled = { state, sinceMs: now };
    return lag?.sequences === 0 && now - settled.sinceMs >= settledMs;
  }
}

function inventoryOf(
  zones: Parameters<typeof figuresOf>[0][],
  projected: { byZone: Map<number, number> } | null,
  isSettled: boolean,
): Inventory {
  const total = (of: 'capacity' | 'available' | 'held' | 'sold' | 'blocked') => zones.reduce((sum, zone) => sum + zone[of], 0);
  return {
    capacity: total('capacity'),
    available: total('available'),
    held: total('held'),
    sold: total('sold'),
    blocked: total('blocked'),
    zones: zones.map((zone) => figuresOf(zone, projected && (projected.byZone.get(zone.zoneId) ?? 0), !isSettled)),
  };
}

async function orNull<T>(part: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), partMs);
  return await Promise.race([part.catch(() => null), late.promise]).finally(() => clearTimeout(timer));
}
