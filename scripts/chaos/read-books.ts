import { readOrders } from '../../services/catalogue/verify/read-redis.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { statusOf } from '../../services/shared/inventory/order.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { parseMoney } from '../../services/shared/terms/money.ts';
import type { LocalPayment, LocalRefund } from '../local/payments/journal.ts';
import type { Books, KnownOrder, LedgerPayment } from './money.ts';
import { readTickets } from './read-tickets.ts';
import type { ChaosSystem } from './system.ts';

/** Every event of a run has this currency. */
const currency = 'USD';
const minorOf = (amount: string | null) => Number(parseMoney(amount ?? '0', currency));

/** Reads the provider's ledger, checkout's tables, and the orders of the events that had to be paid, from Redis and from MySQL. */
export async function readBooks(system: ChaosSystem, events: Inventory[]): Promise<Books> {
  const { db } = system;
  const [ledger, attempts, checkouts, refunds, orders] = await Promise.all([
    readLedger(system.paymentsUrl),
    db.selectFrom('payment_attempts').selectAll().execute(),
    db.selectFrom('checkouts').selectAll().execute(),
    db.selectFrom('refunds').selectAll().execute(),
    readPaidOrders(system, events),
  ]);
  return {
    ledger,
    attempts: attempts.map(({ checkout_id, provider, provider_ref, captured }) => ({
      checkoutId: uuidText(checkout_id),
      provider,
      ref: provider_ref ?? undefined,
      capturedMinor: minorOf(captured),
    })),
    checkouts: checkouts.map(({ checkout_id, event_id, state, order_id, amount }) => ({
      checkoutId: uuidText(checkout_id),
      eventId: event_id,
      state,
      orderId: order_id === null ? undefined : uuidText(order_id),
      amountMinor: minorOf(amount),
    })),
    refunds: refunds.map(({ checkout_id, state, amount, order_id, ticket_ids }) => ({
      checkoutId: uuidText(checkout_id),
      state,
      amountMinor: minorOf(amount),
      isGoodwill: order_id !== null && ticket_ids === '[]',
    })),
    orders,
  };
}

async function readLedger(paymentsUrl: string): Promise<LedgerPayment[]> {
  const read = async <Row>(what: string) => (await (await fetch(`${paymentsUrl}/test/${what}`)).json()) as Row[];
  const [payments, refunds] = await Promise.all([read<LocalPayment>('payments'), read<LocalRefund>('refunds')]);
  const given = Map.groupBy(
    refunds.filter(({ state }) => state === 'done' || state === 'pending'),
    ({ paymentRef }) => paymentRef,
  );
  return payments.map(({ ref, provider, state, captured }) => ({
    ref,
    provider,
    state,
    capturedMinor: captured,
    refundedMinor: (given.get(ref) ?? []).reduce((total, { amount }) => total + amount, 0),
  }));
}

async function readPaidOrders({ db, redis }: ChaosSystem, events: Inventory[]): Promise<KnownOrder[]> {
  const eventIds = events.flatMap(({ eventId, payment }) => (payment === 'required' ? [eventId] : []));
  const known = new Map<string, KnownOrder>();
  for (const ticket of await readTickets(db, eventIds)) {
    const { orderId, eventId, paidBy, status, price } = ticket;
    const order = known.get(orderId) ?? { orderId, eventId, paidBy: paidBy ?? undefined, redisMinor: 0, mysqlMinor: 0 };
    known.set(orderId, { ...order, mysqlMinor: order.mysqlMinor + (status === 'PAID' ? minorOf(price) : 0) });
  }
  for (const eventId of eventIds) {
    for await (const orders of readOrders(redis, eventId)) {
      for (const {
        order: { orderId, paidBy, tickets },
      } of orders) {
        const live = tickets.filter((ticket) => statusOf(ticket) === 'PAID');
        const order = known.get(orderId) ?? { orderId, eventId, paidBy, redisMinor: 0, mysqlMinor: 0 };
        // HSCAN may return an order twice: it is set, not added.
        known.set(orderId, { ...order, redisMinor: live.reduce((total, { priceMinor }) => total + priceMinor, 0) });
      }
    }
  }
  return [...known.values()];
}
