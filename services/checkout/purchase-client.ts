import { askService, codeIn, type ServiceReply } from '../shared/http/ask-service.ts';
import type { createServiceTokens } from '../shared/identity/service-tokens.ts';
import type { OrderInRedis } from '../shared/inventory/order.ts';

/** Why a hold cannot be paid. Nothing was changed. */
const beginRefusals = [
  'EVENT_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'HOLD_EXPIRED',
  'HOLD_CONFIRMED',
  'HOLD_BEING_PAID',
  'PAYMENT_OUTDATED',
  'SALE_PAUSED',
  'SALE_CLOSED',
] as const;

/** Why a hold did not become an order. Nothing was sold. */
const confirmRefusals = [
  'EVENT_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'HOLD_EXPIRED',
  'BUYER_LIMIT_REACHED',
  'TICKET_TYPE_SOLD_OUT',
  'PROMOTION_USED_UP',
  'HOLD_CONFIRMED',
  'PAYMENT_OUTDATED',
  'SALE_PAUSED',
  'SALE_CLOSED',
] as const;

type BeginRefusal = (typeof beginRefusals)[number];
type ConfirmRefusal = (typeof confirmRefusals)[number];

/** `attempt`: of the payment; purchase refuses one that is older than the newest it has seen of the hold. */
type Paying = { attempt: number; orderId: string };

/** Seats like those that were lost: best places, each zone's own. */
export type EqualSeats = {
  zoneId: number;
  quantity: number;
  category?: string;
  ticketTypes?: Record<string, number>;
};

/**
 * What the saga asks of purchase. Each call is idempotent, and throws an UnavailableError if purchase is away: then it is unknown whether it
 * took effect, and it may be repeated.
 */
export type PurchaseClient = {
  /** Keeps a hold while it is paid, or renews this; nobody else can change the hold meanwhile. */
  beginPayment(
    holdId: string,
    paying: { attempt: number; leaseSeconds: number },
  ): Promise<{ leaseUntil: Date; organiserId: string; order: OrderInRedis } | { refused: BeginRefusal }>;
  /** Turns a paid hold into an order. */
  confirm(holdId: string, paying: Paying): Promise<{ orderToken: string } | { refused: ConfirmRefusal }>;
  /**
   * Frees the seats of a hold, which no attempt up to this one can confirm any more. `sold`: it was confirmed before. `outdated`: a newer attempt
   * has begun, and nothing was changed. Without `orderId`, of a hold for which nothing was confirmed.
   */
  endPayment(holdId: string, paying: { attempt: number; orderId?: string }): Promise<'ended' | 'sold' | 'outdated'>;
  /** An order as Redis has it now, with its cancelled tickets. */
  readOrder(order: { eventId: string; orderId: string }): Promise<OrderInRedis | undefined>;
  /**
   * Cancels an order, or some of its tickets; with one that it does not have, none. Tickets that were cancelled before, and an order that is
   * unknown, stay so.
   */
  cancelOrder(order: {
    eventId: string;
    orderId: string;
    ticketIds?: string[];
    seats: 'free' | 'blocked';
  }): Promise<'cancelled' | 'TICKET_NOT_FOUND'>;
  /** Holds the best free seats of these kinds, all or none; again the same ones with the same key. undefined: not enough are left. */
  holdEqual(wish: {
    eventId: string;
    buyerId?: string;
    promotion?: string;
    items: EqualSeats[];
    key: string;
  }): Promise<string | undefined>;
};

/** Calls the purchase service at `purchaseUrl`. */
export function createPurchaseClient({
  purchaseUrl,
  tokens,
}: {
  purchaseUrl: string;
  tokens: Pick<ReturnType<typeof createServiceTokens>, 'for'>;
}): PurchaseClient {
  const ask = async (path: string, options: { method?: 'GET'; headers?: Record<string, string>; body?: object }) => {
    const headers = { authorization: `Bearer ${await tokens.for('purchase')}`, ...options.headers };
    return await askService('purchase', `${purchaseUrl}/purchase${path}`, { ...options, headers });
  };
  const pay = (holdId: string, step: string, body: object) =>
    ask(`/internal/v1/holds/${encodeURIComponent(holdId)}/payment${step}`, { body });

  return {
    async beginPayment(holdId, paying) {
      const reply = await pay(holdId, '', paying);
      if (!reply.isOk) return { refused: refusalIn(reply, beginRefusals) };
      const { leaseUntil, organiserId, order } = reply.body as { leaseUntil: string; organiserId: string; order: OrderInRedis };
      return { leaseUntil: new Date(leaseUntil), organiserId, order };
    },

    async confirm(holdId, paying) {
      const reply = await pay(holdId, '/confirm', paying);
      if (!reply.isOk) return { refused: refusalIn(reply, confirmRefusals) };
      return { orderToken: String(reply.body.orderToken) };
    },

    async endPayment(holdId, paying) {
      const reply = await pay(holdId, '/end', paying);
      if (codeIn(reply.body) === 'PAYMENT_OUTDATED') return 'outdated';
      const { status } = reply.body;
      if (!reply.isOk || (status !== 'ended' && status !== 'sold')) throw unexpected(reply);
      return status;
    },

    async readOrder({ eventId, orderId }) {
      const reply = await ask(`/internal/v1/events/${encodeURIComponent(eventId)}/orders/${orderId}`, { method: 'GET' });
      if (reply.isOk) return (reply.body as { order: OrderInRedis }).order;
      refusalIn(reply, ['ORDER_NOT_FOUND', 'EVENT_NOT_FOUND']);
      return undefined;
    },

    async cancelOrder({ orderId, seats, ...order }) {
      const body = { ...order, ...(seats !== 'free' && { seats }) };
      const reply = await ask(`/api/v1/orders/${orderId}/cancel`, { body });
      if (reply.isOk) return 'cancelled';
      const refusal = refusalIn(reply, ['ORDER_NOT_FOUND', 'EVENT_NOT_FOUND', 'TICKET_NOT_FOUND']);
      return refusal === 'TICKET_NOT_FOUND' ? refusal : 'cancelled';
    },

    async holdEqual({ key, ...body }) {
      const reply = await ask('/api/v1/holds', { headers: { 'idempotency-key': `"${key}"` }, body });
      // Whatever the reason, there are no such seats for this buyer now.
      if (!reply.isOk && (reply.status === 404 || reply.status === 409)) return undefined;
      if (!reply.isOk) throw unexpected(reply);
      return String(reply.body.holdId);
    },
  };
}

function refusalIn<Code extends string>(reply: ServiceReply, known: readonly Code[]): Code {
  const refusal = known.find((code) => code === codeIn(reply.body));
  if (refusal === undefined) throw unexpected(reply);
  return refusal;
}

const unexpected = ({ status, body }: ServiceReply) => new Error(`purchase replied ${status} ${codeIn(body)}`);
