import type { Payment } from '../../../services/checkout/providers/provider.ts';
import { isCounted, refundOf } from '../../../services/checkout/refunds/refund.ts';
import { checkoutOf } from '../../../services/checkout/saga/checkout.ts';
import { isFinal } from '../../../services/checkout/saga/states.ts';
import { deadlinesKey, holdsKey, ordersKey } from '../../../services/shared/inventory/keys.ts';
import { type OrderInRedis, parseOrder } from '../../../services/shared/inventory/order.ts';
import type { LocalPayment } from '../../local/payments/journal.ts';
import { assertConserved } from '../conservation.ts';
import { redis } from '../stores.ts';
import type { History } from './history.ts';
import { Violation } from './violation.ts';

type Known = Awaited<ReturnType<typeof readAll>>;
type KnownCheckout = Known['checkouts'][number];

/** Throws a Violation unless a history that has come to rest has treated everybody rightly. Returns how its checkouts and refunds ended. */
export async function checkHistory(history: History): Promise<string[]> {
  for (const violation of history.violations) throw violation;
  const known = await readAll(history);
  for (const checkout of known.checkouts) checkCheckout(history, known, checkout);
  for (const checkout of known.checkouts) await checkSeatsAreFree(history, checkout);
  for (const { orderId, tickets, paidBy } of known.orders.values()) {
    const checkout = known.checkouts.find(({ terms }) => terms?.orderId === orderId);
    const isLive = tickets.some(({ cancelled }) => !cancelled);
    if (paidBy === 'checkout' && isLive && checkout?.state !== 'paid')
      throw new Violation('seats without payment', `order ${orderId} has seats, but its checkout is ${checkout?.state}`);
  }
  for (const { payment, local } of known.payments) {
    const isOwned = known.checkouts.some(({ checkoutId }) => payment.checkoutId === checkoutId);
    if (!isOwned && (payment.state === 'captured' || payment.state === 'authorized'))
      throw new Violation('payment of nobody', `${local.ref} is ${payment.state}`);
  }
  await assertConserved(redis, history.event.eventId).catch((error: Error) => {
    throw new Violation('seats do not add up', error.message);
  });
  return [
    ...known.checkouts.map(({ state, reason }) => (reason === undefined ? state : `${state}, ${reason}`)),
    ...known.refunds.map(({ state }) => `refund ${state}`),
  ];
}

async function readAll({ db, event, lane }: History) {
  const rows = await db.selectFrom('checkouts').selectAll().where('event_id', '=', event.eventId).execute();
  const refunds = await db.selectFrom('refunds').selectAll().where('event_id', '=', event.eventId).execute();
  const outbox = await db.selectFrom('checkout_outbox').selectAll().where('event_id', '=', event.eventId).execute();
  const texts = await redis.hvals(ordersKey(event.eventId));
  const payments: { payment: Payment; local: LocalPayment }[] = [];
  for (const local of lane.payments.journal.payments.values())
    payments.push({ local, payment: await lane.providers[local.provider].retrieve(local.ref) });
  return {
    checkouts: rows.map((row) => ({ ...checkoutOf(row), note: row.note })),
    refunds: refunds.map((row) => ({ ...refundOf(row), note: row.note })),
    types: outbox.map(({ type, data }) => ({ type, checkoutId: (JSON.parse(data) as { checkoutId: string }).checkoutId })),
    orders: new Map(texts.map((text) => [parseOrder(text).order.orderId, parseOrder(text).order] as [string, OrderInRedis])),
    payments,
  };
}

