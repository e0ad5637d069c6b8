import type { Cancellation } from '../../../services/purchase/seats/cancel-order.ts';
import type { Seats } from '../../../services/purchase/seats/create-seats.ts';
import type { Exchange } from '../../../services/purchase/seats/exchange-ticket.ts';
import type { Purchase, Seat, SoldFor } from '../../../services/purchase/seats/purchase.ts';
import { blockSeats } from '../../../services/shared/inventory/block-seats.ts';
import type { Command } from '../../../services/shared/inventory/call-script.ts';
import type {
  Blocked,
  Cancelled,
  Exchanged,
  Held,
  PaymentEnded,
  Refusal,
  Sold,
} from '../../../services/shared/inventory/decisions.ts';
import type { Inventory } from '../../../services/shared/inventory/inventory.ts';
import { inventoryKey } from '../../../services/shared/inventory/keys.ts';
import { openInventory } from '../../../services/shared/inventory/open-inventory.ts';
import { setState } from '../../../services/shared/inventory/set-state.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';

/** Whether an event sells ('') or not. */
export type SaleState = '' | 'paused' | 'paused, but confirming' | 'closed';

/** Requests to the write side, with all their fields. */
export type Take = Purchase & { does: 'sell' | 'hold' };
export type Confirm = Command & { does: 'confirm'; holdId: string; isSeller: boolean; paidBy?: SoldFor | undefined };
export type OfHold = Command & { does: 'extend' | 'release'; holdId: string };
export type Pay = Command & {
  does: 'begin payment' | 'confirm payment' | 'end payment';
  holdId: string;
  orderId: string;
  attempt: number;
  leaseMs: number;
};
export type GiveUp = Command & { does: 'give up'; holdId: string; ticketId: string };
export type Cancel = Cancellation & { does: 'cancel' };
export type ExchangeOne = Exchange & { does: 'exchange' };
export type Block = Command & { does: 'block' | 'unblock'; seats: Seat[] };
type Sweep = Command & { does: 'sweep' };
export type SetState = Command & { does: 'set state'; state: SaleState };
/** `blocked`: the seats that are to be blocked afterwards, if they are free; no others. */
export type Open = Command & { does: 'open'; inventory: Inventory; blocked: Seat[] };
export type Request = Take | Confirm | OfHold | Pay | GiveUp | Cancel | ExchangeOne | Block | Sweep | SetState | Open;

export type Outcome =
  | Sold
  | Held
  | { kind: 'released' }
  | PaymentEnded
  | Cancelled
  | Exchanged
  | Blocked
  | { kind: 'swept'; more: boolean }
  | { kind: 'set' }
  | { kind: 'opened' | 'changed' | 'unchanged' }
  | { kind: 'not opened'; reasons: string[] }
  | Refusal;

export type Done = { request: Request; outcome: Outcome };

/** Performs a request. */
export async function perform({ redis, seats }: { redis: RedisClient; seats: Seats }, request: Request): Promise<Outcome> {
  switch (request.does) {
    case 'sell':
      return await seats.sell(request);
    case 'hold':
      return await seats.hold(request);
    case 'confirm':
      return await seats.confirmHold(request);
    case 'begin payment':
      return await seats.beginPayment(request);
    case 'confirm payment':
      return await seats.confirmPaid(request);
    case 'end payment':
      return await seats.endPayment(request);
    case 'extend':
      return await seats.extendHold(request);
    case 'release':
      return await seats.releaseHold(request);
    case 'give up':
      return await seats.giveUpTicket(request);
    case 'cancel':
      return await seats.cancelOrder(request);
    case 'exchange':
      return await seats.exchangeTicket(request);
    case 'block':
    case 'unblock':
      return await blockSeats(redis, request.eventId, request.seats, request.does === 'block');
    case 'sweep':
      return { kind: 'swept', more: await seats.expireHolds(request.eventId) };
    case 'set state':
      return await changeState(redis, request);
    case 'open': {
      const { inventory, blocked } = request;
      const zones = inventory.zones.map((zone) => ({
        ...zone,
        blocked: blocked.filter(({ zoneId }) => zoneId === zone.zoneId),
      }));
      const outcome = await openInventory(redis, { ...inventory, zones });
      return outcome.kind === 'refused' ? { kind: 'not opened', reasons: outcome.reasons.toSorted() } : outcome;
    }
    default:
      throw request satisfies never;
  }
}

async function changeState(redis: RedisClient, { eventId, state }: SetState): Promise<Outcome> {
  // Nobody can resume a closed sale, but the trial goes on.
  if (state === '') await redis.hdel(inventoryKey(eventId), 'state', 'confirmWhilePaused');
  else if (state === 'closed') await setState(redis, eventId, { state });
  else await setState(redis, eventId, { state: 'paused', confirmWhilePaused: state !== 'paused' });
  return { kind: 'set' };
}
