import { UnavailableError } from '../../shared/http/problems.ts';
import type { Command } from '../../shared/inventory/call-script.ts';
import type { Exchanged, Refusal } from '../../shared/inventory/decisions.ts';
import { ordersKey } from '../../shared/inventory/keys.ts';
import { refuseWithoutInventory } from '../../shared/inventory/opened-events.ts';
import { parseOrder, type TicketInRedis } from '../../shared/inventory/order.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import { bitOf, findSeat, type SeatName, type ZoneLayout } from '../../shared/inventory/zone-layout.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';
import { loadScript } from '../../shared/stores/script.ts';
import type { Layout, Layouts } from './layouts.ts';
import { type Priced, priceOf } from './prices.ts';
import type { Seat } from './purchase.ts';
import { newUuid } from './uuid.ts';

/** `place`: the new one, a seat or a zone of general admission. */
export type Exchange = Command & { orderId: string; ticketId: string; place: Seat | { zoneId: number } };

const exchangeTicketScript = loadScript(new URL('lua/exchange-ticket.lua', import.meta.url));

/** No event changes its layout this often within a few round trips to Redis. */
const maxLayouts = 10;

export const createExchanging = ({
  redis,
  scripts,
  layouts,
}: {
  redis: RedisClient;
  scripts: ScriptQueue;
  layouts: Layouts;
}) => ({
  /**
   * Moves a buyer to another free place, which may be blocked: the ticket is replaced by a new one at the price that was paid, if both
   * places cost the same today. Throws as ScriptQueue.ask does.
   */
  async exchangeTicket({ orderId, ticketId, place, ...command }: Exchange): Promise<Exchanged | Refusal> {
    const { eventId } = command;
    for (let tried = 0; tried < maxLayouts; tried++) {
      const layout = await layouts.read(eventId);
      if (!layout) return await refuseWithoutInventory(redis, eventId);
      // What the price depends on never changes in a ticket, so it need not be read in the script.
      const kept = await orUnavailable(redis.hget(ordersKey(eventId), orderId));
      const old = kept === null ? undefined : parseOrder(kept).order.tickets.find((ticket) => ticket.ticketId === ticketId);
      const { refusal, replacement, at } = draftReplacement(layout, old, place);
      const fields = { revision: layout.revision, orderId, ticketId, refusal, replacement, place: at };
      const outcome = await scripts.ask(exchangeTicketScript, { ...command, fields });
      if (outcome.kind !== 'stale') return outcome as Exchanged | Refusal;
      await layouts.forget(eventId, layout.revision);
    }
    throw new UnavailableError('INVENTORY_UNAVAILABLE', `its layout changed ${maxLayouts} times during one request`);
  },
});

type Replacement = {
  refusal?: [Refusal['code']];
  at?: [zoneId: number, bit?: string];
  replacement?: Partial<TicketInRedis>;
};

function draftReplacement(layout: Layout, old: TicketInRedis | undefined, place: Exchange['place']): Replacement {
  const zone = layout.zones.get(place.zoneId);
  // Without the order or the ticket, the script says so.
  if (!old) return {};
  if (!zone) return { refusal: ['ZONE_NOT_FOUND'] };
  const wanted = 'row' in place ? place : undefined;
  const found = wanted && findSeat(zone, wanted);
  if (wanted ? !found : zone.grid) return { refusal: ['SEAT_NOT_FOUND'] };
  const oldZone = layout.zones.get(old.zoneId);
  const before = oldZone && priceToday(layout, oldZone, old.row === undefined ? undefined : (old as SeatName), old.ticketType);
  const after = priceToday(layout, zone, wanted, old.ticketType);
  if (!after) return { refusal: ['TICKET_TYPE_NOT_FOUND'] };
  if (before?.priceMinor !== after.priceMinor) return { refusal: ['PRICE_DIFFERS'] };
  const { category } = after;
  return {
    at: found ? [zone.zoneId, String(bitOf(zone, found))] : [zone.zoneId],
    replacement: { ticketId: newUuid(), zoneId: zone.zoneId, ...found?.name, ...(category !== undefined && { category }) },
  };
}

function priceToday({ offer }: Layout, zone: ZoneLayout, seat: SeatName | undefined, ticketType?: string): Priced | undefined {
  const found = seat && findSeat(zone, seat);
  const category = (found && zone.rows?.[found.row - 1]?.categories?.[found.column - 1]) ?? 0;
  return priceOf(offer, zone, { category, nowMs: Date.now(), ticketType, promotion: undefined });
}