function checkCheckout(history: History, known: Known, checkout: KnownCheckout): void {
  const { checkoutId, state, terms, note } = checkout;
  const about = `checkout ${checkoutId} (${state})`;
  if (!isFinal(state)) throw new Violation('never ends', `${about}: ${note}`);
  const refunds = known.refunds.filter((refund) => refund.checkoutId === checkoutId);
  const unfinished = refunds.find((refund) => refund.state === 'created' || refund.state === 'pending');
  if (unfinished) throw new Violation('never ends', `refund ${unfinished.refundId} (${unfinished.state}): ${unfinished.note}`);
  const refused = refunds.find((refund) => refund.state === 'failed' || refund.state === 'cancelled');
  if (refused && !history.wasMeddled) throw new Violation('refund refused', `${refused.refundId}: ${refused.note}`);

  const payments = known.payments.filter(({ payment }) => payment.checkoutId === checkoutId);
  for (const { payment } of payments)
    if (payment.state !== 'captured' && payment.state !== 'voided' && payment.state !== 'failed')
      throw new Violation('payment left open', `${payment.ref} is ${payment.state}, ${about}`);
  const taken = payments.filter(({ payment }) => payment.capturedMinor > 0);
  if (taken.length > 1) throw new Violation('charged twice', `${taken.length} payments were captured, ${about}`);

  const endings = known.types.filter((event) => event.checkoutId === checkoutId && !event.type.includes('refund'));
  if (terms && (endings.length !== 1 || endings[0]?.type !== `onsale.checkout.${state}`))
    throw new Violation('told wrongly', `${about} has published ${endings.map(({ type }) => type).join(', ') || 'nothing'}`);

  checkMoney(history, { checkout, about, taken: taken[0], refunds }, known.orders.get(terms?.orderId ?? ''));
}

/** The hold of a checkout that sold nothing is over at once: nobody waits for its lease to end. */
async function checkSeatsAreFree({ event }: History, { checkoutId, state, holdId }: KnownCheckout): Promise<void> {
  if (state === 'paid') return;
  const [text, deadline] = await Promise.all([
    redis.hget(holdsKey(event.eventId), holdId),
    redis.zscore(deadlinesKey(event.eventId), holdId),
  ]);
  const hold = text === null ? undefined : (JSON.parse(text) as { state: string; attempt?: number });
  // Without an attempt, it was never kept for the checkout.
  const isKept = hold?.state === 'held' && hold.attempt !== undefined && Number(deadline) > Date.now();
  if (isKept) throw new Violation('seats stay held', `hold ${holdId}, checkout ${checkoutId} (${state})`);
}

function checkMoney(
  { wasMeddled }: History,
  money: { checkout: KnownCheckout; about: string; taken: Known['payments'][number] | undefined; refunds: Known['refunds'] },
  order: OrderInRedis | undefined,
): void {
  const { checkout, about, taken, refunds } = money;
  const { state, terms } = checkout;
  const counted = refunds.filter(isCounted);
  const refundedMinor = counted.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const { capturedMinor = 0, refundedMinor: givenBack = 0 } = taken?.payment ?? {};
  if (refundedMinor !== givenBack)
    throw new Violation('refunds differ', `the provider gave back ${givenBack}, and we know of ${refundedMinor}, ${about}`);
  if (!wasMeddled && refunds.some((refund) => refund.state === 'external'))
    throw new Violation('refunds differ', `money went back that nobody asked for, ${about}`);
  const keptMinor = capturedMinor - givenBack;
  const live = (order?.tickets ?? []).filter(({ cancelled }) => !cancelled);

  if (state !== 'paid') {
    if (live.length > 0) throw new Violation('seats without payment', `${live.length} tickets, ${about}`);
    if (capturedMinor > 0 && taken?.local.isAutomatic !== true)
      throw new Violation('taken without seats', `${capturedMinor} was captured, ${about}`);
    if (keptMinor !== 0 && !wasMeddled) throw new Violation('payment without seats', `${keptMinor} was kept, ${about}`);
    return;
  }
  if (order?.paidBy !== 'checkout') throw new Violation('payment without seats', `there is no order, ${about}`);
  if (capturedMinor !== terms?.amountMinor)
    throw new Violation('paid without money', `${capturedMinor} of ${terms?.amountMinor} was captured, ${about}`);
  const isWhole = counted.some(({ ticketIds }) => ticketIds === undefined);
  const goodwill = counted.filter(({ ticketIds }) => ticketIds?.length === 0);
  const goodwillMinor = goodwill.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const worthMinor = live.reduce((sum, { priceMinor }) => sum + priceMinor, 0);
  // Somebody has been told to give that money back by hand; and tickets whose money a bank has sent back are cancelled all the same.
  if (refunds.some((refund) => !isCounted(refund))) return;
  if (isWhole ? worthMinor !== 0 || keptMinor !== 0 : keptMinor !== worthMinor - goodwillMinor)
    throw new Violation(
      'money does not add up',
      `${keptMinor} was kept for seats worth ${worthMinor} after ${goodwillMinor} without seats, ${about}`,
    );
}
