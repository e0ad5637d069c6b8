import type { OrderInRedis } from './order.ts';

/** `isReplay`: this repeats an earlier decision; nothing was changed now. */
type Decided = { isReplay: boolean };

/** If the script chose seats: how many groups of neighbours they form. */
type Grouped = { groups?: number };

/** `wasConfirmed`: the order comes from a hold that was already confirmed. */
export type Sold = Decided & Grouped & { kind: 'sold'; order: OrderInRedis; soldAtMs: number; wasConfirmed?: true };
export type Held = Decided & Grouped & { kind: 'held'; holdId: string; order: OrderInRedis; heldUntilMs: number };
/** `count`: how many tickets this cancelled; those cancelled earlier do not count. */
export type Cancelled = Decided & { kind: 'cancelled'; order: OrderInRedis; soldAtMs: number; count: number };
export type Exchanged = Decided & { kind: 'exchanged'; order: OrderInRedis; soldAtMs: number };
export type Released = { kind: 'released' };
/** The payment for a hold has ended without an order. */
export type PaymentEnded = { kind: 'paymentEnded' };
/** `count`: how many seats were blocked or freed now. */
export type Blocked = { kind: 'blocked'; count: number };
/** Overdue holds were ended; `mayBeMore`: perhaps not all of them. */
export type Expired = { kind: 'expired'; mayBeMore: boolean };

/**
 * Why a command changed nothing. `positions` (from 0) are those of the wanted seats or tickets that are at fault; `secret` is a
 * detail about a buyer that only the operator may see.
 */
export type Refusal = Decided & {
  kind: 'refused';
  code: (typeof refusalCodes)[number];
  detail?: string;
  secret?: string;
  positions?: number[];
};

/**
 * `stale`: the inventory has another revision than the caller knows. `anotherTime`: the prices that the caller drafted with do not apply
 * now. `promotionLeft`: the promotion for the first buyers is left for another number of tickets than the caller drafted with it.
 * `again`: one call's work was not enough to decide.
 */
type Undecided =
  | { kind: 'noInventory' }
  | { kind: 'stale' }
  | { kind: 'again' }
  | { kind: 'anotherTime'; nowMs: number }
  | { kind: 'promotionLeft'; left: number };

export type Decision = Sold | Held | Cancelled | Exchanged | Released | PaymentEnded | Blocked | Expired | Refusal | Undecided;

const refusalCodes = [
  'EVENT_NOT_FOUND',
  'ZONE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'TICKET_NOT_FOUND',
  'ORDER_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'CATEGORY_NOT_FOUND',
  'TICKET_TYPE_NOT_FOUND',
  'PROMOTION_NOT_FOUND',
  'TOO_MANY_TICKETS',
  'SEAT_REPEATED',
  'NOT_ON_SALE',
  'SALE_PAUSED',
  'SALE_CLOSED',
  'SEAT_TAKEN',
  'SOLD_OUT',
  'NO_ADJACENT_SEATS',
  'TICKET_TYPE_SOLD_OUT',
  'PROMOTION_USED_UP',
  'PRICE_DIFFERS',
  'SIGN_IN_REQUIRED',
  'BUYER_NOT_YOURS',
  'BUYER_REQUIRED',
  'BUYER_LIMIT_REACHED',
  'HOLD_LIMIT_REACHED',
  'HOLD_EXPIRED',
  'HOLD_EXTENDED',
  'HOLD_CONFIRMED',
  'HOLD_BEING_PAID',
  'PAYMENT_OUTDATED',
  'PAYMENT_REQUIRED',
  'PAID_THROUGH_CHECKOUT',
  'PAID_BY_REQUIRED',
  'PAID_BY_NOT_YOURS',
  'IDEMPOTENCY_KEY_REUSED',
] as const;

const refusals: ReadonlySet<string> = new Set(refusalCodes);
const isRefusal = (word: string): word is Refusal['code'] => refusals.has(word);

