import { inventoryKey } from '../../shared/inventory/keys.ts';
import { emptyOffer, type Offer } from '../../shared/inventory/offer.ts';
import { parseZones, type ZoneLayout } from '../../shared/inventory/zone-layout.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';
import type { Buyers, EventPayment } from '../../shared/stores/schema.ts';
import { mainOrganiser } from '../../shared/terms/identifiers.ts';
import { momentsOf } from './prices.ts';

/**
 * The places and prices of an event's inventory, valid while it has this revision. `moments`: when prices change (prices.ts).
 * `promotionsLeft`: how many tickets automatic promotions were left for, when a script last said so.
 */
export type Layout = {
  revision: string;
  venueId: string;
  currency: string;
  organiserId: string;
  buyers: Buyers;
  payment: EventPayment;
  ticketsPerOrder?: number;
  offer: Offer;
  moments: number[];
  promotionsLeft: Map<string, number>;
  zones: Map<number, ZoneLayout>;
};

/** Bounds the memory for layouts: an arena's takes some kilobytes. */
const maxKept = 1_000;

export type Layouts = ReturnType<typeof createLayouts>;

/** The layouts of events, each read once and then cached. A cached one may be out of date, so the scripts check its revision. */
export function createLayouts(redis: RedisClient) {
  const kept = new Map<string, Promise<Layout | undefined>>();
  return {
    /** Returns an event's layout, or undefined if it has no inventory. Throws an UnavailableError if Redis is unreachable. */
    read(eventId: string): Promise<Layout | undefined> {
      const known = kept.get(eventId);
      if (known) return known;
      const reading = readLayout(redis, eventId);
      const [oldest] = kept.keys();
      if (kept.size === maxKept && oldest !== undefined) kept.delete(oldest);
      kept.set(eventId, reading);
      const forget = () => kept.get(eventId) === reading && kept.delete(eventId);
      reading.then((layout) => layout ?? forget(), forget);
      return reading;
    },

    /** Drops the cached layout if it still has this revision; the next call reads it again. */
    async forget(eventId: string, revision: string): Promise<void> {
      const known = kept.get(eventId);
      if ((await known)?.revision === revision && kept.get(eventId) === known) kept.delete(eventId);
    },
  };
}

async function readLayout(redis: RedisClient, eventId: string): Promise<Layout | undefined> {
  const fields = await orUnavailable(redis.hgetall(inventoryKey(eventId)));
  const { revision, venueId, currency, organiser = mainOrganiser, buyers = 'anyone', payment = 'none', ticketsPerOrder } = fields;
  if (revision === undefined || venueId === undefined || currency === undefined) return undefined;
  const offer = fields.offer === undefined ? emptyOffer : (JSON.parse(fields.offer) as Offer);
  return {
    revision,
    venueId,
    currency,
    organiserId: organiser,
    buyers: buyers as Buyers,
    payment: payment as EventPayment,
    ...(ticketsPerOrder !== undefined && { ticketsPerOrder: Number(ticketsPerOrder) }),
    offer,
    moments: momentsOf(offer),
    promotionsLeft: new Map(),
    zones: new Map(parseZones(fields).map((zone) => [zone.zoneId, zone])),
  };
}