/** A script's reply to one command: a word, and the values that the script's header lists after it. */
export type Reply = [word: string, ...values: unknown[]];

/** What the caller knows of a command, and the script need not repeat: the order that it drafted, and the hold. */
type Known = { order?: OrderInRedis | undefined; holdId?: string | undefined };

/** Decodes the reply of any of an event's scripts (lua/). This is the only place that knows their words. */
export function decodeReply(reply: Reply, known: Known, isReplay = false): Decision {
  const [word, ...values] = reply;
  if (isRefusal(word)) return refusalOf(word, values, isReplay);
  switch (word) {
    case 'REPLAYED':
      return decodeReply(values[0] as Reply, known, true);
    case 'SOLD':
    case 'SOLD_BEFORE': {
      const [soldAtMs, order, groups] = values as [number, object, number?];
      const sold = { kind: 'sold', isReplay, soldAtMs, order: completed(known, order), ...(groups && { groups }) } as const;
      return word === 'SOLD' ? sold : { ...sold, isReplay: true, wasConfirmed: true };
    }
    case 'HELD': {
      // Replies to `extend-hold` that were kept by earlier versions lack the id.
      const [heldUntilMs, order, holdId = known.holdId ?? '', groups] = values as [number, object, string?, number?];
      return { kind: 'held', isReplay, heldUntilMs, order: completed(known, order), holdId, ...(groups && { groups }) };
    }
    case 'CANCELLED': {
      const [soldAtMs, order, count] = values as [number, OrderInRedis, number];
      return { kind: 'cancelled', isReplay, soldAtMs, order, count };
    }
    case 'EXCHANGED': {
      const [soldAtMs, order] = values as [number, OrderInRedis];
      return { kind: 'exchanged', isReplay, soldAtMs, order };
    }
    case 'BLOCKED':
      return { kind: 'blocked', count: values[0] as number };
    case 'RELEASED':
      return { kind: 'released' };
    case 'ENDED':
      return { kind: 'paymentEnded' };
    case 'MORE':
    case 'DONE':
      return { kind: 'expired', mayBeMore: word === 'MORE' };
    case 'NO_INVENTORY':
      return { kind: 'noInventory' };
    case 'STALE':
      return { kind: 'stale' };
    case 'ANOTHER_TIME':
      return { kind: 'anotherTime', nowMs: values[0] as number };
    case 'PROMOTION_LEFT':
      return { kind: 'promotionLeft', left: values[0] as number };
    case 'AGAIN':
      return { kind: 'again' };
    default:
      throw new Error(`A script replied ${word}, which is not known`);
  }
}

/** A script replies with at least those fields of an order that the caller's draft lacks. */
const completed = ({ order }: Known, told: object) => Object.assign(order ?? {}, told) as OrderInRedis;

function refusalOf(code: Refusal['code'], values: unknown[], isReplay: boolean): Refusal {
  const refused = { kind: 'refused', code, isReplay } as const;
  const numbers = values as number[];
  switch (code) {
    case 'NOT_ON_SALE':
      return { ...refused, detail: `On sale from ${new Date(numbers[0] ?? 0).toISOString()}` };
    case 'TOO_MANY_TICKETS':
      return { ...refused, detail: `An order of this event has at most ${numbers[0]} tickets` };
    case 'SOLD_OUT':
    case 'TICKET_TYPE_SOLD_OUT':
    case 'PROMOTION_USED_UP':
      return { ...refused, detail: `${numbers[0]} left` };
    case 'BUYER_LIMIT_REACHED': {
      const limit = `A buyer may have or hold at most ${numbers[0]} tickets`;
      return { ...refused, detail: limit, secret: `${limit}; this one has or holds ${numbers[1]}` };
    }
    case 'HOLD_LIMIT_REACHED':
      return {
        ...refused,
        detail: `One client may hold at most ${numbers[1]} tickets of an event at one time, in ${numbers[0]} holds`,
      };
    default:
      return numbers.length > 0 ? { ...refused, positions: numbers } : refused;
  }
}
